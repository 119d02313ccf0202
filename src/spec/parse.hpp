// Experiment files: YAML text -> Experiment, or every error of the file at once.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/experiment.hpp"

namespace edgelab::spec {

// One error in a user's file. Line and column count from 1; 0 where there is none to name.
struct Diagnostic {
  std::filesystem::path file;
  int line = 0;
  int column = 0;
  std::string message;                       // what is wrong and what was expected

  [[nodiscard]] std::string describe() const;   // "FILE:LINE:COLUMN: message"
};

using Diagnostics = std::vector<Diagnostic>;

// Things a command line may change in what the file says.
struct Overrides {
  std::map<std::string, std::filesystem::path> models;  // --model ID=PATH
  std::map<std::string, std::string> files;             // what stands in files of prompts and texts, by the path as it is
                                                        // written; others are read from the disk
  std::vector<std::string> only_rounds;                 // --only; the baseline always stays
  std::optional<std::uint64_t> seed;
  std::optional<std::int32_t> blocks;                   // both min and max
  std::optional<double> time_budget_s;
  std::vector<std::string> known_metrics;               // what protocol.until.metric may name; empty: not checked
  std::vector<std::string> known_scorers;               // what a workload's scorer may be; empty: not checked
  // What the caller can check and this floor cannot (model files); called on what there is even where there are other
  // errors, so that all of them are told at once.
  std::function<Diagnostics(Experiment const&)> more_checks;
};

// Reads the file and the prompt files it names (paths relative to the folder `file` is in, else to the
// current one), expands combine and sweep, checks everything that can be checked without opening a model.
[[nodiscard]] std::expected<Experiment, Diagnostics> load(std::filesystem::path const& file,
                                                          Overrides const& overrides = {});

// The same from text: `origin` names the file in errors and anchors relative paths.
[[nodiscard]] std::expected<Experiment, Diagnostics> parse(std::string const& yaml,
                                                           std::filesystem::path const& origin,
                                                           Overrides const& overrides = {});

// The JSON Schema of experiment files, for editors; from the structs that parse them and the catalogue.
[[nodiscard]] std::string json_schema();

}  // namespace edgelab::spec
