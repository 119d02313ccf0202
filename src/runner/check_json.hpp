// What was found out as the text that the store keeps, and back.
#pragma once

#include <string>

#include "core/result.hpp"
#include "store/store.hpp"
#include "types/answers.hpp"

namespace edgelab::runner {

[[nodiscard]] std::string to_json(ReadText const& text);
[[nodiscard]] std::string to_json(JudgedAnswer const& answer);

// Cell, status and reason are those of the record; the rest is absent where that is not ok. The shape is not filled in.
[[nodiscard]] Result<ReadText> read_text_from(store::CheckRecord const& check);
[[nodiscard]] Result<JudgedAnswer> judged_answer_from(store::CheckRecord const& check);

}  // namespace edgelab::runner
