#include "app/overrides.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace edgelab::app {

void OverrideOptions::add_to(CLI::App& command) {
  command.add_option("--blocks", blocks, "Run exactly N blocks instead of what the protocol says")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--seed", seed, "Seed of the order, the draws and the sampling")->type_name("N");
  command.add_option("--time-budget", time_budget, "Stop after this long: 90s, 10m, 1h30m")->type_name("TIME");
  command.add_option("--model", models, "Take PATH for the model of that id; may be given more than once")
      ->type_name("ID=PATH");
  command.add_option("--only", only, "Run only these rounds, and the baseline")->type_name("ROUND,...")->delimiter(',');
}

Result<spec::Overrides> OverrideOptions::parse() const {
  spec::Overrides overrides;
  overrides.blocks = blocks;
  overrides.seed = seed;
  overrides.only_rounds = only;
  if (!time_budget.empty()) {
    auto const seconds = parse_duration(time_budget);
    if (!seconds) return fail("--time-budget: " + seconds.error().describe());
    overrides.time_budget_s = *seconds;
  }
  for (auto const& text : models) {
    auto const equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return fail("--model: expected ID=PATH, got '" + text + "'");
    }
    overrides.models.emplace(text.substr(0, equals), std::filesystem::absolute(text.substr(equals + 1)));
  }
  return overrides;
}

Result<double> parse_duration(std::string const& text) {
  auto const wrong = [&] { return fail("expected a time such as 90s, 10m or 1h30m, got '" + text + "'"); };
  std::string_view rest = text;
  double total = 0.0;
  while (!rest.empty()) {
    double value = 0.0;
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || !(value >= 0.0) || value > 1e9) return wrong();
    bool const first = rest.size() == text.size();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    // A bare number is seconds, but only alone: "1h30" would leave a reader guessing.
    if (rest.empty() && !first) return wrong();
    char const unit = rest.empty() ? 's' : rest.front();
    if (!rest.empty()) rest.remove_prefix(1);
    switch (unit) {
      case 's': total += value; break;
      case 'm': total += value * 60.0; break;
      case 'h': total += value * 3600.0; break;
      default: return wrong();
    }
  }
  if (!(total > 0.0)) return wrong();
  return total;
}

}  // namespace edgelab::app
