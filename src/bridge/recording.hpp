// What happened in a trial and when; columns only at the end.
#pragma once

#include <string>
#include <vector>

#include "bridge/backend.hpp"
#include "core/clock.hpp"
#include "types/timeline.hpp"

namespace edgelab::bridge {

// One request, one pass.
struct RequestRecord {
  std::string id;
  std::int32_t pass = 0;
  Clock::time_point arrival, end;
  Answer answer;
};

struct Recording {
  Clock::time_point start;
  std::vector<RequestRecord> requests;   // in order of arrival
};

// Times as differences, as the protocol wants them. A request left the queue, as far as its server tells, so long before its
// first token as the server says that the prompt took: what a client can see of it. Token ids only where each token has one.
[[nodiscard]] Timeline timeline_of(Recording recording);

}  // namespace edgelab::bridge
