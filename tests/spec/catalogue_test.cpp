#include "spec/catalogue.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace edgelab::spec {
namespace {

using testing::HasSubstr;

TEST(Catalogue, NamesAndAliasesAreDistinct) {
  auto names = flag_names();
  auto const count = names.size();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), count);
}

TEST(Catalogue, EveryFlagHasHelpAndACanonicalDefault) {
  for (auto const& flag : catalogue()) {
    EXPECT_FALSE(flag.help.empty()) << flag.name;
    EXPECT_FALSE(flag.category.empty()) << flag.name;
    if (flag.default_value.empty()) continue;
    auto const canonical = canonical_value(flag, flag.default_value);
    ASSERT_TRUE(canonical.has_value()) << canonical.error().describe();
    EXPECT_EQ(*canonical, flag.default_value);
  }
}

TEST(Catalogue, FindsByNameAliasAndDashes) {
  for (auto const* name : {"cache-type-k", "--cache-type-k", "ctk", "-ctk"}) {
    ASSERT_NE(find_flag(name), nullptr) << name;
    EXPECT_EQ(find_flag(name)->name, "cache-type-k");
  }
  EXPECT_EQ(find_flag("spec-draft-n-max")->name, "draft-max");
  for (auto const* name : {"", "-", "--", "---ctk", "cache_type_k", "CTK"}) EXPECT_EQ(find_flag(name), nullptr) << name;
}

struct ValueCase {
  char const* flag;
  char const* written;
  char const* canonical;   // nullptr: refused
};

class Values : public testing::TestWithParam<ValueCase> {};

TEST_P(Values, AreCanonicalOrRefused) {
  auto const& [flag, written, canonical] = GetParam();
  auto const value = canonical_value(*find_flag(flag), written);
  if (canonical == nullptr) {
    ASSERT_FALSE(value.has_value()) << *value;
    EXPECT_THAT(value.error().message, HasSubstr(flag));
    EXPECT_THAT(value.error().message, HasSubstr("expected"));
  } else {
    ASSERT_TRUE(value.has_value()) << value.error().message;
    EXPECT_EQ(*value, canonical);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Values, testing::Values(
    ValueCase{"kv-cache", "on", "on"}, ValueCase{"kv-cache", "true", "on"}, ValueCase{"kv-cache", "Yes", "on"},
    ValueCase{"kv-cache", "OFF", "off"}, ValueCase{"kv-cache", "no", "off"}, ValueCase{"kv-cache", "1", nullptr},
    ValueCase{"kv-cache", "maybe", nullptr}, ValueCase{"kv-cache", "", nullptr},
    ValueCase{"kv-unified", "auto", "auto"}, ValueCase{"kv-unified", "true", "on"}, ValueCase{"kv-unified", "maybe", nullptr},
    ValueCase{"ctx-size", "512", "512"}, ValueCase{"ctx-size", "0", nullptr}, ValueCase{"ctx-size", "auto", nullptr},
    ValueCase{"flash-attn", "auto", "auto"}, ValueCase{"flash-attn", "true", "on"}, ValueCase{"flash-attn", "onn", nullptr},
    ValueCase{"cache-type-v", "Q8_0", "q8_0"}, ValueCase{"cache-type-v", "q8", nullptr},
    ValueCase{"speculative-decoding", "false", "off"}, ValueCase{"speculative-decoding", "true", nullptr},
    ValueCase{"parallel", "4", "4"}, ValueCase{"parallel", "004", "4"}, ValueCase{"parallel", "+4", "4"},
    ValueCase{"parallel", " 4 ", "4"}, ValueCase{"parallel", "0", nullptr}, ValueCase{"parallel", "1025", nullptr},
    ValueCase{"parallel", "4.0", nullptr}, ValueCase{"parallel", "four", nullptr}, ValueCase{"parallel", "4x", nullptr},
    ValueCase{"parallel", "99999999999999999999", nullptr}, ValueCase{"prio", "-1", "-1"}, ValueCase{"prio", "-2", nullptr},
    ValueCase{"n-gpu-layers", "all", "all"}, ValueCase{"n-gpu-layers", "99", "99"}, ValueCase{"n-gpu-layers", "some", nullptr},
    ValueCase{"draft-p-min", "0.50", "0.5"}, ValueCase{"draft-p-min", "1", "1"}, ValueCase{"draft-p-min", "5e-1", "0.5"},
    ValueCase{"draft-p-min", "-0", "0"}, ValueCase{"draft-p-min", "1.01", nullptr}, ValueCase{"draft-p-min", "nan", nullptr},
    ValueCase{"draft-p-min", "0,5", nullptr}, ValueCase{"draft-p-min", "1e999", nullptr},
    ValueCase{"cpu-mask", "0xF0", "0xF0"}, ValueCase{"cpu-mask", "xyz", nullptr},
    ValueCase{"cpu-range", "0-3", "0-3"}, ValueCase{"cpu-range", "3", nullptr}, ValueCase{"cpu-range", "a-b", nullptr},
    ValueCase{"rpc", "a:50052,b:50053", "a:50052,b:50053"}, ValueCase{"rpc", "a", nullptr}, ValueCase{"rpc", ":1", nullptr},
    ValueCase{"rpc", "a:70000", nullptr}, ValueCase{"rpc", "a:1,", nullptr},
    ValueCase{"extra-args", "--jinja", R"(["--jinja"])"}, ValueCase{"extra-args", R"([ "a", "b\"c" ])", R"(["a","b\"c"])"},
    ValueCase{"extra-args", "[1]", nullptr}, ValueCase{"extra-args", "[", nullptr}));

