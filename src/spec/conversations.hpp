// A conversation as the requests of its turns.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "types/experiment.hpp"

namespace edgelab::spec {

// One request for each message of the user's that is answered or the last: what was said until then, as it stands in the
// file, so that every round is asked the same whatever it answered before. `conversation` has the messages and what is
// common to the turns; what is expected, of the last. Their ids are its own and the turn's number ("c1/2"); all but the
// first follow. Empty where the user says nothing.
[[nodiscard]] std::vector<Request> turns_of(Request const& conversation, std::optional<std::int32_t> max_turns);

}  // namespace edgelab::spec
