// A folder of its own for each test, and trials that use every field.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>

#include "store/store.hpp"

namespace edgelab::testing {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string const& name = "run") {
    auto pattern = (std::filesystem::temp_directory_path() / "edgelab-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = pattern;
    path_ = root_ / name;
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path root_;
  std::filesystem::path path_;
};

inline store::RunRecord sample_run() {
  return {.experiment_yaml = "schema: edge-llm-lab/1\nname: \"it's\" 'quoted' — ü\n",
          .experiment_path = "/home/someone/my experiments/a.yaml",
          .plan_json = R"({"cells":[]})",
          .environment_json = R"({"cpu":{"model":"x"}})",
          .started = "2026-01-31T12:00:00.123Z",
          .ended = "",
          .stopped_because = ""};
}

inline Timeline sample_timeline(std::size_t requests, std::size_t emissions_each) {
  Timeline t;
  for (std::size_t r = 0; r < requests; ++r) {
    t.requests.id.push_back("request " + std::to_string(r));
    t.requests.pass.push_back(static_cast<std::int32_t>(r));
    t.requests.arrival_ns.push_back(static_cast<std::int64_t>(r) * 1'000'003);
    t.requests.admitted_ns.push_back(17);
    t.requests.prefill_end_ns.push_back(std::int64_t{1} << 40);
    t.requests.end_ns.push_back(std::numeric_limits<std::int64_t>::max());
    t.requests.prompt_tokens.push_back(std::numeric_limits<std::int32_t>::max());
    t.requests.cached_tokens.push_back(0);
    t.requests.emissions.push_back(static_cast<std::int32_t>(emissions_each));
    t.requests.finish.emplace_back("stop");
    t.requests.text.emplace_back("ünï\0zero \xff not UTF-8", 21);
    t.requests.server_prefill_ns.push_back(static_cast<std::int64_t>(r) - 1);
    t.requests.server_decode_ns.push_back(std::int64_t{1} << 41);
    t.requests.retries.push_back(static_cast<std::int32_t>(r));
    for (std::size_t e = 0; e < emissions_each; ++e) {
      t.emissions.gap_ns.push_back(static_cast<std::int64_t>(7'000'000 + 12'345 * (e % 97)));
      t.emissions.tokens.push_back(static_cast<std::int32_t>(1 + e % 3));
      t.token_ids.push_back(static_cast<std::int32_t>(e * 31 % 50'000));
    }
  }
  t.steps.start_ns = {0, 5};
  t.steps.duration_ns = {4, 6};
  t.steps.prefill_tokens = {3, 0};
  t.steps.decode_tokens = {0, 1};
  t.steps.drafted = {0, 4};
  t.steps.accepted = {0, 2};
  return t;
}

inline TrialResult sample_trial(std::size_t cell, std::int32_t block) {
  TrialResult trial;
  trial.planned = {.kind = TrialKind::timed,
                   .block = block,
                   .position = 3,
                   .cell = cell,
                   .seed = std::numeric_limits<std::uint64_t>::max()};
  trial.started = "2026-01-31T12:00:01.000Z";
  trial.wall_ms = 0.1 + 1e-17;
  trial.in_force = {{"flash-attn", "on"}, {"extra-args", R"(["--a", "it's"])"}, {"empty", ""}};
  trial.memory.model_bytes = std::int64_t{1} << 40;
  trial.memory.rss_peak_bytes = 0;
  trial.timeline = sample_timeline(2, 5);
  // Out of the alphabet's order, and numbers that do not survive a trip through decimal text of few digits.
  trial.metrics = {{"ttft_ms", 1.0 / 3.0}, {"decode_tps", 123.45600000000002}, {"a", 5e-324}, {"b", -0.0}};
  return trial;
}

inline void expect_same(Timeline const& a, Timeline const& b) {
  EXPECT_EQ(a.requests.id, b.requests.id);
  EXPECT_EQ(a.requests.pass, b.requests.pass);
  EXPECT_EQ(a.requests.arrival_ns, b.requests.arrival_ns);
  EXPECT_EQ(a.requests.admitted_ns, b.requests.admitted_ns);
  EXPECT_EQ(a.requests.prefill_end_ns, b.requests.prefill_end_ns);
  EXPECT_EQ(a.requests.end_ns, b.requests.end_ns);
  EXPECT_EQ(a.requests.prompt_tokens, b.requests.prompt_tokens);
  EXPECT_EQ(a.requests.cached_tokens, b.requests.cached_tokens);
  EXPECT_EQ(a.requests.emissions, b.requests.emissions);
  EXPECT_EQ(a.requests.finish, b.requests.finish);
  EXPECT_EQ(a.requests.text, b.requests.text);
  EXPECT_EQ(a.requests.server_prefill_ns, b.requests.server_prefill_ns);
  EXPECT_EQ(a.requests.server_decode_ns, b.requests.server_decode_ns);
  EXPECT_EQ(a.requests.drafted, b.requests.drafted);
  EXPECT_EQ(a.requests.accepted, b.requests.accepted);
  EXPECT_EQ(a.requests.retries, b.requests.retries);
  EXPECT_EQ(a.emissions.gap_ns, b.emissions.gap_ns);
  EXPECT_EQ(a.emissions.tokens, b.emissions.tokens);
  EXPECT_EQ(a.steps.start_ns, b.steps.start_ns);
  EXPECT_EQ(a.steps.duration_ns, b.steps.duration_ns);
  EXPECT_EQ(a.steps.prefill_tokens, b.steps.prefill_tokens);
  EXPECT_EQ(a.steps.decode_tokens, b.steps.decode_tokens);
  EXPECT_EQ(a.steps.drafted, b.steps.drafted);
  EXPECT_EQ(a.steps.accepted, b.steps.accepted);
  EXPECT_EQ(a.token_ids, b.token_ids);
}

inline void expect_same(TrialResult const& a, TrialResult const& b) {
  EXPECT_EQ(a.planned.kind, b.planned.kind);
  EXPECT_EQ(a.planned.block, b.planned.block);
  EXPECT_EQ(a.planned.position, b.planned.position);
  EXPECT_EQ(a.planned.cell, b.planned.cell);
  EXPECT_EQ(a.planned.seed, b.planned.seed);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.wall_ms, b.wall_ms);
  EXPECT_EQ(a.in_force, b.in_force);
  EXPECT_EQ(a.memory.model_bytes, b.memory.model_bytes);
  EXPECT_EQ(a.memory.kv_cache_bytes, b.memory.kv_cache_bytes);
  EXPECT_EQ(a.memory.compute_bytes, b.memory.compute_bytes);
  EXPECT_EQ(a.memory.rss_peak_bytes, b.memory.rss_peak_bytes);
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    EXPECT_EQ(a.metrics[i].name, b.metrics[i].name);
    EXPECT_EQ(a.metrics[i].value, b.metrics[i].value);
  }
  expect_same(a.timeline, b.timeline);
}

}  // namespace edgelab::testing
