#include "engine/ours.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <format>

#include "executor/capability.hpp"
#include "peers/settings.hpp"
#include "spec/catalogue.hpp"
#include "stats/metrics.hpp"

namespace edgelab::bench {

namespace {

using namespace std::chrono_literals;

Flags with_shared(Flags asked) {
  asked.emplace("threads", std::to_string(threads));
  asked.emplace("threads-batch", std::to_string(threads));
  asked.emplace("flash-attn", "off");
  return spec::resolve(asked, threads);
}

}  // namespace

Result<std::unique_ptr<Ours>> Ours::start(std::filesystem::path const& model,
                                          std::optional<std::filesystem::path> const& draft) {
  auto started = executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-llama"}, "/dev/null", 30s);
  if (!started) return fail(started.error().reason);
  std::unique_ptr<Ours> ours(new Ours(std::move(*started)));
  protocol::Load load;
  load.model = model.string();
  if (draft) load.draft = draft->string();
  load.flags = with_shared({});
  if (auto const loaded = ours->executor_->load(load, 120s); !loaded) return fail(loaded.error().reason);
  return ours;
}

std::optional<std::string> Ours::cannot(Flags const& asked) const {
  return executor::unsupported(executor_->hello(), asked);
}

Result<executor::Ran> Ours::run(Flags const& asked, std::span<Prompt const> prompts, int concurrency) {
  protocol::Run run;
  run.flags = asked;
  run.concurrency = concurrency;
  for (auto const& prompt : prompts) {
    auto& request = run.requests.emplace_back();
    request.id = prompt.id;
    request.prompt = prompt.text;
    request.max_tokens = prompt.max_tokens;
    request.ignore_eos = prompt.ignore_eos;
  }
  return this->run(std::move(run));
}

Result<executor::Ran> Ours::run(protocol::Run run) {
  if (auto const reason = cannot(run.flags)) return fail("edgelab-llama: " + *reason);
  run.flags = with_shared(std::move(run.flags));
  run.seed = 1;
  auto ran = executor_->run(std::move(run), 300s, {});
  if (!ran) return fail("edgelab-llama: " + ran.error().reason);
  EDGELAB_CHECK(stats::check_timeline(ran->timeline));
  return std::move(*ran);
}

std::vector<Generation> generations(Timeline const& timeline) {
  std::vector<Generation> found;
  std::size_t emission = 0;
  auto const& requests = timeline.requests;
  for (std::size_t row = 0; row < requests.id.size(); ++row) {
    Generation generation;
    generation.id = requests.id[row];
    generation.text = requests.text[row];
    generation.ended = requests.finish[row] == "stop";
    auto const count = static_cast<std::size_t>(requests.emissions[row]);
    if (count > 0) {
      std::int64_t tokens = generation.ended ? 1 : 0;   // the token that ends a text is generated too
      for (std::size_t i = emission; i < emission + count; ++i) tokens += timeline.emissions.tokens[i];
      generation.tokens = static_cast<double>(tokens - 1);
      generation.seconds = static_cast<double>(requests.end_ns[row] - timeline.emissions.gap_ns[emission]) / 1e9;
    }
    emission += count;
    found.push_back(std::move(generation));
  }
  return found;
}

Result<double> metric(executor::Ran const& ran, std::string_view name) {
  auto const found = stats::value_of(stats::metrics_of(ran.timeline, {}), name);
  if (!found) return fail(std::format("the trial has no {}", name));
  return *found;
}

double makespan_s(Timeline const& timeline) {
  auto const& requests = timeline.requests;
  std::int64_t arrival = 0;
  std::int64_t last_end = 0;
  for (std::size_t row = 0; row < requests.id.size(); ++row) {
    arrival += requests.arrival_ns[row];
    last_end = std::max(last_end, arrival + requests.end_ns[row]);
  }
  return static_cast<double>(last_end - requests.arrival_ns.front()) / 1e9;
}

}  // namespace edgelab::bench
