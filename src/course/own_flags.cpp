#include "course/own_flags.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace edgelab::course {

namespace {

template <typename Number>
bool is_number(std::string const& text) {
  Number value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// What was expected instead of `value`, or nullopt.
std::optional<std::string> expected_instead(protocol::OwnFlag const& flag, std::string const& value) {
  if (flag.type == "on-off") return value == "on" || value == "off" ? std::nullopt : std::optional("on or off");
  if (flag.type == "int") return is_number<std::int64_t>(value) ? std::nullopt : std::optional("a whole number");
  if (flag.type == "float") return is_number<double>(value) ? std::nullopt : std::optional("a number");
  if (flag.type == "choice" && !std::ranges::contains(flag.values, value)) {
    return "one of " + join(flag.values, ", ") + suggestion(value, flag.values);
  }
  return std::nullopt;
}

std::optional<std::string> wrong_with(std::string const& name, std::string const& value,
                                      std::vector<protocol::HelloReply> const& hellos) {
  auto const dot = name.find('.');
  auto const owner = name.substr(0, dot);
  auto const flag_name = name.substr(dot + 1);
  auto const hello = std::ranges::find(hellos, owner, &protocol::HelloReply::name);
  if (hello == hellos.end()) {
    std::vector<std::string> names;
    names.reserve(hellos.size());
    for (auto const& one : hellos) names.push_back(one.name);
    return "flag '" + name + "': no executor of this experiment calls itself '" + owner + "'" +
           suggestion(owner, names) + "; there is " + join(names, ", ");
  }
  auto const flag = std::ranges::find(hello->own_flags, flag_name, &protocol::OwnFlag::name);
  if (flag == hello->own_flags.end()) {
    std::vector<std::string> names;
    for (auto const& one : hello->own_flags) names.push_back(owner + "." + one.name);
    return "unknown flag '" + name + "'" + suggestion(name, names) +
           (names.empty() ? "; executor " + owner + " has no flags of its own"
                          : "; executor " + owner + " has " + join(names, ", "));
  }
  if (auto const instead = expected_instead(*flag, value)) {
    return "flag '" + name + "': expected " + *instead + ", got '" + value + "'";
  }
  return std::nullopt;
}

}  // namespace

std::map<std::string, Effect> own_effects(std::vector<protocol::HelloReply> const& hellos) {
  std::map<std::string, Effect> effects;
  for (auto const& hello : hellos)
    for (auto const& flag : hello.own_flags)
      for (auto const& [name, effect] : {std::pair{"exact", Effect::exact}, std::pair{"rounding", Effect::rounding},
                                         std::pair{"lossy", Effect::lossy}})
        if (flag.effect == name) effects[hello.name + "." + flag.name] = effect;
  return effects;
}

bool has_own_flags(Experiment const& experiment) {
  return std::ranges::any_of(experiment.rounds, [](Round const& round) {
    return std::ranges::any_of(round.flags, [](auto const& flag) { return flag.first.contains('.'); });
  });
}

spec::Diagnostics check_own_flags(Experiment const& experiment, std::vector<protocol::HelloReply> const& hellos) {
  spec::Diagnostics wrong;
  for (auto const& round : experiment.rounds) {
    for (auto const& [name, value] : round.flags) {
      if (!name.contains('.')) continue;
      if (auto const message = wrong_with(name, value, hellos)) {
        wrong.push_back({.file = round.origin.file,
                         .line = round.origin.line,
                         .column = round.origin.column,
                         .message = "round '" + round.name + "': " + *message});
      }
    }
  }
  return wrong;
}

}  // namespace edgelab::course
