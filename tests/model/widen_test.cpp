// What can be widened, and what is refused. That the function stays the same is shown in tests/llama.
#include "model/widen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace edgelab::model {
namespace {

using testing::HasSubstr;

std::filesystem::path const demo = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";

std::filesystem::path temporary(std::string const& name) {
  return std::filesystem::path(testing::TempDir()) / ("edgelab-widen-" + std::to_string(getpid()) + name);
}

TEST(Widen, TakesTheShapeAndKeepsTheVocabulary) {
  auto const out = temporary("a.gguf");
  auto const made = widen(demo, *parse_shape("smollm2-135m,n_layer=6"), out);
  ASSERT_TRUE(made) << made.error().describe();
  auto const before = inspect(demo);
  auto const after = inspect(out);
  ASSERT_TRUE(after) << after.error().describe();
  EXPECT_EQ(after->embedding_length, 576);
  EXPECT_EQ(after->block_count, 6);
  EXPECT_EQ(after->head_count, 9);
  EXPECT_EQ(after->head_count_kv, 3);
  EXPECT_EQ(after->feed_forward_length, 1536);
  EXPECT_EQ(after->vocabulary_hash, before->vocabulary_hash);
  EXPECT_EQ(after->context_length, before->context_length);
  EXPECT_TRUE(after->has_chat_template);
  std::filesystem::remove(out);
}

TEST(Widen, RefusesWhatWouldNotBeTheSameFunction) {
  struct Row {
    std::string shape, message;
  };
  auto const out = temporary("b.gguf");
  for (auto const& [shape, message] :
       {Row{"smollm2-135m,n_layer=1", "layers (n_layer) can only grow"}, Row{"n_embd=128,n_head=2,n_head_kv=1", "can only grow"},
        Row{"smollm2-135m,n_head=18,n_head_kv=6", "head size must stay 64; the shape's is 32"},
        Row{"smollm2-135m,n_head_kv=9", "query heads to a KV head must stay"}}) {
    auto const parsed = parse_shape(shape);
    ASSERT_TRUE(parsed) << parsed.error().describe();
    auto const made = widen(demo, *parsed, out);
    ASSERT_FALSE(made) << shape;
    EXPECT_THAT(made.error().describe(), HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(Widen, RefusesQuantisedWeights) {
  auto const quantised = temporary("c.gguf");
  ASSERT_TRUE(synthesise(*parse_shape("smollm2-135m,n_layer=1,n_vocab=512"), "q4_0", 1, quantised));
  auto const made = widen(quantised, *parse_shape("smollm2-135m"), temporary("d.gguf"));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().describe(), HasSubstr("widen the f16 model and quantise the result"));
  std::filesystem::remove(quantised);
}

}  // namespace
}  // namespace edgelab::model
