// What was asked once a cell, beside its trials, as the text that is kept of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "types/answers.hpp"

namespace edgelab::course {

inline constexpr std::string_view choices_pass = "choices";
inline constexpr std::string_view judge_pass = "judge";

// An answer that was graded, or was not.
struct Judged {
  std::size_t request = 0;
  std::int32_t count = 1;            // how often it was answered so
  std::optional<double> grade;
  std::string error;                 // why there is no grade
};

[[nodiscard]] std::string choices_to_json(std::vector<ChoiceLikelihoods> const& found);
[[nodiscard]] Result<std::vector<ChoiceLikelihoods>> choices_from_json(std::size_t cell, std::string const& json);

[[nodiscard]] std::string judged_to_json(std::vector<Judged> const& rows);
[[nodiscard]] Result<std::vector<Judged>> judged_from_json(std::string const& json);

}  // namespace edgelab::course
