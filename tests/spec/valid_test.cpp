// What well-formed files mean.
#include <filesystem>

#include <gmock/gmock.h>

#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Valid, DefaultsAreFilledIn) {
  auto const experiment = must_parse(Sample{}.text(), {}, "/there/sample.yaml");
  EXPECT_EQ(experiment.name, "sample");
  ASSERT_THAT(experiment.models, SizeIs(1));
  EXPECT_EQ(experiment.models[0].path, "/there/m.gguf");
  EXPECT_EQ(experiment.models[0].draft, "/there/d.gguf");
  EXPECT_EQ(experiment.models[0].origin.line, 3);
  EXPECT_EQ(experiment.models[0].origin.column, 24);
  EXPECT_EQ(experiment.models[0].draft_origin.column, 39);
  ASSERT_THAT(experiment.executors, SizeIs(1));
  EXPECT_EQ(experiment.executors[0].kind, "llama");
  ASSERT_THAT(experiment.rounds, SizeIs(3));
  EXPECT_EQ(experiment.rounds[0].name, "baseline");
  EXPECT_EQ(experiment.rounds[0].category, "baseline");
  EXPECT_TRUE(experiment.rounds[0].flags.empty());
  EXPECT_EQ(experiment.rounds[1].category, "custom");
  EXPECT_EQ(experiment.rounds[1].origin.line, 6);
  EXPECT_EQ(experiment.rounds[1].origin.column, 12);
  EXPECT_EQ(experiment.protocol.min_blocks, 10);
  EXPECT_EQ(experiment.protocol.max_blocks, 30);
  EXPECT_EQ(experiment.protocol.seed, 7U);
  EXPECT_EQ(experiment.protocol.until_metric, std::nullopt);
  EXPECT_EQ(experiment.quality.reference, std::nullopt);
}

TEST(Valid, FlagsUnderAnyOfTheirNamesAndYamlsWordsForOn) {
  auto const experiment = must_parse(
      Sample{}.line(6, "  - {name: fa, flags: {--flash-attn: yes, -ctk: Q8_0, np: 04, 'cache-prompt': true, extra-args: [-a, 'b c']}}").text());
  EXPECT_THAT(experiment.rounds[1].flags,
              ElementsAre(std::pair{"cache-prompt", "on"}, std::pair{"cache-type-k", "q8_0"},
                          std::pair{"extra-args", R"(["-a","b c"])"}, std::pair{"flash-attn", "on"}, std::pair{"parallel", "4"}));
}

TEST(Valid, SyntheticWorkload) {
  auto const experiment = must_parse(Sample{}.line(4, "workloads: [{id: w, prompt_tokens: [16, 32], output_tokens: 9, count: 2, "
                                                      "per_trial: 3, parallel: 4, rounds: [fa], arrivals: {kind: constant, "
                                                      "rate_per_s: 0.5}, sampling: {temperature: 0.7, top_k: 40, top_p: 0.9}}]").text());
  auto const& workload = experiment.workloads.at(0);
  ASSERT_THAT(workload.requests, SizeIs(4));
  EXPECT_EQ(workload.requests[0].synthetic_tokens, 16);
  EXPECT_EQ(workload.requests[3].synthetic_tokens, 32);
  EXPECT_EQ(workload.requests[3].max_tokens, 9);
  EXPECT_TRUE(workload.requests[3].ignore_eos);
  EXPECT_NE(workload.requests[2].id, workload.requests[3].id);
  EXPECT_EQ(workload.per_trial, 3);
  EXPECT_EQ(workload.parallel, 4);
  EXPECT_THAT(workload.rounds, ElementsAre("fa"));
  EXPECT_EQ(workload.arrivals.kind, Arrivals::Kind::constant);
  EXPECT_DOUBLE_EQ(workload.arrivals.rate_per_s, 0.5);
  EXPECT_DOUBLE_EQ(workload.sampling.temperature, 0.7);
  EXPECT_EQ(workload.sampling.top_k, 40);
}

