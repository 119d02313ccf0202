// The table of files that are refused: where, and with which words.
#include <gmock/gmock.h>

#include <format>

#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Expected {
  int line;
  int column;
  char const* words;
};

struct Invalid {
  char const* name;
  std::string yaml;
  std::vector<Expected> errors;   // all of them, in order
};

// What GoogleTest prints of a row.
void PrintTo(Invalid const& row, std::ostream* out) { *out << row.name; }

std::string rounds(std::string const& line6) { return Sample{}.line(6, "  - " + line6).text(); }
std::string workload(std::string const& map) { return Sample{}.line(4, "workloads: [" + map + "]").text(); }
std::string added(std::string const& line8) { return Sample{}.add(line8).text(); }

std::vector<Invalid> table() {
  return {
      // The file as a whole.
      {"empty", "", {{0, 0, "the file is empty"}}},
      {"only_comments", "# nothing\n\n", {{0, 0, "the file is empty"}}},
      {"not_utf8", "schema: edge-llm-lab/1\nname: caf\xE9\n", {{2, 10, "not UTF-8"}}},
      {"utf16", std::string("\xFF\xFEs\0c\0", 6), {{1, 1, "not UTF-8"}}},
      {"nul_byte", std::string("name: a\0b\n", 10), {{1, 8, "not UTF-8"}}},
      {"scalar", "hello\n", {{1, 1, "expected a map"}}},
      {"list", "- a\n- b\n", {{1, 1, "expected a map"}}},
      {"syntax", "schema: edge-llm-lab/1\nname: [a\n", {{3, 1, "not valid YAML"}}},
      {"syntax_tab", "schema: edge-llm-lab/1\n\tname: a\n", {{2, 1, "not valid YAML"}}},
      {"unknown_alias", "schema: *nope\n", {{1, 9, "not valid YAML"}}},
      {"two_documents", Sample{}.text() + "---\nname: b\n", {{9, 1, "a second YAML document"}}},
      {"deep_nesting", "schema: " + std::string(100'000, '[') + "\n", {{0, 0, "nested hundreds of levels deep"}}},
      // Keys.
      {"all_required_missing", "description: x\n",
       {{1, 1, "unknown key 'description'"}, {1, 1, "needs the key 'schema'"}, {1, 1, "needs the key 'name'"},
        {1, 1, "needs the key 'workloads'"}, {1, 1, "needs the key 'rounds'"}, {1, 1, "needs the key 'models'"}}},
      {"unknown_key", Sample{}.add("protocl: {}").text(), {{8, 1, "unknown key 'protocl' (did you mean 'protocol'?)"}}},
      {"unknown_round_key", rounds("{name: a, flag: {}}"), {{6, 15, "unknown key 'flag' (did you mean 'flags'?): a round has the keys name, category"}}},
      {"duplicate_key", Sample{}.add("name: again").text(), {{8, 1, "the key 'name' stands twice"}}},
      {"duplicate_nested_key", rounds("{name: a, name: b}"), {{6, 15, "the key 'name' stands twice in this round"}}},
      {"complex_key", Sample{}.add("? [a]\n: b").text(), {{8, 3, "a key has to be a plain text"}}},
      {"x_key_only_at_the_top", rounds("{name: a, x-mine: 1}"), {{6, 15, "unknown key 'x-mine'"}}},
      // Shapes.
      {"wrong_version", Sample{}.line(1, "schema: edge-llm-lab/2").text(), {{1, 9, "expected edge-llm-lab/1"}}},
      {"name_is_a_map", Sample{}.line(2, "name: {a: b}").text(), {{2, 7, "'name' needs a text; this is a map"}}},
      {"name_is_empty", Sample{}.line(2, "name: ''").text(), {{2, 7, "'name' is empty"}}},
      {"name_is_null", Sample{}.line(2, "name:").text(), {{2, 1, "'name' has no value: What the experiment is called"}}},
      {"rounds_no_list", "schema: edge-llm-lab/1\nname: a\nmodels: [{id: m, path: p}]\nworkloads: [{id: w, prompt_tokens: [1], output_tokens: 1}]\nrounds: {name: a}\n",
       {{5, 9, "'rounds' needs a list; this is a map"}}},
      {"round_is_text", rounds("fa"), {{6, 5, "a round needs a map with the keys name"}}},
      {"empty_list", Sample{}.line(3, "models: []").text(), {{3, 9, "'models' is an empty list"}}},
      {"flags_is_list", rounds("{name: a, flags: [flash-attn]}"), {{6, 22, "'flags' needs a map"}}},
      {"versus_is_text", rounds("{name: a, versus: lookup}"), {{6, 23, "'versus' needs a list; this is 'lookup'"}}},
      // Names.
      {"two_rounds_of_one_name", rounds("{name: lookup}"), {{7, 12, "two rounds are named 'lookup': the first stands in line 6"}}},
      {"two_models_of_one_id", Sample{}.line(3, "models: [{id: m, path: a}, {id: m, path: b}]").text(), {{3, 33, "two models are named 'm'"}}},
      {"two_workloads_of_one_id", workload("&w {id: w, prompt_tokens: [8], output_tokens: 8}, {id: w, prompt_tokens: [4], output_tokens: 8}"),
       {{4, 68, "two workloads are named 'w'"}}},
      {"two_executors_of_one_id", added("executors: [llama, llama]"), {{8, 20, "two executors are named 'llama'"}}},
      {"bad_name", rounds("{name: 'a/b'}"), {{6, 12, "'a/b' cannot be the name of a round"}}},
      {"bad_name_of_model", Sample{}.line(3, "models: [{id: a+b, path: p}]").text(), {{3, 15, "'a+b' cannot be the name of a model"}}},
      {"long_name", rounds("{name: " + std::string(101, 'a') + "}"), {{6, 12, "longer than 100 letters"}}},
      // The judge.
      {"judge_without_rubric", added("quality: {judge: {url: 'http://a/v1', model: m}}"),
       {{8, 18, "'judge' needs the key 'rubric': What it is to grade by"}}},
      {"judge_url", added("quality: {judge: {url: api.example.com, model: m, rubric: r}}"),
       {{8, 24, "'api.example.com' is no URL for 'url': expected e.g. https://api.example.com/v1"}}},
      {"judge_url_without_host", added("quality: {judge: {url: 'http:///v1', model: m, rubric: r}}"), {{8, 24, "is no URL"}}},
      {"judge_url_with_password", added("quality: {judge: {url: 'http://me:pw@a/v1', model: m, rubric: r}}"),
       {{8, 24, "a URL with a password in it would be stored"}}},
      {"judge_key_itself", added("quality: {judge: {url: 'http://a/v1', model: m, rubric: r, key_env: sk-123}}"),
       {{8, 69, "'key_env' is no name of an environment variable: expected e.g. JUDGE_API_KEY, and not the key"}}},
      {"judge_scale", added("quality: {judge: {url: 'http://a/v1', model: m, rubric: r, scale: [5, 1]}}"),
       {{8, 68, "'scale' needs the lowest grade and a higher one, e.g. [1, 10]"}}},
      {"judge_scale_of_three", added("quality: {judge: {url: 'http://a/v1', model: m, rubric: r, scale: [1, 2, 3]}}"),
       {{8, 68, "'scale' needs the lowest grade and a higher one"}}},
      {"judge_timeout", added("quality: {judge: {url: 'http://a/v1', model: m, rubric: r, timeout: soon}}"),
       {{8, 69, "'soon' is no time for 'timeout'"}}},
      {"judge_retries", added("quality: {judge: {url: 'http://a/v1', model: m, rubric: r, retries: 99}}"),
       {{8, 69, "'retries' needs a whole number from 0 to 20"}}},
      // Flags.
      {"unknown_flag", rounds("{name: a, flags: {cache-typ-k: q8_0}}"), {{6, 23, "unknown flag 'cache-typ-k' (did you mean 'cache-type-k'?)"}}},
      {"unknown_flag_dashes", rounds("{name: a, flags: {--flash_attn: on}}"), {{6, 23, "unknown flag '--flash_attn' (did you mean 'flash-attn'?)"}}},
      {"bad_choice", rounds("{name: a, flags: {ctk: q8}}"), {{6, 28, "'q8' is not a value of cache-type-k: expected one of f32, f16"}}},
      {"bad_on_off", rounds("{name: a, flags: {cache-prompt: maybe}}"), {{6, 37, "expected on or off"}}},
      {"out_of_range", rounds("{name: a, flags: {parallel: 0}}"), {{6, 33, "expected a whole number from 1 to 1024"}}},
      {"no_value", rounds("{name: a, flags: {parallel: }}"), {{6, 23, "'parallel' has no value"}}},
      {"map_value", rounds("{name: a, flags: {parallel: {a: 1}}}"), {{6, 33, "'parallel' needs a value; this is a map"}}},
      {"twice_by_alias", rounds("{name: a, flags: {ctk: q8_0, --cache-type-k: q8_0}}"), {{6, 34, "cache-type-k is set twice in this round"}}},
      {"flag_of_no_executor", rounds("{name: a, flags: {mine.window: 8}}"), {{6, 23, "unknown flag 'mine.window'"}}},
      {"model_flag", rounds("{name: a, flags: {model: n}}"), {{6, 30, "there is no model 'n' (did you mean 'm'?)"}}},
      {"refused", rounds("{name: a, flags: {ctv: q8_0}}"), {{6, 12, "round 'a' cannot run: cache-type-v q8_0 needs flash-attn on"}}},
      {"no_draft", Sample{}.line(3, "models: [{id: m, path: p}]").line(6, "  - {name: a, flags: {speculative-decoding: draft}}").text(),
       {{6, 12, "needs a draft model: model 'm' names none"}}},
      // References.
      {"versus_unknown", rounds("{name: a, versus: [lokup]}"), {{6, 24, "there is no round 'lokup' (did you mean 'lookup'?)"}}},
      {"versus_itself", rounds("{name: a, versus: [a]}"), {{6, 24, "compared with itself"}}},
      {"bad_category", rounds("{name: a, category: cache}"), {{6, 25, "'cache' is no value of 'category'"}}},
      {"baseline_is_something_else", rounds("{name: baseline, category: caching}"), {{6, 12, "no other round is the baseline"}}},
      {"combine_unknown", added("combine: [{of: [fa, x]}]"), {{8, 21, "there is no round 'x': expected one of baseline, fa, lookup"}}},
      {"combine_one", added("combine: [{of: [fa]}]"), {{8, 17, "at least two"}}},
      {"combine_twice", added("combine: [{of: [fa, fa]}]"), {{8, 21, "'fa' stands twice"}}},
      {"combine_baseline", added("combine: [{of: [baseline, fa]}]"), {{8, 17, "is the baseline"}}},
      {"combine_conflict", Sample{}.line(6, "  - {name: fa, flags: {prompt-lookup: on, prompt-lookup-ngram: 2}}").add("combine: [{of: [fa, lookup]}]").text(),
       {{8, 21, "prompt-lookup-ngram is 2 in one and 3 in the other"}}},
      {"combine_design", added("combine: [{of: [fa, lookup], design: all}]"), {{8, 38, "'all' is no value of 'design': expected one of full, pairs"}}},
      {"combine_name_of_many", Sample{}.add("  - {name: c}").add("combine: [{of: [fa, lookup, c], name: x}]").text(), {{9, 39, "this makes 4 rounds, and one name"}}},
      {"combine_name_taken", added("combine: [{of: [fa, lookup], name: fa}]"), {{8, 11, "there is one already: line 6"}}},
      {"combine_by_hand_too", Sample{}.add("  - {name: fa+lookup}").add("combine: [{of: [fa, lookup]}]").text(), {{9, 11, "a round named 'fa+lookup', and there is one already: line 8"}}},
      {"sweep_unknown_round", added("sweep: [{round: x, flag: ctk, values: [q8_0]}]"), {{8, 17, "there is no round 'x'"}}},
      {"sweep_unknown_flag", added("sweep: [{round: fa, flag: ctx, values: [1, 2]}]"), {{8, 27, "unknown flag 'ctx'"}}},
      {"sweep_bad_values", added("sweep: [{round: fa, flag: ctk, values: [q8_0, q9, q8_0]}]"), {{8, 47, "'q9' is not a value"}, {8, 51, "'q8_0' stands twice"}}},
      {"sweep_empty", added("sweep: [{round: fa, flag: ctk, values: []}]"), {{8, 40, "'values' is an empty list"}}},
      {"workload_rounds_unknown", workload("{id: w, prompt_tokens: [8], output_tokens: 8, rounds: [fb]}"), {{4, 68, "there is no round 'fb' (did you mean 'fa'?)"}}},
      // Workloads.
      {"no_file", workload("{id: w}"), {{4, 13, "a workload needs the key 'file'"}}},
      {"missing_prompt_file", workload("{id: w, file: nowhere.jsonl}"), {{4, 27, "prompt file nowhere.jsonl: no such file"}}},
      {"prompt_file_is_folder", workload("{id: w, file: /}"), {{4, 27, "this is a folder"}}},
      {"synthetic_without_lengths", workload("{id: w, kind: synthetic}"), {{4, 13, "needs the key 'prompt_tokens'"}, {4, 13, "needs the key 'output_tokens'"}}},
      {"synthetic_with_file", workload("{id: w, kind: synthetic, prompt_tokens: [1], output_tokens: 1, file: p, max_tokens: 3}"),
       {{4, 82, "'file' has no meaning here"}, {4, 97, "'max_tokens' has no meaning here"}}},
      {"zero_tokens", workload("{id: w, kind: synthetic, prompt_tokens: [0], output_tokens: 1}"), {{4, 54, "'prompt_tokens' needs a whole number from 1 to 1000000; this is '0'"}}},
      {"per_trial_too_many", workload("{id: w, prompt_tokens: [8], output_tokens: 1, per_trial: 2}"), {{4, 70, "'per_trial' is 2, and the workload has 1 requests"}}},
      {"arrivals_without_rate", workload("{id: w, prompt_tokens: [8], output_tokens: 1, arrivals: {kind: poisson}}"), {{4, 69, "need the key 'rate_per_s'"}}},
      {"arrivals_and_concurrency", workload("{id: w, prompt_tokens: [8], output_tokens: 1, concurrency: 2, arrivals: {kind: burst}}"), {{4, 72, "'concurrency' has no meaning"}}},
      {"trace_of_other_length", workload("{id: w, prompt_tokens: [8], output_tokens: 1, arrivals: {kind: trace, times_s: [0, 1]}}"), {{4, 69, "a trial has 1 requests and times_s has 2 times"}}},
      {"trace_falls", workload("{id: w, prompt_tokens: [8], output_tokens: 1, count: 2, arrivals: {kind: trace, times_s: [2, 1]}}"), {{4, 106, "the times of a trace rise"}}},
      {"top_p", workload("{id: w, prompt_tokens: [8], output_tokens: 1, sampling: {top_p: 1.5}}"), {{4, 77, "'top_p' needs a number from 0 to 1; this is '1.5'"}}},
      {"slo_without_bounds", workload("{id: w, prompt_tokens: [8], output_tokens: 1, slo: {}}"), {{4, 64, "'slo' needs ttft_ms, tpot_ms or both"}}},
      {"slo_unknown", workload("{id: w, prompt_tokens: [8], output_tokens: 1, slo: {ttft: 5}}"), {{4, 64, "'slo' needs"}, {4, 65, "unknown key 'ttft'"}}},
      {"unknown_format", workload("{id: w, file: e.yaml, format: shargpt}"), {{4, 27, "prompt file e.yaml: no such file"}, {4, 43, "(did you mean 'sharegpt'?)"}}},
      {"format_of_synthetic", workload("{id: w, kind: synthetic, prompt_tokens: [8], output_tokens: 1, format: text}"), {{4, 84, "'format' has no meaning here"}}},
      {"executor_versus_unknown", Sample{}.add("executors: [llama, {id: b, kind: llama, versus: [lama]}]").text(), {{8, 50, "there is no executor 'lama' (did you mean 'llama'?)"}}},
      {"executor_versus_itself", Sample{}.add("executors: [llama, {id: b, kind: llama, versus: [b]}]").text(), {{8, 50, "compared with itself"}}},
      {"unknown_workload_kind", workload("{id: w, kind: synthetik, prompt_tokens: [8], output_tokens: 1}"), {{4, 27, "(did you mean 'synthetic'?)"}}},
      // Executors.
      {"unknown_executor", added("executors: [lama]"), {{8, 13, "unknown executor 'lama' (did you mean 'llama'?)"}}},
      {"exec_without_command", added("executors: [{id: x, kind: exec}]"), {{8, 13, "needs the key 'command'"}}},
      {"exec_by_name", added("executors: [exec]"), {{8, 13, "an executor of kind exec needs a command"}}},
      {"openai_by_name", added("executors: [openai]"), {{8, 13, "an executor of kind openai needs a URL"}}},
      {"openai_without_url", added("executors: [{id: x, kind: openai}]"), {{8, 13, "needs the key 'url'"}}},
      {"openai_with_command", added("executors: [{id: x, kind: openai, url: \"http://a/v1\", command: [a]}]"), {{8, 65, "starts no program"}}},
      {"openai_url", added("executors: [{id: x, kind: openai, url: localhost}]"), {{8, 40, "'localhost' is no URL for 'url'"}}},
      {"openai_key_itself", added("executors: [{id: x, kind: openai, url: \"http://a/v1\", key_env: sk-123}]"), {{8, 64, "expected e.g. OPENAI_API_KEY, and not the key"}}},
      {"openai_api", added("executors: [{id: x, kind: openai, url: \"http://a/v1\", api: chats}]"), {{8, 60, "(did you mean 'chat'?)"}}},
      {"url_of_another_kind", added("executors: [{id: x, kind: llama-server, url: \"http://a/v1\"}]"), {{8, 46, "'url' has no meaning for an executor of kind llama-server"}}},
      {"library_of_another", added("executors: [{id: x, kind: llama, library: a.so}]"), {{8, 43, "'library' has no meaning for an executor of kind llama"}}},
      {"fllama_with_command", added("executors: [{id: x, kind: fllama, command: [a]}]"), {{8, 45, "expected the key 'library'"}}},
      {"executor_key", added("executors: [{id: x, kind: openai, urll: \"http://a/v1\"}]"), {{8, 13, "needs the key 'url'"}, {8, 35, "unknown key 'urll' (did you mean 'url'?)"}}},
      {"remote_by_name", added("executors: [remote]"), {{8, 13, "an executor of kind remote needs a device"}}},
      {"remote_without_device", added("executors: [{id: x, kind: remote}]"), {{8, 13, "needs the key 'device'"}}},
      {"remote_device", added("executors: [{id: x, kind: remote, device: Pixel 8}]"), {{8, 43, "'Pixel 8' is no name for 'device'"}}},
      {"remote_hub", added("executors: [{id: x, kind: remote, device: p, url: \"http://a\"}]"), {{8, 51, "'http://a' is no address of a hub"}}},
      {"remote_token", added("executors: [{id: x, kind: remote, device: p, url: \"edgelab://a:1/?token=b\"}]"), {{8, 51, "would be stored: expected key_env"}}},
      {"remote_command", added("executors: [{id: x, kind: remote, device: p, command: [a]}]"), {{8, 13, "'command' has no meaning for an executor of kind remote"}}},
      {"remote_band", added("executors: [{id: x, kind: remote, device: p, band: {min_clock: 2}}]"), {{8, 64, "'min_clock' needs a number from 0 to 1"}}},
      {"device_of_another_kind", added("executors: [{id: x, kind: llama, device: p}]"), {{8, 42, "'device' has no meaning for an executor of kind llama"}}},
      {"server_with_options", added("executors: [{id: x, kind: llama-server, command: [llama-server, -c, 5]}]"), {{8, 65, "is the program alone"}}},
      {"placeholder", added("executors: [{id: x, kind: exec, command: [a, \"{prompt}\", \"{max_token}\"]}]"), {{8, 58, "unknown placeholder '{max_token}' (did you mean 'max_tokens'?)"}}},
      {"placeholder_flag", added("executors: [{id: x, kind: exec, command: [a, \"{prompt}\", \"{flag:thread}\"]}]"), {{8, 58, "unknown flag 'thread' in '{flag:thread}' (did you mean 'threads'?)"}}},
      {"placeholder_open", added("executors: [{id: x, kind: exec, command: [a, \"{prompt}\", \"{model\"]}]"), {{8, 58, "opens a brace and does not close it"}}},
      {"no_models_for_server", Sample{}.line(3, "").add("executors: [llama-server]").text(), {{1, 1, "a llama-server executor needs the key 'models'"}}},
      {"no_models_for_llama", Sample{}.line(3, "").text(), {{1, 1, "needs the key 'models'"}}},
      // Protocol and quality.
      {"min_above_max", added("protocol: {blocks: {min: 5, max: 3}}"), {{8, 26, "expected min not above max"}}},
      {"no_blocks", added("protocol: {blocks: 0}"), {{8, 20, "'blocks' needs a whole number from 1"}}},
      {"fraction_of_a_block", added("protocol: {warmup: 1.5}"), {{8, 20, "'warmup' needs a whole number from 0 to 1000; this is '1.5'"}}},
      {"bad_time", added("protocol: {time_budget: 10 parsecs}"), {{8, 25, "'10 parsecs' is no time for 'time_budget'"}}},
      {"no_time", added("protocol: {time_budget: 0}"), {{8, 25, "is no time"}}},
      {"bad_share", added("protocol: {until: {metric: decode_tps, ci95_within: 2}}"), {{8, 53, "expected a share above 0 and below 100%"}}},
      {"unknown_metric", added("protocol: {until: {metric: decode_tp}}"), {{8, 28, "there is no metric 'decode_tp' (did you mean 'decode_tps'?)"}}},
      {"timeout_below_trial", added("protocol: {trial: {min_seconds: 10, timeout: 5s}}"), {{8, 46, "expected timeout above min_seconds"}}},
      {"probes", added("protocol: {probes: some}"), {{8, 20, "'some' is no value of 'probes': expected one of on, off"}}},
      {"cool_down_key", added("protocol: {cool_down: {withn_c: 3}}"), {{8, 24, "unknown key 'withn_c' (did you mean 'within_c'?): 'cool_down' has the keys"}}},
      {"cool_down_below_zero", added("protocol: {cool_down: {within_c: -1}}"), {{8, 34, "'within_c' needs a number from 0 to 100"}}},
      {"cool_down_limit", added("protocol: {cool_down: {limit: ages}}"), {{8, 31, "'ages' is no time for 'limit'"}}},
      {"cool_down_before", added("protocol: {cool_down: {before: run}}"), {{8, 32, "expected one of block, trial"}}},
      {"sustained_what", added("protocol: {sustained: {time: 5m}}"), {{8, 23, "'sustained' needs the key 'round'"}}},
      {"sustained_round", added("protocol: {sustained: {round: fast}}"), {{8, 31, "there is no round 'fast'"}}},
      {"sustained_workload", added("protocol: {sustained: {round: fa, workload: v}}"), {{8, 45, "there is no workload 'v'"}}},
      {"sustained_on_which", Sample{}.line(4, "workloads: [{id: w, prompt_tokens: [8], output_tokens: 1}, {id: v, prompt_tokens: [8], output_tokens: 1}]")
                                 .add("protocol: {sustained: {round: fa}}").text(),
       {{8, 23, "needs the key 'workload' where there are several: expected one of w, v"}}},
      {"sustained_elsewhere", Sample{}.line(4, "workloads: [{id: w, prompt_tokens: [8], output_tokens: 1, rounds: [baseline]}]")
                                  .add("protocol: {sustained: {round: fa}}").text(),
       {{8, 31, "the round 'fa' does not run on workload 'w', whose rounds are baseline"}}},
      {"negative_seed", added("protocol: {seed: -1}"), {{8, 18, "'seed' needs a whole number from 0 to 9007199254740991"}}},
      {"unknown_reference", added("quality: {reference: base}"), {{8, 22, "there is no round 'base'"}}},
      {"unknown_reference_model", added("quality: {checks: [kld], reference_model: n}"), {{8, 43, "there is no model 'n'"}}},
      {"unknown_reference_executor", added("quality: {checks: [kld], reference_executor: lama}"),
       {{8, 46, "there is no executor 'lama' (did you mean 'llama'?)"}}},
      {"reference_model_without_kld", added("quality: {checks: [task], reference_model: m}"),
       {{8, 44, "'reference_model' has no meaning here: it belongs to the check kld"}}},
      {"texts_without_kld", added("quality: {checks: [task], texts: t.txt, tokens: 9}"),
       {{8, 34, "'texts' has no meaning here: it belongs to the check kld"}, {8, 49, "'tokens' has no meaning here"}}},
      {"no_such_texts", added("quality: {checks: [kld], texts: nowhere.txt}"), {{8, 33, "nowhere.txt"}}},
      {"no_tokens", added("quality: {checks: [kld], tokens: 0}"), {{8, 34, "tokens"}}},
      {"unknown_check", added("quality: {checks: [equivalense]}"), {{8, 20, "(did you mean 'equivalence'?)"}}},
      {"unknown_pareto_metric", added("pareto: [decode_tps, ttft_m]"), {{8, 22, "(did you mean 'ttft_ms'?)"}}},
      {"pareto_metric_twice", added("pareto: [decode_tps, decode_tps]"), {{8, 22, "stands twice"}}},
      {"pareto_of_one", added("pareto: [decode_tps]"), {{8, 10, "expected at least two"}}},
      {"scorer_without_answers",
       workload("{id: w, prompt_tokens: [8], output_tokens: 8, scorer: exact}"),
       {{4, 67, "'scorer' has no meaning here"}}},
      {"unknown_scorer",
       workload("{id: w, file: gone.jsonl, scorer: regexp}"),
       {{4, 27, "no such file"}, {4, 47, "(did you mean 'regex'?)"}}},
      // Several at once, in the order of the file; an error in one part hides none in another.
      {"all_at_once",
       "schema: edge-llm-lab/0\nname: x\nmodels: [{id: m}]\nworkloads: [{id: w, file: gone.jsonl}]\nrounds:\n"
       "  - {name: a, flags: {fla: on, np: 0}}\n  - {name: a, versus: [q]}\nprotocol: {seed: x}\n",
       {{1, 9, "edge-llm-lab/1"}, {3, 10, "a model needs the key 'path'"}, {4, 27, "no such file"}, {6, 23, "unknown flag 'fla'"},
        {6, 36, "parallel"}, {7, 12, "two rounds"}, {7, 24, "there is no round 'q'"}, {8, 18, "'seed' needs"}}},
  };
}

class InvalidFiles : public testing::TestWithParam<Invalid> {};

TEST_P(InvalidFiles, AreRefusedAtTheRightPlace) {
  auto const& [name, yaml, expected] = GetParam();
  Overrides overrides;
  overrides.known_metrics = {"decode_tps", "ttft_ms"};
  overrides.known_scorers = {"exact", "regex"};
  auto const parsed = parse(yaml, "f.yaml", overrides);
  ASSERT_FALSE(parsed.has_value());
  auto const text = describe(parsed.error());
  ASSERT_EQ(parsed.error().size(), expected.size()) << text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto const& error = parsed.error()[i];
    EXPECT_EQ(error.line, expected[i].line) << text;
    EXPECT_EQ(error.column, expected[i].column) << text;
    EXPECT_THAT(error.message, HasSubstr(expected[i].words)) << text;
    EXPECT_EQ(error.file, "f.yaml");
  }
}

INSTANTIATE_TEST_SUITE_P(Table, InvalidFiles, testing::ValuesIn(table()), [](auto const& row) { return std::string(row.param.name); });

TEST(Invalid, TooManyRounds) {
  std::string names;
  std::string yaml = Sample{}.text();
  for (int i = 0; i < 14; ++i) {
    yaml += std::format("  - {{name: r{}}}\n", i);
    names += std::format("{}r{}", i == 0 ? "" : ", ", i);
  }
  auto const combined = parse(yaml + "combine: [{of: [" + names + "]}]\n", "f.yaml");
  ASSERT_FALSE(combined.has_value());
  EXPECT_THAT(describe(combined.error()), HasSubstr("f.yaml:22:11: this makes 16369 rounds: expected at most 10000"));

  std::string values;
  for (int i = 1; i <= 10'000; ++i) values += std::format("{}{}", i == 1 ? "" : ", ", i);
  auto const swept = parse(Sample{}.add("sweep: [{round: fa, flag: batch-size, values: [" + values + "]}]").text(), "f.yaml");
  ASSERT_FALSE(swept.has_value());
  EXPECT_THAT(describe(swept.error()), HasSubstr("more than 10000 rounds"));
}

// Maps that merge maps that merge maps: refused, and quickly.
TEST(Invalid, MergesWithoutEnd) {
  std::string yaml = "x-a: &a {k0: 1}\n";
  for (char name = 'b'; name <= 'j'; ++name) {
    std::string list;
    for (int i = 0; i < 10; ++i) list += std::format("{}*{}", i == 0 ? "" : ", ", static_cast<char>(name - 1));
    yaml += std::format("x-{0}: &{0} {{<<: [{1}]}}\n", name, list);
  }
  auto const parsed = parse(yaml + "<<: *j\n", "f.yaml");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(describe(parsed.error()), HasSubstr("too many maps are merged"));
  auto const itself = parse("x-a: &a {<<: *a}\n<<: *a\n", "f.yaml");
  EXPECT_FALSE(itself.has_value());
}

TEST(Invalid, AMistakeBehindAnAliasIsToldOnce) {
  auto const parsed = parse(Sample{}.line(6, "  - {name: a, flags: &f {np: 0}}").line(7, "  - {name: b, flags: *f}").text(), "f.yaml");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error(), SizeIs(1)) << describe(parsed.error());
}

TEST(Invalid, PromptFilesHaveTheirOwnPlaces) {
  Folder const folder;
  auto const prompts = folder.write("p.jsonl", "{\"prompt\": \"a\"}\nnope\n");
  auto const file = folder.write("e.yaml", Sample{}.line(4, "workloads: [{id: w, file: p.jsonl}]").line(2, "name:").text());
  auto const parsed = load(file);
  ASSERT_FALSE(parsed.has_value());
  ASSERT_THAT(parsed.error(), SizeIs(2)) << describe(parsed.error());
  EXPECT_EQ(parsed.error()[0].file, file);
  EXPECT_EQ(parsed.error()[1].file, prompts);
  EXPECT_EQ(parsed.error()[1].line, 2);
}

TEST(Invalid, FilesThatAreNotThere) {
  Folder const folder;
  auto const missing = load(folder.path() / "e.yaml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(describe(missing.error()), HasSubstr("e.yaml: no such file"));
  auto const directory = load(folder.path());
  ASSERT_FALSE(directory.has_value());
  EXPECT_THAT(describe(directory.error()), HasSubstr("this is a folder"));
}

TEST(Invalid, CommandLine) {
  Overrides overrides;
  overrides.models["mm"] = "x.gguf";
  overrides.models["m"] = "";
  overrides.only_rounds = {"lokup"};
  overrides.blocks = 0;
  overrides.time_budget_s = -1.0;
  auto const parsed = parse(Sample{}.text(), "f.yaml", overrides);
  ASSERT_FALSE(parsed.has_value());
  auto const text = describe(parsed.error());
  EXPECT_THAT(text, HasSubstr("f.yaml: --model mm=x.gguf: the file has no model 'mm' (did you mean 'm'?)"));
  EXPECT_THAT(text, HasSubstr("f.yaml: --model m=: expected the path"));
  EXPECT_THAT(text, HasSubstr("--only lokup: there is no round of that name (did you mean 'lookup'?)"));
  EXPECT_THAT(text, HasSubstr("--blocks 0"));
  EXPECT_THAT(text, HasSubstr("--time-budget"));
}

}  // namespace
}  // namespace edgelab::spec
