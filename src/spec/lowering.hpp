// From the document as written to the experiment as meant: each part of the file in a source file of its own.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "spec/document.hpp"
#include "spec/parse.hpp"

namespace edgelab::spec {

// What all parts need, and where their errors go.
class Lowering {
 public:
  Lowering(std::filesystem::path const& file, Overrides const& overrides, Diagnostics& errors);

  void error(document::Mark mark, std::string message);
  void add(Diagnostics more);
  [[nodiscard]] Origin origin(document::Mark mark) const { return {file_, mark.line, mark.column}; }
  [[nodiscard]] Overrides const& overrides() const { return overrides_; }

  // Relative paths are looked for beside the experiment file, then in the current folder. Where there is nothing,
  // the first of these, so that an error names the place where the file should be.
  [[nodiscard]] std::filesystem::path locate(std::string const& path) const;

  // What stands in the file that is written as `path`: handed over by the caller, else read from where it is located.
  [[nodiscard]] Result<std::string> read(std::string const& path, std::size_t max_bytes) const;

  // Letters, digits and . _ - (and + where rounds are combined by hand): names stand in tables, on the command
  // line and in cell ids. An empty one has been complained about already.
  enum class Plus : bool { refused, allowed };
  void check_name(document::Text const& name, std::string_view noun, Plus plus = Plus::refused);

  void check_distinct(std::span<document::Text const* const> names, std::string_view noun);

 private:
  std::filesystem::path const& file_;
  std::filesystem::path folder_;
  Overrides const& overrides_;
  Diagnostics& errors_;
};

// Seconds as written under `key`; nullopt where nothing is written, and, with an error at its place, where that is no time.
[[nodiscard]] std::optional<double> duration(Lowering& to, document::Quantity const& written, std::string_view key);

[[nodiscard]] std::vector<ExecutorSpec> lower_executors(Lowering& to, document::Experiment const& from);

// Where nothing needs a model and none is named there is one, "none", with an empty path.
[[nodiscard]] std::vector<Model> lower_models(Lowering& to, document::Experiment const& from,
                                              std::span<ExecutorSpec const> executors);

[[nodiscard]] std::vector<Workload> lower_workloads(Lowering& to, document::Experiment const& from);

// Rounds as written and those made by combine and sweep; a baseline is added where there is none.
[[nodiscard]] std::vector<Round> lower_rounds(Lowering& to, document::Experiment const& from,
                                              std::span<Model const> models, std::span<ExecutorSpec const> executors);

[[nodiscard]] Protocol lower_protocol(Lowering& to, document::Experiment const& from, std::span<Round const> rounds,
                                      std::span<Workload const> workloads);

// thermal.cpp: what a protocol does about heat.
[[nodiscard]] CoolDown lower_cool_down(Lowering& to, document::CoolDown const& from);
[[nodiscard]] Sustained lower_sustained(Lowering& to, document::At<document::Sustained> const& from,
                                        std::span<Round const> rounds, std::span<Workload const> workloads);

// `so_far`: its models, executors and rounds, which are named here.
[[nodiscard]] Quality lower_quality(Lowering& to, document::Experiment const& from, Experiment const& so_far);

// `quality.texts`: prompts with their answers where the file's name ends in .jsonl, else one text in pieces.
void lower_texts(Lowering& to, document::Text const& file, Quality& quality);

// `pareto`: metrics, each once.
[[nodiscard]] std::vector<std::string> lower_pareto(Lowering& to, document::Experiment const& from);

// Leaves the rounds of --only, the baseline, the reference of the quality checks and the round that is repeated for a time.
void keep_only(Lowering& to, Experiment& experiment);

// Empty stays empty: it has been complained about already.
[[nodiscard]] std::filesystem::path absolute_path(std::filesystem::path const& path);

inline constexpr std::size_t max_rounds = 10'000;

}  // namespace edgelab::spec
