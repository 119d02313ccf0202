// The plan as it is kept in the store.
#include "runner/plan_json.hpp"

#include <gtest/gtest.h>

#include "runner/runner_fixture.hpp"

namespace edgelab::runner {
namespace {

TEST(PlanJson, ComesBackAsItWas) {
  auto plan = three_rounds();
  plan.experiment.protocol.seed = 0xFFFF'FFFF'FFFF'FFFFU;
  plan.experiment.protocol.time_budget_s = 1.5;
  plan.experiment.workloads[0].arrivals.kind = Arrivals::Kind::poisson;
  plan.experiment.workloads[0].requests[0].messages = {{.role = "user", .content = "ä \"quoted\"\n"}};
  plan.cells[1].refused = "no";
  plan.cells[2].versus = {1};
  auto const json = plan_to_json(plan);
  auto const back = plan_from_json(json);
  ASSERT_TRUE(back.has_value()) << back.error().describe();
  EXPECT_EQ(plan_to_json(*back), json);
  EXPECT_EQ(back->experiment.protocol.seed, plan.experiment.protocol.seed);
  EXPECT_EQ(back->experiment.workloads[0].arrivals.kind, Arrivals::Kind::poisson);
  EXPECT_EQ(back->experiment.workloads[0].requests[0].messages[0].content, "ä \"quoted\"\n");
  EXPECT_EQ(back->cells[1].refused, "no");
  EXPECT_FALSE(plan_from_json("{").has_value());
  EXPECT_FALSE(plan_from_json("[]").has_value());
}

}  // namespace
}  // namespace edgelab::runner
