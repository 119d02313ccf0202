#include "runner/pool.hpp"

#include <gtest/gtest.h>

#include "runner/fakes.hpp"

namespace edgelab::runner {
namespace {

using testing::plan_of;
using testing::round_of;

struct PoolTest : ::testing::Test {
  testing::Script script;
  std::vector<protocol::HelloReply> hellos{testing::hello_for({})};
  std::stop_source stop;

  Held& held(Pool& pool, std::size_t cell) {
    auto got = pool.get(cell, stop.get_token());
    EXPECT_TRUE(got.has_value());
    return **got;
  }
};

TEST_F(PoolTest, FlagsOfATrialNeedNoLoad) {
  auto const plan = plan_of(
      {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}), round_of("q8", {{"cache-type-k", "q8_0"}})});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) held(pool, cell);
  EXPECT_EQ(script.started, 1);
  ASSERT_EQ(script.loads.size(), 1U);
  EXPECT_EQ(script.loads[0].model, "/models/m.gguf");
  EXPECT_EQ(script.loads[0].draft, std::nullopt);
}

TEST_F(PoolTest, FlagsOfTheModelLoadAgainInTheSameProcess) {
  auto const plan = plan_of({round_of("baseline", {{"repack", "on"}}), round_of("plain", {{"repack", "off"}})});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  held(pool, 1);
  held(pool, 1);
  held(pool, 0);
  EXPECT_EQ(script.started, 1);
  ASSERT_EQ(script.loads.size(), 3U);
  EXPECT_EQ(script.loads[1].flags.at("repack"), "off");
  EXPECT_EQ(script.loads[2].flags.at("repack"), "on");
}

TEST_F(PoolTest, ADeviceHasOneProcessAtATime) {
  auto plan = plan_of({round_of("baseline"), round_of("other")});
  auto& executors = plan.experiment.executors;
  executors[0].kind = "remote";
  executors[0].device = "pixel";
  executors.push_back(executors[0]);
  executors[1].id = "second";
  plan.cells[1].executor = 1;
  plan.experiment.models.push_back({.id = "n", .path = "/models/n.gguf", .draft = {}, .origin = {}, .draft_origin = {}});
  auto third = plan.cells[0];
  third.model = 1;
  plan.cells.push_back(third);
  hellos.push_back(hellos[0]);
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  held(pool, 2);
  EXPECT_EQ(script.started, 1) << "another model is loaded in the same process";
  EXPECT_EQ(script.loads.size(), 2U);
  held(pool, 1);
  EXPECT_EQ(script.alive, 1) << "what else the device offers takes its place";
  auto const alone = pool.fresh(0, stop.get_token());
  ASSERT_TRUE(alone);
  EXPECT_EQ(script.alive, 1) << "so does a process for a memory trial";
}

TEST_F(PoolTest, AnOwnFlagOfTheModelLoadsAgain) {
  hellos[0].own_flags = {{.name = "pages",
                          .type = "int",
                          .values = {},
                          .default_value = "1",
                          .scope = "model",
                          .effect = "exact",
                          .help = ""},
                         {.name = "cut",
                          .type = "int",
                          .values = {},
                          .default_value = "1",
                          .scope = "request",
                          .effect = "exact",
                          .help = ""}};
  auto const plan =
      plan_of({round_of("baseline"), round_of("pages", {{"fake.pages", "2"}}), round_of("cut", {{"fake.cut", "2"}})});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  held(pool, 2);
  EXPECT_EQ(script.loads.size(), 1U);
  held(pool, 1);
  EXPECT_EQ(script.loads.size(), 2U);
}

TEST_F(PoolTest, ADraftIsLoadedWhereItIsNeededAndThenKept) {
  auto const plan = plan_of({round_of("baseline", {{"speculative-decoding", "off"}}),
                             round_of("draft", {{"speculative-decoding", "draft"}})});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  held(pool, 1);
  held(pool, 0);
  ASSERT_EQ(script.loads.size(), 2U);
  EXPECT_EQ(script.loads[0].draft, std::nullopt);
  EXPECT_EQ(script.loads[1].draft, "/models/d.gguf");
}

TEST_F(PoolTest, ADraftMayBeNamedByIdOrPath) {
  auto plan = plan_of({round_of("baseline", {{"speculative-decoding", "draft"}, {"draft-model", "small"}}),
                       round_of("by-path", {{"speculative-decoding", "draft"}, {"draft-model", "/elsewhere.gguf"}})});
  plan.experiment.models.push_back(
      {.id = "small", .path = "/models/small.gguf", .draft = {}, .origin = {}, .draft_origin = {}});
  EXPECT_EQ(course::needs_of(plan, plan.cells[0], hellos[0]).draft, "/models/small.gguf");
  EXPECT_EQ(course::needs_of(plan, plan.cells[1], hellos[0]).draft, "/elsewhere.gguf");
}

TEST_F(PoolTest, AnotherModelIsAnotherProcess) {
  auto plan = plan_of({round_of("baseline"), round_of("other", {{"model", "q4"}})});
  plan.experiment.models.push_back(
      {.id = "q4", .path = "/models/q4.gguf", .draft = {}, .origin = {}, .draft_origin = {}});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  held(pool, 1);
  held(pool, 0);
  EXPECT_EQ(script.started, 2);
  ASSERT_EQ(script.loads.size(), 2U);
  EXPECT_EQ(script.loads[1].model, "/models/q4.gguf");
}

TEST_F(PoolTest, AForgottenProcessIsReplaced) {
  auto const plan = plan_of({round_of("baseline")});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  pool.forget(0);
  EXPECT_EQ(script.alive, 0);
  held(pool, 0);
  EXPECT_EQ(script.started, 2);
  EXPECT_EQ(script.loads.size(), 2U);
}

TEST_F(PoolTest, AFreshProcessIsNotShared) {
  auto const plan = plan_of({round_of("baseline")});
  Pool pool(plan, hellos, testing::starter(script, hellos[0]));
  held(pool, 0);
  {
    auto const fresh = pool.fresh(0, stop.get_token());
    ASSERT_TRUE(fresh.has_value());
    EXPECT_EQ(script.alive, 2);
  }
  EXPECT_EQ(script.alive, 1);
}

}  // namespace
}  // namespace edgelab::runner
