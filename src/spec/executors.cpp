// `executors`.
#include <algorithm>
#include <format>

#include "core/placeholders.hpp"
#include "core/text.hpp"
#include "spec/catalogue.hpp"
#include "spec/endpoints.hpp"
#include "spec/fields.hpp"
#include "spec/lowering.hpp"
#include "spec/remote.hpp"

namespace edgelab::spec {

namespace {

std::vector<std::string> kinds() {
  auto const& choices = find_field("executor", "kind")->choices;
  return {choices.begin(), choices.end()};
}

// What cannot be asked for by its name alone, and how it is asked for.
std::string_view more_than_a_name(std::string_view kind) {
  if (kind == "exec")
    return "an executor of kind exec needs a command: expected e.g. {id: mine, kind: exec, command: "
           "[./my-program]}";
  if (kind == "openai")
    return "an executor of kind openai needs a URL: expected e.g. {id: mine, kind: openai, url: "
           "\"http://localhost:11434/v1\"}";
  if (kind == "remote")
    return "an executor of kind remote needs a device: expected e.g. {id: pixel, kind: remote, device: pixel-8}";
  return {};
}

// A command with {prompt} or {prompt_file} in it is run once a request; its other braces then mean something too.
bool is_template(std::vector<document::Text> const& command) {
  return std::ranges::any_of(command, [](document::Text const& argument) {
    return argument.value.contains("{prompt}") || argument.value.contains("{prompt_file}");
  });
}

void check_placeholder(Lowering& to, document::Mark mark, std::string const& name) {
  static std::vector<std::string> const known{"prompt", "prompt_file", "model",       "draft",    "max_tokens",
                                              "seed",   "threads",     "temperature", "flag:NAME"};
  if (name.starts_with("flag:")) {
    auto const flag = name.substr(5);
    if (find_flag(flag) == nullptr)
      to.error(mark, std::format("unknown flag '{}' in '{{{}}}'{}: docs/FLAGS.md lists all flags", flag, name,
                                 suggestion(flag, flag_names())));
    return;
  }
  if (std::ranges::contains(known, name)) return;
  to.error(mark, std::format("unknown placeholder '{{{}}}'{}: expected one of {}; a brace itself is written {{{{", name,
                             suggestion(name, known), join(known, ", ")));
}

void check_template(Lowering& to, std::vector<document::Text> const& command) {
  for (auto const& argument : command) {
    auto const pieces = parse_template(argument.value);
    if (!pieces) {
      to.error(argument.mark, pieces.error().describe());
      continue;
    }
    for (auto const& piece : *pieces)
      if (piece.is_name) check_placeholder(to, argument.mark, piece.text);
  }
  if (command.front().value.contains("{prompt"))
    to.error(command.front().mark, "the first entry of a command is the program: it cannot be the prompt");
}

void lower_openai(Lowering& to, document::Executor const& from, document::Mark mark, ExecutorSpec& spec) {
  if (from.command)
    to.error(from.command->front().mark, "an executor of kind openai starts no program: expected no key 'command'");
  if (!from.url) {
    to.error(mark,
             "an executor of kind openai needs the key 'url': up to and with /v1, e.g. http://localhost:11434/v1");
  } else {
    spec.url = lower_url(to, *from.url);
  }
  if (from.model) spec.model = from.model->value;
  if (from.api) spec.api = from.api->value;
  if (from.key_env) spec.key_env = lower_key_env(to, *from.key_env, "OPENAI_API_KEY");
  if (from.retries) spec.retries = static_cast<std::int32_t>(from.retries->value);
}

void refuse_openai_keys(Lowering& to, document::Executor const& from) {
  auto const refuse = [&](auto const& value, std::string_view key) {
    if (value)
      to.error(value->mark, std::format("'{}' has no meaning for an executor of kind {}: it is a key of kind openai",
                                        key, from.kind.value));
  };
  refuse_remote_keys(to, from);
  refuse(from.url, "url");
  refuse(from.model, "model");
  refuse(from.api, "api");
  refuse(from.key_env, "key_env");
  refuse(from.retries, "retries");
}

void lower_library(Lowering& to, document::Executor const& from, ExecutorSpec& spec) {
  if (spec.kind == "fllama") {
    if (from.command)
      to.error(from.command->front().mark, "an executor of kind fllama starts no program of yours: expected the key 'library'");
    if (from.library) spec.library = absolute_path(to.locate(from.library->value)).string();
  } else if (from.library) {
    to.error(from.library->mark, std::format("'library' has no meaning for an executor of kind {}: it is a key of kind fllama",
                                             from.kind.value));
  }
}

ExecutorSpec lower_executor(Lowering& to, document::Executor const& from, document::Mark mark) {
  ExecutorSpec spec{.id = from.id.value, .kind = from.kind.value, .command = {}};
  spec.origin = to.origin(mark);
  lower_library(to, from, spec);
  if (spec.kind == "openai") {
    refuse_remote_keys(to, from);
    lower_openai(to, from, mark, spec);
    return spec;
  }
  if (spec.kind == "remote") {
    lower_remote(to, from, mark, spec);
    return spec;
  }
  refuse_openai_keys(to, from);
  if (from.command) {
    for (auto const& argument : *from.command) spec.command.push_back(argument.value);
    spec.origin = to.origin(from.command->front().mark);
    if (spec.kind == "exec" && is_template(*from.command)) check_template(to, *from.command);
  }
  if (spec.kind == "exec" && !from.command)
    to.error(mark, "an executor of kind exec needs the key 'command': the program and its arguments");
  if (spec.kind == "llama-server" && spec.command.size() > 1)
    to.error((*from.command)[1].mark,
             "the command of kind llama-server is the program alone: its options come from flags, "
             "and from the flag extra-args");
  // A program with a folder in its name is a file like any other; one without is looked up in PATH.
  if (!spec.command.empty() && spec.command.front().contains('/'))
    spec.command.front() = absolute_path(to.locate(spec.command.front())).string();
  return spec;
}

// Once all executors are there.
void lower_versus(Lowering& to, document::Experiment const& from, std::vector<ExecutorSpec>& executors) {
  std::vector<std::string> names;
  for (auto const& executor : executors) names.push_back(executor.id);
  for (std::size_t i = 0; i < executors.size(); ++i) {
    auto const* const written = std::get_if<document::At<document::Executor>>(&(*from.executors)[i]);
    if (written == nullptr || !written->value.versus) continue;
    for (auto const& other : *written->value.versus) {
      if (other.value == executors[i].id) {
        to.error(other.mark, std::format("executor '{}' is compared with itself: expected another executor", other.value));
      } else if (!std::ranges::contains(names, other.value)) {
        to.error(other.mark, std::format("there is no executor '{}'{}: expected one of {}", other.value,
                                         suggestion(other.value, names), join(names, ", ")));
      } else if (!std::ranges::contains(executors[i].versus, other.value)) {
        executors[i].versus.push_back(other.value);
      }
    }
  }
}

}  // namespace

std::vector<ExecutorSpec> lower_executors(Lowering& to, document::Experiment const& from) {
  if (!from.executors) return {ExecutorSpec{.id = "llama", .kind = "llama", .command = {}}};
  std::vector<ExecutorSpec> executors;
  std::vector<document::Text const*> ids;
  for (auto const& written : *from.executors) {
    if (auto const* const name = std::get_if<document::Text>(&written)) {
      if (auto const missing = more_than_a_name(name->value); !missing.empty()) {
        to.error(name->mark, std::string(missing));
      } else if (!std::ranges::contains(kinds(), name->value)) {
        to.error(name->mark,
                 std::format("unknown executor '{}'{}: expected llama, llama-server or null, or {{id, kind, ...}}",
                             name->value, suggestion(name->value, kinds())));
      }
      ids.push_back(name);
      ExecutorSpec spec{.id = name->value, .kind = name->value, .command = {}};
      spec.origin = to.origin(name->mark);
      executors.push_back(std::move(spec));
      continue;
    }
    auto const& executor = std::get<document::At<document::Executor>>(written);
    to.check_name(executor.value.id, "executor");
    ids.push_back(&executor.value.id);
    executors.push_back(lower_executor(to, executor.value, executor.mark));
  }
  to.check_distinct(ids, "executor");
  lower_versus(to, from, executors);
  return executors;
}

}  // namespace edgelab::spec
