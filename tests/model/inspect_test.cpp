// What is said of files: whole, cut off, and not models at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "model/gguf_file.hpp"

namespace edgelab::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class InspectTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("edgelab-inspect-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(std::string const& name, std::string const& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  std::filesystem::path synth(std::string const& shape, std::string const& type, std::uint64_t seed = 1) const {
    auto const file = folder_ / (std::to_string(seed) + type + ".gguf");
    auto const parsed = parse_shape(shape);
    EXPECT_TRUE(parsed) << parsed.error().describe();
    auto const written = synthesise(*parsed, type, seed, file);
    EXPECT_TRUE(written) << written.error().describe();
    return file;
  }
  static std::string bytes_of(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string error_of(std::filesystem::path const& file) {
    testing::internal::CaptureStderr();
    auto const info = inspect(file);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");   // ggml keeps silent
    return info ? "no error" : info.error().describe();
  }

  std::filesystem::path folder_;
};

TEST_F(InspectTest, ReadsBackWhatWasWritten) {
  auto const file = synth("tiny-llama", "q4_0");
  auto const info = inspect(file);
  ASSERT_TRUE(info) << info.error().describe();
  EXPECT_EQ(info->architecture, "llama");
  EXPECT_EQ(info->file_bytes, static_cast<std::int64_t>(std::filesystem::file_size(file)));
  EXPECT_EQ(info->context_length, 2048);
  EXPECT_EQ(info->embedding_length, 128);
  EXPECT_EQ(info->block_count, 3);
  EXPECT_EQ(info->head_count, 4);
  EXPECT_EQ(info->head_count_kv, 2);
  EXPECT_EQ(info->feed_forward_length, 384);
  EXPECT_EQ(info->vocabulary, 1024);
  EXPECT_EQ(info->tokenizer, "llama");
  EXPECT_TRUE(info->has_chat_template);
  // embedding, a last norm, and per layer q k v o, gate up down, two norms
  EXPECT_EQ(info->parameters, 1024 * 128 + 128 + 3 * (2 * 128 * 128 + 2 * 128 * 64 + 3 * 128 * 384 + 2 * 128));
  EXPECT_EQ(info->tensors_by_type.at("q4_0"), 3 * 7);
  EXPECT_EQ(info->tensors_by_type.at("f32"), 3 * 2 + 1);
  EXPECT_EQ(info->tensors_by_type.at("q8_0"), 1);   // the tied embedding: rows of 128 are no multiple of 256
}

TEST_F(InspectTest, SaysWhatIsWrongWithAFile) {
  auto const whole = bytes_of(synth("tiny-llama", "q4_0"));
  EXPECT_THAT(error_of(folder_ / "nowhere.gguf"), AllOf(HasSubstr("nowhere.gguf"), HasSubstr("no such file")));
  EXPECT_THAT(error_of(folder_), HasSubstr("it is a folder"));
  EXPECT_THAT(error_of(write("empty.gguf", "")),
              HasSubstr("not a GGUF model: it does not begin with \"GGUF\" (0 bytes)"));
  EXPECT_THAT(error_of(write("text.gguf", "GGML or so, at some length")), HasSubstr("not a GGUF model"));
  EXPECT_THAT(error_of(write("magic.gguf", "GGUF")), HasSubstr("its GGUF header is damaged or cut off (4 bytes)"));
  EXPECT_THAT(error_of(write("version.gguf", "GGUF" + std::string(60, '\xFF'))), HasSubstr("header is damaged"));
  EXPECT_THAT(error_of(write("header.gguf", whole.substr(0, 2000))), HasSubstr("header is damaged or cut off"));
  auto const cut = error_of(write("cut.gguf", whole.substr(0, whole.size() - 5000)));
  EXPECT_THAT(cut, AllOf(HasSubstr("truncated: it has " + std::to_string(whole.size() - 5000) + " bytes"),
                         HasSubstr("output_norm.weight ends at byte")));
}

TEST_F(InspectTest, VocabularyHashTellsVocabulariesApart) {
  auto const a = inspect(synth("tiny-llama,n_layer=1", "f16", 1));
  auto const b = inspect(synth("tiny-llama,n_layer=1", "f16", 2));
  auto const c = inspect(synth("tiny-llama,n_layer=1,n_vocab=1023", "f16", 3));
  ASSERT_TRUE(a && b && c);
  EXPECT_NE(a->vocabulary_hash, 0U);
  EXPECT_EQ(a->vocabulary_hash, b->vocabulary_hash);
  EXPECT_NE(a->vocabulary_hash, c->vocabulary_hash);
}

TEST_F(InspectTest, SameSeedSameBytes) {
  auto const first = bytes_of(synth("tiny-mamba", "q4_0", 5));
  EXPECT_EQ(first, bytes_of(synth("tiny-mamba", "q4_0", 5)));
  EXPECT_NE(first, bytes_of(synth("tiny-mamba", "q4_0", 6)));
}

TEST_F(InspectTest, EveryWeightTypeAndArchitectureIsWritten) {
  for (auto const& type : weight_types()) {
    auto const info = inspect(synth("tiny-llama,n_embd=256", type));
    ASSERT_TRUE(info) << info.error().describe();
    EXPECT_GE(info->tensors_by_type.at(type), 7) << type;
  }
  for (auto const* shape :
       {"tiny-mamba", "tiny-gemma2", "qwen2.5-0.5b,n_layer=1,n_vocab=300", "tiny-llama,tied_embeddings=off"}) {
    auto const info = inspect(synth(shape, "q8_0"));
    ASSERT_TRUE(info) << shape << info.error().describe();
  }
}

TEST_F(InspectTest, NothingIsLeftBehindWhenWritingFails) {
  auto const failed = synthesise(*parse_shape("tiny-llama"), "q4_0", 1, folder_ / "missing" / "m.gguf");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().describe(), HasSubstr("m.gguf: cannot create it: No such file"));
  auto const unknown = synthesise(*parse_shape("tiny-llama"), "q40", 1, folder_ / "m.gguf");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().describe(), HasSubstr("unknown weight type 'q40' (did you mean 'q4_0'?)"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace edgelab::model
