#include "runner/choices.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <numeric>

#include "course/messages.hpp"
#include "quality/answers.hpp"
#include "runner/pool.hpp"

namespace edgelab::runner {

namespace {

using executor::Outcome;
using executor::Trouble;

bool has_right_choice(Request const& request) { return !request.choices.empty() && request.expected.has_value(); }

std::size_t bytes_of(Request const& request) {
  std::size_t bytes = request.prompt ? request.prompt->size() : 0;
  for (auto const& message : request.messages) bytes += message.content.size();
  return bytes;
}

class Asking {
 public:
  Asking(Plan const& plan, std::size_t cell, executor::Executor& process, std::stop_token const& stop)
      : plan_(plan), cell_(plan.cells[cell]), process_(process), stop_(stop) {}

  Outcome<std::vector<double>> likelihoods(Request const& request) {
    auto const prompt = prompt_tokens(request);
    if (!prompt) return std::unexpected(prompt.error());
    std::vector<double> sums;
    for (auto const& choice : request.choices) {
      auto const scored = score(request, choice, *prompt);
      if (!scored) return std::unexpected(scored.error());
      if (scored->logprobs.empty())
        return std::unexpected(Trouble{Status::failed, std::format("it read no token of '{}'", choice), false});
      sums.push_back(std::accumulate(scored->logprobs.begin(), scored->logprobs.end(), 0.0));
    }
    return sums;
  }

 private:
  // How many tokens the prompt is: nothing is told of them, so nothing need be evaluated.
  Outcome<std::int32_t> prompt_tokens(Request const& request) {
    auto const scored = score(request, "", std::numeric_limits<std::int32_t>::max());
    if (!scored) return std::unexpected(scored.error());
    // One that does not know `request` reads nothing, or the token that begins a text.
    constexpr std::size_t long_prompt = 16;
    auto const tokens = scored->tokens.size();
    if (tokens == 0 || (tokens == 1 && bytes_of(request) > long_prompt))
      return std::unexpected(
          Trouble{Status::unsupported,
                  std::format("it read {} tokens of the prompt: it does not seem to know 'request' in "
                              "score (docs/PROTOCOL.md)",
                              tokens),
                  false});
    return static_cast<std::int32_t>(tokens);
  }

  Outcome<protocol::Scored> score(Request const& request, std::string text, std::int32_t skip) {
    protocol::Score message;
    message.flags = cell_.resolved;
    message.request = course::request_message(request);
    message.text = std::move(text);
    message.skip = skip;
    auto const timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(plan_.experiment.protocol.trial_timeout_s * 1000.0));
    return cancellable(process_, stop_, [&] { return process_.score(std::move(message), timeout); });
  }

  Plan const& plan_;
  Cell const& cell_;
  executor::Executor& process_;
  std::stop_token const& stop_;
};

}  // namespace

bool wants_choices(Plan const& plan, Cell const& cell) {
  return quality::decides_by_choices(plan.experiment.workloads[cell.workload]);
}

std::int64_t requests_with_choices(Plan const& plan, Cell const& cell) {
  return std::ranges::count_if(plan.experiment.workloads[cell.workload].requests, has_right_choice);
}

Outcome<std::vector<ChoiceLikelihoods>> ask_choices(Plan const& plan, std::size_t cell, executor::Executor& process,
                                                    std::stop_token const& stop, std::function<void()> const& asked) {
  auto const& requests = plan.experiment.workloads[plan.cells[cell].workload].requests;
  std::vector<ChoiceLikelihoods> found;
  Asking asking(plan, cell, process, stop);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!has_right_choice(requests[i])) continue;
    if (stop.stop_requested()) return std::unexpected(Trouble{Status::interrupted, "interrupted", false});
    auto sums = asking.likelihoods(requests[i]);
    if (!sums) {
      auto trouble = sums.error();
      trouble.reason = std::format("request '{}': {}", requests[i].id, trouble.reason);
      return std::unexpected(std::move(trouble));
    }
    found.push_back({.cell = cell, .request = i, .logprobs = std::move(*sums)});
    asked();
  }
  return found;
}

}  // namespace edgelab::runner