TEST(Valid, PromptsAreFoundBesideTheFile) {
  Folder const folder;
  folder.write("p.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\", \"max_tokens\": 3}\n");
  auto const file = folder.write("e.yaml", Sample{}.line(4, "workloads: [{id: w, file: p.jsonl, max_tokens: 11, concurrency: 2}]").text());
  auto const experiment = load(file);
  ASSERT_TRUE(experiment.has_value()) << describe(experiment.error());
  auto const& workload = experiment->workloads.at(0);
  ASSERT_THAT(workload.requests, SizeIs(2));
  EXPECT_EQ(workload.requests[0].max_tokens, 11);
  EXPECT_EQ(workload.requests[1].max_tokens, 3);
  EXPECT_EQ(workload.arrivals.concurrency, 2);
  EXPECT_EQ(workload.arrivals.kind, Arrivals::Kind::closed);
}

TEST(Valid, SyntheticPromptsAtADepth) {
  auto const experiment = must_parse(Sample{}.line(4, "workloads: [{id: w, prompt_tokens: [16], depth: 2048, output_tokens: 9}]").text());
  EXPECT_EQ(experiment.workloads.at(0).requests.at(0).synthetic_tokens, 2064);
}

TEST(Valid, ConversationsOfAFileWithASystemsMessage) {
  Folder const folder;
  folder.write("talks.json", R"([{"id": "c", "conversations": [{"from": "human", "value": "1"}, {"from": "gpt", "value": "2"},
    {"from": "human", "value": "3"}, {"from": "gpt", "value": "4"}, {"from": "human", "value": "5"}]}])");
  auto const file = folder.write("e.yaml", Sample{}.line(4, "workloads: [{id: w, file: talks.json, system: Be brief., max_turns: 2, "
                                                            "per_trial: 1, slo: {ttft_ms: 500, tpot_ms: 50}}]").text());
  auto const experiment = load(file);
  ASSERT_TRUE(experiment.has_value()) << describe(experiment.error());
  auto const& workload = experiment->workloads.at(0);
  ASSERT_THAT(workload.requests, SizeIs(2));
  EXPECT_EQ(workload.requests[1].messages.front().content, "Be brief.");
  EXPECT_TRUE(workload.requests[1].follows);
  EXPECT_EQ(workload.slo->ttft_ms, 500.0);
  EXPECT_EQ(workload.slo->tpot_ms, 50.0);
  auto const more = folder.write("more.yaml", Sample{}.line(4, "workloads: [{id: w, file: talks.json, per_trial: 2}]").text());
  EXPECT_FALSE(load(more)) << "there is one conversation";
}

TEST(Valid, SchemasChooseTheScorer) {
  Folder const folder;
  folder.write("p.jsonl", R"({"prompt": "a", "schema": {"type": "object"}})");
  auto const file = folder.write("e.yaml", Sample{}.line(4, "workloads: [{id: w, file: p.jsonl}]").text());
  auto const experiment = load(file);
  ASSERT_TRUE(experiment.has_value()) << describe(experiment.error());
  EXPECT_EQ(experiment->workloads.at(0).scorer, "json-schema");
  auto const other = folder.write("o.yaml", Sample{}.line(4, "workloads: [{id: w, file: p.jsonl, scorer: exact}]").text());
  ASSERT_FALSE(load(other));
  EXPECT_THAT(describe(load(other).error()), HasSubstr("the file's requests have a 'schema'"));
}

TEST(Valid, ExecutorsOfEachForm) {
  auto const experiment = must_parse(Sample{}.add("executors: [llama, null, {id: mine, kind: exec, command: [python3, ./my.py]}]").text());
  ASSERT_THAT(experiment.executors, SizeIs(3));
  EXPECT_EQ(experiment.executors[1].kind, "null");
  EXPECT_THAT(experiment.executors[2].command, ElementsAre("python3", "./my.py"));
}

TEST(Valid, ExecutorsAreComparedWhereAskedFor) {
  auto const experiment = must_parse(Sample{}.add("executors: [{id: a, kind: llama, versus: [b, b]}, {id: b, kind: llama}]").text());
  EXPECT_THAT(experiment.executors[0].versus, ElementsAre("b"));
}

