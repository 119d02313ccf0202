// The answers of the timed trials, graded by the experiment's judge.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "judge/ask.hpp"
#include "types/answers.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

inline constexpr std::string_view judge_pass = "judge";

// An answer that was graded, or was not.
struct Judged {
  std::size_t request = 0;
  std::int32_t count = 1;            // how often it was answered so
  std::optional<double> grade;
  std::string error;                 // why there is no grade
};

// The pass of one cell: each of its answers once. Failed where none got a grade. Once the judge refuses, or three
// answers in a row found it busy or out of reach, it is not asked about the others.
class Judging {
 public:
  // `asking` outlives it.
  Judging(Plan const& plan, judge::Asking& asking, std::stop_token stop)
      : plan_(plan), asking_(asking), stop_(std::move(stop)) {}
  [[nodiscard]] PassResult pass(std::size_t cell, std::vector<Answer> const& answers);

 private:
  [[nodiscard]] Judged judged(Request const& request, Answer const& answer, std::int32_t count);

  Plan const& plan_;
  judge::Asking& asking_;
  std::stop_token stop_;
  std::int32_t busy_in_a_row_ = 0;
  std::string given_up_;  // why; empty: not yet
};

[[nodiscard]] Result<std::vector<Judged>> judged_from_json(std::string const& json);

}  // namespace edgelab::runner
