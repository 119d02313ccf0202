// A command with names in braces, filled in for each request. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/placeholders.hpp"
#include "core/result.hpp"
#include "types/flags.hpp"

namespace edgelab::bridge {

class CommandTemplate {
 public:
  [[nodiscard]] static Result<CommandTemplate> parse(std::vector<std::string> const& words);

  [[nodiscard]] bool uses(std::string const& name) const { return names_.contains(name); }
  // Flags that it hands on: {threads}, {flag:NAME}.
  [[nodiscard]] std::set<std::string> flags() const;

  struct Values {
    std::string prompt;
    std::string prompt_file;
    std::string model;
    std::optional<std::string> draft;
    std::int32_t max_tokens = 0;
    std::uint64_t seed = 0;
    double temperature = 0.0;
    Flags flags;
  };
  // The words of the command line; a flag without a value is an empty text. Fails where a value is missing.
  [[nodiscard]] Result<std::vector<std::string>> fill(Values const& values) const;

 private:
  std::vector<std::vector<TemplatePiece>> words_;
  std::set<std::string> names_;
};

}  // namespace edgelab::bridge
