#include <gmock/gmock.h>

#include <format>
#include <optional>

#include "plan/samples.hpp"

namespace edgelab::plan {
namespace {

using testing::HasSubstr;

TEST(Render, SaysCellsOrderAndTime) {
  auto plan = sample_plan();
  plan.experiment.protocol.until_metric = "decode_tps";
  plan.experiment.protocol.time_budget_s = 600.0;
  auto const text = render(plan);
  EXPECT_THAT(text, HasSubstr("sample: 16 cells"));
  EXPECT_THAT(text, HasSubstr("one/llama/w/fast    custom    speed=2"));
  EXPECT_THAT(text, HasSubstr("one/llama/w/base    baseline  (defaults)"));
  EXPECT_THAT(text, HasSubstr("unsupported: there is no negative memory for one"));
  EXPECT_THAT(text, HasSubstr("Order of the first block (seed 7):\n    1  "));
  EXPECT_THAT(text, HasSubstr("1 warm-up and 10 to 30 timed blocks of 12 trials, until decode_tps is known within 2%, time budget 10 min"));
  EXPECT_THAT(text, HasSubstr("Time: from "));
  auto const first = block_trials(plan, TrialKind::timed, 0).front().cell;
  EXPECT_THAT(text, HasSubstr("    1  " + plan.cells[first].id));
}

TEST(Render, SaysHowManyBlocksOnce) {
  auto plan = sample_plan();
  plan.experiment.protocol.until_metric.reset();
  plan.experiment.protocol.max_blocks = 3;
  EXPECT_THAT(render(plan), HasSubstr("1 warm-up and 3 timed blocks of 12 trials"));
  plan.experiment.protocol.max_blocks = 1;
  EXPECT_THAT(render(plan), HasSubstr("and 1 timed block of"));
  plan.experiment.protocol.until_metric = "decode_tps";
  plan.experiment.protocol.min_blocks = plan.experiment.protocol.max_blocks = 5;
  EXPECT_THAT(render(plan), HasSubstr("and 5 timed blocks of"));
}

// A run draws the order of all that the plan allows, and then leaves out what executors cannot do.
TEST(Render, TheOrderIsARunsWhereExecutorsCannotDoAll) {
  auto const plan = sample_plan();
  auto const order = block_trials(plan, TrialKind::timed, 0);
  std::vector<std::optional<std::string>> unsupported(plan.cells.size());
  unsupported[order[1].cell] = "no such kernel";
  auto const text = render(plan, unsupported);
  EXPECT_THAT(text, HasSubstr("unsupported: no such kernel"));
  std::string listed;
  int place = 0;
  for (auto const& trial : order)
    if (!unsupported[trial.cell]) listed += std::format("{:>5}  {}\n", ++place, plan.cells[trial.cell].id);
  EXPECT_THAT(text, HasSubstr("(seed 7):\n" + listed + "\n"));
  EXPECT_THAT(text, HasSubstr(std::format("of {} trials", order.size() - 1)));
}

}  // namespace
}  // namespace edgelab::plan
