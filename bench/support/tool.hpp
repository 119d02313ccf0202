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
[[nodiscard]] Result<ToolOutput> run_tool(std::vector<std::string> const& command, std::chrono::seconds timeout);

// The same for llama.cpp's examples, which print through a thread of their own and at times end, with status 0, before it
// has printed all: on a busy machine half of the runs lack their last lines. Those are run again until `last` has been
// printed. It is lost after everything has been timed, so the runs that are kept are no faster for it.
[[nodiscard]] Result<ToolOutput> run_tool_to_the_last_line(std::vector<std::string> const& command,
                                                           std::chrono::seconds timeout, std::string const& last);

// The number after the last occurrence of `label` in a text: number_after("speed:  12.5 t/s", "speed:") is 12.5.
[[nodiscard]] Result<double> number_after(std::string const& text, std::string const& label);

}  // namespace edgelab::bench
