#include "runner/fitting.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <memory>
#include <set>
#include <tuple>

#include "course/messages.hpp"
#include "course/needs.hpp"
#include "course/refusal.hpp"

namespace edgelab::runner {

namespace {

constexpr std::int64_t template_tokens = 64;       // what a chat template may add to each message, amply
constexpr std::size_t most_asked = 64;
constexpr std::int64_t smallest_context = 512;     // that any model of use was trained for: below it nothing is looked at

// No tokenizer makes more tokens of a text than it has bytes.
std::int64_t most_tokens(Request const& request) {
  if (request.synthetic_tokens) return *request.synthetic_tokens;
  auto tokens = template_tokens + static_cast<std::int64_t>(request.prompt ? request.prompt->size() : 0);
  for (auto const& message : request.messages) tokens += template_tokens + static_cast<std::int64_t>(message.content.size());
  return tokens;
}

// Those that might need more than `context`, the longest first.
std::vector<Request const*> doubtful(Workload const& workload, std::int64_t context) {
  std::vector<Request const*> found;
  for (auto const& request : workload.requests)
    if (most_tokens(request) + request.max_tokens > context) found.push_back(&request);
  std::ranges::sort(found, std::ranges::greater{}, [](Request const* one) { return most_tokens(*one) + one->max_tokens; });
  if (found.size() > most_asked) found.resize(most_asked);
  return found;
}

// The process that was asked last: cells of one executor and model stand together.
struct Opened {
  std::size_t executor = 0;
  std::string model;
  std::unique_ptr<executor::Executor> process;
  std::optional<std::int32_t> context;
};

// A loaded model's view of a workload.
class Reader {
 public:
  Reader(executor::Executor& process, Flags const& flags, std::int64_t context, std::chrono::milliseconds timeout)
      : process_(process), flags_(flags), context_(context), timeout_(timeout) {}

  std::optional<std::string> first_too_long(Workload const& workload, std::string const& model) {
    for (auto const* request : doubtful(workload, context_)) {
      auto const tokens = tokens_of(*request);
      if (!tokens) return std::nullopt;
      if (*tokens + request->max_tokens <= context_) continue;
      return std::format("workload {}, request '{}', model {}: a prompt of {} tokens and {} to generate do not fit into the {} that "
                         "the model was trained for: shorten the prompt, or lower max_tokens",
                         workload.id, request->id, model, *tokens, request->max_tokens, context_);
    }
    return std::nullopt;
  }

 private:
  std::optional<std::int64_t> tokens_of(Request const& request) {
    if (request.synthetic_tokens) return *request.synthetic_tokens;
    protocol::Score message;
    message.flags = flags_;
    message.request = course::request_message(request);
    message.skip = std::numeric_limits<std::int32_t>::max();   // nothing is told of any token, so nothing is evaluated
    auto const scored = process_.score(std::move(message), timeout_);
    if (!scored || scored->tokens.size() < 2) return std::nullopt;
    return static_cast<std::int64_t>(scored->tokens.size());
  }

  executor::Executor& process_;
  Flags const& flags_;
  std::int64_t context_;
  std::chrono::milliseconds timeout_;
};

}  // namespace

std::optional<std::string> request_that_does_not_fit(Plan const& plan, std::vector<protocol::HelloReply> const& hellos,
                                                     StartExecutor const& start) {
  auto const& experiment = plan.experiment;
  auto const timeout = std::chrono::milliseconds(static_cast<std::int64_t>(experiment.protocol.trial_timeout_s * 1000.0));
  std::set<std::tuple<std::size_t, std::string, std::size_t>> looked_at;
  Opened open;
  for (auto const& cell : plan.cells) {
    auto const& workload = experiment.workloads[cell.workload];
    if (course::refusal_of(plan, cell, hellos[cell.executor]) || doubtful(workload, smallest_context).empty()) continue;
    auto const needs = course::needs_of(plan, cell, hellos[cell.executor]);
    if (needs.model.empty() || !looked_at.emplace(cell.executor, needs.model, cell.workload).second) continue;
    if (!open.process || open.executor != cell.executor || open.model != needs.model) {
      open = {.executor = cell.executor, .model = needs.model, .process = nullptr, .context = {}};
      auto process = start(cell.executor, {});
      if (!process) continue;            // the run will say so
      auto const loaded = (*process)->load({.model = needs.model, .draft = {}, .flags = cell.resolved}, timeout);
      if (!loaded) continue;
      open.process = *std::move(process);
      open.context = loaded->n_ctx_train;
    }
    if (!open.context) continue;
    auto reason = Reader(*open.process, cell.resolved, *open.context, timeout)
                      .first_too_long(workload, experiment.models[cell.model].id);
    if (reason) return reason;
  }
  return std::nullopt;
}

}  // namespace edgelab::runner
