// The experiment file as it is written: these structs are the schema. The reader (read_document.cpp) and the JSON
// Schema (json_schema.cpp) walk them by reflection; what each key means stands in fields.cpp.
//
// Every leaf knows its place in the file, so that what is found wrong later can still be pointed at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace edgelab::spec::document {

struct Mark {
  int line = 0;
  int column = 0;
};

// A value and where it stands.
template <typename T>
struct At {
  T value{};
  Mark mark{};
};

using Text = At<std::string>;
using Integer = At<std::int64_t>;
using Real = At<double>;

// A number with a unit, "10m", "2%", or without one.
struct Quantity {
  std::string text;
  Mark mark{};
};

// The value of a flag: any scalar as the text that was written, a list as a JSON array.
struct FlagValue {
  std::string text;
  Mark mark{};
};

// `flags: {...}`: what may stand in it is the catalogue's business.
struct FlagValues {
  std::vector<std::pair<Text, FlagValue>> entries;
};

// `noun` names the struct in messages and in fields.cpp.

struct Model {
  static constexpr std::string_view noun = "model";
  Text id;
  Text path;
  std::optional<Text> draft;
};

struct Arrivals {
  static constexpr std::string_view noun = "arrivals";
  Text kind;
  std::optional<Real> rate_per_s;
  std::optional<std::vector<Real>> times_s;
};

struct Sampling {
  static constexpr std::string_view noun = "sampling";
  std::optional<Real> temperature;
  std::optional<Integer> top_k;
  std::optional<Real> top_p;
};

struct Slo {
  static constexpr std::string_view noun = "slo";
  std::optional<Real> ttft_ms;
  std::optional<Real> tpot_ms;
};

struct Workload {
  static constexpr std::string_view noun = "workload";
  Text id;
  std::optional<Text> kind;
  std::optional<Text> file;
  std::optional<Text> format;
  std::optional<std::vector<Text>> tags;
  std::optional<Text> system;
  std::optional<Integer> max_turns;
  std::optional<Integer> max_tokens;
  std::optional<std::vector<Integer>> prompt_tokens;
  std::optional<Integer> depth;
  std::optional<Integer> output_tokens;
  std::optional<Integer> count;
  std::optional<Integer> per_trial;
  std::optional<Integer> concurrency;
  std::optional<At<Arrivals>> arrivals;
  std::optional<Integer> parallel;
  std::optional<Sampling> sampling;
  std::optional<At<Slo>> slo;
  std::optional<std::vector<Text>> rounds;
  std::optional<Text> scorer;
};

struct DeviceBand {
  static constexpr std::string_view noun = "band";
  std::optional<Real> min_battery;
  std::optional<Real> max_temp_c;
  std::optional<Real> min_clock;
  std::optional<Quantity> wait;
};

struct Executor {
  static constexpr std::string_view noun = "executor";
  Text id;
  Text kind;
  std::optional<std::vector<Text>> command;
  std::optional<std::vector<Text>> versus;
  std::optional<Text> url;
  std::optional<Text> model;
  std::optional<Text> api;
  std::optional<Text> key_env;
  std::optional<Integer> retries;
  std::optional<Text> device;
  std::optional<Text> offers;
  std::optional<DeviceBand> band;
  std::optional<Text> library;
};

struct Round {
  static constexpr std::string_view noun = "round";
  Text name;
  std::optional<Text> category;
  std::optional<FlagValues> flags;
  std::optional<std::vector<Text>> versus;
};

struct Combine {
  static constexpr std::string_view noun = "combine";
  std::vector<Text> of;
  std::optional<Text> design;
  std::optional<Text> name;
  std::optional<Text> category;
};

struct Sweep {
  static constexpr std::string_view noun = "sweep";
  Text round;
  Text flag;
  std::vector<FlagValue> values;
};

struct Blocks {
  static constexpr std::string_view noun = "blocks";
  std::optional<Integer> min;
  std::optional<Integer> max;
};

struct Until {
  static constexpr std::string_view noun = "until";
  Text metric;
  std::optional<Quantity> ci95_within;
};

struct Trial {
  static constexpr std::string_view noun = "trial";
  std::optional<Real> min_seconds;
  std::optional<Integer> min_tokens;
  std::optional<Quantity> timeout;
};

struct CoolDown {
  static constexpr std::string_view noun = "cool_down";
  std::optional<Text> before;
  std::optional<Real> to_c;
  std::optional<Real> within_c;
  std::optional<Quantity> limit;
};

struct Sustained {
  static constexpr std::string_view noun = "sustained";
  Text round;
  std::optional<Text> workload;
  std::optional<Quantity> time;
};

struct Protocol {
  static constexpr std::string_view noun = "protocol";
  std::optional<Integer> warmup;
  std::optional<std::variant<Integer, Blocks>> blocks;
  std::optional<Until> until;
  std::optional<Quantity> time_budget;
  std::optional<Integer> seed;
  std::optional<Trial> trial;
  std::optional<Text> probes;
  std::optional<CoolDown> cool_down;
  std::optional<At<Sustained>> sustained;
};

struct Judge {
  static constexpr std::string_view noun = "judge";
  Text url;
  Text model;
  std::optional<Text> key_env;
  Text rubric;
  std::optional<std::vector<Integer>> scale;
  std::optional<Quantity> timeout;
  std::optional<Integer> retries;
};

struct Quality {
  static constexpr std::string_view noun = "quality";
  std::optional<Text> reference;
  std::optional<Text> reference_model;
  std::optional<Text> reference_executor;
  std::optional<std::vector<Text>> checks;
  std::optional<Text> texts;
  std::optional<Integer> tokens;
  std::optional<At<Judge>> judge;
};

struct Experiment {
  static constexpr std::string_view noun = "experiment";
  Text schema;
  Text name;
  std::optional<std::vector<At<Model>>> models;
  std::vector<At<Workload>> workloads;
  std::optional<std::vector<std::variant<Text, At<Executor>>>> executors;
  std::vector<At<Round>> rounds;
  std::optional<std::vector<At<Combine>>> combine;
  std::optional<std::vector<At<Sweep>>> sweep;
  std::optional<Protocol> protocol;
  std::optional<Quality> quality;
  std::optional<std::vector<Text>> pareto;
};

}  // namespace edgelab::spec::document
