#include "quality/scorers.hpp"

#include <algorithm>
#include <array>

namespace edgelab::quality {

namespace {

constexpr std::array<Scorer, 8> table{{
    {"exact", exact, true, "the text; 1 where the answer is the same but for blanks at its ends"},
    {"json-fields", json_fields, true,
     "a JSON document; F1 over its fields (path and value) in the first JSON document of the answer"},
    {"json-schema", json_schema, false, "a JSON Schema; 1 where the answer is JSON, nothing else, and valid by it"},
    {"regex", regex, false, "a regular expression (Perl's); 1 where it is found in the answer"},
    {"rouge-l", rouge_l, true, "a text; ROUGE-L: F1 of the longest common subsequence of words"},
    {"chrf", chrf, true, "a text; chrF2: F of character n-grams up to six, recall counting twice as much"},
    {"acc", nullptr, false, "one of `choices`, or its place; 1 where it is the likeliest after the prompt", acc},
    {"acc_norm", nullptr, false,
     "the same, by the likelihood per byte of the choice, so that long ones have their chance", acc_norm},
}};

}  // namespace

std::span<Scorer const> scorers() { return table; }

Scorer const* find_scorer(std::string_view name) {
  auto const* const found = std::ranges::find(table, name, &Scorer::name);
  return found == table.end() ? nullptr : found;
}

std::vector<std::string> scorer_names() {
  std::vector<std::string> names;
  for (auto const& scorer : table) names.emplace_back(scorer.name);
  return names;
}

}  // namespace edgelab::quality
