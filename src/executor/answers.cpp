#include "executor/answers.hpp"

#include <format>
#include <utility>

#include "wire/wire.hpp"

namespace edgelab::executor {

Trouble trouble_of(protocol::Failure const& failure, Cancelled cancelled) {
  auto const reason = failure.reason.empty() ? "the executor gave no reason" : failure.reason;
  if (failure.kind == "oom") return {Status::oom, reason, false};
  if (failure.kind == "unsupported") return {Status::unsupported, reason, false};
  if (failure.kind == "cancelled" && cancelled == Cancelled::yes) return {Status::interrupted, reason, false};
  if (failure.kind == "failed") return {Status::failed, reason, false};
  return {Status::failed, std::format("the executor answered '{}': {}", failure.kind, reason), false};
}

Result<void> check_timeline_of_run(Timeline const& timeline, std::size_t requests) {
  if (auto const fits = wire::check(timeline); !fits)
    return fail("its timeline does not add up: " + fits.error().describe());
  if (timeline.requests.id.size() < requests)
    return fail(
        std::format("its timeline has {} requests where the trial has {}", timeline.requests.id.size(), requests));
  return {};
}

}  // namespace edgelab::executor
