#include "stats/kld.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "stats/inference.hpp"
#include "types/names.hpp"

namespace edgelab::stats {

namespace {

// What a text adds up to.
struct Sums {
  double tokens = 0.0;
  double kld = 0.0;
  double agree = 0.0;
  double logprob = 0.0;
  double reference_logprob = 0.0;

  void add(ReadText const& text, std::size_t i) {
    tokens += 1.0;
    kld += text.kld[i];
    agree += text.agree[i];
    logprob += text.logprobs[i];
    reference_logprob += text.reference_logprobs[i];
  }
  [[nodiscard]] double mean_log_ratio() const { return (reference_logprob - logprob) / tokens; }
};

using Texts = std::vector<ReadText const*>;

// The 99th percentile of texts drawn anew: all tokens sorted once, the largest first, each as often as its text is drawn.
class TailOfDraws {
 public:
  explicit TailOfDraws(Texts const& texts) {
    for (std::size_t text = 0; text < texts.size(); ++text)
      for (double const kld : texts[text]->kld) tokens_.push_back({kld, text});
    std::ranges::sort(tokens_, std::greater{}, &Token::kld);
  }
  [[nodiscard]] double p99(std::vector<std::size_t> const& times, double total) const {
    double const above = total - std::ceil(0.99 * total);
    double passed = 0.0;
    for (auto const& [kld, text] : tokens_)
      if ((passed += static_cast<double>(times[text])) > above) return kld;
    return tokens_.back().kld;
  }

