#include "llama/speculation.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "llama/mix.hpp"

namespace edgelab::llama {

namespace {

constexpr std::int32_t by_model = 0;           // Draft::matched of the draft model
constexpr std::uint64_t draft_purpose = 0x647261667473;   // its sampler draws other numbers than the target's

std::size_t at(llama_seq_id slot) { return static_cast<std::size_t>(slot); }

double in_seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Speculation::Speculation(SpeculationSettings const& settings, Memory memory, std::optional<Drafting> const& drafting,
                         SpeculationCosts costs, std::int32_t slots)
    : settings_(settings), memory_(memory), costs_(std::move(costs)) {
  for (std::int32_t i = 0; i < slots; ++i)
    slots_.push_back({LookupIndex(settings.lookup_min, settings.lookup_ngram), {}, {}, {}});
  if (!drafting) return;
  model_.emplace(*drafting->model, *drafting->context);
  if (!settings_.adaptive) return;
  model_->on_pass = [this](std::size_t rows, Clock::duration duration) {
    costs_.draft.take(rows, in_seconds(duration));
  };
}

void Speculation::begin(llama_seq_id slot, Sampling const& sampling, std::uint64_t seed,
                        std::span<llama_token const> forbidden) {
  auto& state = slots_[at(slot)];
  state.index.clear();
  state.seen.clear();
  state.forbidden = forbidden;
  state.sampler.reset();
  if (!model_) return;
  // A draft thrown away for being short, which hangs on what was drawn, would bend the distribution; certain ones do not.
  bool const draws = sampling.temperature > 0.0 && settings_.draft_min <= 1;
  if (draws) state.sampler.emplace(sampling, mix(seed, draft_purpose), forbidden);
}

void Speculation::end(llama_seq_id slot) {
  if (model_ && memory_ == Memory::cold) model_->forget(slot);
}

void Speculation::forget_all() {
  if (model_) model_->forget_all();
  acceptance_ = {};
  exploration_ = {};
}

Outcome<void> Speculation::propose(std::span<DraftRequest> requests) {
  for (auto& request : requests) {
    request.out->clear();
    request.most = std::min(request.most, static_cast<std::size_t>(settings_.draft_max));
    if (settings_.lookup && request.most > 0)
      slots_[at(request.slot)].index.find(request.text, request.most, *request.out);
  }
  if (settings_.adaptive) adapt(requests);
  if (auto drafted = draft_by_model(requests); !drafted) return drafted;
  for (auto& request : requests) {
    if (std::cmp_less(request.out->size(), settings_.draft_min)) request.out->clear();
  }
  return {};
}

Outcome<void> Speculation::prompt_read(llama_seq_id slot, std::span<llama_token const> prompt) {
  if (!model_ || settings_.adaptive || settings_.lookup) return {};
  return model_->read(slot, prompt);
}

// Cuts what was found, and says how much to ask the model for, where that is worth more.
void Speculation::adapt(std::span<DraftRequest> requests) {
  std::vector<DraftChoice> choices;
  choices.reserve(requests.size());
  for (auto const& request : requests) {
    auto const& seen = slots_[at(request.slot)].seen;
    DraftChoice found{acceptance_.of(request.out->matched, seen), request.out->size(), false};
    DraftChoice const modelled{acceptance_.of(by_model, seen), model_ ? request.most : 0, true};
    auto const rate = [&](DraftChoice const& choice) {
      return draft_lengths({&choice, 1}, costs_.target, costs_.draft).rate;
    };
    bool const model_pays = found.most == 0 || rate(modelled) > rate(found);
    choices.push_back(model_ && model_pays ? modelled : found);
  }
  auto lengths = draft_lengths(choices, costs_.target, costs_.draft).tokens;
  // A draft below draft-min would be thrown away.
  auto const least = static_cast<std::size_t>(std::max(settings_.draft_min, 1));
  for (auto& length : lengths)
    if (length < least) length = 0;
  auto const can = std::ranges::find_if(choices, [&](DraftChoice const& choice) { return choice.most >= least; });
  if (can != choices.end() && exploration_.due(std::ranges::any_of(lengths, [](auto length) { return length > 0; })))
    lengths[static_cast<std::size_t>(can - choices.begin())] = least;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto& request = requests[i];
    request.most = lengths[i];
    if (choices[i].by_model)
      request.out->clear();
    else
      request.out->tokens.resize(lengths[i]);
  }
}

Outcome<void> Speculation::draft_by_model(std::span<DraftRequest> requests) {
  if (!model_) return {};
  tasks_.clear();
  for (auto& request : requests) {
    if (request.out->size() > 0 || request.most == 0 || std::cmp_less(request.most, settings_.draft_min)) continue;
    auto& state = slots_[at(request.slot)];
    tasks_.push_back({request.slot, request.text, request.most, state.sampler ? &*state.sampler : nullptr,
                      state.forbidden, request.out});
  }
  if (tasks_.empty()) return {};
  return model_->draft(tasks_, settings_.draft_p_min);
}

void Speculation::judged(llama_seq_id slot, Draft const& draft, std::size_t judged, std::size_t accepted) {
  if (settings_.adaptive) acceptance_.take(draft.matched, judged, accepted, slots_[at(slot)].seen);
}

void Speculation::step_took(std::size_t rows, Clock::duration duration) {
  if (settings_.adaptive) costs_.target.take(rows, in_seconds(duration));
}

}  // namespace edgelab::llama
