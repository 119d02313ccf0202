#include "quality/scorers.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace edgelab::quality {
namespace {

double scored(char const* scorer, std::string_view answer, std::string_view expected) {
  auto const score = find_scorer(scorer)->score(answer, expected);
  EXPECT_TRUE(score.has_value()) << (score ? "" : score.error().describe());
  return score.value_or(-1.0);
}

TEST(Scorers, are_found_by_name_and_documented) {
  EXPECT_EQ(find_scorer("bleu"), nullptr);
  std::ifstream file(EDGELAB_SOURCE_DIR "/docs/EXPERIMENT.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (auto const& scorer : scorers()) {
    EXPECT_EQ(find_scorer(scorer.name), &scorer);
    EXPECT_NE(text.str().find("`" + std::string(scorer.name) + "`"), std::string::npos) << scorer.name;
    EXPECT_NE(text.str().find(scorer.help), std::string::npos) << scorer.name;
  }
}

TEST(Exact, but_for_blanks_at_the_ends) {
  EXPECT_EQ(scored("exact", " Berlin\n", "Berlin"), 1.0);
  EXPECT_EQ(scored("exact", "berlin", "Berlin"), 0.0);
  EXPECT_EQ(scored("exact", "", ""), 1.0);
}

TEST(JsonFields, f1_over_paths_and_values) {
  constexpr auto expected = R"({"name": "Ada", "born": 1815, "places": ["London", "Ockham"]})";
  EXPECT_EQ(scored("json-fields", expected, expected), 1.0);
  EXPECT_EQ(scored("json-fields", R"({"places":["London","Ockham"],"born":1815.0,"name":"Ada"})", expected), 1.0);
  // Three of four right, four given: 2 x 3 / 8.
  EXPECT_DOUBLE_EQ(scored("json-fields", R"({"name": "Eda", "born": 1815, "places": ["London", "Ockham"]})", expected),
                   0.75);
  // One given, and right: 2 x 1 / 5.
  EXPECT_DOUBLE_EQ(scored("json-fields", R"({"name": "Ada"})", expected), 0.4);
  EXPECT_DOUBLE_EQ(scored("json-fields", R"({"name": "Ada", "names": 1})", R"({"name": "Ada"})"), 2.0 / 3.0);
}

TEST(JsonFields, the_first_document_of_an_answer_counts) {
  EXPECT_EQ(scored("json-fields", "Sure [1: {\"a\": 1} is it. {\"a\": 2}", R"({"a": 1})"), 1.0);
  EXPECT_EQ(scored("json-fields", "no JSON", R"({"a": 1})"), 0.0);
  EXPECT_EQ(scored("json-fields", R"({"a": 1)", R"({"a": 1})"), 0.0);
  EXPECT_EQ(scored("json-fields", "", R"({"a": 1})"), 0.0);
  EXPECT_EQ(scored("json-fields", "{}", "{}"), 1.0);
  EXPECT_EQ(scored("json-fields", "7", "7"), 1.0);
  EXPECT_EQ(scored("json-fields", R"({"a/1": 2})", R"({"a": [0, 2]})"), 0.0);    // no path is like another
  EXPECT_EQ(scored("json-fields", std::string(300'000, '['), R"({"a": 1})"), 0.0);
  EXPECT_FALSE(json_fields("{}", "{").has_value());
}

TEST(Regex, is_found_anywhere_unless_anchored) {
  EXPECT_EQ(scored("regex", "It is 42 metres.", R"(\b\d+ met(re|er)s?)"), 1.0);
  EXPECT_EQ(scored("regex", "It is 42 metres.", "^42"), 0.0);
  EXPECT_EQ(scored("regex", "LONDON", "(?i)london"), 1.0);
  EXPECT_EQ(scored("regex", std::string(200'000, 'a') + "b", "a*b$"), 1.0);
  EXPECT_EQ(scored("regex", std::string(60, 'a'), "(a|aa)+$x"), 0.0);    // gives up, and returns
  EXPECT_FALSE(regex("x", "(").has_value());
}

// Of rouge_score: 'the cat was found under the bed' and 'the cat was under the bed' have six words in common in order, of
// seven and six.
TEST(RougeL, f1_of_the_longest_common_subsequence) {
  EXPECT_DOUBLE_EQ(scored("rouge-l", "the cat was found under the bed", "the cat was under the bed"), 12.0 / 13.0);
  EXPECT_DOUBLE_EQ(scored("rouge-l", "police kill the gunman", "police killed the gunman"), 0.75);  // Lin's S2
  EXPECT_DOUBLE_EQ(scored("rouge-l", "the gunman kill police", "police killed the gunman"), 0.5);  // and S3
  EXPECT_EQ(scored("rouge-l", "The CAT!", "the cat"), 1.0);
  EXPECT_EQ(scored("rouge-l", "", "a"), 0.0);
  EXPECT_EQ(scored("rouge-l", "...", "!"), 1.0);
}

// "abc" against "abd": two of three single characters, one of two pairs, no triple: (2/3 + 1/2 + 0) / 3 both ways.
TEST(Chrf, mean_over_the_orders_that_both_have) {
  EXPECT_NEAR(scored("chrf", "abc", "abd"), 7.0 / 18.0, 1e-12);
  EXPECT_EQ(scored("chrf", "a b c", "abc"), 1.0);
  // "ab" against "abcd": precision (1 + 1) / 2, recall (1/2 + 1/3) / 2 = 5/12: 5 P R / (4 P + R).
  EXPECT_NEAR(scored("chrf", "ab", "abcd"), 5.0 * (5.0 / 12.0) / (4.0 + 5.0 / 12.0), 1e-12);
  EXPECT_EQ(scored("chrf", "xyz", "abc"), 0.0);
  EXPECT_EQ(scored("chrf", "", "abc"), 0.0);
  EXPECT_EQ(scored("chrf", "", " "), 1.0);
  EXPECT_NEAR(scored("chrf", "\u00e4b", "\u00e4c"), 0.25, 1e-12);  // two characters, not three bytes
}

}  // namespace
}  // namespace edgelab::quality
