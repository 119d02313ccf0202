// How far a KV cache of fewer bits is from the reference, by our score and by llama-perplexity --kl-divergence: the same tokens
// in the same windows of 512, and of each window the second half, as llama-perplexity takes it. Means must agree; wall times
// are of all that a user waits for (starting, loading, both passes), in turns. `bench_kld [PAIRS [CHUNKS]]`.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <limits>
#include <print>
#include <sstream>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "executor/executor.hpp"
#include "spec/prompts.hpp"
#include "support/scratch.hpp"
#include "support/tool.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace {

using namespace edgelab;
using namespace std::chrono_literals;

constexpr std::size_t window = 512;
constexpr auto plenty = 600'000ms;

struct Case {
  char const* name;
  char const* model;
  Flags flags;  // of the round; the reference has none
  std::vector<std::string> theirs;  // the same for llama-perplexity
};

std::vector<Case> cases() {
  return {{"demo f16, KV q4_0",
           EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf",
           {{"cache-type-k", "q4_0"}, {"cache-type-v", "q4_0"}, {"flash-attn", "on"}},
           {"-fa", "on", "-ctk", "q4_0", "-ctv", "q4_0"}},
          {"demo-wide q4_0, KV q8_0",
           EDGELAB_SOURCE_DIR "/build/models/demo-wide-q4_0.gguf",
           {{"cache-type-k", "q8_0"}, {"cache-type-v", "q8_0"}, {"flash-attn", "on"}},
           {"-fa", "on", "-ctk", "q8_0", "-ctv", "q8_0"}}};
}

struct Measured {
  double kld = 0.0;
  double seconds = 0.0;
  double peak_bytes = 0.0;  // of the larger of its processes
  double disk_bytes = 0.0;
};

// ---- a program run to its end, with its peak memory ---------------------------------------------

struct Ended {
  std::string said;  // on both outputs
  double peak_bytes = 0.0;
};

