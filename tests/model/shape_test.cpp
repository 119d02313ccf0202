// Shapes as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/gguf_file.hpp"

namespace edgelab::model {
namespace {

using testing::HasSubstr;

TEST(ParseShape, PresetsAndChanges) {
  for (auto const& name : shape_presets()) EXPECT_TRUE(parse_shape(name)) << name;
  auto const smol = parse_shape("smollm2-135m");
  ASSERT_TRUE(smol);
  EXPECT_EQ(smol->n_embd, 576);
  EXPECT_EQ(smol->n_layer, 30);
  EXPECT_EQ(smol->n_ctx, 8192);
  auto const changed = parse_shape(" llama3.2-1b , n_layer=2, tied_embeddings = off,rope_freq_base=2e4");
  ASSERT_TRUE(changed) << changed.error().describe();
  EXPECT_EQ(changed->n_embd, 2048);
  EXPECT_EQ(changed->n_layer, 2);
  EXPECT_FALSE(changed->tied_embeddings);
  EXPECT_EQ(changed->rope_freq_base, 2e4);
  EXPECT_EQ(parse_shape("n_layer=2")->n_embd, Shape{}.n_embd);
}

TEST(ParseShape, WhatIsWrongIsSaid) {
  struct Row {
    std::string text, message;
  };
  for (auto const& [text, message] :
       {Row{"", "neither a preset"}, Row{"smollm2-135n", "(did you mean 'smollm2-135m'?)"},
        Row{"n_layer=2,tiny-llama", "'tiny-llama' is neither a preset at the start nor key=value"},
        Row{"n_layers=2", "unknown key 'n_layers' in the shape (did you mean 'n_layer'?); known: architecture, n_embd"},
        Row{"n_layer=0", "'n_layer' in the shape is '0'; expected a whole number from 1"},
        Row{"n_layer=2x", "expected a whole number from 1"},
        Row{"n_layer=99999999999", "expected a whole number from 1"},
        Row{"architecture=lama", "expected one of llama, qwen2, gemma2, mamba"},
        Row{"tied_embeddings=yes", "expected on or off"}, Row{"n_vocab=100", "n_vocab is 100; expected at least 261"},
        Row{"n_embd=100,n_head=3", "n_embd (100) must be n_head (3) times an even number"},
        Row{"n_head=9,n_head_kv=2", "n_head (9) must be a multiple of n_head_kv (2)"},
        Row{"tiny-mamba,tied_embeddings=off", "not possible for mamba"}}) {
    auto const shape = parse_shape(text);
    ASSERT_FALSE(shape) << text;
    EXPECT_THAT(shape.error().describe(), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace edgelab::model
