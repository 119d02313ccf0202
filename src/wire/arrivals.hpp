// When the requests of a run arrive, as its message says it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "types/protocol.hpp"

namespace edgelab::wire {

// Of one request: microseconds after the start of a pass, or the index of an earlier request that it follows, or neither.
struct ArrivalRule {
  std::optional<std::int64_t> at_us{};
  std::optional<std::size_t> after{};
};

// One a request. Fails where times are given for some only of those that follow none, or one follows what it cannot: no
// request of the run, itself or a later one, one that another follows.
[[nodiscard]] Result<std::vector<ArrivalRule>> arrival_rules(std::vector<protocol::TrialRequest> const& requests);

}  // namespace edgelab::wire
