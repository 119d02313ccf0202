// The table of scorers: ways to hold an answer against what was expected. Pure. To add one: a file, and a row in scorers.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab::quality {

// How a multiple choice is decided: the choice taken, by the likelihood (natural logarithm) of each after the prompt. REQUIRES
// as many of both, and at least one.
using Choose = std::size_t (*)(std::span<double const> logprobs, std::span<std::string const> choices);

// Exactly one of `score` and `choose` is there.
struct Scorer {
  std::string_view name;  // in experiment files
  // From 0 (wrong) to 1 (right). An error where `expected` is nothing that this scorer can use; it never depends on the
  // answer whether there is one.
  Result<double> (*score)(std::string_view answer, std::string_view expected) = nullptr;
  bool expects_answer = true;  // `expected` is an answer, not something an answer is held against
  std::string_view help;  // what `expected` is, and what the score means
  Choose choose = nullptr;
};

[[nodiscard]] std::span<Scorer const> scorers();
[[nodiscard]] Scorer const* find_scorer(std::string_view name);  // nullptr where there is none
[[nodiscard]] std::vector<std::string> scorer_names();

// The rows of the table, each in a file of its own.
[[nodiscard]] Result<double> exact(std::string_view answer, std::string_view expected);
[[nodiscard]] Result<double> json_fields(std::string_view answer, std::string_view expected);
[[nodiscard]] Result<double> json_schema(std::string_view answer, std::string_view expected);
[[nodiscard]] Result<double> regex(std::string_view answer, std::string_view expected);
[[nodiscard]] Result<double> rouge_l(std::string_view answer, std::string_view expected);
[[nodiscard]] Result<double> chrf(std::string_view answer, std::string_view expected);

[[nodiscard]] std::size_t acc(std::span<double const> logprobs, std::span<std::string const> choices);
[[nodiscard]] std::size_t acc_norm(std::span<double const> logprobs, std::span<std::string const> choices);

}  // namespace edgelab::quality
