// From the words of a command line to executors that have answered.
#include <algorithm>
#include <format>
#include <set>
#include <system_error>

#include "app/audit.hpp"
#include "runner/remotes.hpp"
#include "core/text.hpp"
#include "model/gguf_file.hpp"
#include "runner/commands.hpp"

namespace edgelab::app {

namespace {

namespace fs = std::filesystem;

// Beside the programs once they are installed, above them in a folder of sources, or below the current folder.
Result<fs::path> demo_model() {
  fs::path const below = fs::path("models") / "demo" / "demo-f16.gguf";
  std::error_code error;
  std::vector<fs::path> places{fs::current_path(error)};
  for (auto folder = runner::programs_folder(); folder.has_relative_path(); folder = folder.parent_path()) {
    places.push_back(folder);
    places.push_back(folder / "share" / "edge-llm-lab");
  }
  for (auto const& place : places)
    if (fs::is_regular_file(place / below, error)) return place / below;
  return fail("the demo model, " + below.string() + ", is not there; name a model with --model FILE");
}

Result<ExecutorSpec> executor_of(std::string const& word, std::set<std::string>& taken) {
  ExecutorSpec spec{.id = word, .kind = word, .command = {}};
  if (word != "llama" && word != "llama-server" && word != "null") {
    std::error_code error;
    auto const program = fs::absolute(word, error);
    if (!fs::is_regular_file(program, error))
      return fail(
          std::format("--executor {}: expected llama, llama-server, null, or the path of a program that speaks the executor "
                      "protocol{}",
                      word, suggestion(word, std::vector<std::string>{"llama", "llama-server", "null"})));
    spec = {.id = program.stem().string(), .kind = "exec", .command = {program.string()}};
  }
  auto const id = spec.id;
  for (int number = 2; !taken.insert(spec.id).second; ++number) spec.id = std::format("{}-{}", id, number);
  return spec;
}

Result<Flags> flags_of(std::vector<std::string> const& words) {
  Flags flags;
  for (auto const& word : words) {
    auto const equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return fail("--flag: expected NAME=VALUE, got '" + word + "'");
    flags[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return flags;
}

bool belongs_to(std::string const& flag, std::string const& executor) {
  return !flag.contains('.') || flag.starts_with(executor + ".");
}

}  // namespace

Result<std::vector<AuditTarget>> audit_targets(AuditWords const& words) {
  auto names = words.executors;
  if (names.empty()) {
    ExecutorSpec const llama{.id = "llama", .kind = "llama", .command = {}};
    names.emplace_back(runner::command_of(llama, runner::programs_folder()) ? "llama" : "null");
  }
  EDGELAB_TRY(flags, flags_of(words.flags));
  std::set<std::string> taken;
  std::set<std::string> unclaimed;
  for (auto const& [name, value] : flags)
    if (name.contains('.')) unclaimed.insert(name);
  std::vector<AuditTarget> targets;
  for (auto const& name : names) {
    EDGELAB_TRY(spec, executor_of(name, taken));
    EDGELAB_TRY(hellos, runner::greet({spec}, runner::programs_folder(), *std::make_shared<runner::Remotes>()));
    AuditTarget target{.executor = spec, .hello = hellos.front(), .model = {}, .flags = {}};
    if (spec.kind != "null") {
      if (words.model.empty()) {
        EDGELAB_TRY(demo, demo_model());
        target.model = demo;
      } else {
        target.model = fs::absolute(words.model);
      }
      std::error_code error;
      if (!fs::is_regular_file(target.model, error)) return fail("--model " + words.model + ": no such file");
      if (spec.kind == "llama")
        if (auto const sound = model::inspect(target.model); !sound)
          return fail("--model: " + sound.error().describe());
    }
    for (auto const& [flag, value] : flags) {
      if (!belongs_to(flag, target.hello.name)) continue;
      target.flags[flag] = value;
      unclaimed.erase(flag);
    }
    targets.push_back(std::move(target));
  }
  if (!unclaimed.empty())
    return fail(std::format("--flag {}: belongs to none of the executors that are audited: {}", *unclaimed.begin(),
                            join(names, ", ")));
  return targets;
}

}  // namespace edgelab::app
