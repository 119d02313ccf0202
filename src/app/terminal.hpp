// What standard output and error are connected to.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "types/summary.hpp"

namespace edgelab::app {

[[nodiscard]] bool is_terminal(std::FILE* stream);
// Of the terminal; 100 where there is none.
[[nodiscard]] int columns_of(std::FILE* stream);
[[nodiscard]] int rows_of(std::FILE* stream);

// On a terminal, unless the environment variable NO_COLOR is set.
[[nodiscard]] bool wants_colours(std::FILE* stream);

// The comparison as wide and colourful as standard output can take.
[[nodiscard]] std::string table_of(Summary const& summary);

// Names the output files of a run on standard output.
void print_outputs(std::filesystem::path const& directory);

}  // namespace edgelab::app
