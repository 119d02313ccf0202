// Programs that run once and print what they found.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bench {

struct ToolOutput {
  std::string out;   // whole lines only
  std::string err;
};

// Runs a program to its end. An exit status other than 0 is an error, with the end of what the program complained of.
[[nodiscard]] Result<ToolOutput> run_tool(std::vector<std::string> command, std::chrono::seconds timeout);

// The number after the last occurrence of `label` in a text: number_after("speed:  12.5 t/s", "speed:") is 12.5.
[[nodiscard]] Result<double> number_after(std::string const& text, std::string const& label);

}  // namespace edgelab::bench