TEST(Valid, NoModelWhereNothingNeedsOne) {
  auto const experiment = must_parse(Sample{}.line(3, "executors: [\"null\"]").text());
  ASSERT_THAT(experiment.models, SizeIs(1));
  EXPECT_TRUE(experiment.models[0].path.empty());
}

TEST(Valid, FlagOfAnExecutorsOwn) {
  auto const experiment = must_parse(Sample{}.line(6, "  - {name: fa, flags: {--null.delay: 5}}").add("executors: [null]").text());
  EXPECT_THAT(experiment.rounds[1].flags, ElementsAre(std::pair{"null.delay", "5"}));
  // What a program of the user's calls itself is not known yet.
  auto const exec = must_parse(Sample{}.line(6, "  - {name: fa, flags: {whoever.delay: 5}}").add("executors: [{id: x, kind: exec, command: [y]}]").text());
  EXPECT_THAT(exec.rounds[1].flags, ElementsAre(std::pair{"whoever.delay", "5"}));
}

TEST(Valid, ProtocolInAllItsForms) {
  auto const full = must_parse(Sample{}.add("protocol: {warmup: 0, blocks: {min: 3, max: 4}, until: {metric: decode_tps, ci95_within: 1.5%}, "
                                            "time_budget: 1h30m, seed: 0, trial: {min_seconds: 0.5, min_tokens: 0, timeout: 90}}").text())
                        .protocol;
  EXPECT_EQ(full.warmup, 0);
  EXPECT_EQ(full.min_blocks, 3);
  EXPECT_EQ(full.max_blocks, 4);
  EXPECT_EQ(full.until_metric, "decode_tps");
  EXPECT_DOUBLE_EQ(full.ci95_within, 0.015);
  EXPECT_DOUBLE_EQ(full.time_budget_s.value_or(0), 5400.0);
  EXPECT_EQ(full.seed, 0U);
  EXPECT_DOUBLE_EQ(full.trial_min_s, 0.5);
  EXPECT_EQ(full.trial_min_tokens, 0);
  EXPECT_DOUBLE_EQ(full.trial_timeout_s, 90.0);
  auto const one = must_parse(Sample{}.add("protocol: {blocks: 5}").text()).protocol;
  EXPECT_EQ(one.min_blocks, 5);
  EXPECT_EQ(one.max_blocks, 5);
  auto const few = must_parse(Sample{}.add("protocol: {blocks: {max: 3}}").text()).protocol;
  EXPECT_EQ(few.min_blocks, 3);
  auto const many = must_parse(Sample{}.add("protocol: {blocks: {min: 50}}").text()).protocol;
  EXPECT_EQ(many.max_blocks, 50);
}

TEST(Valid, HeatAndProbes) {
  auto const plain = must_parse(Sample{}.text()).protocol;
  EXPECT_TRUE(plain.probes);
  EXPECT_FALSE(plain.cool_down);
  EXPECT_FALSE(plain.sustained);

  auto const full = must_parse(Sample{}.add("protocol: {probes: off, cool_down: {before: trial, to_c: 55.5, within_c: 0, limit: 90s}, "
                                            "sustained: {round: fa, workload: w, time: 20m}}").text())
                        .protocol;
  EXPECT_FALSE(full.probes);
  ASSERT_TRUE(full.cool_down);
  EXPECT_EQ(full.cool_down->before, CoolDown::Before::trial);
  EXPECT_EQ(full.cool_down->to_c, 55.5);
  EXPECT_EQ(full.cool_down->within_c, 0.0);
  EXPECT_EQ(full.cool_down->limit_s, 90.0);
  ASSERT_TRUE(full.sustained);
  EXPECT_EQ(full.sustained->round, "fa");
  EXPECT_EQ(full.sustained->workload, "w");
  EXPECT_EQ(full.sustained->seconds, 1200.0);

  auto const brief = must_parse(Sample{}.add("protocol: {probes: on, cool_down: {}, sustained: {round: baseline}}").text()).protocol;
  EXPECT_TRUE(brief.probes);
  ASSERT_TRUE(brief.cool_down);
  EXPECT_EQ(brief.cool_down->before, CoolDown::Before::block);
  EXPECT_FALSE(brief.cool_down->to_c);
  EXPECT_EQ(brief.cool_down->within_c, 3.0);
  EXPECT_EQ(brief.cool_down->limit_s, 120.0);
  EXPECT_EQ(brief.sustained->workload, "w");    // the only one
  EXPECT_EQ(brief.sustained->seconds, 600.0);
}

