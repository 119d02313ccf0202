#include "judge/question.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgelab::judge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Judge sample() {
  Judge judge;
  judge.url = "http://localhost:1/v1";
  judge.model = "grader";
  judge.rubric = "Is it polite?";
  judge.lowest = 0;
  judge.highest = 5;
  return judge;
}

TEST(Body, holds_all_that_the_judge_needs) {
  auto const body = body_of(sample(), {.prompt = "Say \"hi\".", .answer = "Hi.\n", .expected = "Hello."});
  EXPECT_THAT(body, HasSubstr(R"("model":"grader","temperature":0,"messages":[{"role":"system")"));
  EXPECT_THAT(body, HasSubstr("from 0 (worst) to 5 (best)"));
  EXPECT_THAT(body, HasSubstr("Is it polite?"));
  EXPECT_THAT(body, HasSubstr(R"(Question:\nSay \"hi\".)"));
  EXPECT_THAT(body, HasSubstr(R"(A right answer:\nHello.)"));
  EXPECT_THAT(body, HasSubstr(R"(The answer to grade:\nHi.\n)"));
  EXPECT_THAT(body_of(sample(), {.prompt = "a", .answer = "b", .expected = {}}), Not(HasSubstr("A right answer")));
  EXPECT_FALSE(body_of(sample(), {.prompt = "a", .answer = "cut \xc3", .expected = {}}).empty());
}

TEST(Hash, changes_with_everything_that_is_asked) {
  auto const hash = [](Judge const& judge, Question const& question) {
    return hash_of(judge, body_of(judge, question));
  };
  Question const question{.prompt = "p", .answer = "a", .expected = {}};
  auto const own = hash(sample(), question);
  EXPECT_EQ(own.size(), 64u);
  EXPECT_EQ(hash(sample(), question), own);
  for (auto const change : {+[](Judge& judge) { judge.url += "x"; }, +[](Judge& judge) { judge.model += "x"; },
                            +[](Judge& judge) { judge.rubric += "x"; }, +[](Judge& judge) { ++judge.highest; }}) {
    auto other = sample();
    change(other);
    EXPECT_NE(hash(other, question), own);
  }
  EXPECT_NE(hash(sample(), {.prompt = "q", .answer = "a", .expected = {}}), own);
  EXPECT_NE(hash(sample(), {.prompt = "p", .answer = "b", .expected = {}}), own);
  EXPECT_NE(hash(sample(), {.prompt = "p", .answer = "a", .expected = "a"}), own);
  // What is not asked changes nothing.
  auto patient = sample();
  patient.timeout_s = 1;
  patient.retries = 9;
  patient.key_env = "OTHER";
  EXPECT_EQ(hash(patient, question), own);
}

struct Reply {
  char const* text;
  double grade;          // -1: none
  char const* message;
};

TEST(Grade, is_found_in_what_a_judge_says) {
  for (auto const& [text, grade, message] : {
           Reply{R"({"reason": "fine", "score": 4})", 4.0, ""},
           {R"({"score": 0})", 0.0, ""},
           {"Sure! Here it is:\n```json\n{\"score\": 2.5, \"reason\": \"{so so}\"}\n```\n", 2.5, ""},
           {R"(By {the rubric}: {"score": 5})", 5.0, ""},
           {R"({"score": 6})", -1, "the judge's score 6 is not on the scale from 0 to 5"},
           {R"({"score": -1})", -1, "is not on the scale"},
           {R"({"score": "4"})", -1, "the judge gave no score"},
           {R"({"score": )", -1, "the judge gave no score"},
           {"4 out of 5", -1, "the judge gave no score (expected {\"score\": a number}): 4 out of 5"},
           {"", -1, "the judge gave no score"},
       }) {
    auto const found = grade_in(sample(), text);
    ASSERT_EQ(found.has_value(), grade >= 0) << text;
    if (found)
      EXPECT_EQ(*found, grade) << text;
    else
      EXPECT_THAT(found.error().describe(), HasSubstr(message)) << text;
  }
}

TEST(Text, is_that_of_the_first_choice) {
  EXPECT_EQ(text_in(R"({"choices": [{"message": {"role": "assistant", "content": "yes"}}]})").value(), "yes");
  for (auto const* bad :
       {"", "<html>", "{}", R"({"choices": []})", R"({"choices": [{"message": {"content": null}}]})"}) {
    auto const text = text_in(bad);
    ASSERT_FALSE(text.has_value()) << bad;
    EXPECT_THAT(text.error().describe(), HasSubstr("no chat completion")) << bad;
  }
}

TEST(Message, is_what_the_server_says) {
  EXPECT_EQ(message_in(R"({"error": {"message": "no such model", "type": "x"}})"), "no such model");
  EXPECT_EQ(message_in(R"({"error": "no"})"), "no");
  EXPECT_EQ(message_in("<html>Bad gateway</html>"), "<html>Bad gateway</html>");
  EXPECT_EQ(message_in(""), "an empty body");
  EXPECT_EQ(message_in(std::string(1000, 'x')).size(), 203u);
}

}  // namespace
}  // namespace edgelab::judge