 private:
  struct Token {
    double kld;
    std::size_t text;
  };
  std::vector<Token> tokens_;
};

std::optional<Bounds> p99_interval(Texts const& texts, std::vector<Sums> const& sums, std::uint64_t seed) {
  constexpr std::size_t fewest = 5;
  if (texts.size() < fewest) return std::nullopt;
  TailOfDraws const tail(texts);
  Resampler random(seed);
  std::vector<double> drawn;
  std::vector<std::size_t> times(texts.size());
  for (std::int32_t draw = 0; draw < resamples; ++draw) {
    std::ranges::fill(times, 0U);
    for (std::size_t i = 0; i < texts.size(); ++i) ++times[random.below(texts.size())];
    double tokens = 0.0;
    for (std::size_t i = 0; i < texts.size(); ++i) tokens += static_cast<double>(times[i]) * sums[i].tokens;
    drawn.push_back(tail.p99(times, tokens));
  }
  return expanded_percentiles(std::move(drawn), texts.size());
}

void add_intervals(KldSummary& summary, Texts const& texts, std::vector<Sums> const& sums, std::uint64_t seed) {
  std::vector<double> tokens;
  for (auto const& text : sums) tokens.push_back(text.tokens);
  auto const interval = [&](auto const& of_text) {
    std::vector<double> values;
    for (auto const& text : sums) values.push_back(of_text(text));
    return drawn_ratio_interval(values, tokens, seed);
  };
  if (auto const kld = interval([](Sums const& text) { return text.kld; }))
    summary.kld_mean_ci95 = Bounds{std::max((*kld)[0], 0.0), (*kld)[1]};
  if (auto const agree = interval([](Sums const& text) { return text.agree; }))
    summary.top1_agreement_ci95 = Bounds{std::max((*agree)[0], 0.0), std::min((*agree)[1], 1.0)};
  if (auto const ratio = interval([](Sums const& text) { return text.reference_logprob - text.logprob; }))
    summary.ppl_ratio_ci95 = Bounds{std::exp((*ratio)[0]), std::exp((*ratio)[1])};
  summary.kld_p99_ci95 = p99_interval(texts, sums, seed);
}

// 0, 64, 128, 256, ...: far enough apart that each is of its own kind.
std::int32_t depth_below(std::int32_t depth) {
  std::int32_t below = 64;
  while (depth >= below) below *= 2;
  return below;
}

std::vector<DepthSummary> depths_of(Texts const& texts) {
  struct Bucket {
    Sums sums;
    std::vector<double> kld;
  };
  std::map<std::int32_t, Bucket> buckets;  // by where it ends
  for (auto const* text : texts)
    for (std::size_t i = 0; i < text->kld.size(); ++i) {
      auto& bucket = buckets[depth_below(text->first + static_cast<std::int32_t>(i))];
      bucket.sums.add(*text, i);
      bucket.kld.push_back(text->kld[i]);
    }
  std::vector<DepthSummary> depths;
  for (auto& [below, bucket] : buckets) {
    auto const& sums = bucket.sums;
    depths.push_back({.from = below == 64 ? 0 : below / 2,
                      .below = below,
                      .tokens = static_cast<std::int32_t>(sums.tokens),
                      .kld_mean = sums.kld / sums.tokens,
                      .kld_p99 = p99(std::move(bucket.kld)),
                      .top1_agreement = sums.agree / sums.tokens,
                      .ppl_ratio = std::exp(sums.mean_log_ratio())});
  }
  return depths;
}

void summarise(KldSummary& summary, Texts const& texts, std::uint64_t seed) {
  std::vector<Sums> sums;
  Sums all;
  std::vector<double> klds;
  for (auto const* text : texts) {
    sums.emplace_back();
    for (std::size_t i = 0; i < text->kld.size(); ++i) {
      sums.back().add(*text, i);
      all.add(*text, i);
    }
    klds.insert(klds.end(), text->kld.begin(), text->kld.end());
  }
  summary.tokens = static_cast<std::int32_t>(all.tokens);
  summary.kld_mean = all.kld / all.tokens;
  summary.kld_p99 = p99(std::move(klds));
  summary.top1_agreement = all.agree / all.tokens;
  summary.ppl = std::exp(-all.logprob / all.tokens);
  summary.reference_ppl = std::exp(-all.reference_logprob / all.tokens);
  summary.ppl_ratio = std::exp(all.mean_log_ratio());
  add_intervals(summary, texts, sums, seed);
  summary.depths = depths_of(texts);
}

void name_reference(KldSummary& summary, Plan const& plan, Cell const& cell, Cell const& reference) {
  auto const& experiment = plan.experiment;
  summary.reference = experiment.rounds[reference.round].name;
  if (reference.model != cell.model) summary.reference_model = experiment.models[reference.model].id;
  if (reference.executor != cell.executor) summary.reference_executor = experiment.executors[reference.executor].id;
}

}  // namespace

double p99(std::vector<double> values) {
  auto const rank = static_cast<std::ptrdiff_t>(std::ceil(0.99 * static_cast<double>(values.size()))) - 1;
  std::ranges::nth_element(values, values.begin() + rank);
  return values[static_cast<std::size_t>(rank)];
}

std::vector<KldSummary> divergences(Plan const& plan, std::span<ReadText const> texts,
                                    std::span<std::optional<std::size_t> const> references) {
  auto const& experiment = plan.experiment;
  std::vector<KldSummary> found;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    for (std::string_view const shape : {"prefill", "decode"}) {
      Texts read;
      KldSummary summary;
      auto status = Status::ok;
      for (auto const& text : texts) {
        if (text.cell != i || text.shape != shape) continue;
        if (text.status == Status::ok) {
          if (!text.kld.empty()) read.push_back(&text);
          continue;
        }
        if (summary.failed++ == 0) {
          status = text.status;
          summary.reason = text.reason;
        }
      }
      if (read.empty() && summary.failed == 0) continue;
      auto const& cell = plan.cells[i];
      summary.cell = cell.id;
      summary.model = experiment.models.empty() ? "" : experiment.models[cell.model].id;
      summary.executor = experiment.executors[cell.executor].id;
      summary.workload = experiment.workloads[cell.workload].id;
      summary.round = experiment.rounds[cell.round].name;
      if (references[i]) name_reference(summary, plan, cell, plan.cells[*references[i]]);
      summary.source = experiment.quality.texts.empty() ? summary.workload : experiment.quality.texts_file;
      summary.shape = shape;
      summary.texts = static_cast<std::int32_t>(read.size());
      if (read.empty())
        summary.status = name_of(status);
      else
        summarise(summary, read, experiment.protocol.seed);
      found.push_back(std::move(summary));
    }
  }
  return found;
}

}  // namespace edgelab::stats
