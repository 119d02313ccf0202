#include "llama/log.hpp"

#include <llama.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "core/text.hpp"

namespace edgelab::llama::log {

namespace {

// Lines of warnings and errors carry this mark in the kept text, so that refusal() finds them again.
constexpr char problem_mark = '\x01';
constexpr std::size_t most_kept = std::size_t{4} << 20;

struct Kept {
  std::mutex mutex;
  std::string text;
  bool everything_to_stderr = false;
  bool last_to_stderr = false;   // where continuations go
};

Kept& kept() {
  static Kept one;
  return one;
}

void on_log(ggml_log_level level, char const* text, void* /*user_data*/) {
  auto& to = kept();
  std::scoped_lock const lock(to.mutex);
  bool const problem = level == GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_ERROR;
  if (level != GGML_LOG_LEVEL_CONT) to.last_to_stderr = problem || to.everything_to_stderr;
  if (to.last_to_stderr) std::fputs(text, stderr);
  if (to.text.size() > most_kept) return;
  if (problem) to.text += problem_mark;
  to.text += text;
}

bool is_about_memory(std::string_view text) {
  constexpr std::array<std::string_view, 6> signs{"failed to allocate", "unable to allocate", "out of memory",
                                                  "bad_alloc",          "failed to mmap",     "Cannot allocate memory"};
  return std::ranges::any_of(signs, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

}  // namespace

void capture() {
  auto const* wish = std::getenv("EDGELAB_LLAMA_LOG");  // NOLINT(concurrency-mt-unsafe): before any thread
  kept().everything_to_stderr = wish != nullptr && std::string_view(wish) == "all";
  llama_log_set(on_log, nullptr);
}

std::string take() {
  std::scoped_lock const lock(kept().mutex);
  return std::exchange(kept().text, {});
}

Refusal refusal(std::string_view what, std::string_view text) {
  std::vector<std::string> problems;
  for (auto const& line : split(text, '\n')) {
    if (line.starts_with(problem_mark)) problems.emplace_back(trim(std::string_view(line).substr(1)));
  }
  constexpr std::size_t most = 4;
  if (problems.size() > most) problems.erase(problems.begin(), problems.end() - most);
  auto reason = std::string(what);
  if (!problems.empty()) reason += ": llama.cpp says: " + join(problems, " | ");
  return {is_about_memory(text) ? "oom" : "failed", std::move(reason)};
}

}  // namespace edgelab::llama::log