TEST(Resolve, BaselineIsFullOfDefaults) {
  auto const flags = resolve({}, 6);
  EXPECT_EQ(flags.at("kv-cache"), "on");
  EXPECT_EQ(flags.at("cache-type-k"), "f16");
  EXPECT_EQ(flags.at("flash-attn"), "off");
  EXPECT_EQ(flags.at("threads"), "6");
  EXPECT_EQ(flags.at("threads-batch"), "6");
  EXPECT_EQ(flags.at("ubatch-size"), "512");
  EXPECT_FALSE(flags.contains("cpu-mask"));
  EXPECT_FALSE(flags.contains("draft-model"));
  EXPECT_EQ(flags.at("kv-unified"), "auto");
  EXPECT_FALSE(flags.contains("ctx-size"));
}

TEST(Resolve, WhatIsAskedStaysAndOthersFollow) {
  auto const flags = resolve({{"threads", "2"}, {"batch-size", "128"}, {"mine.window", "8"}}, 6);
  EXPECT_EQ(flags.at("threads-batch"), "2");
  EXPECT_EQ(flags.at("ubatch-size"), "128");
  EXPECT_EQ(flags.at("mine.window"), "8");
  EXPECT_EQ(resolve({{"threads-batch", "3"}}, 6).at("threads-batch"), "3");
  EXPECT_EQ(resolve({{"ubatch-size", "1024"}}, 6).at("ubatch-size"), "1024");
}

TEST(Refusal, OfCombinationsThatCannotRun) {
  struct Case {
    Flags asked;
    char const* reason;   // nullptr: runs
  };
  std::vector<Case> const cases{
      {{}, nullptr},
      {{{"cache-type-k", "q8_0"}}, nullptr},
      {{{"cache-type-v", "bf16"}}, nullptr},
      {{{"cache-type-v", "q8_0"}}, "needs flash-attn on"},
      {{{"cache-type-v", "iq4_nl"}, {"flash-attn", "off"}}, "needs flash-attn on"},
      {{{"cache-type-v", "q8_0"}, {"flash-attn", "on"}}, nullptr},
      {{{"cache-type-v", "q8_0"}, {"flash-attn", "auto"}}, nullptr},
      {{{"kv-cache", "off"}}, nullptr},
      {{{"kv-cache", "off"}, {"cache-prompt", "on"}}, "needs kv-cache on"},
      {{{"cache-reuse", "64"}}, "needs cache-prompt on"},
      {{{"cache-reuse", "64"}, {"cache-prompt", "on"}}, nullptr},
      {{{"ubatch-size", "4096"}}, "more than batch-size 2048"},
      {{{"batch-size", "64"}}, nullptr},
      {{{"draft-min", "9"}}, "more than draft-max 8"},
      {{{"parallel", "4"}, {"cont-batching", "on"}, {"prompt-lookup", "on"}}, nullptr},
      {{{"kv-cache", "off"}, {"prompt-lookup", "on"}}, "prompt-lookup needs kv-cache on"},
      {{{"kv-cache", "off"}, {"speculative-decoding", "draft"}}, "speculative-decoding needs kv-cache on"},
      {{{"speculative-decoding", "draft"}, {"draft-model", "none"}}, "needs a draft model, and draft-model is none"},
      {{{"speculative-decoding", "adaptive"}, {"draft-model", "none"}}, "has nothing to adapt"},
      {{{"speculative-decoding", "adaptive"}, {"draft-model", "none"}, {"prompt-lookup", "on"}}, nullptr},
  };
  for (auto const& [asked, reason] : cases) {
    auto const refused = refusal(resolve(asked, 4));
    if (reason == nullptr) EXPECT_EQ(refused, std::nullopt) << refused.value_or("");
    else EXPECT_THAT(refused.value_or("(runs)"), HasSubstr(reason));
  }
}

TEST(Refusal, OfDraftingWithoutADraft) {
  Model model;
  model.id = "m";
  auto const drafting = resolve({{"speculative-decoding", "draft"}}, 4);
  EXPECT_THAT(refusal(drafting, model).value_or("(runs)"), HasSubstr("model 'm' names none"));
  EXPECT_EQ(refusal(resolve({{"speculative-decoding", "draft"}, {"draft-model", "d"}}, 4), model), std::nullopt);
  EXPECT_EQ(refusal(resolve({}, 4), model), std::nullopt);
  EXPECT_THAT(refusal(resolve({{"speculative-decoding", "adaptive"}}, 4), model).value_or("(runs)"),
              HasSubstr("model 'm' names none"));
  EXPECT_EQ(refusal(resolve({{"speculative-decoding", "adaptive"}, {"prompt-lookup", "on"}}, 4), model), std::nullopt)
      << "adaptive lookup does without";
  model.draft = "d.gguf";
  EXPECT_EQ(refusal(drafting, model), std::nullopt);
}

}  // namespace
}  // namespace edgelab::spec
