#include "llama/recorder.hpp"

namespace edgelab::llama {

namespace {

void add_emissions(RequestRecord const& request, EmissionColumns& out) {
  auto before = request.arrival;
  for (auto const& emission : request.emissions) {
    out.gap_ns.push_back(to_ns(emission.at - before));
    out.tokens.push_back(emission.tokens);
    before = emission.at;
  }
}

void add_request(RequestRecord const& request, Clock::time_point before, RequestColumns& out) {
  out.id.push_back(request.id);
  out.pass.push_back(request.pass);
  out.arrival_ns.push_back(to_ns(request.arrival - before));
  out.admitted_ns.push_back(to_ns(request.admitted - request.arrival));
  out.prefill_end_ns.push_back(to_ns(request.prefill_end - request.admitted));
  out.end_ns.push_back(to_ns(request.end - request.arrival));
  out.prompt_tokens.push_back(request.prompt_tokens);
  out.cached_tokens.push_back(request.cached_tokens);
  out.emissions.push_back(static_cast<std::int32_t>(request.emissions.size()));
  out.finish.push_back(request.finish);
}

}  // namespace

Timeline timeline_of(Recording const& recording, std::vector<std::string> texts) {
  Timeline timeline;
  auto before = recording.start;
  for (auto const& request : recording.requests) {
    add_request(request, before, timeline.requests);
    add_emissions(request, timeline.emissions);
    timeline.token_ids.insert(timeline.token_ids.end(), request.tokens.begin(), request.tokens.end());
    before = request.arrival;
  }
  timeline.requests.text = std::move(texts);
  before = recording.start;
  auto& steps = timeline.steps;
  for (auto const& step : recording.steps) {
    steps.start_ns.push_back(to_ns(step.start - before));
    steps.duration_ns.push_back(to_ns(step.duration));
    steps.prefill_tokens.push_back(step.prefill_tokens);
    steps.decode_tokens.push_back(step.decode_tokens);
    steps.drafted.push_back(step.drafted);
    steps.accepted.push_back(step.accepted);
    before = step.start;
  }
  return timeline;
}

}  // namespace edgelab::llama
