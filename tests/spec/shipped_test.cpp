// What is shipped: experiments, documentation, the schema.
#include <gmock/gmock.h>
#include <yyjson.h>

#include <cstdlib>
#include <memory>
#include <sstream>

#include "spec/catalogue.hpp"
#include "spec/fields.hpp"
#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::Contains;

std::filesystem::path const source_folder{EDGELAB_SOURCE_DIR};

std::string read(std::filesystem::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(stream) << file;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> names(Experiment const& experiment) {
  std::vector<std::string> result;
  for (auto const& round : experiment.rounds) result.push_back(round.name);
  return result;
}

TEST(Shipped, EveryExperimentIsValid) {
  int count = 0;
  for (auto const& entry : std::filesystem::directory_iterator(source_folder / "experiments")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    auto const experiment = load(entry.path());
    EXPECT_TRUE(experiment.has_value()) << describe(experiment.error());
  }
  EXPECT_GE(count, 4);
}

// They run against tools that a reader has: no model of ours is in them.
TEST(Shipped, EveryExampleIsValid) {
  int count = 0;
  for (auto const& entry : std::filesystem::directory_iterator(source_folder / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    auto const experiment = load(entry.path());
    EXPECT_TRUE(experiment.has_value()) << describe(experiment.error());
  }
  EXPECT_GE(count, 3);
}

TEST(Shipped, DefaultHasEveryTechnique) {
  auto const experiment = load(source_folder / "experiments/default.yaml");
  ASSERT_TRUE(experiment.has_value()) << describe(experiment.error());
  for (auto const* name : {"baseline", "no-kv-cache", "cache-prompt", "kv-q8", "kv-q4", "kv-k8-v4", "fa", "cont-batching",
                           "lookup", "draft", "adaptive", "kv-q8+lookup", "kv-q8+cache-prompt+lookup",
                           "lookup[prompt-lookup-ngram=4]", "phone"}) {
    EXPECT_THAT(names(*experiment), Contains(name));
  }
  for (auto const& round : experiment->rounds) EXPECT_EQ(refusal(resolve(round.flags, 4)), std::nullopt) << round.name;
}

TEST(Shipped, ExamplesInTheDocumentationAreValid) {
  auto const text = read(source_folder / "docs/EXPERIMENT.md");
  std::string const begin = "```yaml\nschema:";
  int count = 0;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    auto const start = text.find('\n', at) + 1;
    auto const example = text.substr(start, text.find("\n```", start) + 1 - start);
    auto const experiment = parse(example, source_folder / "docs/EXPERIMENT.md");
    EXPECT_TRUE(experiment.has_value()) << example << describe(experiment.error());
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(Shipped, DocumentationNamesEveryKeyAndChoice) {
  auto const text = read(source_folder / "docs/EXPERIMENT.md");
  auto const names = [&](std::string_view word) { return text.contains("`" + std::string(word) + "`"); };
  for (auto const& field : fields()) {
    EXPECT_TRUE(names(field.key)) << field.noun << '.' << field.key;
    for (auto const choice : field.choices) EXPECT_TRUE(names(choice)) << field.noun << '.' << field.key << ": " << choice;
  }
}

TEST(Shipped, FlagsDocumentIsCurrent) {
  auto const file = source_folder / "docs/FLAGS.md";
  auto const current = render_markdown();
  if (char const* bless = std::getenv("EDGELAB_BLESS"); bless != nullptr && std::string_view(bless) == "1") {
    std::ofstream(file, std::ios::binary) << current;
  }
  EXPECT_EQ(read(file), current) << "run this test with EDGELAB_BLESS=1 to rewrite docs/FLAGS.md";
}

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};

TEST(Schema, IsJsonWithEveryKeyAndFlagDescribed) {
  auto const text = json_schema();
  std::unique_ptr<yyjson_doc, FreeDocument> const document{yyjson_read(text.data(), text.size(), 0)};
  ASSERT_NE(document, nullptr);
  auto* const root = yyjson_doc_get_root(document.get());
  std::size_t described = 0;
  for (auto const& field : fields()) {
    std::string const noun(field.noun);
    std::string const key(field.key);
    auto const path = noun == "experiment" ? "/properties/" + key : "/$defs/" + noun + "/properties/" + key;
    auto* const property = yyjson_ptr_get(root, path.c_str());
    ASSERT_NE(property, nullptr) << path;   // a field that no struct has
    EXPECT_EQ(yyjson_get_str(yyjson_obj_get(property, "description")), field.help) << path;
    ++described;
  }
  // A key that fields.cpp forgot would be a property too many.
  std::size_t properties = yyjson_obj_size(yyjson_ptr_get(root, "/properties"));
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* key = nullptr;
  yyjson_val* definition = nullptr;
  yyjson_obj_foreach(yyjson_ptr_get(root, "/$defs"), index, count, key, definition) {
    EXPECT_TRUE(yyjson_is_false(yyjson_obj_get(definition, "additionalProperties"))) << yyjson_get_str(key);
    if (std::string_view(yyjson_get_str(key)) != "flags") properties += yyjson_obj_size(yyjson_obj_get(definition, "properties"));
  }
  EXPECT_EQ(properties, described);
  for (auto const& name : flag_names()) {
    EXPECT_NE(yyjson_ptr_get(root, ("/$defs/flags/properties/" + name).c_str()), nullptr) << name;
  }
  EXPECT_NE(yyjson_ptr_get(root, "/$defs/flags/properties/--flash-attn/enum"), nullptr);
  EXPECT_EQ(yyjson_get_int(yyjson_ptr_get(root, "/$defs/flags/properties/parallel/maximum")), 1024);
}

}  // namespace
}  // namespace edgelab::spec
