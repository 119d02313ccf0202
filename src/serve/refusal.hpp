// Why a message cannot be served, as it goes out in protocol::Failure.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace edgelab::serve {

struct Refusal {
  std::string kind;     // failed | unsupported | oom | cancelled | bad-request
  std::string reason;
};

template <typename T>
using Outcome = std::expected<T, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(std::string kind, std::string reason) {
  return std::unexpected(Refusal{std::move(kind), std::move(reason)});
}

}  // namespace edgelab::serve
