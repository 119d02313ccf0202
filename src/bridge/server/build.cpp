#include "bridge/server/build.hpp"

#include <algorithm>
#include <chrono>
#include <format>

#include "core/process.hpp"
#include "core/text.hpp"

namespace edgelab::bridge {

namespace {

constexpr std::chrono::seconds patience{30};      // with a program that is to print and end
constexpr std::size_t most_output = 4 * 1024 * 1024;

// All that it prints on either of its outputs, until it ends.
Result<std::string> output_of(std::string const& program, std::string const& argument) {
  EDGELAB_TRY(child, ChildProcess::start({.command = {"/bin/sh", "-c", R"(exec "$0" "$@" 2>&1)", program, argument},
                                          .stderr_file = {}}));
  auto const deadline = Clock::now() + patience;
  std::string text;
  for (;;) {
    auto const line = child->read_line(deadline);
    if (!line) {
      if (line.error() == ChildProcess::NoLine::closed) break;
      return fail(std::format("{} {} did not end within {} s", program, argument, patience.count()));
    }
    text += *line;
    text += '\n';
    if (text.size() > most_output) return fail(std::format("{} {} prints without end", program, argument));
  }
  auto const exit = child->finish(patience);
  if (exit.code != 0) return fail(std::format("{} {} {}: {}", program, argument, exit.describe(), text.substr(0, 500)));
  return text;
}

bool is_heading(std::string_view line) { return line.starts_with('-') && !line.starts_with("-----"); }

// Where a heading ends and its help, in the same line, begins: at two blanks that do not follow a comma.
std::size_t end_of_heading(std::string_view line) {
  for (auto at = line.find("  "); at != std::string_view::npos; at = line.find("  ", at + 1))
    if (at > 0 && line[at - 1] != ',' && line[at - 1] != ' ') return at;
  return line.size();
}

// "Available devices:", then "  Vulkan0: name (memory)" for each, or "  (none)". BLAS stands there too, and takes no layers.
bool lists_a_device(std::string_view text) {
  auto const lines = split(text, '\n');
  auto const heading = std::ranges::find_if(lines, [](auto const& line) { return line.starts_with("Available devices:"); });
  return std::any_of(heading, lines.end(), [](auto const& line) {
    return line.starts_with("  ") && line.contains(": ") && !line.starts_with("  BLAS");
  });
}

}  // namespace

Result<Build> Build::ask(std::string const& program) {
  EDGELAB_TRY(help, output_of(program, "--help"));
  EDGELAB_TRY(version, output_of(program, "--version"));
  Build build(program, help, version);
  if (build.has("--list-devices")) {
    EDGELAB_TRY(devices, output_of(program, "--list-devices"));
    build = Build(program, help, version, devices);
  }
  for (auto const* needed : {"--host", "--port", "--model"})
    if (!build.has(needed))
      return fail(std::format("{}: its --help lists no option {}: it is no llama-server", program, needed));
  return build;
}

Build::Build(std::string program, std::string_view help, std::string_view version_output,
             std::optional<std::string_view> devices)
    : program_(std::move(program)), accelerator_(!devices || lists_a_device(*devices)) {
  for (auto const& line : split(version_output, '\n'))
    if (line.starts_with("version:")) version_ = trim(std::string_view(line).substr(8));
  std::string heading;
  std::string text;
  for (auto const& line : split(help, '\n')) {
    if (is_heading(line)) {
      add(heading, text);
      auto const end = end_of_heading(line);
      heading = line.substr(0, end);
      text = std::string(trim(std::string_view(line).substr(end)));
    } else {
      text += '\n';
      text += trim(line);
    }
  }
  add(heading, text);
}

void Build::add(std::string_view heading, std::string_view help) {
  if (heading.empty() || help.contains("argument has been removed")) return;
  std::vector<std::string> names;
  std::string argument;
  while (!heading.empty()) {
    if (!heading.starts_with('-')) {
      argument = trim(heading);
      break;
    }
    auto const end = std::min(heading.find_first_of(", "), heading.size());
    names.emplace_back(heading.substr(0, end));
    heading.remove_prefix(end);
    heading.remove_prefix(std::min(heading.find_first_not_of(", "), heading.size()));
  }
  for (auto const& name : names) options_.insert_or_assign(name, Option{argument, std::string(help)});
}

std::string Build::first_of(std::vector<std::string> const& names) const {
  auto const found = std::ranges::find_if(names, [this](std::string const& name) { return has(name); });
  return found == names.end() ? std::string{} : *found;
}

std::string Build::argument(std::string const& name) const {
  auto const found = options_.find(name);
  return found == options_.end() ? std::string{} : found->second.argument;
}

std::vector<std::string> Build::values(std::string const& name) const {
  auto const found = options_.find(name);
  if (found == options_.end()) return {};
  auto const words = [](std::string_view text) {
    std::vector<std::string> list;
    std::string word;
    for (char const letter : text) {
      if (std::string_view("[]{}<>|, ").contains(letter)) {
        if (!word.empty()) list.push_back(std::move(word));
        word.clear();
      } else {
        word += letter;
      }
    }
    if (!word.empty()) list.push_back(std::move(word));
    return list;
  };
  auto const& [argument, help] = found->second;
  if (argument.find_first_of(",|") != std::string::npos) return words(argument);
  std::vector<std::string> list;
  for (auto const& line : split(help, '\n')) {
    auto const at = line.find("allowed values:");
    if (at != std::string::npos) return words(std::string_view(line).substr(at + 15));
    if (!line.starts_with("- ")) continue;
    auto const word = line.substr(2, line.find_first_of(": (", 2) - 2);
    if (line.contains(':') && !word.empty()) list.push_back(word);
  }
  return list;
}

}  // namespace edgelab::bridge
