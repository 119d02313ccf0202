// Whether the executor grows: 10,000 requests of 1 to 8 tokens, batched, with every kind of drafting and a kept prefix, in
// runs of 1000; its peak resident set is reset before each run. The first run makes what is kept for good, and the peaks of
// the next few still creep up to their highest, so the goal is of the second half, in which a leak grows as in the first.
#include <cstdint>
#include <format>
#include <optional>
#include <print>
#include <span>
#include <string>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/ours.hpp"
#include "engine/prompts.hpp"
#include "peers/llama_server.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

constexpr int runs = 10;
constexpr int requests = 1000;
constexpr double goal_kib = 64.0;  // a thousand requests: the least that one lost allocation each would come to

// All techniques at once, or as many as the executor has.
Flags flags_of(Ours const& ours) {
  Flags flags;
  Flags const wanted{{"parallel", "4"},
                     {"cont-batching", "on"},
                     {"speculative-decoding", "adaptive"},
                     {"prompt-lookup", "on"},
                     {"cache-prompt", "on"}};
  for (auto const& [name, value] : wanted) {
    auto const reason = ours.cannot({{name, value}});
    if (!reason)
      flags.emplace(name, value);
    else
      std::println(stderr, "  memory: without {}: {}", name, *reason);
  }
  return flags;
}

// KiB a run by least squares.
double slope(std::span<double const> kib) {
  double const n = static_cast<double>(kib.size());
  double sum_x = 0.0, sum_y = 0.0, sum_xx = 0.0, sum_xy = 0.0;
  for (std::size_t i = 0; i < kib.size(); ++i) {
    double const x = static_cast<double>(i);
    sum_x += x;
    sum_y += kib[i];
    sum_xx += x * x;
    sum_xy += x * kib[i];
  }
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

}  // namespace

Result<bool> memory(Options const& options) {
  if (!options.wants("memory, 10,000 requests")) return true;
  EDGELAB_TRY(ours, Ours::start(demo_model(), draft_model()));
  std::vector<Prompt> prompts;
  {
    EDGELAB_TRY(server, LlamaServer::start({.model = demo_model()}));
    EDGELAB_TRY(read, read_prompts("extract", *server));
    for (int i = 0; i < requests; ++i)
      prompts.push_back({std::format("{}", i), read[static_cast<std::size_t>(i) % read.size()].text, 1 + i % 8, true});
  }
  auto const flags = flags_of(*ours);
  std::vector<double> kib;
  for (int run = 0; run < runs; ++run) {
    EDGELAB_TRY(ran, ours->run(flags, prompts, 4));
    if (!ran.rss_peak_bytes) return tell_missing("memory", "this system does not tell a process's peak");
    std::println(stderr, "  memory: {} requests, peak {:.0f} KiB", (run + 1) * requests,
                 static_cast<double>(*ran.rss_peak_bytes) / 1024.0);
    if (run > 0) kib.push_back(static_cast<double>(*ran.rss_peak_bytes) / 1024.0);
  }
  auto const second_half = std::span(kib).last(runs / 2);
  double const grows = slope(second_half);
  bool const met = grows <= goal_kib;
  std::println(
      "{:62} {:.1f} KiB a 1000 requests in the second half, of {:.0f} KiB; {:.1f} after the first 1000  {} {:.0f}",
      "memory, 10,000 requests", grows, kib.back(), slope(kib), met ? "goal" : "MISSED goal", goal_kib);
  return met;
}

}  // namespace edgelab::bench
