#include "course/messages.hpp"

#include <utility>

#include "plan/plan.hpp"

namespace edgelab::course {

protocol::Load load_message(Cell const& cell, LoadNeeds const& needs) {
  return {.model = needs.model, .draft = needs.draft, .flags = cell.resolved};
}

protocol::TrialRequest request_message(Request const& request) {
  protocol::TrialRequest message;
  message.id = request.id;
  message.prompt = request.prompt;
  for (auto const& [role, content] : request.messages)
    message.messages.push_back({{"role", role}, {"content", content}});
  message.synthetic_tokens = request.synthetic_tokens;
  message.max_tokens = request.max_tokens;
  message.ignore_eos = request.ignore_eos;
  return message;
}

protocol::Run run_message(Plan const& plan, PlannedTrial const& planned) {
  Cell const& cell = plan.cells[planned.cell];
  Workload const& workload = plan.experiment.workloads[cell.workload];
  Protocol const& protocol = plan.experiment.protocol;
  protocol::Run message;
  message.flags = cell.resolved;
  for (auto const& drawn : plan::draw_requests(workload, planned.seed)) {
    auto const& request = workload.requests[drawn.request];
    auto sent = request_message(request);
    sent.arrival_us = drawn.arrival_us;
    if (request.follows) sent.after = message.requests.back().id;
    message.requests.push_back(std::move(sent));
  }
  message.concurrency = workload.arrivals.kind == Arrivals::Kind::closed ? workload.arrivals.concurrency : 1;
  message.temperature = workload.sampling.temperature;
  message.top_k = workload.sampling.top_k;
  message.top_p = workload.sampling.top_p;
  message.seed = planned.seed;
  if (planned.kind != TrialKind::memory) {
    message.min_s = protocol.trial_min_s;
    message.min_tokens = protocol.trial_min_tokens;
  }
  return message;
}

}  // namespace edgelab::course
