#include <gtest/gtest.h>

#include <string>

#include "quality/scorers.hpp"

namespace edgelab::quality {
namespace {

struct Case {
  char const* schema;
  char const* valid;
  char const* invalid;
};

// One row a keyword: a document that it allows, and one that it does not.
TEST(JsonSchema, every_keyword_allows_and_refuses) {
  for (auto const& [schema, valid, invalid] : {
           Case{R"({"type": "object"})", "{}", "[]"},
           {R"({"type": ["integer", "null"]})", "3.0", "3.5"},
           {R"({"type": "number"})", "3.5", "\"3\""},
           {R"({"type": "boolean"})", "true", "0"},
           {R"({"enum": ["a", 1, {"b": [2]}]})", R"({"b": [2.0]})", R"({"b": [3]})"},
           {R"({"const": 1})", "1.0", "2"},
           {R"({"required": ["a", "b"]})", R"({"a": 1, "b": 2})", R"({"a": 1})"},
           {R"({"properties": {"a": {"type": "string"}}})", R"({"a": "x", "b": 1})", R"({"a": 1})"},
           {R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"a": 1})", R"({"b": 1})"},
           {R"({"additionalProperties": {"type": "integer"}})", R"({"a": 1})", R"({"a": "1"})"},
           {R"({"minProperties": 1})", R"({"a": 1})", "{}"},
           {R"({"maxProperties": 0})", "{}", R"({"a": 1})"},
           {R"({"items": {"type": "integer"}})", "[1, 2]", "[1, \"2\"]"},
           {R"({"minItems": 2})", "[1, 2]", "[1]"},
           {R"({"maxItems": 1})", "[1]", "[1, 2]"},
           {R"({"uniqueItems": true})", "[1, 2]", "[1, 1.0]"},
           {R"({"minLength": 2})", "\"\u00e4b\"", "\"\u00e4\""},
           {R"({"maxLength": 1})", "\"\u00e4\"", "\"ab\""},
           {R"({"pattern": "^a+$"})", "\"aa\"", "\"ab\""},
           {R"({"minimum": 1})", "1", "0.5"},
           {R"({"maximum": 1})", "1", "1.5"},
           {R"({"exclusiveMinimum": 1})", "1.5", "1"},
           {R"({"exclusiveMaximum": 1})", "0.5", "1"},
           {R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "1.5", "3"},
           {R"({"anyOf": [{"maximum": 1}, {"minimum": 3}]})", "4", "2"},
           {R"({"oneOf": [{"minimum": 1}, {"minimum": 2}]})", "1", "2"},
           {R"({"not": {"type": "null"}})", "1", "null"},
           {R"({"$schema": "x", "title": "t", "description": "d", "default": 1, "type": "integer"})", "1", "\"x\""},
           {"true", "1", "no JSON"},
       }) {
    EXPECT_EQ(json_schema(valid, schema).value_or(-1.0), 1.0) << schema;
    EXPECT_EQ(json_schema(invalid, schema).value_or(-1.0), 0.0) << schema;
  }
}

TEST(JsonSchema, keywords_of_one_type_leave_others_alone) {
  for (auto const* schema :
       {R"({"required": ["a"]})", R"({"minItems": 3})", R"({"minLength": 9})", R"({"minProperties": 2})"})
    EXPECT_EQ(json_schema("5", schema).value_or(-1.0), 1.0) << schema;
  EXPECT_EQ(json_schema("\"x\"", R"({"minimum": 9})").value_or(-1.0), 1.0);
}

TEST(JsonSchema, the_answer_is_the_document_and_nothing_else) {
  EXPECT_EQ(json_schema(" {\"a\": 1}\n", R"({"type": "object"})").value_or(-1.0), 1.0);
  EXPECT_EQ(json_schema("Sure: {}", R"({"type": "object"})").value_or(-1.0), 0.0);
  EXPECT_EQ(json_schema("", "true").value_or(-1.0), 0.0);
  EXPECT_EQ(json_schema(std::string(300'000, '['), "true").value_or(-1.0), 0.0);
  EXPECT_EQ(json_schema("1", "false").value_or(-1.0), 0.0);
}

// Whatever the answer is: what cannot be checked is refused, not passed over.
TEST(JsonSchema, what_is_no_schema_is_an_error) {
  for (auto const* schema : {"{", "[]", R"({"typo": 1})", R"({"type": "strin"})", R"({"properties": []})",
                             R"({"required": "a"})", R"({"minimum": "1"})", R"({"pattern": "("})", R"({"anyOf": {}})",
                             R"({"enum": 1})", R"({"properties": {"a": {"$ref": "#/x"}}})", R"({"items": {"typo": 1}})",
                             R"({"additionalProperties": {"typo": 1}})", R"({"not": {"typo": 1}})"})
    for (auto const* answer : {"", "{}", "1", "[]"}) EXPECT_FALSE(json_schema(answer, schema).has_value()) << schema;
}

}  // namespace
}  // namespace edgelab::quality
