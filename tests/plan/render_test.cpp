#include <gmock/gmock.h>

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

}  // namespace
}  // namespace edgelab::plan
