#include "bridge/command/command.hpp"

#include <format>

namespace edgelab::bridge {

namespace {

constexpr std::string_view flag_prefix = "flag:";

std::optional<std::string> value_of(CommandTemplate::Values const& values, std::string_view name) {
  auto const flag = [&](std::string_view which) {
    auto const found = values.flags.find(std::string(which));
    return found == values.flags.end() ? std::string{} : found->second;
  };
  if (name == "prompt") return values.prompt;
  if (name == "prompt_file") return values.prompt_file;
  if (name == "model" && !values.model.empty()) return values.model;
  if (name == "draft") return values.draft;
  if (name == "max_tokens") return std::to_string(values.max_tokens);
  if (name == "seed") return std::to_string(values.seed);
  if (name == "temperature") return std::format("{}", values.temperature);
  if (name == "threads") return flag("threads");
  if (name.starts_with(flag_prefix)) return flag(name.substr(flag_prefix.size()));
  return std::nullopt;
}

}  // namespace

Result<CommandTemplate> CommandTemplate::parse(std::vector<std::string> const& words) {
  CommandTemplate parsed;
  if (words.empty()) return fail("no command is given");
  for (auto const& word : words) {
    EDGELAB_TRY(pieces, parse_template(word));
    for (auto const& piece : pieces)
      if (piece.is_name) parsed.names_.insert(piece.text);
    parsed.words_.push_back(std::move(pieces));
  }
  if (!parsed.uses("prompt") && !parsed.uses("prompt_file"))
    return fail("the command has neither {prompt} nor {prompt_file}: nothing would be asked");
  return parsed;
}

std::set<std::string> CommandTemplate::flags() const {
  std::set<std::string> found;
  for (auto const& name : names_) {
    if (name == "threads") found.insert(name);
    if (name.starts_with(flag_prefix)) found.insert(name.substr(flag_prefix.size()));
  }
  return found;
}

Result<std::vector<std::string>> CommandTemplate::fill(Values const& values) const {
  std::vector<std::string> filled;
  for (auto const& word : words_) {
    EDGELAB_TRY(text, fill_template(word, [&](std::string_view name) { return value_of(values, name); }));
    filled.push_back(std::move(text));
  }
  return filled;
}

}  // namespace edgelab::bridge
