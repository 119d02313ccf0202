#include "executor/capability.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "executor/executor.hpp"

namespace edgelab::executor {
namespace {

using protocol::FlagSupport;
using protocol::HelloReply;
using protocol::OwnFlag;

HelloReply hello() {
  auto const own = [](std::string name, std::string type, std::vector<std::string> values = {}) {
    return OwnFlag{std::move(name), std::move(type), std::move(values), "", "request", "exact", ""};
  };
  return {.protocol = 1,
          .name = "toy",
          .version = "1",
          .library = "",
          .flags = {{"threads", {"yes", {}, {}}},
                    {"flash-attn", {"no", {}, "built without it"}},
                    {"swa-full", {"no", {}, {}}},
                    {"cache-type-k", {"values", {"f16", "q8_0"}, "others lack kernels"}},
                    {"kv-cache", {"fixed", {"on"}, {}}},
                    {"mystery", {"fixed", {}, "decided elsewhere"}}},
          .own_flags = {own("verbose", "on-off"), own("depth", "int"), own("rate", "float"), own("note", "text"),
                        own("mode", "choice", {"fast", "slow"})},
          .abilities = {}};
}

struct Asked {
  std::string name;
  std::string value;
  std::string refusal;   // empty: supported
};

class Unsupported : public ::testing::TestWithParam<Asked> {};

TEST_P(Unsupported, SaysWhichFlagAndWhy) {
  auto const& [name, value, refusal] = GetParam();
  EXPECT_EQ(unsupported(hello(), {{name, value}}).value_or(""), refusal);
}

INSTANTIATE_TEST_SUITE_P(
    Flags, Unsupported,
    ::testing::Values(
        Asked{"threads", "4", ""},
        Asked{"flash-attn", "on", "executor 'toy' has no 'flash-attn': built without it"},
        Asked{"swa-full", "on", "executor 'toy' has no 'swa-full'"},
        Asked{"cache-type-k", "q8_0", ""},
        Asked{"cache-type-k", "q4_0",
              "executor 'toy' cannot do 'cache-type-k: q4_0', only f16, q8_0: others lack kernels"},
        Asked{"kv-cache", "on", ""},
        Asked{"kv-cache", "off", "executor 'toy' cannot do 'kv-cache: off', it is fixed at on"},
        Asked{"mystery", "x", "executor 'toy' cannot do 'mystery: x', it is fixed: decided elsewhere"},
        Asked{"numa", "distribute", "executor 'toy' does not know the flag 'numa'"},
        Asked{"toy.verbose", "on", ""},
        Asked{"toy.verbose", "yes", "flag 'toy.verbose' is 'yes'; expected on or off"},
        Asked{"toy.depth", "-3", ""},
        Asked{"toy.depth", "3.5", "flag 'toy.depth' is '3.5'; expected a whole number"},
        Asked{"toy.rate", "2.5e-3", ""},
        Asked{"toy.rate", "fast", "flag 'toy.rate' is 'fast'; expected a number"},
        Asked{"toy.note", "anything, even.dots", ""},
        Asked{"toy.mode", "slow", ""},
        Asked{"toy.mode", "slower", "flag 'toy.mode' is 'slower'; expected one of fast, slow"},
        Asked{"toy.verbos", "on", "executor 'toy' has no flag 'toy.verbos' (did you mean 'toy.verbose'?)"},
        Asked{"other.verbose", "on", "flag 'other.verbose' is one of the executor 'other'; this executor is 'toy'"}));

TEST(UnsupportedFlags, NothingAskedIsNothingRefused) { EXPECT_EQ(unsupported(hello(), {}), std::nullopt); }

TEST(UnsupportedFlags, OneOfSeveralIsEnough) {
  EXPECT_TRUE(unsupported(hello(), {{"threads", "4"}, {"flash-attn", "on"}}));
  EXPECT_FALSE(unsupported(hello(), {{"threads", "4"}, {"toy.depth", "1"}}));
}

TEST(CheckHello, KnownWordsOnly) {
  EXPECT_TRUE(check_hello(hello()));
  auto const complaint = [](auto const& change) {
    auto changed = hello();
    change(changed);
    auto const checked = check_hello(changed);
    return checked ? "fine" : checked.error().describe();
  };
  EXPECT_EQ(complaint([](HelloReply& h) { h.name = ""; }), "its hello names it ''; expected a name without a dot");
  EXPECT_EQ(complaint([](HelloReply& h) { h.name = "a.b"; }), "its hello names it 'a.b'; expected a name without a dot");
  EXPECT_EQ(complaint([](HelloReply& h) { h.flags["threads"].support = "maybe"; }),
            "its hello gives flag 'threads' the support 'maybe'; expected one of yes, no, values, fixed");
  EXPECT_EQ(complaint([](HelloReply& h) { h.own_flags[1].type = "number"; }),
            "its hello gives flag 'depth' the type 'number'; expected one of on-off, int, float, text, choice");
  EXPECT_EQ(complaint([](HelloReply& h) { h.own_flags[1].scope = "world"; }),
            "its hello gives flag 'depth' the scope 'world'; expected one of model, context, scheduler, request, process");
  EXPECT_EQ(complaint([](HelloReply& h) { h.own_flags[1].effect = ""; }),
            "its hello gives flag 'depth' the effect ''; expected one of exact, rounding, lossy");
  EXPECT_EQ(complaint([](HelloReply& h) { h.own_flags[1].name = "toy.depth"; }),
            "its hello has an own flag named 'toy.depth'; expected a name without a dot");
}

}  // namespace
}  // namespace edgelab::executor
