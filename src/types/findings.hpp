// What is found out about cells beyond their means: effects of techniques alone and together, the Pareto front, task
// scores, equivalence with the reference. Parts of a Summary.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab {

using Bounds = std::array<double, 2>;              // of an interval

// ---- effects: which techniques go together ----------------------------------------------------

// Another term that cannot be told apart from the one it stands in: `weight` of its effect is in there.
struct AliasSummary {
  std::string term;
  double weight = 1.0;
};

struct TermSummary {
  std::string name;                              // "fa"; "fa:lookup" is the interaction of two
  std::vector<AliasSummary> aliases;
};

// A factor: with it / without it, the others at all their settings. An interaction: both together / the product of each.
struct EffectSummary {
  std::string term;
  double ratio = 1.0;
  std::optional<Bounds> ci95{};
  std::int32_t n = 0;  // blocks
};

struct CombinationSummary {
  std::string round;
  std::vector<std::string> parts;
  double predicted = 1.0;  // against the baseline, if its parts were independent: their product
  double measured = 1.0;  // against the baseline
  double ratio = 1.0;  // measured / predicted
  std::optional<Bounds> ci95{};  // of that ratio
  std::int32_t n = 0;
};

struct MetricEffects {
  std::string name;
  std::string better;  // lower | higher
  std::vector<EffectSummary> effects;  // in the order of the terms
  std::vector<CombinationSummary> combinations;
};

// A score from 0 to 1 has no logarithm where all is wrong, and a point is a point wherever it is lost: of scores it is
// differences that add up. So it is of the distance of distributions, which is 0 where nothing is lost (docs/METRICS.md). Requests
// and texts are what is drawn, so intervals are over these and not over blocks.
struct ScoreEffect {
  std::string term;
  double difference = 0.0;  // with it - without it; of two: both together - the sum of each
  std::optional<Bounds> ci95{};  // absent where no request differs from another
  std::int32_t n = 0;  // requests; of kld_mean texts
};

struct ScoreCombination {
  std::string round;
  std::vector<std::string> parts;
  double predicted = 0.0;  // against the baseline, if its parts were independent: their sum
  double measured = 0.0;  // against the baseline
  double difference = 0.0;  // measured - predicted
  std::optional<Bounds> ci95{};  // of that difference
  std::int32_t n = 0;
};

struct ScoreEffects {
  std::string name;  // task_score | kld_mean
  std::string unit = "score";  // score: of 0 to 1 | nats: a token
  std::string better = "higher";  // lower | higher
  std::vector<ScoreEffect> effects;  // in the order of the terms
  std::vector<ScoreCombination> combinations;
};

struct EffectsSummary {
  std::string model;
  std::string executor;
  std::string workload;
  std::string design;  // full | part
  std::vector<std::string> factors;
  std::vector<std::string> rounds;  // that it is computed from, the baseline first
  std::vector<TermSummary> terms;
  std::vector<MetricEffects> metrics;
  std::vector<ScoreEffects> scores;  // of quality, as differences
};

// The name of a task's score where metrics are named: it is none of the trials' metrics, and like one it can be weighed.
inline constexpr std::string_view task_score = "task_score";
// The mean distance from the reference's distributions, where effects are named.
inline constexpr std::string_view kld_mean = "kld_mean";

// ---- Pareto front ------------------------------------------------------------------------------

struct ParetoMember {
  std::string round;
  bool on_front = false;  // no other is better for certain
  double probability = 0.0;  // of being on the front, over resampled blocks
  std::vector<std::string> dominated_by;
};

struct ParetoSummary {
  std::string model;
  std::string executor;
  std::string workload;
  std::vector<std::string> metrics;
  std::int32_t blocks = 0;  // in which every member ran
  std::vector<ParetoMember> members;
  std::vector<std::string> left_out;  // rounds with too few blocks or without one of the metrics
};

// ---- task scores -------------------------------------------------------------------------------

struct FlipSummary {
  std::int32_t right_to_wrong = 0;
  std::int32_t wrong_to_right = 0;
  double p = 1.0;  // McNemar's exact test
  double p_adjusted = 1.0;  // the same among all rounds (Benjamini and Hochberg)
};

struct QualitySummary {
  std::string cell;  // its id
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string scorer;
  std::string reference;  // a round
  std::int32_t requests = 0;  // answered here, with an expected answer
  double score = 0.0;  // mean over requests, 0 to 1
  std::optional<Bounds> ci95{};  // over requests: Clopper and Pearson's where each is right or wrong
  std::int32_t right = 0;  // requests with the full score, in most of their answers
  std::int32_t varied = 0;  // requests whose answers did not all score the same
  std::int32_t paired = 0;  // requests that the reference answered too
  std::optional<double> difference{};  // score - the reference's, on those
  std::optional<Bounds> difference_ci95{};  // by bootstrap over requests; absent where none scores differently
  std::optional<FlipSummary> flips{};  // against the reference, on those
};

