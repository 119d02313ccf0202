// What standard output and error are connected to.
#pragma once

#include <cstdio>
#include <filesystem>

namespace edgelab::app {

[[nodiscard]] bool is_terminal(std::FILE* stream);
// Of the terminal; 100 where there is none.
[[nodiscard]] int columns_of(std::FILE* stream);
[[nodiscard]] int rows_of(std::FILE* stream);

// Names the output files of a run on standard output.
void print_outputs(std::filesystem::path const& directory);

}  // namespace edgelab::app
