// Every combination of the flags that promise the target's own greedy output, on some held-out prompts each: what
// tests/llama/equivalence_test.cpp asks of pairs. An hour or so; `bench_equivalence N` takes every N-th combination.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <print>

#include "llama/answers.hpp"
#include "llama/combinations.hpp"
#include "llama/judge.hpp"

namespace {

using namespace edgelab;

int compare_all(std::size_t every) {
  test::Judge judge(test::demo_model);
  test::Respondent respondent;
  auto const requests = test::held_out_prompts(2, 32);
  auto const baseline = respondent.answers(requests, {}, judge);
  std::vector<test::Answer> answers;
  for (auto const& [id, answer] : baseline) answers.push_back(answer);
  double const noise = judge.noise(answers, false);
  double const flash_noise = std::max(noise, judge.noise(answers, true));
  auto const combinations = test::all_combinations(test::exact_parameters(), test::is_allowed);
  std::size_t identical = 0;
  std::size_t near_ties = 0;
  std::size_t defects = 0;
  std::size_t tried = 0;
  for (std::size_t i = 0; i < combinations.size(); i += every) {
    auto const& flags = combinations[i];
    auto const found = test::compare(baseline, respondent.answers(requests, flags, judge), judge,
                                     flags.at("flash-attn") == "on" ? flash_noise : noise);
    ++tried;
    identical += found.identical;
    near_ties += found.near_ties;
    defects += found.defects.size();
    for (auto const& defect : found.defects) std::println("defect: {}: {}", test::in_words(flags), defect);
    if (tried % 100 == 0) std::println(stderr, "  {} of {} combinations", tried * every, combinations.size());
  }
  std::println("{} of {} combinations, {} prompts each: {} answers identical, {} near-ties, {} defects", tried,
               combinations.size(), requests.size(), identical, near_ties, defects);
  return defects == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare_all(argc > 1 ? static_cast<std::size_t>(std::max(1, std::atoi(argv[1]))) : 1);
  } catch (std::exception const& error) {
    std::println(stderr, "{}", error.what());
    return 2;
  }
}
