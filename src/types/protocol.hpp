// The executor protocol, version 1: the messages as structs. docs/PROTOCOL.md is its specification.
//
// One JSON object a line. Every message has "type"; answers repeat the "id" of the request.
// A field that is absent takes the default given here; unknown fields are ignored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/flags.hpp"
#include "types/timeline.hpp"

namespace edgelab::protocol {

inline constexpr int version = 1;
inline constexpr std::size_t max_line_bytes = 256 * 1024;   // of what an executor sends

// ---- coordinator -> executor ------------------------------------------------------------------

struct Hello {                       // "hello": first message, answered by HelloReply
  int protocol = version;
};

struct Load {                        // "load": answered by Loaded or Failure
  std::int64_t id = 0;
  std::string model;                 // path of the GGUF file; empty for executors without one
  std::optional<std::string> draft;
  Flags flags;                       // all resolved flags
};

struct TrialRequest {
  std::string id;
  std::optional<std::string> prompt;
  std::vector<std::map<std::string, std::string>> messages;   // {"role": ..., "content": ...}
  std::optional<std::int32_t> synthetic_tokens;               // a prompt of so many tokens, drawn with the trial's seed
  std::int32_t max_tokens = 128;
  bool ignore_eos = false;
  std::optional<std::int64_t> arrival_us;    // after the start of the pass; absent: closed loop
  std::optional<std::string> after;          // id of an earlier one of the run: this one arrives when that has ended
};

struct Run {                         // "run": answered by Timeline parts and Done, or by Failure
  std::int64_t id = 0;
  Flags flags;                       // all resolved flags; context-scope changes are made before the clock starts
  std::vector<TrialRequest> requests;
  std::int32_t concurrency = 1;      // closed loop: requests in flight
  double temperature = 0.0;          // 0: greedy
  std::int32_t top_k = 0;
  double top_p = 1.0;
  std::uint64_t seed = 0;
  double min_s = 0.0;                // whole passes over the requests are repeated until both are reached
  std::int32_t min_tokens = 0;
  bool live = false;                 // true: send Emission while running
};

// "score": a text is read, not written; answered by Scored or Failure. What is read: the prompt of `request`, then `text`,
// then `tokens`; `tokens` alone are all of it.
struct Score {
  std::int64_t id = 0;
  Flags flags;
  std::optional<TrialRequest> request{};     // its prompt or messages
  std::string text;                          // as text: what looks like a special token is none
  std::vector<std::int32_t> tokens{};
  std::int32_t skip = 0;                     // nothing is told of the first so many tokens; of the very first never
  std::int32_t at_a_time = 0;                // tokens in a step, after those skipped; 0: as many as the flags say
  std::optional<Flags> against{};            // of a reference, which reads the same beside it, with the model loaded
  std::optional<std::string> stream{};       // path of a Unix socket that takes every distribution, chunk by chunk
  bool leads = false;                        // tell the leads; nothing is then told of what stands before `tokens`
  bool ended = false;                        // with leads: the model ended after `tokens`
  bool noise = false;                        // with leads: tell how much logits change with the way of evaluation
};

// What a stream begins with, in the machine's own byte order; after it the tokens, 32 bits each. Then, for each byte that
// it is sent, one chunk: the number of its rows (32 bits) and the rows, each n_vocab natural logarithms as 32-bit floats.
struct StreamHead {
  std::uint32_t magic = 0x31504C45;          // "ELP1"
  std::uint32_t n_vocab = 0;
  std::uint32_t n_tokens = 0;
  std::uint32_t n_rows = 0;                  // the last row says how likely the last token is, and so on before it
};

struct Cancel {                      // "cancel": the running trial ends as soon as it can, with Failure kind "cancelled"
  std::int64_t id = 0;
  std::optional<std::string> request{};   // only this request, whose row ends with "cancelled"; the trial goes on
};

struct Bye {};                       // "bye": the executor exits with 0. So does end of input.

// ---- executor -> coordinator ------------------------------------------------------------------

// What an executor can do with a flag of the catalogue.
struct FlagSupport {
  std::string support = "yes";                     // yes | no | values (only those listed) | fixed
  std::vector<std::string> values;                 // of `values`; the one value of `fixed`, where known
  std::optional<std::string> reason;               // why not, for people
};

// A flag of the executor's own, which joins the catalogue under "NAME.flag".
struct OwnFlag {
  std::string name;
  std::string type;                                // on-off | int | float | text | choice
  std::vector<std::string> values;                 // of choice
  std::string default_value;
  std::string scope;                               // model | context | scheduler | request | process
  std::string effect;                              // exact | rounding | lossy
  std::string help;
};

struct HelloReply {                                // "hello"
  int protocol = edgelab::protocol::version;
  std::string name;                                // "llama"
  std::string version;                             // of the executor
  std::string library;                             // "llama.cpp 0.7.0 (commit)", empty where there is none
  std::map<std::string, FlagSupport> flags;        // a flag not listed is not supported
  std::vector<OwnFlag> own_flags;
  std::vector<std::string> abilities;              // what not every executor can do with requests: "after"
};

struct Loaded {                                    // "loaded"
  std::int64_t id = 0;
  std::optional<std::int64_t> model_bytes;
  std::optional<std::int32_t> n_ctx_train;
  std::optional<std::int32_t> n_vocab;
};

struct Progress {                                  // "progress": as often as the executor likes, at most some 10/s
  std::int64_t id = 0;
  std::int32_t requests_done = 0;
  std::int64_t tokens = 0;
};

struct Emission {                                  // "emission": only when asked for with live
  std::int64_t id = 0;
  std::string request;
  std::int32_t tokens = 0;
};

struct TimelinePart {                              // "timeline": its columns are appended to those received before
  std::int64_t id = 0;
  Timeline columns;
};

struct Memory {
  std::optional<std::int64_t> model_bytes;
  std::optional<std::int64_t> kv_cache_bytes;
  std::optional<std::int64_t> compute_bytes;
  std::optional<std::int64_t> draft_model_bytes;      // the draft model's, apart
  std::optional<std::int64_t> draft_kv_cache_bytes;
  std::optional<std::int64_t> draft_compute_bytes;
  std::optional<std::int64_t> rss_peak_bytes{};       // of the process that holds the model, where that is another one
  std::optional<bool> elsewhere{};                    // true: the model is in no process of the executor's
};

struct Done {                                      // "done": ends a run
  std::int64_t id = 0;
  Flags in_force;                                  // read back, never echoed; "unknown" where it cannot be read
  Memory memory;
};

struct Scored {                                    // "scored": one message, or several where a line would be too long
  std::int64_t id = 0;
  std::vector<std::int32_t> tokens;                // of the text
  std::vector<double> logprobs;                    // natural log p(token i | tokens before), of those that are told
  std::vector<double> reference_logprobs{};        // with against or stream: the same under the reference
  std::vector<double> kld{};                       // KL(reference || round) of the distribution of that token, in nats
  std::vector<std::int32_t> agree{};               // 1: the likeliest token is the same
  std::vector<double> leads{};                     // of the likeliest token over that of the text, in logits
  std::optional<double> noise{};                   // largest difference of a logit between ways of evaluation
  bool more = false;                               // true: further parts follow, whose columns are appended
};

struct Failure {                                   // "error"
  std::int64_t id = 0;
  std::string kind;                                // failed | unsupported | oom | cancelled | bad-request
  std::string reason;
};

}  // namespace edgelab::protocol
