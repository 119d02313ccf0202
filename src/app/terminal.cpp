#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <print>

#include "report/report.hpp"

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

bool wants_colours(std::FILE* stream) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const no_color = std::getenv("NO_COLOR");
  return is_terminal(stream) && (no_color == nullptr || *no_color == '\0');
}

std::string table_of(Summary const& summary) {
  return report::render_terminal(summary, columns_of(stdout),
                                 wants_colours(stdout) ? report::Colours::yes : report::Colours::no);
}

void print_outputs(std::filesystem::path const& directory) {
  std::error_code ignored;
  std::println(
      "{}: report.md, summary.json, summary.csv, {}trials.jsonl, environment.json, experiment.yaml, results.db",
      directory.string(), std::filesystem::exists(directory / "sustained.csv", ignored) ? "sustained.csv, " : "");
}

}  // namespace edgelab::app
