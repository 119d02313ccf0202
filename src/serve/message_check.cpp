#include "serve/message_check.hpp"

#include <format>

#include "wire/arrivals.hpp"

namespace edgelab::serve {

std::optional<std::string> fault_in(protocol::Hello const& hello) {
  if (hello.protocol == protocol::version) return std::nullopt;
  return std::format("this executor speaks protocol {}, not {}", protocol::version, hello.protocol);
}

std::optional<std::string> fault_in(protocol::Run const& run) {
  if (run.requests.empty()) return "a run without requests";
  for (auto const& one : run.requests) {
    auto const name = "request '" + one.id + "': ";
    auto const kinds = (one.prompt ? 1 : 0) + (one.messages.empty() ? 0 : 1) + (one.synthetic_tokens ? 1 : 0);
    if (kinds != 1) return name + "expected exactly one of prompt, messages and synthetic_tokens";
    if (one.max_tokens < 1) return name + "max_tokens must be at least 1";
    if (one.synthetic_tokens.value_or(1) < 1) return name + "synthetic_tokens must be at least 1";
  }
  if (auto const arrivals = wire::arrival_rules(run.requests); !arrivals) return arrivals.error().describe();
  return std::nullopt;
}

}  // namespace edgelab::serve
