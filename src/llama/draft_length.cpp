#include "llama/draft_length.hpp"

#include <algorithm>

namespace edgelab::llama {

namespace {

// Before anything is known: optimistic, as a request or two will tell.
constexpr double first_guess = 0.7;
constexpr double first_guess_weight = 4.0;    // worth so many tokens
constexpr double trial_weight = 12.0;         // what other requests showed, likewise
constexpr double memory = 200.0;              // tokens after which old ones fade

}  // namespace

double Acceptance::of(std::int32_t source, Request const& request) const {
  auto estimate = first_guess;
  if (auto const all = all_.find(source); all != all_.end()) {
    estimate = (first_guess * first_guess_weight + all->second.accepted) / (first_guess_weight + all->second.judged);
  }
  auto const own = request.find(source);
  if (own == request.end()) return estimate;
  return (estimate * trial_weight + own->second.accepted) / (trial_weight + own->second.judged);
}

void Acceptance::take(std::int32_t source, std::size_t judged, std::size_t accepted, Request& request) {
  for (auto* seen : {&all_[source], &request[source]}) {
    seen->judged += static_cast<double>(judged);
    seen->accepted += static_cast<double>(accepted);
    if (seen->judged <= memory) continue;
    seen->accepted *= memory / seen->judged;
    seen->judged = memory;
  }
}

DraftLengths draft_lengths(std::span<DraftChoice const> choices, StepCost const& target, StepCost const& draft) {
  struct Token {
    std::size_t choice;
    std::size_t place;     // in its draft, from 1
    double gain;
  };
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    double gain = 1.0;
    for (std::size_t place = 1; place <= choices[i].most; ++place) {
      gain *= std::clamp(choices[i].acceptance, 0.0, 1.0);
      tokens.push_back({i, place, gain});
    }
  }
  // Equal gains in order of place, so that a draft never has its third token before its second.
  std::ranges::stable_sort(tokens, [](Token const& a, Token const& b) {
    return a.gain > b.gain || (a.gain == b.gain && a.place < b.place);
  });

  auto const slots = choices.size();
  std::vector<std::size_t> drafting;   // slots that draft as far as each place
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
