// The answers of the timed trials, graded by the experiment's judge.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "course/pass_results.hpp"
#include "judge/ask.hpp"
#include "types/answers.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// The pass of one cell: each of its answers once. Failed where none got a grade. Once the judge refuses, or three
// answers in a row found it busy or out of reach, it is not asked about the others.
class Judging {
 public:
  // `asking` outlives it.
  Judging(Plan const& plan, judge::Asking& asking, std::stop_token stop)
      : plan_(plan), asking_(asking), stop_(std::move(stop)) {}
  // `graded` is called after each answer.
  [[nodiscard]] PassResult pass(std::size_t cell, std::vector<Answer> const& answers,
                                std::function<void()> const& graded = [] {});
  // How many answers that is.
  [[nodiscard]] static std::int64_t answers_of(std::size_t cell, std::vector<Answer> const& answers);

 private:
  [[nodiscard]] course::Judged judged(Request const& request, Answer const& answer, std::int32_t count);

  Plan const& plan_;
  judge::Asking& asking_;
  std::stop_token stop_;
  std::int32_t busy_in_a_row_ = 0;
  std::string given_up_;  // why; empty: not yet
};

}  // namespace edgelab::runner
