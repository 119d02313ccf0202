// The options that change what an experiment file says; `run` and `plan` share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "spec/parse.hpp"

namespace CLI {
class App;
}

namespace edgelab::app {

struct OverrideOptions {
  std::optional<std::int32_t> blocks;
  std::optional<std::uint64_t> seed;
  std::string time_budget;
  std::vector<std::string> models;    // ID=PATH
  std::vector<std::string> only;

  void add_to(CLI::App& command);
  [[nodiscard]] Result<spec::Overrides> parse() const;
};

// "90", "90s", "10m", "1h30m": seconds.
[[nodiscard]] Result<double> parse_duration(std::string const& text);

}  // namespace edgelab::app
