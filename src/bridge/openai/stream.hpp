// One request as /chat/completions or /completions takes it, and the stream that it answers with. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/backend.hpp"
#include "bridge/openai/settings.hpp"
#include "types/protocol.hpp"

namespace edgelab::bridge {

// What rounds may set of it: flags of the executor's own.
struct BodyOptions {
  std::string max_tokens_field = "max_tokens";     // or max_completion_tokens
  std::string extra;                               // members of a JSON object without its braces; empty: none
};

// `unsupported` for what this API cannot be asked.
[[nodiscard]] Outcome<std::string> openai_body(OpenAiSettings const& settings, BodyOptions const& options,
                                               protocol::Run const& run, protocol::TrialRequest const& request);

// Reads the events of one answer. Each with text is an emission. How many tokens it is of, nobody says: what the whole answer
// has, by `usage`, is shared out among them in the end.
class OpenAiReader {
 public:
  explicit OpenAiReader(Asking& asking) : asking_(asking) {}

  [[nodiscard]] bool event(std::string_view data, Clock::time_point now);
  // When the stream is over: the finish, and the tokens of each emission. `forced`: as many as may be had to be generated.
  void finish(protocol::TrialRequest const& request);
  [[nodiscard]] bool began() const { return !asking_.answer.emissions.empty(); }
  [[nodiscard]] bool counted() const { return completion_tokens_.has_value(); }  // by the endpoint

 private:
  void share_out();

  Asking& asking_;
  std::string reason_;  // its finish_reason; empty: it did not end
  bool done_ = false;  // [DONE] was there
  std::optional<std::int64_t> completion_tokens_;
};

}  // namespace edgelab::bridge
