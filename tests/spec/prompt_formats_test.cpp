// Prompt files that are not JSON Lines.
#include <gmock/gmock.h>

#include "spec/prompts.hpp"
#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

PromptsRead read(std::string_view text, PromptFormat format, std::optional<std::int32_t> max_turns = {}) {
  return parse_prompts(text, "p", format, {.max_tokens = 33, .tags = {}, .max_turns = max_turns});
}

TEST(PromptFormats, AreNamedOrToldByTheEnding) {
  EXPECT_EQ(prompt_format("sharegpt"), PromptFormat::sharegpt);
  EXPECT_EQ(prompt_format("csv"), std::nullopt);
  EXPECT_EQ(format_of("a/b.json"), PromptFormat::sharegpt);
  EXPECT_EQ(format_of("a/b.txt"), PromptFormat::lines);
  EXPECT_EQ(format_of("a/b.jsonl"), PromptFormat::jsonl);
  EXPECT_EQ(format_of("prompts"), PromptFormat::jsonl);
}

TEST(PromptFormats, LinesAreNamedByTheirNumber) {
  auto const requests = read("\xEF\xBB\xBF" "first\r\n\n  third \nlast", PromptFormat::lines);
  ASSERT_TRUE(requests);
  ASSERT_THAT(*requests, SizeIs(3));
  EXPECT_EQ((*requests)[0].prompt, "first");
  EXPECT_EQ((*requests)[1].prompt, "third");
  EXPECT_EQ((*requests)[1].id, "3");
  EXPECT_EQ((*requests)[2].max_tokens, 33);
}

TEST(PromptFormats, ATextIsOnePrompt) {
  auto const requests = read("Two lines\nof text.\n", PromptFormat::text);
  ASSERT_TRUE(requests);
  ASSERT_THAT(*requests, SizeIs(1));
  EXPECT_EQ(requests->front().prompt, "Two lines\nof text.\n");
}

TEST(PromptFormats, NothingIsAnError) {
  for (auto const format : {PromptFormat::lines, PromptFormat::text}) {
    auto const requests = read(" \n\n", format);
    ASSERT_FALSE(requests);
    EXPECT_THAT(describe(requests.error()), HasSubstr("p: there is no text in it"));
  }
}

constexpr std::string_view talks = R"([
  {"id": "x", "conversations": [
    {"from": "gpt", "value": "left out: nobody asked"},
    {"from": "human", "value": "hello"},
    {"from": "gpt", "value": "hi"},
    {"from": "human", "value": "bye"},
    {"from": "gpt", "value": "bye"}]},
  {"id": "silent", "conversations": []},
  {"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "what?"}]}
])";

TEST(ShareGpt, TurnsInBothWordings) {
  auto const requests = read(talks, PromptFormat::sharegpt);
  ASSERT_TRUE(requests) << describe(requests.error());
  ASSERT_THAT(*requests, SizeIs(3));
  EXPECT_EQ((*requests)[0].id, "x/1");
  ASSERT_THAT((*requests)[0].messages, SizeIs(1));
  EXPECT_EQ((*requests)[0].messages[0].content, "hello");
  EXPECT_TRUE((*requests)[1].follows);
  ASSERT_THAT((*requests)[1].messages, SizeIs(3));
  EXPECT_EQ((*requests)[1].messages[1].role, "assistant");
  EXPECT_EQ((*requests)[2].id, "3/1");
  EXPECT_FALSE((*requests)[2].follows);
  EXPECT_EQ((*requests)[2].messages[0].role, "system");
}

TEST(ShareGpt, NoMoreTurnsThanAskedFor) {
  auto const requests = read(talks, PromptFormat::sharegpt, 1);
  ASSERT_TRUE(requests);
  EXPECT_THAT(*requests, SizeIs(2));
}

TEST(ShareGpt, MistakesAreNamedWithTheirLine) {
  struct Case {
    std::string_view text;
    std::string_view error;
  };
  std::vector<Case> const cases{
      {"", "p:1:1: not JSON"},
      {"[\n  {\"conversations\": [}", "p:2:22: not JSON"},
      {"{}", "p:1:1: expected a list of conversations"},
      {"[]", "p: no conversation in it has a question"},
      {"[\n\n{\"id\": \"a\"}]", "p:3:3: conversation 1: expected a map with the key 'conversations'"},
      {"[7]", "conversation 1: expected a map"},
      {"[{\"conversations\": [\n{\"from\": \"human\"}]}]", "p:2:3: conversation 1, message 1: expected 'from' and 'value'"},
      {"[{\"conversations\": [\n{\"from\": \"cat\", \"value\": \"x\"}]}]", "p:2:3: conversation 1, message 1: 'cat' is nobody known"},
      {R"([{"id": "a", "conversations": []}, {"id": "a", "conversations": []}])", "conversation 2: conversation 1 has the id 'a' already"},
  };
  for (auto const& [text, error] : cases) {
    auto const requests = read(text, PromptFormat::sharegpt);
    ASSERT_FALSE(requests) << text;
    EXPECT_THAT(describe(requests.error()), HasSubstr(error)) << text;
  }
}

}  // namespace
}  // namespace edgelab::spec
