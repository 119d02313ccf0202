// `protocol`, `quality` and `pareto`.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/endpoints.hpp"
#include "spec/lowering.hpp"
#include "spec/quantities.hpp"
#include "spec/rounds.hpp"
#include "types/findings.hpp"

namespace edgelab::spec {

namespace {

std::int32_t narrow(document::Integer const& number) { return static_cast<std::int32_t>(number.value); }

void lower_blocks(Lowering& to, std::variant<document::Integer, document::Blocks> const& written, Protocol& protocol) {
  if (auto const* const number = std::get_if<document::Integer>(&written)) {
    if (number->value > 0) protocol.min_blocks = protocol.max_blocks = narrow(*number);
    return;
  }
  auto const& blocks = std::get<document::Blocks>(written);
  if (blocks.min && blocks.min->value > 0) protocol.min_blocks = narrow(*blocks.min);
  if (blocks.max && blocks.max->value > 0) protocol.max_blocks = narrow(*blocks.max);
  if (blocks.min && blocks.max && protocol.min_blocks > protocol.max_blocks) {
    to.error(blocks.min->mark, std::format("at least {} blocks and at most {}: expected min not above max",
                                           protocol.min_blocks, protocol.max_blocks));
  }
  // Where one is told, the other's default gives way.
  if (!blocks.min) protocol.min_blocks = std::min(protocol.min_blocks, protocol.max_blocks);
  if (!blocks.max) protocol.max_blocks = std::max(protocol.min_blocks, protocol.max_blocks);
}

void lower_until(Lowering& to, document::Until const& written, Protocol& protocol) {
  if (!written.metric.value.empty()) protocol.until_metric = written.metric.value;
  auto const& known = to.overrides().known_metrics;
  if (protocol.until_metric && !known.empty() && !std::ranges::contains(known, *protocol.until_metric)) {
    to.error(written.metric.mark, std::format("there is no metric '{}'{}: docs/METRICS.md lists them", *protocol.until_metric,
                                              suggestion(*protocol.until_metric, known)));
  }
  if (!written.ci95_within || written.ci95_within->text.empty()) return;
  if (auto const share = parse_share(written.ci95_within->text)) {
    protocol.ci95_within = *share;
  } else {
    to.error(written.ci95_within->mark, std::format("'{}' is no width for 'ci95_within': expected a share above 0 and "
                                                    "below 100%, e.g. 2%", written.ci95_within->text));
  }
}

void apply_overrides(Lowering& to, Protocol& protocol) {
  auto const& overrides = to.overrides();
  if (overrides.seed) protocol.seed = *overrides.seed;
  if (overrides.blocks) {
    if (*overrides.blocks < 1) to.error({}, std::format("--blocks {}: expected at least 1", *overrides.blocks));
    protocol.min_blocks = protocol.max_blocks = *overrides.blocks;
  }
  if (overrides.time_budget_s) {
    if (!(*overrides.time_budget_s > 0.0)) to.error({}, "--time-budget: expected more than 0 seconds");
    protocol.time_budget_s = overrides.time_budget_s;
  }
}

Judge lower_judge(Lowering& to, document::Judge const& written) {
  Judge judge;
  judge.url = lower_url(to, written.url);
  judge.model = written.model.value;
  judge.rubric = written.rubric.value;
  if (written.key_env) judge.key_env = lower_key_env(to, *written.key_env, "JUDGE_API_KEY");
  if (written.scale) {
    auto const& scale = *written.scale;
    if (scale.size() != 2 || scale[0].value >= scale[1].value) {
      to.error(scale.front().mark, "'scale' needs the lowest grade and a higher one, e.g. [1, 10]");
    } else {
      judge.lowest = narrow(scale[0]);
      judge.highest = narrow(scale[1]);
    }
  }
  if (written.timeout) judge.timeout_s = duration(to, *written.timeout, "timeout").value_or(judge.timeout_s);
  if (written.retries) judge.retries = narrow(*written.retries);
  return judge;
}

// The id of one of `list`, by the name written; complains where there is none.
std::optional<std::string> require_id(Lowering& to, auto const& list, document::Text const& name,
                                      std::string_view noun) {
  std::vector<std::string> ids;
  for (auto const& one : list) ids.push_back(one.id);
  if (std::ranges::contains(ids, name.value)) return name.value;
  to.error(name.mark, std::format("there is no {} '{}'{}", noun, name.value, suggestion(name.value, ids)));
  return std::nullopt;
}

}  // namespace

Protocol lower_protocol(Lowering& to, document::Experiment const& from, std::span<Round const> rounds,
                        std::span<Workload const> workloads) {
  Protocol protocol;
  if (from.protocol) {
    auto const& written = *from.protocol;
    if (written.warmup) protocol.warmup = narrow(*written.warmup);
    if (written.blocks) lower_blocks(to, *written.blocks, protocol);
    if (written.until) lower_until(to, *written.until, protocol);
    if (written.time_budget) protocol.time_budget_s = duration(to, *written.time_budget, "time_budget");
    if (written.probes) protocol.probes = written.probes->value != "off";
    if (written.cool_down) protocol.cool_down = lower_cool_down(to, *written.cool_down);
    if (written.sustained) protocol.sustained = lower_sustained(to, *written.sustained, rounds, workloads);
    if (written.seed) protocol.seed = static_cast<std::uint64_t>(written.seed->value);
    if (written.trial) {
      if (written.trial->min_seconds) protocol.trial_min_s = written.trial->min_seconds->value;
      if (written.trial->min_tokens) protocol.trial_min_tokens = narrow(*written.trial->min_tokens);
      if (written.trial->timeout) {
        protocol.trial_timeout_s = duration(to, *written.trial->timeout, "timeout").value_or(protocol.trial_timeout_s);
        if (protocol.trial_timeout_s <= protocol.trial_min_s) {
          to.error(written.trial->timeout->mark, std::format("a trial lasts at least {} s and would be ended after {} s: "
                                                             "expected timeout above min_seconds",
                                                             protocol.trial_min_s, protocol.trial_timeout_s));
        }
      }
    }
  }
  apply_overrides(to, protocol);
  return protocol;
}

Quality lower_quality(Lowering& to, document::Experiment const& from, Experiment const& so_far) {
  std::span<Round const> const rounds = so_far.rounds;
  Quality quality;
  if (!from.quality) return quality;
  if (from.quality->reference) {
    if (auto const* const round = require_round(to, rounds, *from.quality->reference)) quality.reference = round->name;
  }
  if (from.quality->checks) {
    for (auto const& check : *from.quality->checks) {
      if (std::ranges::contains(quality.checks, check.value)) {
        to.error(check.mark, std::format("the check '{}' stands twice", check.value));
      } else {
        quality.checks.push_back(check.value);
      }
    }
  }
  bool const kld = std::ranges::contains(quality.checks, "kld");
  auto const has_no_meaning = [&](document::Mark mark, std::string_view key) {
    to.error(mark, std::format("'{}' has no meaning here: it belongs to the check kld", key));
  };
  if (auto const& texts = from.quality->texts) kld ? lower_texts(to, *texts, quality) : has_no_meaning(texts->mark, "texts");
  if (auto const& tokens = from.quality->tokens) {
    if (!kld) has_no_meaning(tokens->mark, "tokens");
    quality.tokens = narrow(*tokens);
  }
  auto const named = [&](std::optional<document::Text> const& written, std::string_view key, std::string_view noun,
                         auto const& list) -> std::optional<std::string> {
    if (!written) return std::nullopt;
    if (!kld) has_no_meaning(written->mark, key);
    return require_id(to, list, *written, noun);
  };
  quality.reference_model = named(from.quality->reference_model, "reference_model", "model", so_far.models);
  quality.reference_executor =
      named(from.quality->reference_executor, "reference_executor", "executor", so_far.executors);
  if (from.quality->judge) quality.judge = lower_judge(to, from.quality->judge->value);
  if (!quality.reference && !quality.checks.empty()) {
    auto const baseline = std::ranges::find(rounds, "baseline", &Round::category);
    if (baseline != rounds.end()) quality.reference = baseline->name;
  }
  return quality;
}

std::vector<std::string> lower_pareto(Lowering& to, document::Experiment const& from) {
  std::vector<std::string> metrics;
  if (!from.pareto) return metrics;
  auto known = to.overrides().known_metrics;
  if (!known.empty()) known.emplace_back(task_score);
  for (auto const& metric : *from.pareto) {
    if (!known.empty() && !std::ranges::contains(known, metric.value)) {
      to.error(metric.mark, std::format("there is no metric '{}'{}: docs/METRICS.md lists them", metric.value,
                                        suggestion(metric.value, known)));
    } else if (std::ranges::contains(metrics, metric.value)) {
      to.error(metric.mark, std::format("the metric '{}' stands twice", metric.value));
    } else {
      metrics.push_back(metric.value);
    }
  }
  if (metrics.size() == 1 && from.pareto->size() == 1) {
    to.error(from.pareto->front().mark, "one figure has a best, and no front: expected at least two");
  }
  return metrics;
}

}  // namespace edgelab::spec
