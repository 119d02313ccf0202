#include "support/tool.hpp"

#include <charconv>
#include <format>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/clock.hpp"
#include "core/process.hpp"
#include "support/scratch.hpp"

namespace edgelab::bench {

Result<ToolOutput> run_tool(std::vector<std::string> const& command, std::chrono::seconds timeout) {
  using namespace std::chrono_literals;
  auto const& name = command.front();
  Scratch const scratch("tool");
  auto const err = scratch / "stderr";
  EDGELAB_TRY(child, ChildProcess::start({.command = command, .stderr_file = err}));
  ToolOutput output;
  auto const deadline = Clock::now() + timeout;
  for (;;) {
    auto const line = child->read_line(deadline);
    if (line) {
      output.out.append(*line).push_back('\n');
      continue;
    }
    if (line.error() == ChildProcess::NoLine::closed) break;
    return fail(std::format("{} did not end within {}", name, timeout));
  }
  auto const exit = child->finish(10s);
  std::ifstream file(err);
  output.err.assign(std::istreambuf_iterator<char>(file), {});
  if (exit.code != 0) return fail(std::format("{} {}: {}", name, exit.describe(), child->stderr_tail(5)));
  return output;
}

Result<ToolOutput> run_tool_to_the_last_line(std::vector<std::string> const& command, std::chrono::seconds timeout,
                                             std::string const& last) {
  constexpr int attempts = 20;
  for (int attempt = 1;; ++attempt) {
    EDGELAB_TRY(output, run_tool(command, timeout));
    if (output.out.contains(last) || output.err.contains(last)) return output;
    if (attempt == attempts)
      return fail(
          std::format("{} ended {} times without printing '{}': {}", command.front(), attempts, last, output.err));
  }
}

Result<double> number_after(std::string const& text, std::string const& label) {
  auto const at = text.rfind(label);
  double value = 0.0;
  if (at != std::string::npos) {
    auto const begin = text.find_first_not_of(' ', at + label.size());
    if (begin != std::string::npos &&
        std::from_chars(text.data() + begin, text.data() + text.size(), value).ec == std::errc{})
      return value;
  }
  return fail(std::format("no number after '{}' in: {}", label, text));
}

}  // namespace edgelab::bench
