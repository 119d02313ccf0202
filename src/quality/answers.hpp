// What the timed trials answered, held against what was expected and against the reference. Pure.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/answers.hpp"
#include "types/flags.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::quality {

// Collects answers trial by trial, so that no more than one timeline need be held. Ok timed trials count, others are left
// alone. `plan` outlives it.
class AnswerBook {
 public:
  explicit AnswerBook(Plan const& plan) : plan_(&plan) {}
  void add(TrialResult const& trial, Timeline const& timeline);
  [[nodiscard]] std::vector<Answer> const& answers() const { return answers_; }

 private:
  Plan const* plan_;
  std::vector<Answer> answers_;
};

// The cell that a cell's output is held against: that of the reference round (quality.reference, else the baseline) with the
// same model, executor and workload; nullopt where there is none.
[[nodiscard]] std::optional<std::size_t> reference_of(Plan const& plan, std::size_t cell);

// Answers to requests that have an `expected`, by their workload's scorer. What the scorer cannot use is left out: it was
// refused when the experiment was read (`first_unusable`).
[[nodiscard]] std::vector<ScoredAnswer> score(Plan const& plan, std::vector<Answer> const& answers);

// Whether a workload's scorer decides between choices, by their likelihood, and not by what was answered.
[[nodiscard]] bool decides_by_choices(Workload const& workload);

// The same for multiple choice: right or wrong, once for each request (as of block 0).
[[nodiscard]] std::vector<ScoredAnswer> score_choices(Plan const& plan, std::span<ChoiceLikelihoods const> found);

// The first request whose `expected` its workload's scorer cannot use, and why; nullopt where there is none.
struct Unusable {
  std::string request;
  std::string why;
};
[[nodiscard]] std::optional<Unusable> first_unusable(Workload const& workload);

// What a flag may do to greedy output; nullopt for one that nobody knows.
using EffectOf = std::function<std::optional<Effect>(std::string const& flag)>;

// For every cell whose flags differ from its reference's in nothing that is lossy: which requests have the same output,
// and where the others part. With sampling nothing is expected to be the same, so only greedy workloads are held against
// one another. By token ids where both have them, else by text. Each output counts: it must be one that the reference gave
// as well; where none is, they part from the one that it gave most often. The control says how often the reference
// itself was not of one mind.
[[nodiscard]] std::vector<EquivalenceSummary> equivalence(Plan const& plan, std::vector<Answer> const& answers,
                                                          EffectOf const& effect_of);

// An answer that is not what the reference answered, and that a near-tie may explain: by what `equivalence` compares.
struct Divergent {
  std::size_t cell = 0;
  std::size_t reference = 0;    // a cell
  std::size_t request = 0;      // of the cell's workload
  Answer const* answer = nullptr;   // the cell's
  std::int32_t count = 1;       // how often it was given, all blocks together
  std::int32_t token = 0;       // where it parts, counted from 0
};
// Each way of answering by itself, in the order of cells and requests; only those that both told tokens of. They point into `answers`.
[[nodiscard]] std::vector<Divergent> divergent(Plan const& plan, std::vector<Answer> const& answers,
                                               EffectOf const& effect_of);

// A number for an answer's tokens, the same everywhere: what was found out about an answer is kept under it.
[[nodiscard]] std::uint64_t key_of(Answer const& answer);

}  // namespace edgelab::quality
