// What happened in a trial and when; columns only at the end.
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "types/timeline.hpp"

namespace edgelab::llama {

// One request, one pass. Its vectors are reserved when it is admitted, so that nothing is allocated between tokens.
struct RequestRecord {
  struct Emission {
    Clock::time_point at;
    std::int32_t tokens = 0;
  };

  std::size_t job = 0;               // its index in the trial
  std::string id;
  std::int32_t pass = 0;
  Clock::time_point arrival, admitted, prefill_end, end;
  std::int32_t prompt_tokens = 0;
  std::int32_t cached_tokens = 0;
  std::string finish;
  std::vector<Emission> emissions;
  std::vector<llama_token> tokens;   // generated
};

// From the beginning of drafting, where drafts were verified, else of the target's llama_decode, to the last token picked.
struct StepRecord {
  Clock::time_point start;
  Clock::duration duration{};
  std::int32_t prefill_tokens = 0;
  std::int32_t decode_tokens = 0;
  std::int32_t drafted = 0;
  std::int32_t accepted = 0;
};

struct Recording {
  Clock::time_point start;
  std::vector<RequestRecord> requests;   // in order of arrival
  std::vector<StepRecord> steps;
};

// Times as differences, as the protocol wants them. The texts are left to the caller: one per request, in order.
[[nodiscard]] Timeline timeline_of(Recording const& recording, std::vector<std::string> texts);

}  // namespace edgelab::llama
