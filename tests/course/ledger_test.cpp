#include "course/ledger.hpp"

#include <gtest/gtest.h>

#include "runner/fakes.hpp"

namespace edgelab::course {
namespace {

struct Case {
  Flags asked;
  Flags in_force;
  std::string contradiction;     // empty: none
};

TEST(Ledger, FindsWhatIsNotInForce) {
  auto const plan = runner::testing::plan_of({runner::testing::round_of("baseline")});
  std::vector<Case> const cases{
      {{}, {{"cache-type-k", "f16"}}, ""},
      {{{"cache-type-k", "q8_0"}}, {{"cache-type-k", "q8_0"}}, ""},
      {{{"cache-type-k", "q8_0"}}, {{"cache-type-k", "f16"}}, "flag cache-type-k: asked q8_0, in force f16"},
      {{{"cache-type-k", "q8_0"}}, {}, ""},
      {{{"cache-type-k", "q8_0"}}, {{"cache-type-k", "unknown"}}, ""},
      {{{"cache-type-k", "q8_0"}}, {{"cache-type-k", "opaque"}}, ""},
      {{{"flash-attn", "auto"}}, {{"flash-attn", "on"}}, ""},
      {{{"flash-attn", "on"}}, {{"flash-attn", "off"}}, "flag flash-attn: asked on, in force off"},
      {{{"draft-p-min", "0.5"}}, {{"draft-p-min", "0.50"}}, ""},
      {{{"batch-size", "512"}}, {{"batch-size", "256"}}, "flag batch-size: asked 512, in force 256"},
      // A batch cut to the context cuts nothing; one that is smaller still was not taken.
      {{{"batch-size", "512"}}, {{"batch-size", "256"}, {"n-ctx", "256"}}, ""},
      {{{"batch-size", "512"}}, {{"batch-size", "64"}, {"n-ctx", "256"}}, "flag batch-size: asked 512, in force 64"},
      {{{"batch-size", "64"}}, {{"batch-size", "256"}, {"n-ctx", "256"}}, "flag batch-size: asked 64, in force 256"},
      // All layers are in force where the model has no more; fewer were not taken.
      {{{"n-gpu-layers", "99"}}, {{"n-gpu-layers", "31"}, {"offloadable-layers", "31"}}, ""},
      {{{"n-gpu-layers", "all"}}, {{"n-gpu-layers", "31"}, {"offloadable-layers", "31"}}, ""},
      {{{"n-gpu-layers", "99"}}, {{"n-gpu-layers", "31"}}, "flag n-gpu-layers: asked 99, in force 31"},
      {{{"n-gpu-layers", "99"}}, {{"n-gpu-layers", "0"}, {"offloadable-layers", "31"}}, "flag n-gpu-layers: asked 99, in force 0"},
      {{{"n-gpu-layers", "20"}}, {{"n-gpu-layers", "31"}, {"offloadable-layers", "31"}}, "flag n-gpu-layers: asked 20, in force 31"},
      {{{"n-gpu-layers", "all"}}, {{"n-gpu-layers", "20"}, {"offloadable-layers", "31"}}, "flag n-gpu-layers: asked all, in force 20"},
      {{{"model", "m"}}, {{"model", "/models/m.gguf"}}, ""},
      {{{"model", "m"}}, {{"model", "/models/other.gguf"}}, "flag model: asked m, in force /models/other.gguf"},
      // What the round leaves alone is recorded, never a failure.
      {{{"flash-attn", "on"}}, {{"flash-attn", "on"}, {"threads", "1"}}, ""},
  };
  for (auto const& one : cases) {
    EXPECT_EQ(contradiction(plan.experiment, one.asked, one.in_force).value_or(""), one.contradiction);
  }
}

TEST(Ledger, AWorkloadMayAskForSlots) {
  auto plan = runner::testing::plan_of(
      {runner::testing::round_of("baseline"), runner::testing::round_of("two", {{"parallel", "2"}})});
  EXPECT_TRUE(asked_of(plan, plan.cells[0]).empty());
  plan.experiment.workloads[0].parallel = 4;
  EXPECT_EQ(asked_of(plan, plan.cells[0]), (Flags{{"parallel", "4"}}));
  EXPECT_EQ(asked_of(plan, plan.cells[1]), (Flags{{"parallel", "2"}}));
}

}  // namespace
}  // namespace edgelab::course
