// A widened model is the same function: it writes what the original writes.
#include "model/widen.hpp"

#include <fstream>
#include <set>

#include "llama/fixture.hpp"

namespace edgelab::test {
namespace {

// The prompts of a JSONL file, as text between the quotes that follow "prompt": good for files of our own.
std::vector<std::string> prompts(std::string const& file, std::size_t count) {
  std::ifstream in(file);
  std::vector<std::string> found;
  for (std::string line; found.size() < count && std::getline(in, line);) {
    std::string const key = "\"prompt\": \"";
    auto const start = line.find(key) + key.size();
    std::string text;
    for (auto i = start; line[i] != '"'; ++i) {
      if (line[i] != '\\') text += line[i];
      else text += line[++i] == 'n' ? '\n' : line[i];
    }
    found.push_back(text);
  }
  return found;
}

class WidenTest : public LlamaTest {
 protected:
  std::vector<std::string> texts_of(std::string const& model) {
    EXPECT_TRUE(std::holds_alternative<protocol::Loaded>(load(model)));
    std::vector<protocol::TrialRequest> requests;
    for (auto const& prompt : prompts(EDGELAB_SOURCE_DIR "/workloads/extract.jsonl", 20)) {
      requests.push_back(request("r" + std::to_string(requests.size()), prompt, 96));
    }
    return executor.run(trial({}, requests)).timeline.requests.text;
  }
};

TEST_F(WidenTest, GreedyOutputIsTheOriginals) {
  std::string const demo = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";
  auto const wide = std::filesystem::path(testing::TempDir()) / ("edgelab-wide-" + std::to_string(getpid()) + ".gguf");
  auto const made = model::widen(demo, *model::parse_shape("smollm2-135m,n_layer=6"), wide);
  ASSERT_TRUE(made) << made.error().describe();
  auto const original = texts_of(demo);
  ASSERT_EQ(original.size(), 20U);
  EXPECT_GT(std::set<std::string>(original.begin(), original.end()).size(), 15U) << "the model answers every prompt alike";
  EXPECT_EQ(texts_of(wide), original);
  std::filesystem::remove(wide);
}

}  // namespace
}  // namespace edgelab::test