Result<Ended> run_to_end(std::vector<std::string> const& command, std::filesystem::path const& into) {
  std::vector<char*> words;
  for (auto const& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, into.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  int const failed = posix_spawnp(&process, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fail(std::format("{} does not start", command[0]));
  int status = 0;
  rusage usage{};
  if (wait4(process, &status, 0, &usage) < 0) return fail("wait4");
  std::stringstream said;
  said << std::ifstream(into).rdbuf();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(std::format("{} ended with status {}: {}", command[0], status, said.str().substr(0, 2000)));
  return Ended{said.str(), static_cast<double>(usage.ru_maxrss) * 1024.0};
}

// ---- ours, as a program of its own --------------------------------------------------------------

Result<double> our_mean(Case const& which, std::string const& text, std::size_t chunks,
                        std::filesystem::path const& log) {
  auto const with = [](Flags flags) {
    flags.insert({{"threads", "2"}, {"threads-batch", "2"}});
    return flags;
  };
  auto const told = [](executor::Trouble const& trouble) { return fail(trouble.reason); };
  auto process = executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-llama"}, log, plenty);
  if (!process) return told(process.error());
  auto const loaded = (*process)->load({.id = 0, .model = which.model, .draft = {}, .flags = with({})}, plenty);
  if (!loaded) return told(loaded.error());
  protocol::Score tokenising;
  tokenising.flags = with({});
  tokenising.skip = std::numeric_limits<std::int32_t>::max();
  auto const beginning = (*process)->score(tokenising, plenty);  // of no text: what the model puts first, if it does
  if (!beginning) return told(beginning.error());
  tokenising.text = text;
  auto const whole = (*process)->score(tokenising, plenty);
  if (!whole) return told(whole.error());
  if (whole->tokens.size() < chunks * window) return fail("the text is too short");
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    protocol::Score message;
    message.flags = with(which.flags);
    message.against = with({});
    message.skip = static_cast<std::int32_t>(window / 2 + 1);
    auto const first = whole->tokens.begin() + static_cast<std::ptrdiff_t>(chunk * window);
    message.tokens.assign(first, first + static_cast<std::ptrdiff_t>(window));
    if (!beginning->tokens.empty()) message.tokens[0] = beginning->tokens[0];
    auto const scored = (*process)->score(std::move(message), plenty);
    if (!scored) return told(scored.error());
    for (double const kld : scored->kld) sum += kld;
    count += static_cast<double>(scored->kld.size());
  }
  return sum / count;
}

std::string read(std::filesystem::path const& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// `bench_kld --ours CASE TEXT CHUNKS LOG`: its executor's peak is that of its only child.
int be_ours(char** argv) {
  {
    auto const mean = our_mean(cases().at(static_cast<std::size_t>(std::atoi(argv[2]))), read(argv[3]),
                               static_cast<std::size_t>(std::atoi(argv[4])), argv[5]);
    if (!mean) {
      std::println(stderr, "{}", mean.error().describe());
      return 2;
    }
    std::println("mean {:.9g}", *mean);
  }
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::println("peak {}", usage.ru_maxrss * 1024);
  return 0;
}

double seconds_since(Clock::time_point start) { return static_cast<double>(to_ns(Clock::now() - start)) / 1e9; }

Result<Measured> ours(std::string const& self, std::size_t which, std::filesystem::path const& text, std::size_t chunks,
                      bench::Scratch const& scratch) {
  auto const start = Clock::now();
  EDGELAB_TRY(ended, run_to_end({self, "--ours", std::to_string(which), text.string(), std::to_string(chunks),
                                 (scratch / "log").string()},
                                scratch / "ours"));
  Measured measured{.seconds = seconds_since(start)};
  EDGELAB_TRY(mean, bench::number_after(ended.said, "mean"));
  EDGELAB_TRY(peak, bench::number_after(ended.said, "peak"));
  measured.kld = mean;
  measured.peak_bytes = peak;
  return measured;
}

Result<Measured> theirs(Case const& which, std::filesystem::path const& text, std::size_t chunks,
                        bench::Scratch const& scratch) {
  auto const base = scratch / "base.kld";
  std::filesystem::remove(base);
  std::vector<std::string> const both{"llama-perplexity",
                                      "-m",
                                      which.model,
                                      "-f",
                                      text.string(),
                                      "-c",
                                      std::to_string(window),
                                      "--chunks",
                                      std::to_string(chunks),
                                      "-t",
                                      "2",
                                      "-tb",
                                      "2",
                                      "-ngl",
                                      "0",
                                      "--kl-divergence-base",
                                      base.string()};
  auto first = both;
  first.insert(first.end(), {"-fa", "off"});
  auto second = both;
  second.insert(second.end(), {"--kl-divergence"});
  second.insert(second.end(), which.theirs.begin(), which.theirs.end());
  auto const start = Clock::now();
  EDGELAB_TRY(wrote, run_to_end(first, scratch / "first"));
  EDGELAB_TRY(compared, run_to_end(second, scratch / "second"));
  Measured measured{.seconds = seconds_since(start)};
  measured.peak_bytes = std::max(wrote.peak_bytes, compared.peak_bytes);
  measured.disk_bytes = static_cast<double>(std::filesystem::file_size(base));
  EDGELAB_TRY(mean, bench::number_after(compared.said, "Mean    KLD:"));
  measured.kld = mean;
  return measured;
}

// Stories, as the workload has them, one after the other.
std::string stories() {
  auto const file = EDGELAB_SOURCE_DIR "/workloads/stories.jsonl";
  auto const prompts = spec::parse_prompts(read(file), file, spec::PromptFormat::jsonl, {});
  std::string text;
  for (int round = 0; prompts && round < 4 && text.size() < 100'000; ++round) {
    for (auto const& prompt : *prompts) {
      if (prompt.prompt) text += *prompt.prompt + "\n";
      for (auto const& message : prompt.messages) text += message.content + "\n";
      if (prompt.expected) text += *prompt.expected + "\n\n";
    }
  }
  return text;
}

bool compare(std::size_t index, std::string const& self, int pairs, std::size_t chunks) {
  auto const which = cases()[index];
  bench::Scratch const scratch("kld");
  auto const text = scratch.file("text", stories());
  Measured our;
  Measured their;
  std::vector<bench::Side> const sides{{"edgelab-llama",
                                        [&](int) -> Result<double> {
                                          EDGELAB_TRY(measured, ours(self, index, text, chunks, scratch));
                                          our = measured;
                                          return 60.0 / our.seconds;
                                        },
                                        bench::WarmUp::none},
                                       {"llama-perplexity",
                                        [&](int) -> Result<double> {
                                          EDGELAB_TRY(measured, theirs(which, text, chunks, scratch));
                                          their = measured;
                                          return 60.0 / their.seconds;
                                        },
                                        bench::WarmUp::none}};
  auto const columns = bench::take_turns(which.name, sides, pairs);
  if (!columns) return bench::tell_missing(which.name, columns.error().describe());
  // No more than 0.95 of their time.
  bool const quick =
      bench::tell_ratio(std::format("{}: comparisons a minute", which.name), (*columns)[0], (*columns)[1], 1.0 / 0.95);
  double const difference = std::abs(our.kld - their.kld);
  bool const agree = difference <= 0.001 + 0.05 * their.kld;
  std::println("{}: mean KLD {:.6f} / {:.6f}, {}; peak memory {} / {}; disk {} / {}", which.name, our.kld, their.kld,
               agree ? "agree" : "DISAGREE", format_bytes(our.peak_bytes), format_bytes(their.peak_bytes),
               format_bytes(our.disk_bytes), format_bytes(their.disk_bytes));
  return quick && agree;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::string_view(argv[1]) == "--ours") return be_ours(argv);
  int const pairs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  auto const chunks = static_cast<std::size_t>(argc > 2 ? std::max(1, std::atoi(argv[2])) : 4);
  bool met = true;
  auto const self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (std::size_t i = 0; i < cases().size(); ++i) met = compare(i, self, pairs, chunks) && met;
  return met ? 0 : 1;
}
