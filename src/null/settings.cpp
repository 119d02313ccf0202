#include "null/settings.hpp"

#include <charconv>
#include <cmath>
#include <format>
#include <optional>
#include <string_view>
#include <variant>

#include "core/text.hpp"

namespace edgelab::null {

namespace {

using Member = std::variant<double Settings::*, std::int64_t Settings::*, bool Settings::*, std::string Settings::*>;

struct Row {
  std::string_view name;
  Member member;
  double minimum;            // of numbers
  double maximum;
  std::string_view effect;   // does it change what is generated?
  std::string_view help;
};

constexpr double hour_ms = 3.6e6;

std::vector<Row> const& table() {
  static std::vector<Row> const rows{
      {"queue-ms", &Settings::queue_ms, 0, hour_ms, "exact", "from arrival to admission"},
      {"ttft-ms", &Settings::ttft_ms, 0, hour_ms, "exact", "from admission to the first token"},
      {"tpot-ms", &Settings::tpot_ms, 0, hour_ms, "exact", "for each further token"},
      {"speedup", &Settings::speedup, 1e-3, 1e6, "exact", "all times are divided by it"},
      {"noise", &Settings::noise, 0, 1, "exact", "standard deviation of the logarithm of a trial's times"},
      {"block-noise", &Settings::block_noise, 0, 1, "exact", "the same, common to all trials of one seed"},
      {"tokens", &Settings::tokens, 0, 1e7, "lossy", "tokens a request generates; 0: as many as it may"},
      {"tokens-per-emission", &Settings::tokens_per_emission, 1, 1e6, "exact",
       "tokens that appear at once, the first apart"},
      {"real-time", &Settings::real_time, 0, 0, "exact", "on: take as long as the timeline says; off: answer at once"},
      {"early-by-ms", &Settings::early_by_ms, 0, hour_ms, "exact", "a lie: tokens are reported so much before they appear"},
      {"clock-rate", &Settings::clock_rate, 0.01, 100, "exact", "a lie: reported times are multiplied by it"},
      {"text", &Settings::text, 0, 0, "lossy", "what each request is answered with"},
      // Defects, for tests of what should find them. That they change nothing is what a defective technique says too.
      {"wrong-token", &Settings::wrong_token, 0, 1e7, "exact",
       "a defect: each so manieth token of a trial is wrong; 0: none"},
      {"leak", &Settings::leak, 0, 0, "exact",
       "a defect: an answer begins otherwise after another request in its slot"},
  };
  return rows;
}

std::string text_of(Settings const& settings, Member member) {
  return std::visit(
      [&](auto pointer) -> std::string {
        auto const& value = settings.*pointer;
        if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, bool>) return value ? "on" : "off";
        else return std::format("{}", value);
      },
      member);
}

// Without an exponent: "3600000", "0.001".
std::string plain(double number) {
  char digits[400];
  return {digits, std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed).ptr};
}

template <typename Number>
std::optional<std::string> set_number(Row const& row, std::string const& text, Number& out) {
  Number value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  auto const number = static_cast<double>(value);
  bool const whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(number >= row.minimum && number <= row.maximum)) {
    return std::format("a {} from {} to {}", std::same_as<Number, double> ? "number" : "whole number", plain(row.minimum),
                       plain(row.maximum));
  }
  out = value;
  return std::nullopt;
}

// What was expected instead of `text`, or nullopt when it has been set.
std::optional<std::string> set(Row const& row, std::string const& text, Settings& settings) {
  return std::visit(
      [&](auto pointer) -> std::optional<std::string> {
        auto& value = settings.*pointer;
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::same_as<Value, std::string>) {
          value = text;
          return std::nullopt;
        } else if constexpr (std::same_as<Value, bool>) {
          if (text != "on" && text != "off") return "on or off";
          value = text == "on";
          return std::nullopt;
        } else {
          return set_number(row, text, value);
        }
      },
      row.member);
}

}  // namespace

std::vector<protocol::OwnFlag> own_flags() {
  static constexpr std::string_view types[] = {"float", "int", "on-off", "text"};   // as Member's alternatives
  std::vector<protocol::OwnFlag> flags;
  for (auto const& row : table()) {
    flags.push_back({.name = std::string(row.name),
                     .type = std::string(types[row.member.index()]),
                     .values = {},
                     .default_value = text_of(Settings{}, row.member),
                     .scope = "request",
                     .effect = std::string(row.effect),
                     .help = std::string(row.help)});
  }
  return flags;
}

Result<Settings> settings_from(Flags const& flags) {
  constexpr std::string_view prefix = "null.";
  std::vector<std::string> known;
  for (auto const& row : table()) known.push_back(std::string(prefix) + std::string(row.name));

  Settings settings;
  for (auto const& [name, value] : flags) {
    if (!name.starts_with(prefix)) continue;
    Row const* found = nullptr;
    for (auto const& row : table())
      if (row.name == std::string_view(name).substr(prefix.size())) found = &row;
    if (found == nullptr) return fail(std::format("there is no flag '{}'{}", name, suggestion(name, known)));
    if (auto const expected = set(*found, value, settings)) {
      return fail(std::format("flag '{}' is '{}'; expected {}", name, value, *expected));
    }
  }
  return settings;
}

Flags in_force(Settings const& settings) {
  Flags flags;
  for (auto const& row : table()) flags["null." + std::string(row.name)] = text_of(settings, row.member);
  return flags;
}

}  // namespace edgelab::null
