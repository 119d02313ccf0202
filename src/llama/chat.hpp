// Messages as one text, by the model's own chat template.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "llama/model.hpp"
#include "llama/refusal.hpp"

namespace edgelab::llama {

// llama.cpp recognises the usual templates by their text and runs no Jinja; others are refused as "unsupported".
[[nodiscard]] Outcome<std::string> apply_chat_template(Model const& model,
                                                       std::vector<std::map<std::string, std::string>> const& messages);

}  // namespace edgelab::llama
