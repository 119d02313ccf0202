// An audit with everything that one can have.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "types/summary.hpp"

namespace edgelab::testing {

inline NoiseOfMetric noise_of(std::string name, double ratio, double half_width, std::vector<Effort> efforts) {
  return {.name = std::move(name),
          .ratio = ratio,
          .ci95 = Bounds{ratio - half_width, ratio + half_width},
          .n = 24,
          .sd_log = half_width * 2.5,
          .detectable = 1.0 + half_width * 1.5,
          .efforts = std::move(efforts)};
}

// An executor that is well, one that lies about its times, and one that could not be run.
inline Audit sample_audit() {
  Audit audit;
  audit.made = "2026-01-30T18:00:00.000Z";
  audit.machine = {.cpu = "Example CPU | 9000",
                   .physical_cores = 4,
                   .usable_cores = 2,
                   .memory_bytes = 16777216000,
                   .edgelab = "0.1.0 (abc)",
                   .build_type = "Release"};
  audit.state = {.sampled_s = 3.0,
                 .load_average = {0.5, 0.25, 0.125},
                 .logical_cores = 8,
                 .busy_cores = 1.25,
                 .stolen_cores = 0.0,
                 .others = {{"a | b", 4321, 0.8125}, {"small", 7, 0.0625}},
                 .governor = "powersave",
                 .mhz_slowest = 800.0,
                 .mhz_fastest = 2400.0,
                 .mhz_min = 400.0,
                 .mhz_max = 3600.0,
                 .throttle_events = 2,
                 .temperature_c = 61.5};
  audit.timer = {.step_ns = 10.0, .call_ns = 24.5};
  audit.harness = {.us_per_token = 1.875, .us_per_trial = 406.25, .repetitions = 5};
  AuditedExecutor llama{.id = "llama",
                        .name = "llama",
                        .version = "1",
                        .library = "llama.cpp 0.7.0 (abc)",
                        .model = "/models/demo-f16.gguf",
                        .flags = {{"threads", "2"}},
                        .problem = {},
                        .noise = {},
                        .live = {}};
  llama.noise = NoiseFloor{.blocks = 24, .seconds_per_block = 2.5, .t_level = 0.955, .metrics = {}};
  llama.noise->metrics = {
      noise_of("decode_tps", 1.002, 0.006, {{0.1, 3, 7.5}, {0.05, 4, 10.0}, {0.02, 9, 22.5}, {0.01, 31, 77.5}}),
      noise_of("ttft_ms", 0.99, 0.025, {{0.1, 5, 12.5}, {0.05, 14, 35.0}, {0.02, 82, 205.0}})};
  llama.noise->comparisons = 12;
  llama.noise->false_differences = 1;
  llama.live = {.verdict = "honest",
                .reason =
                    "640 tokens or groups of tokens were heard when it says they happened; it would have been caught "
                    "at being 2.5 ms early",
                .emissions = 640,
                .pipe_ms = 0.0625,
                .early_ms = -0.5,
                .drift_ms = 0.0,
                .tolerance_ms = 2.0};
  AuditedExecutor mine{.id = "mine",
                       .name = "mine",
                       .version = "2",
                       .library = "",
                       .model = {},
                       .flags = {},
                       .problem = {},
                       .noise = {},
                       .live = {}};
  mine.noise = NoiseFloor{.blocks = 3, .seconds_per_block = 0.5, .t_level = 0.955, .metrics = {}};
  mine.live = {.verdict = "early", .reason = "it reports its tokens before they happen: 8.5 ms | more"};
  AuditedExecutor dead{.id = "dead",
                       .name = "dead",
                       .version = "",
                       .library = "lib 1",
                       .model = {},
                       .flags = {},
                       .problem = {},
                       .noise = {},
                       .live = {}};
  dead.problem = "failed: the executor died";
  audit.executors = {llama, mine, dead};
  return audit;
}

}  // namespace edgelab::testing