// What a judge thinks of a cell's answers. Apart from the scores above: a judge errs, and not the same way twice.
struct JudgeSummary {
  std::string cell;  // its id
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string judge;  // the judge's own model
  std::string reference;  // a round
  std::int32_t lowest = 1;  // of the grades
  std::int32_t highest = 10;
  std::int32_t requests = 0;  // of which an answer was graded
  double grade = 0.0;  // mean over requests
  std::optional<Bounds> ci95{};  // over requests, by bootstrap
  std::int32_t paired = 0;  // requests that were graded of the reference too
  std::optional<double> difference{};  // grade - the reference's, on those
  std::optional<Bounds> difference_ci95{};  // absent where none is graded differently
  std::int32_t ungraded = 0;  // answers that it gave no grade
  std::string first_error;  // why, of the first of them
};

// What was to be asked of a cell beside its trials, and could not be.
struct UnscoredSummary {
  std::string cell;  // its id
  std::string what;  // choices | judge
  std::string status;  // failed | timeout | oom | unsupported
  std::string reason;
};

// ---- equivalence -------------------------------------------------------------------------------

// A request whose output is not the reference's.
struct DivergenceSummary {
  std::string request;
  std::optional<std::int32_t> token{};  // the first that differs, counted from 0; absent without token ids
  std::optional<double> margin{};  // what the reference's likeliest token leads it by there, in logits, where that is known
  std::string verdict = "differs";  // differs | near-tie | real; the last two need the margin
  std::optional<std::int32_t> defect{};  // of a real one: the first token, counted from 0, that is beyond the bound
  std::optional<double> defect_margin{};
  std::int32_t answers = 0;  // how often it was answered
  std::int32_t differing = 0;  // of these, otherwise than the reference ever did
};

struct EquivalenceSummary {
  std::string cell;  // its id
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string reference;  // a round
  std::string effect;  // exact | rounding: what the catalogue says of the flags that differ
  std::string compared;  // tokens | text
  std::int32_t requests = 0;  // that both answered
  std::int32_t identical = 0;  // of these, always answered as the reference did
  std::int32_t answers = 0;  // to these requests, all blocks and passes together
  std::int32_t differing = 0;  // of these, otherwise than the reference ever did
  std::int32_t control_requests = 0;  // that the reference answered more than once
  std::int32_t control_varied = 0;  // of these, not always alike
  std::vector<DivergenceSummary> divergences;
  std::optional<double> bound{};  // of a near-tie, in logits: twice the measured noise, at most largest_bound
  std::int32_t near_ties = 0;
  std::int32_t real = 0;
  // identical | near-ties | real; suspicious: more near-ties than rounding explains; differs: there are some not judged
  std::string verdict = "differs";
  std::string reason;  // why some were not judged
};

// ---- distance of distributions -----------------------------------------------------------------

// The same, of tokens that far into their text.
struct DepthSummary {
  std::int32_t from = 0;  // tokens before it
  std::int32_t below = 0;
  std::int32_t tokens = 0;
  double kld_mean = 0.0;
  double kld_p99 = 0.0;
  double top1_agreement = 0.0;
  double ppl_ratio = 1.0;
};

struct KldSummary {
  std::string cell;  // its id
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string reference;  // a round
  std::optional<std::string> reference_model{};  // where it is another model's
  std::optional<std::string> reference_executor{};  // where it is another executor's
  std::string source;  // of the texts: a file's name, or the workload's id
  std::string shape;  // prefill: as many tokens in a step as fit; decode: one a step, which other kernels do
  std::string status = "ok";  // of the texts together: ok where at least one was read
  std::string reason;
  std::int32_t texts = 0;  // read
  std::int32_t failed = 0;  // not read
  std::int32_t tokens = 0;
  double kld_mean = 0.0;  // KL(reference || round), nats a token
  std::optional<Bounds> kld_mean_ci95{};  // this and the following by bootstrap over texts
  double kld_p99 = 0.0;
  std::optional<Bounds> kld_p99_ci95{};
  double top1_agreement = 0.0;  // share of tokens at which both find the same token likeliest
  std::optional<Bounds> top1_agreement_ci95{};
  double ppl = 0.0;
  double reference_ppl = 0.0;
  double ppl_ratio = 1.0;
  std::optional<Bounds> ppl_ratio_ci95{};
  std::vector<DepthSummary> depths;
};

}  // namespace edgelab
