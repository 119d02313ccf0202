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

// How likely a drafted token is accepted: the first of a draft; and a later one, given that those before it were. They
// differ much where drafts are looked up: that a place was found says less than that its first token was right.
struct Chance {
  double first = 0.0;
  double later = 0.0;
};

// Chances by where drafts came from (Draft::matched): of all requests of a trial, leaning to what the request at hand shows.
class Acceptance {
 public:
  // Tokens judged and accepted, of one source.
  struct Count {
    double judged = 0.0;
    double accepted = 0.0;
  };
  struct Seen {
    Count first;
    Count later;
  };
  using Request = std::map<std::int32_t, Seen>;

  [[nodiscard]] Chance of(std::int32_t source, Request const& request) const;

  // Of a draft so many tokens were judged, and accepted of these; those after a refused one are not judged.
  void take(std::int32_t source, std::size_t judged, std::size_t accepted, Request& request);

 private:
  Request all_;
};

// A slot that could draft.
struct DraftChoice {
  Chance chance;  // Acceptance::of
  std::size_t most = 0;  // tokens at most; 0: none
  bool by_model = false;  // drafting costs passes of the draft model; looking up costs nothing
};

struct DraftLengths {
  std::vector<std::size_t> tokens;  // of each choice
  double rate = 0.0;  // tokens expected a second, of all slots
};

// Tokens to draft for each choice, so that the tokens expected a second are most. Each slot's step gives one token, and
// with k drafted tokens 1 + f + f l + ... + f l^(k-1) of them (f, l: the chances of a first and a later token); it costs
// target.of(all rows), and a pass of the draft model for each drafted token, shared by the slots that draft as far. Gains
// fall with each token, so the best choice is a beginning of all tokens in order of their gain.
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