TEST(Valid, QualityRefersToTheBaselineUnlessTold) {
  auto const own = must_parse(Sample{}.add("quality: {checks: [kld]}").text()).quality;
  EXPECT_EQ(own.reference_model, std::nullopt);
  EXPECT_EQ(own.reference_executor, std::nullopt);
  auto const elsewhere =
      must_parse(Sample{}.add("quality: {checks: [kld], reference_model: m, reference_executor: llama}").text())
          .quality;
  EXPECT_EQ(elsewhere.reference_model, "m");
  EXPECT_EQ(elsewhere.reference_executor, "llama");
  EXPECT_EQ(must_parse(Sample{}.add("quality: {checks: [kld, task]}").text()).quality.reference, "baseline");
  EXPECT_EQ(must_parse(Sample{}.add("quality: {reference: fa, checks: [kld]}").text()).quality.reference, "fa");
  EXPECT_EQ(must_parse(Sample{}.add("quality: {checks: [kld]}").text()).quality.tokens, 8192);
  EXPECT_EQ(must_parse(Sample{}.add("quality: {checks: [kld], tokens: 100}").text()).quality.tokens, 100);
}

TEST(Valid, AnchorsMergesAndKeysOfOnesOwn) {
  auto const experiment = must_parse(Sample{}
                                         .line(4, "x-w: &w {kind: synthetic, output_tokens: 8, count: 2}")
                                         .add("  - {name: both, flags: {<<: [*a, *b], flash-attn: auto}}")
                                         .line(6, "  - {name: fa, flags: &a {flash-attn: on, ctk: q8_0}}")
                                         .line(7, "  - {name: lookup, flags: &b {prompt-lookup: on, ctk: q4_0}}")
                                         .add("workloads: [{id: w, prompt_tokens: [8], <<: *w, count: 3}]")
                                         .text());
  EXPECT_THAT(experiment.rounds.at(3).flags, ElementsAre(std::pair{"cache-type-k", "q8_0"}, std::pair{"flash-attn", "auto"},
                                                         std::pair{"prompt-lookup", "on"}));
  EXPECT_THAT(experiment.workloads.at(0).requests, SizeIs(3));
}

TEST(Valid, BomCrlfAndEmptyOptionalKeys) {
  std::string text = "\xEF\xBB\xBF";
  for (char const c : Sample{}.add("combine:").add("sweep:").add("quality:").text()) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_THAT(must_parse(text).rounds, SizeIs(3));
}

TEST(Valid, ScorersAndTheParetoFront) {
  Folder const folder;
  folder.write("p.jsonl", "{\"prompt\": \"a\", \"expected\": \"b\"}\n");
  Overrides overrides;
  overrides.known_metrics = {"decode_tps", "ttft_ms"};
  overrides.known_scorers = {"exact", "regex"};
  auto const experiment = must_parse(Sample{}
                                         .line(4, "workloads: [{id: w, file: p.jsonl, scorer: regex}, {id: x, file: p.jsonl}]")
                                         .add("pareto: [decode_tps, task_score]")
                                         .text(),
                                     overrides, folder.path() / "e.yaml");
  ASSERT_THAT(experiment.workloads, SizeIs(2));
  EXPECT_EQ(experiment.workloads[0].scorer, "regex");
  EXPECT_EQ(experiment.workloads[1].scorer, "exact");
  EXPECT_THAT(experiment.pareto, ElementsAre("decode_tps", "task_score"));
}

