#include "spec/prompts.hpp"

#include <gmock/gmock.h>

#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::vector<Request> must_read(std::string_view text) {
  auto requests = parse_prompts(text, "p.jsonl", PromptFormat::jsonl, {.max_tokens = 77});
  if (requests) return *std::move(requests);
  ADD_FAILURE() << describe(requests.error());
  return {};
}

TEST(Prompts, EveryKeyIsRead) {
  auto const requests = must_read(R"({"id": "a", "prompt": "Say é\n", "max_tokens": 5, "expected": "yes", "tags": ["one"]}
{"id": 7, "messages": [{"role": "system", "content": ""}, {"role": "user", "content": "hi"}], "expected": {"x": [1, null]}}
{"prompt": "third"}
)");
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0].id, "a");
  EXPECT_EQ(requests[0].prompt, "Say \u00e9\n");
  EXPECT_EQ(requests[0].max_tokens, 5);
  EXPECT_EQ(requests[0].expected, "yes");
  EXPECT_EQ(requests[1].id, "7");
  ASSERT_THAT(requests[1].messages, SizeIs(2));
  EXPECT_EQ(requests[1].messages[1].role, "user");
  EXPECT_EQ(requests[1].messages[1].content, "hi");
  EXPECT_EQ(requests[1].prompt, std::nullopt);
  EXPECT_EQ(requests[1].expected, R"({"x":[1,null]})");
  EXPECT_EQ(requests[2].id, "3");
  EXPECT_EQ(requests[2].max_tokens, 77);
  EXPECT_EQ(requests[2].expected, std::nullopt);
}

TEST(Prompts, TheRightChoiceIsNamedOrCounted) {
  auto const requests = must_read(R"({"prompt": "a", "choices": [" 1", " 0"], "expected": 0}
{"prompt": "b", "choices": [" 1", " 0"], "expected": " 0"}
{"prompt": "c", "choices": ["1", "0"], "expected": "0"}
{"prompt": "d", "choices": ["1", "0"]}
)");
  ASSERT_THAT(requests, SizeIs(4));
  EXPECT_THAT(requests[0].choices, testing::ElementsAre(" 1", " 0"));
  EXPECT_EQ(requests[0].expected, " 1");
  EXPECT_EQ(requests[1].expected, " 0");
  EXPECT_EQ(requests[2].expected, "0");
  EXPECT_EQ(requests[3].expected, std::nullopt);
}

TEST(Prompts, BomCrlfBlankLinesAndNoLastNewline) {
  auto const requests = must_read("\xEF\xBB\xBF{\"prompt\": \"a\"}\r\n\r\n  \t\n  {\"prompt\": \"b\"}");
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].id, "1");
  EXPECT_EQ(requests[1].id, "4");
}

TEST(Prompts, AConversationIsARequestForEachTurn) {
  auto const requests = must_read(
      R"({"id": "c", "max_tokens": 9, "conversation": [{"role": "system", "content": "s"}, {"role": "user", "content": "1"}, )"
      R"({"role": "assistant", "content": "one"}, {"role": "user", "content": "2"}, {"role": "user", "content": "really"}, )"
      R"({"role": "assistant", "content": "two"}]})"
      "\n{\"prompt\": \"by itself\"}\n");
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0].id, "c/1");
  EXPECT_FALSE(requests[0].follows);
  EXPECT_THAT(requests[0].messages, SizeIs(2));
  EXPECT_EQ(requests[1].id, "c/2");
  EXPECT_TRUE(requests[1].follows);
  ASSERT_THAT(requests[1].messages, SizeIs(5));
  EXPECT_EQ(requests[1].messages[2].content, "one") << "what the file has as the answer, whatever a round answers";
  EXPECT_EQ(requests[1].messages[4].content, "really");
  EXPECT_EQ(requests[1].max_tokens, 9);
  EXPECT_FALSE(requests[2].follows);
}

TEST(Prompts, WhatIsExpectedOfAConversationIsItsLastAnswer) {
  auto const requests = must_read(R"({"conversation": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, )"
                                  R"({"role": "user", "content": "c"}], "expected": "d"})");
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].expected, std::nullopt);
  EXPECT_EQ(requests[1].expected, "d");
}

TEST(Prompts, OnlyLinesWithATag) {
  constexpr auto text = R"({"prompt": "a", "tags": ["easy", "short"]}
{"prompt": "b"}
{"prompt": "c", "tags": ["hard"]}
)";
  auto const read = [&](std::vector<std::string> tags) {
    return parse_prompts(text, "p.jsonl", PromptFormat::jsonl, {.max_tokens = 1, .tags = std::move(tags), .max_turns = {}});
  };
  auto const easy = read({"easy"});
  ASSERT_TRUE(easy);
  ASSERT_THAT(*easy, SizeIs(1));
  EXPECT_EQ(easy->front().id, "1");
  EXPECT_THAT(*read({"hard", "short"}), SizeIs(2));
  EXPECT_THAT(describe(read({"none"}).error()), HasSubstr("no line in it has one of the tags none"));
}

TEST(Prompts, ASchemaIsWhatIsExpected) {
  auto const requests = must_read(R"({"prompt": "a", "schema": {"type": "object"}})");
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_TRUE(requests[0].expects_schema);
  EXPECT_EQ(requests[0].expected, R"({"type":"object"})");
}

struct BadLine {
  char const* text;
  char const* error;   // how its description begins or what it contains
};

