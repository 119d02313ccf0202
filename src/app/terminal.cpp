#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <print>

namespace edgelab::app {

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

int columns_of(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

int rows_of(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 25;
}

void print_outputs(std::filesystem::path const& directory) {
  std::println("{}: report.md, summary.json, summary.csv, trials.jsonl, environment.json, experiment.yaml, results.db",
               directory.string());
}

}  // namespace edgelab::app
