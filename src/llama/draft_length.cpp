#include "llama/draft_length.hpp"

#include <algorithm>

namespace edgelab::llama {

namespace {

// Before anything is known: what holds for texts that are worth drafting for, as a request or two will tell when they are
// not. A long match is found by chance more seldom than a short one.
Chance first_guess(std::int32_t source) {
  constexpr double later = 0.9;
  switch (source) {
    case 1: return {0.4, later};
    case 2: return {0.6, later};
    default: return {0.85, later};
  }
}

constexpr double first_guess_weight = 3.0;  // worth so many tokens
constexpr double trial_weight = 12.0;  // what other requests showed, likewise
constexpr double memory = 200.0;  // tokens after which old ones fade

double leaning(double guess, double weight, Acceptance::Count const& seen) {
  return (guess * weight + seen.accepted) / (weight + seen.judged);
}

Chance leaning(Chance guess, double weight, Acceptance::Seen const& seen) {
  return {leaning(guess.first, weight, seen.first), leaning(guess.later, weight, seen.later)};
}

void count(Acceptance::Count& seen, std::size_t judged, std::size_t accepted) {
  seen.judged += static_cast<double>(judged);
  seen.accepted += static_cast<double>(accepted);
  if (seen.judged <= memory) return;
  seen.accepted *= memory / seen.judged;
  seen.judged = memory;
}

}  // namespace

Chance Acceptance::of(std::int32_t source, Request const& request) const {
  auto chance = first_guess(source);
  if (auto const all = all_.find(source); all != all_.end()) chance = leaning(chance, first_guess_weight, all->second);
  if (auto const own = request.find(source); own != request.end()) chance = leaning(chance, trial_weight, own->second);
  return chance;
}

void Acceptance::take(std::int32_t source, std::size_t judged, std::size_t accepted, Request& request) {
  if (judged == 0) return;
  for (auto* seen : {&all_[source], &request[source]}) {
    count(seen->first, 1, accepted > 0 ? 1 : 0);
    if (accepted > 0) count(seen->later, judged - 1, accepted - 1);
  }
}

DraftLengths draft_lengths(std::span<DraftChoice const> choices, StepCost const& target, StepCost const& draft) {
  struct Token {
    std::size_t choice;
    std::size_t place;  // in its draft, from 1
    double gain;
  };
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    double gain = 1.0;
    for (std::size_t place = 1; place <= choices[i].most; ++place) {
      gain *= std::clamp(place == 1 ? choices[i].chance.first : choices[i].chance.later, 0.0, 1.0);
      tokens.push_back({i, place, gain});
    }
  }
  // Equal gains in order of place, so that a draft never has its third token before its second.
  std::ranges::stable_sort(tokens, [](Token const& a, Token const& b) {
    return a.gain > b.gain || (a.gain == b.gain && a.place < b.place);
  });

  auto const slots = choices.size();
  std::vector<std::size_t> drafting;  // slots that draft as far as each place
  double expected = static_cast<double>(slots);
  double drafting_s = 0.0;
  std::size_t best_count = 0;
  DraftLengths best{std::vector<std::size_t>(slots, 0), expected / target.of(slots)};
  for (std::size_t count = 1; count <= tokens.size(); ++count) {
    auto const& token = tokens[count - 1];
    expected += token.gain;
    if (choices[token.choice].by_model) {
      drafting.resize(std::max(drafting.size(), token.place), 0);
      auto& sharing = drafting[token.place - 1];
      drafting_s += draft.of(sharing + 1) - (sharing > 0 ? draft.of(sharing) : 0.0);
      ++sharing;
    }
    auto const rate = expected / (target.of(slots + count) + drafting_s);
    if (rate <= best.rate) continue;
    best.rate = rate;
    best_count = count;
  }
  for (std::size_t i = 0; i < best_count; ++i) best.tokens[tokens[i].choice] = tokens[i].place;
  return best;
}

bool Exploration::due(bool chosen) {
  constexpr std::int32_t longest = 256;
  if (chosen) {
    without_ = 0;
    patience_ = 8;
    return false;
  }
  if (++without_ < patience_) return false;
  without_ = 0;
  patience_ = std::min(patience_ * 2, longest);
  return true;
}

}  // namespace edgelab::llama
