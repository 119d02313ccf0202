// `./lab bench engine`: the engine against llama.cpp's own programs.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <print>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "engine/group.hpp"
#include "engine/models.hpp"

namespace {

using namespace edgelab;

struct Group {
  std::string_view name;
  Result<bool> (*measure)(bench::Options const&);
  std::string_view help;
};

constexpr std::array groups{
    Group{"plain", bench::plain, "prefill and decoding / llama-bench"},
    Group{"cost", bench::cost, "a batch / one token, by weight type (llama-batched-bench)"},
    Group{"batching", bench::batching, "1, 2, 4, 8 slots / llama-server, llama-batched-bench; continuous / static"},
    Group{"lookup", bench::lookup, "prompt lookup / llama-server ngram-simple, llama-lookup, plain decoding"},
    Group{"draft", bench::draft, "a draft model / llama-server draft-simple, llama-speculative-simple, plain decoding"},
    Group{"adaptive", bench::adaptive, "adaptive drafting / the better of plain and fixed drafting"},
    Group{"prefix", bench::prefix, "a shared prefix kept / not kept, and llama-server's"},
    Group{"memory", bench::memory, "growth over 10,000 requests"},
};

enum Exit { all_met = 0, goal_missed = 1, could_not_measure = 2 };

int measure(Group const& group, bench::Options const& options) {
  auto const begin = Clock::now();
  std::println("== {}: {}", group.name, group.help);
  std::fflush(stdout);
  auto const met = group.measure(options);
  if (!met) std::println(stderr, "{}: {}", group.name, met.error().describe());
  std::println(stderr, "  {} took {}", group.name,
               format_duration(static_cast<double>(to_ns(Clock::now() - begin)) / 1e9));
  if (!met) return could_not_measure;
  return *met ? all_met : goal_missed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "The engine against llama.cpp's own programs, in interleaved turns: ratios above 1 are in our favour.\n"
      "Results go to standard output, progress to standard error. Exit status 1: a goal was missed; 2: something\n"
      "could not be measured."};
  app.usage("Usage: ./lab bench engine [GROUP…] [--pairs N] [--only TEXT…]");
  bench::Options options;
  app.add_option("--pairs", options.pairs, "turns of each comparison; 10 is what goals are judged by")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--only", options.only, "only comparisons whose title holds one of these texts, such as \"mixed, 8\" or chat")
      ->type_name("TEXT");
  options.wide = bench::wide_model();
  app.add_option("--model", options.wide,
                 "a variant of the demo model to measure on, in all groups but plain and memory")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  for (auto const& group : groups) app.add_subcommand(std::string(group.name), std::string(group.help))->fallthrough();
  CLI11_PARSE(app, argc, argv);

  if (!std::filesystem::exists(options.wide)) {
    std::println(stderr, "{} is missing; `./lab bench engine` makes it", options.wide.string());
    return could_not_measure;
  }
  auto const begin = Clock::now();
  int status = all_met;
  bool const chosen = !app.get_subcommands().empty();
  for (auto const& group : groups) {
    if (chosen && !app.got_subcommand(std::string(group.name))) continue;
    int const ended = measure(group, options);
    status = ended > status ? ended : status;
  }
  std::println(stderr, "in all {}", format_duration(static_cast<double>(to_ns(Clock::now() - begin)) / 1e9));
  if (*options.wanted == 0) {
    std::println(stderr, "no comparison has {} in its title", join(options.only, " or "));
    return could_not_measure;
  }
  return status;
}
