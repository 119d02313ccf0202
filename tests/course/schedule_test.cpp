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
