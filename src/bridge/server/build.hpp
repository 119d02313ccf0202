// Which options a llama-server has, from its own --help.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bridge {

class Build {
 public:
  // Asks the program. REQUIRES that the calling thread outlives the question (core/process.hpp).
  [[nodiscard]] static Result<Build> ask(std::string const& program);
  // From what it prints; options that it lists as removed are none. `devices`: by --list-devices, where it has that.
  Build(std::string program, std::string_view help, std::string_view version_output,
        std::optional<std::string_view> devices = {});

  [[nodiscard]] std::string const& program() const { return program_; }
  [[nodiscard]] std::string const& version() const { return version_; }   // "0.7.0 (build 11669, commit abc)"
  // "" where none of these is an option, else the first that is.
  [[nodiscard]] std::string first_of(std::vector<std::string> const& names) const;
  [[nodiscard]] bool has(std::string const& name) const { return options_.contains(name); }
  // What stands behind the option: "N", "[on|off|auto]"; "" where nothing does.
  [[nodiscard]] std::string argument(std::string const& name) const;
  // The words that an option takes, where its help lists them: between commas, bars or brackets, or as "- word:" lines.
  [[nodiscard]] std::vector<std::string> values(std::string const& name) const;
  // Whether it finds a device beside the processor; true where it cannot be asked.
  [[nodiscard]] bool finds_accelerator() const { return accelerator_; }

 private:
  struct Option {
    std::string argument;
    std::string help;
  };
  void add(std::string_view heading, std::string_view help);

  std::string program_;
  std::string version_;
  bool accelerator_ = true;
  std::map<std::string, Option> options_;  // by each of its names
};

}  // namespace edgelab::bridge
