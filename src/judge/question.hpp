// What a judge is asked, and what it said. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "types/experiment.hpp"

namespace edgelab::judge {

struct Question {
  std::string prompt;
  std::string answer;
  std::optional<std::string> expected;    // the right answer, where there is one
};

// The body of a chat completion: the rubric and the scale, then the prompt and the answer, greedy.
[[nodiscard]] std::string body_of(Judge const& judge, Question const& question);

// What a question to a judge is known by: SHA-256 of the URL and the body, in hexadecimal digits. The body holds model,
// rubric, scale, prompt and answer.
[[nodiscard]] std::string hash_of(Judge const& judge, std::string const& body);

// The text of a chat completion's first choice.
[[nodiscard]] Result<std::string> text_in(std::string_view reply);

// The grade in a judge's text: "score" in a JSON object, anywhere in it, on the scale.
[[nodiscard]] Result<double> grade_in(Judge const& judge, std::string_view text);

// {"error": {"message": "..."}}, as such servers say it; else the beginning of the body.
[[nodiscard]] std::string message_in(std::string_view body);

}  // namespace edgelab::judge
