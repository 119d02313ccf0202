#include "executor/capability.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <span>

#include "core/text.hpp"

namespace edgelab::executor {

namespace {

bool contains(std::span<std::string const> list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

template <typename Number>
bool is_a(std::string_view value) {
  Number number{};
  auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc{} && end == value.data() + value.size();
}

// What was expected instead of `value`, or nullopt if it will do.
std::optional<std::string> misfit(protocol::OwnFlag const& flag, std::string const& value) {
  if (flag.type == "on-off" && value != "on" && value != "off") return "on or off";
  if (flag.type == "int" && !is_a<std::int64_t>(value)) return "a whole number";
  if (flag.type == "float" && !is_a<double>(value)) return "a number";
  if (flag.type == "choice" && !contains(flag.values, value)) return "one of " + join(flag.values, ", ");
  return std::nullopt;
}

std::optional<std::string> own_flag_refusal(protocol::HelloReply const& hello, std::string const& name,
                                            std::string const& value) {
  auto const dot = name.find('.');
  auto const owner = name.substr(0, dot);
  if (owner != hello.name) {
    return std::format("flag '{}' is one of the executor '{}'; this executor is '{}'", name, owner, hello.name);
  }
  std::vector<std::string> known;
  for (auto const& flag : hello.own_flags) {
    if (flag.name != name.substr(dot + 1)) {
      known.push_back(owner + "." + flag.name);
      continue;
    }
    auto const expected = misfit(flag, value);
    if (!expected) return std::nullopt;
    return std::format("flag '{}' is '{}'; expected {}", name, value, *expected);
  }
  return std::format("executor '{}' has no flag '{}'{}", hello.name, name, suggestion(name, known));
}

std::optional<std::string> catalogue_flag_refusal(protocol::HelloReply const& hello, std::string const& name,
                                                  std::string const& value) {
  auto const found = hello.flags.find(name);
  if (found == hello.flags.end()) return std::format("executor '{}' does not know the flag '{}'", hello.name, name);
  auto const& support = found->second;
  auto const because = support.reason ? ": " + *support.reason : std::string{};
  if (support.support == "no") return std::format("executor '{}' has no '{}'{}", hello.name, name, because);
  if (support.support == "yes" || contains(support.values, value)) return std::nullopt;
  if (support.support == "values") {
    return std::format("executor '{}' cannot do '{}: {}', only {}{}", hello.name, name, value,
                       join(support.values, ", "), because);
  }
  auto const fixed_at = support.values.empty() ? std::string{} : " at " + support.values.front();
  return std::format("executor '{}' cannot do '{}: {}', it is fixed{}{}", hello.name, name, value, fixed_at, because);
}

}  // namespace

std::optional<std::string> unsupported(protocol::HelloReply const& hello, Flags const& asked) {
  for (auto const& [name, value] : asked) {
    auto refusal = name.contains('.') ? own_flag_refusal(hello, name, value)
                                      : catalogue_flag_refusal(hello, name, value);
    if (refusal) return refusal;
  }
  return std::nullopt;
}

Result<void> check_hello(protocol::HelloReply const& hello) {
  static std::vector<std::string> const supports{"yes", "no", "values", "fixed"};
  static std::vector<std::string> const types{"on-off", "int", "float", "text", "choice"};
  static std::vector<std::string> const scopes{"model", "context", "scheduler", "request", "process"};
  static std::vector<std::string> const effects{"exact", "rounding", "lossy"};
  auto const unknown = [](std::string const& flag, std::string_view field, std::string const& value,
                          std::span<std::string const> known) {
    return fail(std::format("its hello gives flag '{}' the {} '{}'; expected one of {}", flag, field, value,
                            join(known, ", ")));
  };
  if (hello.name.empty() || hello.name.contains('.')) {
    return fail(std::format("its hello names it '{}'; expected a name without a dot", hello.name));
  }
  for (auto const& [name, support] : hello.flags) {
    if (!contains(supports, support.support)) return unknown(name, "support", support.support, supports);
  }
  for (auto const& flag : hello.own_flags) {
    if (flag.name.empty() || flag.name.contains('.')) {
      return fail(std::format("its hello has an own flag named '{}'; expected a name without a dot", flag.name));
    }
    if (!contains(types, flag.type)) return unknown(flag.name, "type", flag.type, types);
    if (!contains(scopes, flag.scope)) return unknown(flag.name, "scope", flag.scope, scopes);
    if (!contains(effects, flag.effect)) return unknown(flag.name, "effect", flag.effect, effects);
  }
  return {};
}

}  // namespace edgelab::executor
