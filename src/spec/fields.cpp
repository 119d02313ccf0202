#include "spec/fields.hpp"

#include <algorithm>

namespace edgelab::spec {

namespace {

constexpr double million = 1'000'000;

std::vector<Field> make_fields() {
  std::vector<std::string_view> const categories{"baseline",    "caching", "parallelization",
                                                 "speculative", "hybrid",  "custom"};
  return {
      {.noun = "experiment", .key = "schema", .help = "The version of this format: edge-llm-lab/1.",
       .choices = {schema_version}},
      {.noun = "experiment", .key = "name", .help = "What the experiment is called in reports."},
      {.noun = "experiment", .key = "models", .help = "The models to run. May be left out where no executor is of kind llama or llama-server."},
      {.noun = "experiment", .key = "workloads", .help = "What the models are asked."},
      {.noun = "experiment", .key = "executors", .help = "What runs the models; [llama] where left out."},
      {.noun = "experiment", .key = "rounds", .help = "Combinations of flags, each measured against the baseline."},
      {.noun = "experiment", .key = "combine", .help = "Further rounds, made by putting rounds together."},
      {.noun = "experiment", .key = "sweep", .help = "Further rounds, made by going through values of one flag."},
      {.noun = "experiment", .key = "protocol", .help = "How much is run, in which order, and when to stop."},
      {.noun = "experiment", .key = "quality", .help = "How the output of the rounds is compared with a reference."},
      {.noun = "experiment", .key = "pareto",
       .help = "Figures that are weighed against one another: metrics (docs/METRICS.md) and task_score."},

      {.noun = "model", .key = "id", .help = "A short name for it."},
      {.noun = "model", .key = "path", .help = "A GGUF file; relative to this file's folder, else to the current one."},
      {.noun = "model", .key = "draft", .help = "A smaller GGUF model with the same vocabulary, for speculative decoding."},

      {.noun = "workload", .key = "id", .help = "A short name for it."},
      {.noun = "workload", .key = "kind", .help = "prompts: from a file. synthetic: prompts of given lengths.",
       .choices = {"prompts", "synthetic"}},
      {.noun = "workload", .key = "file",
       .help = "Prompts: JSON Lines (id, prompt, messages or conversation, max_tokens, expected or schema, choices, tags), "
               "or what `format` says. Relative to this file's folder."},
      {.noun = "workload", .key = "format",
       .help = "Of the file. jsonl: one request a line. sharegpt: a JSON list of conversations (.json). lines: each line a "
               "prompt (.txt). text: all of it one prompt. Where left out, by its ending.",
       .choices = {"jsonl", "sharegpt", "lines", "text"}},
      {.noun = "workload", .key = "tags", .help = "Only lines of the file with one of these tags."},
      {.noun = "workload", .key = "system", .help = "Put first, as the system's message, in chats that have none."},
      {.noun = "workload", .key = "max_turns", .help = "Of a conversation, at most so many turns; all where left out.",
       .minimum = 1, .maximum = 10'000},
      {.noun = "workload", .key = "max_tokens", .help = "Generated at most, where a line of the file does not say.",
       .minimum = 1, .maximum = million},
      {.noun = "workload", .key = "prompt_tokens", .help = "synthetic: lengths of the prompts, in tokens.",
       .minimum = 1, .maximum = million},
      {.noun = "workload", .key = "depth",
       .help = "synthetic: so many tokens more before each prompt, so that it is answered at that depth of the context.",
       .minimum = 0, .maximum = million},
      {.noun = "workload", .key = "output_tokens", .help = "synthetic: exactly so many tokens are generated.",
       .minimum = 1, .maximum = million},
      {.noun = "workload", .key = "count", .help = "synthetic: prompts of each length; 1 where left out.",
       .minimum = 1, .maximum = 100'000},
      {.noun = "workload", .key = "per_trial",
       .help = "Requests (conversations, where the file has some) in one pass of a trial, drawn anew for each block; all of "
               "them where left out.",
       .minimum = 1, .maximum = million},
      {.noun = "workload", .key = "concurrency", .help = "Requests kept in flight; 1 where left out.",
       .minimum = 1, .maximum = 100'000},
      {.noun = "workload", .key = "arrivals", .help = "When requests arrive, instead of keeping a number in flight."},
      {.noun = "workload", .key = "parallel", .help = "The flag `parallel` for this workload, where a round does not set it.",
       .minimum = 1, .maximum = 1024},
      {.noun = "workload", .key = "sampling", .help = "How tokens are chosen; greedily where left out."},
      {.noun = "workload", .key = "slo", .help = "What is good enough for a request: the rate of those is `goodput_rps`."},
      {.noun = "workload", .key = "rounds", .help = "Only these rounds, and the baseline, run on it; all where left out."},
      {.noun = "workload", .key = "scorer",
       .help = "How answers are held against `expected`; exact where left out, acc_norm where there are `choices`. "
               "docs/EXPERIMENT.md lists the scorers."},

      {.noun = "arrivals", .key = "kind", .help = "closed: concurrency requests in flight. constant and poisson: at a rate. "
                                                  "burst: all at once. trace: at given times.",
       .choices = {"closed", "constant", "poisson", "burst", "trace"}},
      {.noun = "arrivals", .key = "rate_per_s", .help = "constant and poisson: requests per second.", .minimum = 1e-6,
       .maximum = million},
      {.noun = "arrivals", .key = "times_s", .help = "trace: seconds after the start, one for each request of a trial, rising.",
       .minimum = 0, .maximum = million},

      {.noun = "sampling", .key = "temperature", .help = "0 is greedy.", .minimum = 0, .maximum = 100},
      {.noun = "sampling", .key = "top_k", .help = "Only the k likeliest tokens; 0 is off.", .minimum = 0, .maximum = million},
      {.noun = "sampling", .key = "top_p", .help = "Only the likeliest tokens that make up this much; 1 is off.",
       .minimum = 0, .maximum = 1},

      {.noun = "slo", .key = "ttft_ms", .help = "At most so long to the first token.", .minimum = 1e-3, .maximum = 1e9},
      {.noun = "slo", .key = "tpot_ms", .help = "At most so long for each token after it, on average.", .minimum = 1e-3, .maximum = 1e9},

      {.noun = "executor", .key = "id", .help = "A short name for it."},
      {.noun = "executor", .key = "kind", .help = "llama: llama.cpp in a process of its own. llama-server: llama.cpp's "
                                                  "server. openai: any OpenAI-compatible URL. fllama: the library of the Flutter plugin. null: answers at once, to "
                                                  "measure the harness. exec: a program of yours that speaks the protocol, "
                                                  "or one that only prints. remote: one on a device of the fleet.",
       .choices = {"llama", "llama-server", "openai", "fllama", "null", "exec", "remote"}},
      {.noun = "executor", .key = "command",
       .help = "The program and its arguments. For llama, llama-server and null: another build of them. For exec, with {prompt} "
               "or {prompt_file} in it: run once a request."},
      {.noun = "executor", .key = "versus",
       .help = "Executors whose rounds its own are compared with, each with that of the same name."},
      {.noun = "executor", .key = "url", .help = "openai: where it is asked, up to and with /v1: http://localhost:11434/v1. remote: the hub's address; the "
               "environment variable EDGELAB_HUB where left out."},
      {.noun = "executor", .key = "model", .help = "openai: the model's name there; where left out, the only one that it lists."},
      {.noun = "executor", .key = "api", .help = "openai: chat (/chat/completions) or completions; chat where left out.",
       .choices = {"completions", "chat"}},
      {.noun = "executor", .key = "key_env",
       .help = "The environment variable that holds openai's key or the hub's token (EDGELAB_HUB_TOKEN where left out); it is stored nowhere."},
      {.noun = "executor", .key = "retries",
       .help = "openai: how often a request is sent again where the endpoint is busy or out of reach, before its first token; 2.",
       .minimum = 0, .maximum = 100},
      {.noun = "executor", .key = "device", .help = "remote: the device's id in the fleet."},
      {.noun = "executor", .key = "offers", .help = "remote: the executor's id there; where left out, the only one that the device offers."},
      {.noun = "executor", .key = "band", .help = "remote: when the device is fit to be measured; until then a trial waits."},

      {.noun = "band", .key = "min_battery", .help = "Percent that its battery has at least, unless it is being charged.",
       .minimum = 0, .maximum = 100},
      {.noun = "band", .key = "max_temp_c", .help = "Degrees Celsius of its hottest sensor, at most.", .minimum = 0, .maximum = 150},
      {.noun = "band", .key = "min_clock",
       .help = "Share of its highest clock frequency that throttling leaves the processor, at least; 0 to 1.", .minimum = 0, .maximum = 1},
      {.noun = "band", .key = "wait", .help = "So long a trial waits, for a device that is away too, then it has failed; 10m."},
      {.noun = "executor", .key = "library",
       .help = "fllama: the path of its libfllama; where left out, the environment variable EDGELAB_FLLAMA_LIB names it."},

      {.noun = "round", .key = "name", .help = "What the round is called in reports."},
      {.noun = "round", .key = "category", .help = "Where reports list it; custom where left out (baseline for the round "
                                                   "named baseline).",
       .choices = categories},
      {.noun = "round", .key = "flags", .help = "The flags it sets (docs/FLAGS.md); all others have their defaults."},
      {.noun = "round", .key = "versus", .help = "Rounds it is compared with, besides the baseline."},

      {.noun = "combine", .key = "of", .help = "The rounds to put together, at least two."},
      {.noun = "combine", .key = "design",
       .help = "full: every combination of two or more. pairs: of two. one-at-a-time: all together, and all but one. "
               "fractional: the half of full that leaves out an even number.",
       .choices = {"full", "pairs", "one-at-a-time", "fractional"}},
      {.noun = "combine", .key = "name", .help = "A name instead of a+b, where one round comes out."},
      {.noun = "combine", .key = "category", .help = "hybrid where left out.", .choices = categories},

      {.noun = "sweep", .key = "round", .help = "The round that is varied."},
      {.noun = "sweep", .key = "flag", .help = "The flag that is varied."},
      {.noun = "sweep", .key = "values", .help = "Its values, one round for each."},

      {.noun = "protocol", .key = "warmup", .help = "Passes over everything that are run and stored, never averaged; 1.",
       .minimum = 0, .maximum = 1000},
      {.noun = "protocol", .key = "blocks", .help = "How many blocks are run: {min, max}, or one number; {min: 10, max: 30}.",
       .minimum = 1, .maximum = million},
      {.noun = "protocol", .key = "until", .help = "Stop when this is precise enough."},
      {.noun = "protocol", .key = "time_budget", .help = "No trial begins after this long: 90s, 10m, 1h30m."},
      {.noun = "protocol", .key = "seed", .help = "The order of trials and the choice of prompts follow from it; 7.",
       .minimum = 0, .maximum = 9'007'199'254'740'991.0},
      {.noun = "protocol", .key = "trial", .help = "How long one trial is."},

      {.noun = "protocol", .key = "probes",
       .help = "on: the machine's sensors are read while trials run. off: nothing is read but the clock and peak memory; on.",
       .choices = {"on", "off"}},
      {.noun = "protocol", .key = "cool_down", .help = "Wait for the processor to cool between trials; not where left out."},
      {.noun = "protocol", .key = "sustained",
       .help = "When the blocks are over, repeat one round for a time: throughput against time."},

      {.noun = "cool_down", .key = "before", .help = "Before each block, or before each of its trials; block.",
       .choices = {"block", "trial"}},
      {.noun = "cool_down", .key = "to_c",
       .help = "The temperature to come back to, in degrees Celsius; what it was when the run began.", .minimum = 0,
       .maximum = 150},
      {.noun = "cool_down", .key = "within_c", .help = "So many degrees above that are cool enough; 3.", .minimum = 0,
       .maximum = 100},
      {.noun = "cool_down", .key = "limit", .help = "No wait is longer than this; 2m."},
      {.noun = "sustained", .key = "round", .help = "The round that is repeated."},
      {.noun = "sustained", .key = "workload", .help = "On this workload; needed where there are several."},
      {.noun = "sustained", .key = "time", .help = "For so long: 10m."},
      {.noun = "blocks", .key = "min", .help = "At least so many blocks.", .minimum = 1, .maximum = million},
      {.noun = "blocks", .key = "max", .help = "At most so many blocks.", .minimum = 1, .maximum = million},
      {.noun = "until", .key = "metric", .help = "A metric (docs/METRICS.md), e.g. decode_tps."},
      {.noun = "until", .key = "ci95_within",
       .help = "How near its ratio to the baseline is known, in 95 of 100 cases: 2% where left out."},
      {.noun = "trial", .key = "min_seconds", .help = "A trial repeats its requests until it is this long; 1.",
       .minimum = 0, .maximum = 86'400},
      {.noun = "trial", .key = "min_tokens", .help = "and until it has generated so many tokens; 64.", .minimum = 0,
       .maximum = million},
      {.noun = "trial", .key = "timeout", .help = "A trial that takes longer is ended and counts as timed out; 5m."},

      {.noun = "quality", .key = "reference", .help = "The round whose output is right; the baseline where left out."},
      {.noun = "quality", .key = "reference_model",
       .help = "kld: the model that the reference reads with, for all models; each its own where left out."},
      {.noun = "quality", .key = "reference_executor",
       .help = "kld: the executor that the reference reads with, for all executors; each its own where left out."},
      {.noun = "quality", .key = "checks",
       .help = "equivalence: token by token. kld: distance of the distributions. task: right answers.",
       .choices = {"equivalence", "kld", "task"}},
      {.noun = "quality", .key = "texts",
       .help = "Texts for kld: a text file, or prompts with their answers as JSONL; each workload's own where left out."},
      {.noun = "quality", .key = "tokens", .help = "kld reads so many tokens of text a cell; 8192.", .minimum = 1,
       .maximum = million},
      {.noun = "quality", .key = "judge", .help = "A model that grades the answers, behind an OpenAI-compatible URL."},

      {.noun = "judge", .key = "url", .help = "Where it is asked, up to and with /v1: https://api.example.com/v1."},
      {.noun = "judge", .key = "model", .help = "Its name there."},
      {.noun = "judge", .key = "key_env",
       .help = "The environment variable that holds the key, which is nowhere stored; none is sent where left out."},
      {.noun = "judge", .key = "rubric", .help = "What it is to grade by, in words."},
      {.noun = "judge", .key = "scale", .help = "The lowest and the highest grade; [1, 10].", .minimum = -million,
       .maximum = million},
      {.noun = "judge", .key = "timeout", .help = "How long it may take over one answer; 60s."},
      {.noun = "judge", .key = "retries", .help = "How often it is asked again where it is busy or out of reach; 3.",
       .minimum = 0, .maximum = 20},
  };
}

}  // namespace

std::span<Field const> fields() {
  static auto const table = make_fields();
  return table;
}

Field const* find_field(std::string_view noun, std::string_view key) {
  auto const found = std::ranges::find_if(fields(), [&](Field const& f) { return f.noun == noun && f.key == key; });
  return found == fields().end() ? nullptr : &*found;
}

}  // namespace edgelab::spec
