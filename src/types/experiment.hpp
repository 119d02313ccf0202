// An experiment as the user meant it: parsed, expanded, every name resolved. Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/flags.hpp"

namespace edgelab {

// Where in the user's file something was written, for errors found later. Line 0: nowhere.
struct Origin {
  std::filesystem::path file;
  int line = 0;
  int column = 0;
};

struct Model {
  std::string id;
  std::filesystem::path path;                  // a GGUF file, absolute
  std::optional<std::filesystem::path> draft;  // a smaller model with the same vocabulary
  Origin origin;                               // of `path`
  Origin draft_origin;                         // of `draft`
};

struct Message {
  std::string role;  // system | user | assistant
  std::string content;
};

// Zero temperature is greedy. The seed of a request is set by the plan.
struct Sampling {
  double temperature = 0.0;
  std::int32_t top_k = 0;  // 0: off
  double top_p = 1.0;
};

// One request. Exactly one of prompt, messages, synthetic_tokens is set.
struct Request {
  std::string id;
  std::optional<std::string> prompt;
  std::vector<Message> messages;                // rendered with the model's own chat template
  std::optional<std::int32_t> synthetic_tokens; // a prompt of exactly that many seeded tokens
  std::int32_t max_tokens = 128;                // generated at most
  bool ignore_eos = false;                      // true: generate exactly max_tokens
  std::optional<std::string> expected;          // the right answer, where there is one
  std::vector<std::string> choices;             // of multiple choice; `expected` is one of them
  bool expects_schema = false;                  // `expected` is a JSON Schema
  bool follows = false;                         // a further turn of a conversation: sent when the request before it has ended
};

// How requests arrive. Only `closed` keeps a number of requests in flight; the others fix times.
struct Arrivals {
  enum class Kind : std::uint8_t { closed, constant, poisson, burst, trace };
  Kind kind = Kind::closed;
  std::int32_t concurrency = 1;    // closed: requests in flight
  double rate_per_s = 0.0;         // constant, poisson
  std::vector<double> times_s;     // trace
};

// What a user is content with: requests within it count as goodput. At least one is there.
struct Slo {
  std::optional<double> ttft_ms;
  std::optional<double> tpot_ms;
};

struct Workload {
  std::string id;
  std::vector<Request> requests;   // all of them; a trial uses `per_trial` of them
  std::int32_t per_trial = 0;      // conversations in one pass of a trial, drawn anew for each block; 0: all. A request by
                                   // itself is one
  Arrivals arrivals;
  Sampling sampling;
  std::optional<std::int32_t> parallel;  // the flag `parallel` in all its cells, unless a round sets it
  std::optional<Slo> slo;
  std::vector<std::string> rounds; // only these rounds run on it (and the baseline); empty: all
  std::string scorer = "exact";    // how an answer is held against `expected` (src/quality)
  Origin origin;
};

// When a device is fit to be measured; outside of it a trial waits. What a device does not tell is no reason to wait.
struct DeviceBand {
  std::optional<double> min_battery_percent;   // unless it is being charged
  std::optional<double> max_temp_c;
  std::optional<double> min_clock_share;       // of the processor's highest frequency, 0 to 1: what throttling leaves
  double wait_s = 600.0;                       // so long a trial waits, for a device that is away too; then it has failed
};

struct ExecutorSpec {
  std::string id;
  std::string kind;                    // llama | llama-server | openai | fllama | null | exec | remote
  std::vector<std::string> command;    // the program and its arguments; exec: it may be a template (core/placeholders.hpp)
  std::vector<std::string> versus{};   // ids of executors whose rounds its own are compared with, one by one
  std::string url{};                   // openai: up to and with /v1; remote: the hub's, empty: the environment's
  std::string model{};                 // openai: the model's name there; empty: the only one that it lists
  std::string api{};                   // openai: completions | chat; empty: chat
  std::string key_env{};               // openai: the environment variable that holds the key; empty: none is sent. remote: the token
  std::optional<std::int32_t> retries{};   // openai: of a request, before its first token
  std::string device{};                // remote: the device's id in the fleet
  std::string offers{};                // remote: the executor's id there; empty: the only one that the device offers
  std::optional<DeviceBand> band{};    // remote: when it is fit to be measured; absent: always
  std::string library{};               // fllama: the path of its libfllama; empty: EDGELAB_FLLAMA_LIB names it
  Origin origin{};
};

struct Round {
  std::string name;
  std::string category;                // baseline | caching | parallelization | speculative | hybrid | custom
  Flags flags;                         // as asked, canonical; {} is the baseline
  std::vector<std::string> versus;     // further rounds that this one is compared with
  std::vector<std::string> parts;      // of a combined round: the rounds it was made of
  Origin origin;                       // of its name, or of the `combine` or `sweep` that made it
};

// Waiting until the processor is cool again.
struct CoolDown {
  enum class Before : std::uint8_t { block, trial };
  Before before = Before::block;
  std::optional<double> to_c;          // degrees Celsius; absent: what it had when the run began
  double within_c = 3.0;               // so much above that is cool enough
  double limit_s = 120.0;              // of one wait
};

// One cell repeated for a time, when the blocks are over: throughput against time.
struct Sustained {
  std::string round;
  std::string workload;
  double seconds = 600.0;              // of its trials, one after the other
};

// When to stop, and how much to run.
struct Protocol {
  std::int32_t warmup = 1;             // warm-up passes over all cells: run, stored, never averaged
  std::int32_t min_blocks = 10;
  std::int32_t max_blocks = 30;
  std::optional<std::string> until_metric;   // stop when its interval is narrow enough in every cell
  double ci95_within = 0.02;           // half-width of the 95 % interval of the ratio, relative
  std::optional<double> time_budget_s;
  std::uint64_t seed = 7;
  double trial_min_s = 1.0;            // a trial repeats its requests until both are reached
  std::int32_t trial_min_tokens = 64;
  double trial_timeout_s = 300.0;      // a trial that takes longer is `timeout`
  bool probes = true;                  // sensors are read while trials run
  std::optional<CoolDown> cool_down;
  std::optional<Sustained> sustained;
};

// A model behind an OpenAI-compatible URL that grades answers by a rubric.
struct Judge {
  std::string url;                     // up to and with /v1
  std::string model;
  std::string key_env;                 // the environment variable that holds the key; empty: none is sent
  std::string rubric;
  std::int32_t lowest = 1;             // of the grades
  std::int32_t highest = 10;           // above `lowest`
  double timeout_s = 60.0;             // of one answer
  std::int32_t retries = 3;            // where it is busy or cannot be reached
};

struct Quality {
  std::optional<std::string> reference;      // a round
  std::optional<std::string> reference_model{};     // for kld: the model that the reference reads with; absent: each its own
  std::optional<std::string> reference_executor{};  // the same of executors
  std::vector<std::string> checks;           // equivalence | kld | task
  std::vector<Request> texts;                // for kld; empty: each workload's own
  std::string texts_file;                    // the name of the file they are of
  std::int32_t tokens = 8192;                // kld reads texts of a cell until it has so many
  std::optional<Judge> judge;
};

struct Experiment {
  std::string name;
  std::vector<Model> models;
  std::vector<Workload> workloads;
  std::vector<ExecutorSpec> executors;
  std::vector<Round> rounds;           // the first of category `baseline` is the baseline
  Protocol protocol;
  Quality quality;
  std::vector<std::string> pareto;     // metrics of the Pareto front; empty: what the reports choose
};

}  // namespace edgelab
