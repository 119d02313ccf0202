// `quality.texts`: a text in pieces, or prompts with their answers.
#include <gmock/gmock.h>

#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

std::expected<Experiment, Diagnostics> with_texts(Folder const& folder, std::string const& name, std::string const& content) {
  folder.write(name, content);
  return load(folder.write("e.yaml", Sample{}.add("quality: {checks: [kld], texts: " + name + "}").text()));
}

TEST(Texts, a_text_is_cut_at_ends_of_lines_and_nothing_is_lost) {
  Folder const folder;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "Line number " + std::to_string(i) + " of a text with ümlauts.\n";
  auto const experiment = with_texts(folder, "t.txt", text);
  ASSERT_TRUE(experiment) << experiment.error().front().describe();
  auto const& quality = experiment->quality;
  EXPECT_EQ(quality.texts_file, "t.txt");
  ASSERT_GT(quality.texts.size(), 3U);
  std::string together;
  for (auto const& piece : quality.texts) {
    EXPECT_LE(piece.expected->size(), 2000U);
    EXPECT_TRUE(piece.expected->ends_with('\n'));
    EXPECT_FALSE(piece.prompt);
    together += *piece.expected;
  }
  EXPECT_EQ(together, text);
}

TEST(Texts, a_text_without_lines_or_blanks_is_never_cut_inside_a_character) {
  Folder const folder;
  std::string text = "x";
  for (int i = 0; i < 3000; ++i) text += "ü";
  auto const experiment = with_texts(folder, "t.txt", text);
  ASSERT_TRUE(experiment);
  for (auto const& piece : experiment->quality.texts)
    EXPECT_NE(static_cast<unsigned char>(piece.expected->front()) & 0xC0U, 0x80U);
}

TEST(Texts, prompts_come_with_their_answers) {
  Folder const folder;
  auto const experiment = with_texts(folder, "t.jsonl", "{\"prompt\": \"a\", \"expected\": \"b\"}\n{\"prompt\": \"c\"}\n");
  ASSERT_TRUE(experiment);
  ASSERT_THAT(experiment->quality.texts, SizeIs(2));
  EXPECT_EQ(experiment->quality.texts[0].prompt, "a");
  EXPECT_EQ(experiment->quality.texts[0].expected, "b");
}

TEST(Texts, what_is_wrong_with_a_file_is_told_with_its_place) {
  Folder const folder;
  auto experiment = with_texts(folder, "t.txt", "good\nbad \xff\n");
  ASSERT_FALSE(experiment);
  EXPECT_THAT(experiment.error().front().describe(), HasSubstr("t.txt:2:5: this byte is not UTF-8"));
  experiment = with_texts(folder, "t.jsonl", "{\"prompt\": 7}\n");
  ASSERT_FALSE(experiment);
  EXPECT_THAT(experiment.error().front().describe(), HasSubstr("t.jsonl:1:"));
  for (auto const* name : {"empty.txt", "empty.jsonl"}) {
    experiment = with_texts(folder, name, "");
    ASSERT_FALSE(experiment) << name;
  }
}

}  // namespace
}  // namespace edgelab::spec