TEST(Prompts, BadLinesAreNamed) {
  std::vector<BadLine> const cases{
      {"", "p.jsonl: no prompts in it"},
      {"\n \n", "p.jsonl: no prompts in it"},
      {"{\"prompt\": \"a\"}\n{\"prompt\": }\n", "p.jsonl:2:12: not JSON"},
      {"  {\"prompt\": \"a\"} x", "p.jsonl:1:19: not JSON"},
      {"{\"prompt\": \"a", "p.jsonl:1:"},
      {"[1]", "p.jsonl:1:1: expected a JSON object"},
      {"plain text", "p.jsonl:1:1: not JSON"},
      {"{}", "expected one of the keys 'prompt', 'messages' and 'conversation'"},
      {R"({"messages": [{"role": "user", "content": "x"}], "conversation": []})", "exclude each other"},
      {R"({"conversation": []})", "'conversation' needs a list"},
      {R"({"conversation": [{"role": "system", "content": "x"}]})", "the user says nothing in this conversation"},
      {"{\"id\": \"c/1\", \"prompt\": \"x\"}\n{\"id\": \"c\", \"conversation\": [{\"role\": \"user\", \"content\": \"x\"}]}",
       "p.jsonl:2:1: a turn of it is named 'c/1', as what stands in line 1"},
      {R"({"prompt": "a", "tags": "x"})", "'tags' needs a list of texts"},
      {R"({"prompt": "a", "tags": ["x", 1]})", "tag 2 is no text"},
      {R"({"prompt": "a", "schema": []})", "'schema' needs a JSON Schema"},
      {R"({"prompt": "a", "schema": {}, "expected": "b"})", "'expected' and 'schema' exclude each other"},
      {R"({"prompt": "a", "messages": []})", "exclude each other"},
      {R"({"prompt": 5})", "'prompt' needs a text"},
      {R"({"prompt": ""})", "'prompt' is empty"},
      {R"({"id": "", "prompt": "a"})", "'id' is empty"},
      {R"({"id": [], "prompt": "a"})", "'id' needs a text"},
      {R"({"messages": []})", "'messages' needs a list"},
      {R"({"messages": "hi"})", "'messages' needs a list"},
      {R"({"messages": [{"role": "user"}]})", "message 1 needs 'role' and 'content'"},
      {R"({"messages": [{"role": "bot", "content": "x"}]})", "'bot' is no role"},
      {R"({"prompt": "a", "max_tokens": 0})", "'max_tokens' needs a whole number from 1"},
      {R"({"prompt": "a", "max_tokens": 1.5})", "'max_tokens' needs"},
      {R"({"prompt": "a", "max_tokens": 18446744073709551615})", "'max_tokens' needs"},
      {R"({"prompt": "a", "max_tokens": "9"})", "'max_tokens' needs"},
      {"{\"id\": \"x\", \"prompt\": \"a\"}\n\n{\"id\": \"x\", \"prompt\": \"b\"}",
       "p.jsonl:3:1: the id 'x' stands in line 1"},
      {"{\"prompt\": \"a\"}\n{\"prompt\": \"\xC3\"}", "p.jsonl:2:13: this byte is not UTF-8"},
      {"{\"prompt\": \"\\ud800\"}", "p.jsonl:1:"},
      {R"({"prompt": "a", "choices": "x"})", "'choices' needs a list of at least two texts"},
      {R"({"prompt": "a", "choices": ["x"]})", "'choices' needs a list of at least two texts"},
      {R"({"prompt": "a", "choices": ["x", 2]})", "choice 1 is no text"},
      {R"({"prompt": "a", "choices": ["x", ""]})", "choice 1 is empty"},
      {R"({"prompt": "a", "choices": ["x", "x"]})", "the choice 'x' stands twice"},
      {R"({"prompt": "a", "choices": ["x", "y"], "expected": 2})",
       "p.jsonl:1:1: 'expected' is none of the 2 choices: give the "
       "right one as it stands there, or its place from 0 to 1"},
      {R"({"prompt": "a", "choices": ["x", "y"], "expected": -1})", "'expected' is none of the 2 choices"},
      {R"({"prompt": "a", "choices": ["Paris", "Rome"], "expected": "Pariss"})", "(did you mean 'Paris'?)"},
  };
  for (auto const& [text, error] : cases) {
    auto const requests = parse_prompts(text, "p.jsonl", PromptFormat::jsonl, {});
    ASSERT_FALSE(requests.has_value()) << text;
    EXPECT_THAT(describe(requests.error()), HasSubstr(error)) << text;
  }
}

TEST(Prompts, AllBadLinesAtOnceUpToTwenty) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += i % 2 == 0 ? "{\"prompt\": \"a\"}\n" : "oops\n";
  auto const requests = parse_prompts(text, "p.jsonl", PromptFormat::jsonl, {});
  ASSERT_FALSE(requests.has_value());
  ASSERT_THAT(requests.error(), SizeIs(21));
  EXPECT_EQ(requests.error()[19].line, 40);
  EXPECT_THAT(requests.error().back().describe(), HasSubstr("and 30 more errors"));
}

TEST(Prompts, ManyLines) {
  std::string text;
  constexpr std::size_t lines = 100'000;
  for (std::size_t i = 0; i < lines; ++i) text += "{\"id\": \"q" + std::to_string(i) + "\", \"prompt\": \"some text\"}\n";
  EXPECT_THAT(must_read(text), SizeIs(lines));
}

}  // namespace
}  // namespace edgelab::spec
