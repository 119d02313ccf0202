#include "course/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan.hpp"
#include "runner/fakes.hpp"

namespace edgelab::course {
namespace {

using runner::testing::plan_of;
using runner::testing::round_of;
using ::testing::SizeIs;

TrialResult row(PlannedTrial const& planned, Status status = Status::ok, double decode_tps = 100.0) {
  TrialResult result;
  result.planned = planned;
  result.status = status;
  if (status == Status::ok) result.metrics = {{"decode_tps", decode_tps}};
  return result;
}

// Runs what is next with `status` until there is nothing left; each kind of trial by its letter.
template <typename StatusOf>
std::string run(Plan const& plan, Record& record, StatusOf status_of) {
  Schedule schedule(plan);
  std::string ran;
  while (auto const planned = schedule.next(record)) {
    ran += "wmt"[static_cast<std::size_t>(planned->kind)];
    ran += std::to_string(planned->cell);
    record.add(row(*planned, status_of(*planned)));
  }
  return ran + ": " + schedule.ended();
}

auto always(Status status) {
  return [status](PlannedTrial const&) { return status; };
}

TEST(Schedule, MemoryThenWarmUpThenTimedBlocks) {
  auto const plan = plan_of({round_of("baseline")}, 2);
  Record record(plan);
  EXPECT_EQ(run(plan, record, always(Status::ok)), "m0w0t0t0: 2 blocks");
  EXPECT_EQ(run(plan, record, always(Status::ok)), ": 2 blocks") << "all of it has run";
  EXPECT_EQ(record.trials_run(), 4);
}

TEST(Schedule, IsThePlansOrder) {
  auto const plan = plan_of({round_of("baseline"), round_of("a"), round_of("b")}, 3);
  Record const nothing(plan);
  Schedule schedule(plan);
  std::int32_t left = schedule.left(nothing);
  EXPECT_EQ(left, 3 * (1 + 1 + 3));
  for (auto const& expected : plan::block_trials(plan, TrialKind::memory, 0)) {
    auto const planned = schedule.next(nothing);
    ASSERT_TRUE(planned);
    EXPECT_EQ(planned->cell, expected.cell);
    EXPECT_EQ(planned->seed, expected.seed);
    EXPECT_EQ(schedule.left(nothing), --left);
  }
}

TEST(Schedule, ATrialThatIsGivenBackIsTheNextAgain) {
  auto const plan = plan_of({round_of("baseline"), round_of("a")});
  Record const nothing(plan);
  Schedule schedule(plan);
  (void)schedule.next(nothing);
  auto const second = schedule.next(nothing);
  schedule.give_back();
  auto const again = schedule.next(nothing);
  ASSERT_TRUE(second && again);
  EXPECT_EQ(again->cell, second->cell);
}

TEST(Schedule, WhatFailsAgainAndAgainIsGivenUp) {
  auto const plan = plan_of({round_of("baseline")}, 9);
  Record record(plan);
  EXPECT_EQ(run(plan, record, always(Status::timeout)), "m0w0t0: 9 blocks");
  EXPECT_TRUE(record.is_given_up(0));
  EXPECT_THAT(record.trials(), SizeIs(give_up_after));
}

TEST(Schedule, WhatTurnsOutToBeUnsupportedIsNotRunAgain) {
  auto const plan = plan_of({round_of("baseline")}, 9);
  Record record(plan);
  EXPECT_EQ(run(plan, record, always(Status::unsupported)), "m0: 9 blocks");
  EXPECT_FALSE(record.is_given_up(0));
}

TEST(Schedule, EndsWhenItIsPreciseEnough) {
  auto plan = plan_of({round_of("baseline"), round_of("a")}, 9);
  plan.experiment.protocol.min_blocks = 3;
  plan.experiment.protocol.until_metric = "decode_tps";
  Record record(plan);
  auto const ran = run(plan, record, always(Status::ok));
  EXPECT_TRUE(ran.ends_with(": interval reached")) << ran;
  EXPECT_EQ(record.trials_run(), 2 * (1 + 1 + 3)) << "all rows are equal: as soon as it may";
}

// Two baselines with a round each: cells 0 and 1, and 2 and 3. From three blocks on a narrow interval ends them.
Plan plan_of_two_lanes() {
  auto plan = plan_of({round_of("baseline"), round_of("a"), round_of("b"), round_of("c")}, 9);
  plan.cells[2].baseline = plan.cells[3].baseline = 2;
  plan.experiment.protocol.min_blocks = 3;
  plan.experiment.protocol.until_metric = "decode_tps";
  return plan;
}

// One lane's: the same trials as in the whole run's order, and an end of its own.
TEST(Schedule, OfSomeCellsIsThePlansOrderWithoutTheOthers) {
  auto plan = plan_of_two_lanes();
  Record record(plan);
  plan::Cells const own{false, false, true, true};
  Schedule whole(plan);
  Schedule schedule(plan, own, own);
  EXPECT_EQ(schedule.left(record), 2 * (1 + 1 + 9));
  Record const nothing(plan);
  std::vector<PlannedTrial> of_whole;
  while (auto const planned = whole.next(nothing))
    if (own[planned->cell]) of_whole.push_back(*planned);
  std::size_t taken = 0;
  while (auto const planned = schedule.next(record)) {
    EXPECT_EQ(planned->cell, of_whole[taken].cell);
    EXPECT_EQ(planned->kind, of_whole[taken].kind);
    EXPECT_EQ(planned->position, of_whole[taken].position);
    EXPECT_EQ(planned->seed, of_whole[taken].seed);
    ++taken;
    record.add(row(*planned));
    // The others' rows are noise, and further on: neither keeps these from ending.
    auto other = *planned;
    other.cell -= 2;
    other.block += 1;
    if (record.wants(other)) record.add(row(other, Status::ok, 100.0 + static_cast<double>(taken * taken % 7)));
  }
  EXPECT_EQ(schedule.over(), Schedule::Over::interval);
  EXPECT_EQ(schedule.ended(), "interval reached");
  EXPECT_EQ(taken, 2U * (1 + 1 + 3));
}

// Compared with a cell elsewhere whose own comparison is not precise yet: it goes on.
TEST(Schedule, GoesOnUntilWhatItIsComparedWithIsPreciseToo) {
  auto plan = plan_of_two_lanes();
  Record record(plan);
  for (std::size_t cell : {2U, 3U})
    for (std::int32_t block = 0; block < 9; ++block)
      record.add(row({.block = block, .cell = cell}, Status::ok, cell == 2 ? 100.0 : 100.0 + 10 * (block % 3)));
  Schedule schedule(plan, {true, true, false, false}, {true, true, false, true});
  std::int32_t taken = 0;
  for (; auto const planned = schedule.next(record); ++taken) record.add(row(*planned));
  EXPECT_EQ(schedule.over(), Schedule::Over::blocks);
  EXPECT_EQ(taken, 2 * (1 + 1 + 9));
}

TEST(Schedule, WaitsWithItsVerdictForWhatHasNotComeSoFar) {
  auto plan = plan_of_two_lanes();
  // The other lane has ended so many blocks, all alike; its cell c in the fourth case will never run.
  for (auto const& [others, refused, blocks] : std::vector<std::tuple<std::int32_t, bool, std::int32_t>>{
           {0, false, 9}, {2, false, 9}, {9, false, 3}, {0, true, 3}}) {
    if (refused) plan.cells[3].refused = "no";
    Record record(plan);
    for (std::size_t cell : {2U, 3U})
      for (std::int32_t block = 0; block < others; ++block) record.add(row({.block = block, .cell = cell}));
    Schedule schedule(plan, {true, true, false, false}, {true, true, false, true});
    std::int32_t taken = 0;
    for (; auto const planned = schedule.next(record); ++taken) record.add(row(*planned));
    EXPECT_EQ(taken, 2 * (1 + 1 + blocks)) << others;
  }
}

TEST(Schedule, OfCellsThatCannotRunIsOverWhateverOthersDo) {
  auto plan = plan_of({round_of("baseline"), round_of("a")}, 2);
  plan.cells[0].refused = "no";
  Record record(plan);
  record.add(row({.cell = 1}));
  Schedule schedule(plan, {true, false}, {true, false});
  EXPECT_FALSE(schedule.next(record));
  EXPECT_EQ(schedule.ended(), "no cell can run");
}

TEST(Schedule, WhatCannotRunIsKnownBefore) {
  auto plan = plan_of({round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}), round_of("q8")});
  plan.cells[2].refused = "needs flash-attn";
  protocol::HelloReply hello;
  hello.name = "x";
  hello.flags["flash-attn"] = {.support = "no", .values = {}, .reason = "built without it"};
  Record record(plan);
  auto rows = unsupported_rows(plan, {hello}, record);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].reason, "executor 'x' has no 'flash-attn': built without it");
  EXPECT_EQ(rows[1].reason, "needs flash-attn");
  for (auto& one : rows) record.add(std::move(one));
  EXPECT_THAT(unsupported_rows(plan, {hello}, record), SizeIs(0)) << "they have their rows";
  EXPECT_EQ(record.trials_run(), 0);
  Schedule const schedule(plan);
  EXPECT_EQ(schedule.left(record), 1 + 1 + 3);
}

TEST(Schedule, OfWhatCannotRunAtAll) {
  auto plan = plan_of({round_of("baseline")});
  plan.cells[0].refused = "no";
  Record record(plan);
  for (auto& one : unsupported_rows(plan, {{}}, record)) record.add(std::move(one));
  EXPECT_EQ(run(plan, record, always(Status::ok)), ": no cell can run");
}

}  // namespace
}  // namespace edgelab::course
