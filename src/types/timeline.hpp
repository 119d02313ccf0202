// A timeline: what one trial did and when, raw, in columns. Metrics are computed from it, never stored in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgelab {

// One row a request, in order of arrival. All times in nanoseconds of the executor's monotonic clock.
struct RequestColumns {
  std::vector<std::string> id;                // the workload's request
  std::vector<std::int32_t> pass;             // 0 for the first time through the requests, then 1, ...
  std::vector<std::int64_t> arrival_ns;       // after the arrival of the row before (first row: after the trial's start)
  std::vector<std::int64_t> admitted_ns;      // after its own arrival; -1: not known
  std::vector<std::int64_t> prefill_end_ns;   // after its own admission; -1: not known
  std::vector<std::int64_t> end_ns;           // after its own arrival
  std::vector<std::int32_t> prompt_tokens;    // all tokens of the prompt; -1: not known
  std::vector<std::int32_t> cached_tokens;    // of these, not evaluated thanks to a cache; -1: not known
  std::vector<std::int32_t> emissions;        // how many rows of EmissionColumns are this request's
  std::vector<std::string> finish;            // stop | length | cancelled | error: REASON
  std::vector<std::string> text;              // what was generated; without emissions: its tokens are not known

  // What a server says of itself, beside what its client saw. Each of these is a value a request, -1 where it is not
  // known, or empty.
  std::vector<std::int64_t> server_prefill_ns;   // from when it began with the prompt to the first token
  std::vector<std::int64_t> server_decode_ns;    // from the first token to the last
  std::vector<std::int32_t> drafted;             // tokens; where there are no steps to tell
  std::vector<std::int32_t> accepted;            // of these
  std::vector<std::int32_t> retries;             // attempts before the one that is told of here
};

// One row an emission; the rows of one request stand together, in the order of the requests.
struct EmissionColumns {
  std::vector<std::int64_t> gap_ns;           // first row of a request: after its arrival (TTFT); else after the row before
  std::vector<std::int32_t> tokens;           // tokens that became visible at once
};

// One row a step of the engine (one llama_decode of the target, say). May be empty.
struct StepColumns {
  std::vector<std::int64_t> start_ns;         // after the start of the row before (first row: after the trial's start)
  std::vector<std::int64_t> duration_ns;
  std::vector<std::int32_t> prefill_tokens;
  std::vector<std::int32_t> decode_tokens;    // without drafted ones
  std::vector<std::int32_t> drafted;
  std::vector<std::int32_t> accepted;
};

struct Timeline {
  RequestColumns requests;
  EmissionColumns emissions;
  StepColumns steps;
  std::vector<std::int32_t> token_ids;        // generated tokens of all requests, in the order of the emissions; may be empty
};

}  // namespace edgelab
