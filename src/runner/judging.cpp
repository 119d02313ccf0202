#include "runner/judging.hpp"

#include <algorithm>
#include <format>
#include <map>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"

namespace edgelab::runner {

namespace {

constexpr std::int32_t patience = 3;    // answers in a row

std::string prompt_of(Request const& request) {
  if (request.prompt) return *request.prompt;
  std::string text;
  for (auto const& [role, content] : request.messages)
    text += std::format("{}{}: {}", text.empty() ? "" : "\n", role, content);
  return text;
}

// A cell's answers, each once, and how often it was given; by request and text.
using DistinctAnswers = std::map<std::pair<std::size_t, std::string>, std::pair<Answer const*, std::int32_t>>;

DistinctAnswers distinct_answers(std::size_t cell, std::vector<Answer> const& answers) {
  DistinctAnswers distinct;
  for (auto const& answer : answers) {
    if (answer.cell != cell) continue;
    auto& [first, count] = distinct[{answer.request, answer.text}];
    first = &answer;
    count += answer.count;
  }
  return distinct;
}

}  // namespace

course::Judged Judging::judged(Request const& request, Answer const& answer, std::int32_t count) {
  course::Judged row{.request = answer.request, .count = count, .grade = {}, .error = given_up_};
  if (!given_up_.empty()) return row;
  auto const grade =
      asking_.grade({.prompt = prompt_of(request), .answer = answer.text, .expected = request.expected}, stop_);
  if (grade) {
    busy_in_a_row_ = 0;
    row.grade = *grade;
    return row;
  }
  using Fault = judge::NoGrade::Fault;
  row.error = grade.error().reason;
  busy_in_a_row_ = grade.error().fault == Fault::busy ? busy_in_a_row_ + 1 : 0;
  if (grade.error().fault == Fault::refused || busy_in_a_row_ >= patience) given_up_ = "not asked: " + row.error;
  return row;
}

std::int64_t Judging::answers_of(std::size_t cell, std::vector<Answer> const& answers) {
  return static_cast<std::int64_t>(distinct_answers(cell, answers).size());
}

PassResult Judging::pass(std::size_t cell, std::vector<Answer> const& answers, std::function<void()> const& graded) {
  PassResult pass{
      .kind = std::string(course::judge_pass), .cell = cell, .reason = {}, .started = utc_now(), .result = {}};
  auto const begin = Clock::now();
  auto const& workload = plan_.experiment.workloads[plan_.cells[cell].workload];
  std::vector<course::Judged> rows;
  for (auto const& [key, one] : distinct_answers(cell, answers)) {
    rows.push_back(judged(workload.requests[key.first], *one.first, one.second));
    graded();
    if (stop_.stop_requested()) {
      pass.status = Status::interrupted;
      return pass;
    }
  }
  if (std::ranges::none_of(rows, [](course::Judged const& row) { return row.grade.has_value(); })) {
    pass.status = Status::failed;
    pass.reason = rows.empty() ? "no answers" : rows.front().error;
  }
  pass.result = course::judged_to_json(rows);
  pass.wall_ms = static_cast<double>(to_ns(Clock::now() - begin)) / 1e6;
  return pass;
}

}  // namespace edgelab::runner