TEST(Valid, OverridesOfTheCommandLine) {
  Overrides overrides;
  overrides.models["m"] = "/elsewhere/x.gguf";
  overrides.seed = 99;
  overrides.blocks = 2;
  overrides.time_budget_s = 30.0;
  overrides.only_rounds = {"lookup"};
  overrides.known_metrics = {"decode_tps", "ttft_ms"};
  auto const experiment = must_parse(Sample{}
                                         .line(6, "  - {name: fa, flags: {flash-attn: on}, versus: [lookup]}")
                                         .line(7, "  - {name: lookup, flags: {prompt-lookup: on}, versus: [fa]}")
                                         .line(4, "workloads: [{id: w, prompt_tokens: [8], output_tokens: 8, rounds: [fa]}]")
                                         .add("protocol: {until: {metric: ttft_ms}}")
                                         .text(),
                                     overrides);
  EXPECT_EQ(experiment.models[0].path, "/elsewhere/x.gguf");
  EXPECT_EQ(experiment.protocol.seed, 99U);
  EXPECT_EQ(experiment.protocol.max_blocks, 2);
  EXPECT_DOUBLE_EQ(experiment.protocol.time_budget_s.value_or(0), 30.0);
  ASSERT_THAT(experiment.rounds, SizeIs(2));
  EXPECT_EQ(experiment.rounds[0].name, "baseline");
  EXPECT_EQ(experiment.rounds[1].name, "lookup");
  EXPECT_TRUE(experiment.rounds[1].versus.empty());
  // fa is gone, and with it the only round of the workload: it keeps the baseline, not all rounds.
  EXPECT_THAT(experiment.workloads[0].rounds, ElementsAre("baseline"));
}

TEST(Valid, ExecutorsOfEveryKind) {
  auto const experiment = must_parse(Sample{}
                                         .add("executors: [llama-server, {id: far, kind: openai, url: \"http://localhost:11434/v1/\", "
                                              "model: \"llama3.2:1b\", api: completions, key_env: SOME_KEY, retries: 0}, {id: cli, kind: exec, "
                                              "command: [llama-cli, -p, \"{prompt}\", -n, \"{max_tokens}\", \"{flag:ctk}\", \"{{x}}\"]}, "
                                              "{id: app, kind: fllama, library: lib/libfllama.so}, fllama]")
                                         .text());
  ASSERT_THAT(experiment.executors, SizeIs(5));
  EXPECT_EQ(experiment.executors[0].kind, "llama-server");
  auto const& far = experiment.executors[1];
  EXPECT_EQ(far.url, "http://localhost:11434/v1");
  EXPECT_EQ(far.model, "llama3.2:1b");
  EXPECT_EQ(far.api, "completions");
  EXPECT_EQ(far.key_env, "SOME_KEY");
  EXPECT_EQ(far.retries, 0);
  EXPECT_EQ(experiment.executors[2].command.front(), "llama-cli");
  EXPECT_TRUE(std::filesystem::path(experiment.executors[3].library).is_absolute()) << experiment.executors[3].library;
  EXPECT_TRUE(experiment.executors[3].library.ends_with("/lib/libfllama.so"));
  EXPECT_EQ(experiment.executors[4].kind, "fllama");
  EXPECT_EQ(experiment.executors[4].library, "") << "the environment names it";
}

TEST(Valid, ExecutorsOnDevices) {
  auto const experiment = must_parse(Sample{}
                                         .add("executors: [{id: pixel, kind: remote, device: pixel-8}, {id: pi, kind: remote, device: pi-5, offers: llama, "
                                              "url: \"nats://192.168.1.20:4222\", key_env: HUB, band: {min_battery: 20, max_temp_c: 40, min_clock: 0.9, wait: 1m}}]")
                                         .text());
  ASSERT_THAT(experiment.executors, SizeIs(2));
  EXPECT_EQ(experiment.executors[0].device, "pixel-8");
  EXPECT_FALSE(experiment.executors[0].band);
  auto const& pi = experiment.executors[1];
  EXPECT_EQ(pi.offers, "llama");
  EXPECT_EQ(pi.url, "nats://192.168.1.20:4222");
  EXPECT_EQ(pi.key_env, "HUB");
  ASSERT_TRUE(pi.band);
  EXPECT_EQ(pi.band->min_battery_percent, 20.0);
  EXPECT_EQ(pi.band->max_temp_c, 40.0);
  EXPECT_EQ(pi.band->min_clock_share, 0.9);
  EXPECT_EQ(pi.band->wait_s, 60.0);
}

}  // namespace
}  // namespace edgelab::spec
