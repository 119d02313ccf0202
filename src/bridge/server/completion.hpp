// One request as llama-server's /completion takes it, and the stream that it answers with. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/backend.hpp"
#include "core/result.hpp"
#include "types/protocol.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

// The body. The prompt goes as token ids, so that nothing is tokenised while the clock runs. Greedy in the cheapest way there
// is: one sampler, which leaves one token.
[[nodiscard]] std::string completion_body(protocol::Run const& run, protocol::TrialRequest const& request,
                                          std::vector<std::int32_t> const& prompt, std::uint64_t seed,
                                          bool cache_prompt);

// llama.cpp's own times and counts, from the object at `place` ("/timings"). Those of the answer go from its first token to the
// last, the one that ends the text included; they are scaled to those that are seen.
void read_timings(wire::Json const& json, std::string const& place, bool by_end_token, Answer& answer);

// Reads the events of one answer into `asking`. An event without text may be the end of the text, which is no token that
// anybody sees: it is held back until the next event tells.
class CompletionReader {
 public:
  explicit CompletionReader(Asking& asking) : asking_(asking) {}

  // `now`: when it was heard. False: the answer is not wanted any more, or makes no sense (the finish says so).
  [[nodiscard]] bool event(std::string_view data, Clock::time_point now);
  [[nodiscard]] bool ended() const { return ended_; }  // the last event was there
  // What the last event says of the settings in force, by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> const& settings() const { return settings_; }

 private:
  void tell_held();

  struct Held {
    Clock::time_point at;
    std::int32_t tokens = 0;
    std::vector<std::int32_t> ids;
  };

  Asking& asking_;
  Held held_;
  std::int64_t counted_ = 0;  // tokens told of so far, held ones too
  bool ended_ = false;
  std::vector<std::pair<std::string, std::string>> settings_;
};

}  // namespace edgelab::bridge
