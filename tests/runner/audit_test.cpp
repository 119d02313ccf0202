#include "runner/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runner/fakes.hpp"
#include "runner/live_trial.hpp"

namespace edgelab::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plan_of;
using testing::round_of;
using testing::Script;

Audit sample() {
  Audit audit;
  audit.made = "2026-01-30T18:00:00.000Z";
  audit.machine = {.cpu = "cpu",
                   .physical_cores = 4,
                   .usable_cores = 2,
                   .memory_bytes = 1,
                   .edgelab = "1 (a)",
                   .build_type = "Release"};
  audit.state.others = {{"caf\xe9 \"x\"", 7, 0.5}};
  AuditedExecutor executor;
  executor.id = executor.name = "llama";
  executor.version = "1";
  executor.library = "llama.cpp 1";
  executor.flags = {{"threads", "2"}};
  executor.noise = NoiseFloor{};
  executor.noise->metrics.push_back({.name = "decode_tps",
                                     .ratio = 1.5,
                                     .ci95 = Bounds{1.25, 1.75},
                                     .n = 3,
                                     .sd_log = 0.5,
                                     .detectable = {},
                                     .efforts = {{0.1, 3, 2.5}}});
  audit.executors.push_back(executor);
  return audit;
}

probe::Environment same_environment() {
  probe::Environment run;
  run.cpu.model = "cpu";
  run.cpu.physical_cores = 4;
  run.cpu.usable_cores = 2;
  run.edgelab.build_type = "Release";
  run.executors = {{.id = "x", .name = "llama", .version = "1", .library = "llama.cpp 1"}};
  return run;
}

TEST(AuditJson, comes_back) {
  auto const json = audit_to_json(sample());
  auto const back = audit_from_json(json);
  ASSERT_TRUE(back.has_value()) << back.error().describe();
  EXPECT_EQ(audit_to_json(*back), json);
  EXPECT_EQ(back->executors.at(0).noise->metrics.at(0).ci95, (Bounds{1.25, 1.75}));
  EXPECT_FALSE(back->executors[0].noise->metrics[0].detectable);
  EXPECT_FALSE(back->state.governor);
  EXPECT_EQ(back->state.others.at(0).name, "caf\xef\xbf\xbd \"x\"");
}

TEST(AuditJson, what_is_none_is_refused) {
  for (auto const* text : {"", "nonsense", "[]"}) {
    auto const audit = audit_from_json(text);
    ASSERT_FALSE(audit.has_value()) << text;
    EXPECT_THAT(audit.error().message, HasSubstr("not an audit")) << text;
  }
  auto const other = audit_from_json(R"({"schema": "edge-llm-lab/audit/2"})");
  ASSERT_FALSE(other.has_value());
  EXPECT_THAT(other.error().message,
              HasSubstr("its schema is 'edge-llm-lab/audit/2', expected 'edge-llm-lab/audit/1'"));
}

TEST(AuditApplies, where_machine_and_library_are_the_same) {
  EXPECT_THAT(differences(sample(), same_environment()), IsEmpty());
  auto run = same_environment();
  run.cpu.model = "other cpu";
  run.cpu.usable_cores = 8;
  run.edgelab.build_type = "Debug";
  run.executors[0].library = "llama.cpp 2";
  run.executors.push_back({.id = "y", .name = "mine", .version = "1", .library = ""});
  EXPECT_THAT(
      differences(sample(), run),
      ElementsAre("it was made on cpu, the run on other cpu", "it had 2 cores, the run 8",
                  "it was made by a Release build of edgelab, the run by a Debug one",
                  "executor x was audited with llama.cpp 1, and run with llama.cpp 2", "executor y was not audited"));
}

// An executor of 40 tokens, 1 ms apart, that is heard when the script says.
struct LiveTrials : ::testing::Test {
  Script script;
  int empty_runs = 0;
  std::chrono::milliseconds early{0};
  bool streams = true;

  LiveTrials() {
    script.on_run = [this](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
      if (run.requests.empty()) {
        ++empty_runs;
        return testing::trouble(Status::failed, "the executor answered 'bad-request': a run without requests", false);
      }
      auto ran = Script::good(run);
      ran.asked = Clock::now();
      constexpr std::int64_t ms = 1'000'000;
      ran.timeline = {};
      auto& rows = ran.timeline.requests;
      rows = {.id = {"a"},
              .pass = {0},
              .arrival_ns = {0},
              .admitted_ns = {0},
              .prefill_end_ns = {0},
              .end_ns = {59 * ms},
              .prompt_tokens = {5},
              .cached_tokens = {0},
              .emissions = {40},
              .finish = {"length"},
              .text = {"x"},
              .server_prefill_ns = {},
              .server_decode_ns = {},
              .drafted = {},
              .accepted = {},
              .retries = {}};
      for (int i = 0; i < 40; ++i) {
        ran.timeline.emissions.gap_ns.push_back(i == 0 ? 20 * ms - early.count() * ms : ms);
        ran.timeline.emissions.tokens.push_back(1);
        if (streams && run.live) ran.heard.push_back({"a", 1, ran.asked + std::chrono::milliseconds(20 + i)});
      }
      ran.answered = ran.asked + std::chrono::milliseconds(59);
      return ran;
    };
  }

  LiveCheck check(std::string refused = {}) {
    RunConfig config{.plan = plan_of({round_of("baseline")}),
                     .hellos = {testing::hello_for({})},
                     .start = {},
                     .directory = {},
                     .time_left_s = {}};
    if (!refused.empty()) config.plan.cells[0].refused = refused;
    config.start = testing::starter(script, config.hellos[0]);
    return check_live(config, 0, {});
  }
};

TEST_F(LiveTrials, an_honest_executor) {
  auto const live = check();
  EXPECT_EQ(live.verdict, "honest") << live.reason;
  EXPECT_EQ(live.emissions, 40);
  EXPECT_TRUE(live.pipe_ms);
  EXPECT_EQ(empty_runs, 20);
  EXPECT_TRUE(script.runs.back().live);
  EXPECT_EQ(script.alive, 0);
}

TEST_F(LiveTrials, one_that_lies) {
  early = std::chrono::milliseconds(15);
  EXPECT_EQ(check().verdict, "early");
}

TEST_F(LiveTrials, what_cannot_be_listened_to_is_not_checked) {
  streams = false;
  EXPECT_EQ(check().verdict, "not checked");
  EXPECT_EQ(check("this cannot run").reason, "this cannot run");
  script.on_run = [](protocol::Run const&, int) { return testing::trouble(Status::oom, "no room", true); };
  EXPECT_EQ(check().verdict, "not checked");
  EXPECT_EQ(check().reason, "no room");
  EXPECT_EQ(script.alive, 0);
}

}  // namespace
}  // namespace edgelab::runner
