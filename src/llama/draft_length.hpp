// How many tokens to draft for each slot, from how many were accepted before and from what drafting and verifying cost.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "llama/step_cost.hpp"

namespace edgelab::llama {

// How likely a drafted token is accepted, given that those before it were: of all requests of a trial by where drafts
// came from (Draft::matched), leaning to what the request at hand shows.
class Acceptance {
 public:
  // Of one request: tokens judged and accepted, by source.
  struct Seen {
    double judged = 0.0;
    double accepted = 0.0;
  };
  using Request = std::map<std::int32_t, Seen>;

  [[nodiscard]] double of(std::int32_t source, Request const& request) const;

  // Of a draft so many tokens were judged, and accepted of these; those after a refused one are not judged.
  void take(std::int32_t source, std::size_t judged, std::size_t accepted, Request& request);

 private:
  std::map<std::int32_t, Seen> all_;
};

// A slot that could draft.
struct DraftChoice {
  double acceptance = 0.0;     // Acceptance::of
  std::size_t most = 0;        // tokens at most; 0: none
  bool by_model = false;       // drafting costs passes of the draft model; looking up costs nothing
};

struct DraftLengths {
  std::vector<std::size_t> tokens;   // of each choice
  double rate = 0.0;                 // tokens expected a second, of all slots
};

// Tokens to draft for each choice, so that the tokens expected a second are most. Each slot's step gives one token, and
// with k drafted tokens 1 + a + ... + a^k of them; it costs target.of(all rows), and a pass of the draft model for each
// drafted token, shared by the slots that draft as far. Gains fall with each token, so the best choice is a beginning of
// all tokens in order of their gain.
[[nodiscard]] DraftLengths draft_lengths(std::span<DraftChoice const> choices, StepCost const& target,
                                         StepCost const& draft);

// Drafts now and then where drafting seems to lose, since what is never tried is never learned: after 8 steps without,
// then after 16, 32, ... up to 256, as long as it goes on losing.
class Exploration {
 public:
  // A step that could draft; `chosen`: it does. True: draft a token nevertheless.
  [[nodiscard]] bool due(bool chosen);

 private:
  std::int32_t without_ = 0;
  std::int32_t patience_ = 8;
};

}  // namespace edgelab::llama
