#include "course/own_flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/fakes.hpp"

namespace edgelab::course {
namespace {

using ::testing::HasSubstr;

struct OwnFlagCase {
  std::string name;
  std::string value;
  std::string message;      // part of it; empty: right
};

TEST(OwnFlags, AreCheckedByWhatTheExecutorSays) {
  protocol::HelloReply hello;
  hello.name = "mine";
  auto const flag = [](std::string name, std::string type, std::vector<std::string> values) {
    return protocol::OwnFlag{.name = std::move(name),
                             .type = std::move(type),
                             .values = std::move(values),
                             .default_value = "",
                             .scope = "request",
                             .effect = "exact",
                             .help = ""};
  };
  hello.own_flags = {flag("pages", "int", {}), flag("share", "float", {}), flag("warm", "on-off", {}),
                     flag("mode", "choice", {"fast", "exact"}), flag("note", "text", {})};
  std::vector<OwnFlagCase> const cases{
      {"mine.pages", "4", ""},
      {"mine.pages", "4.5", "expected a whole number, got '4.5'"},
      {"mine.pages", "", "expected a whole number"},
      {"mine.share", "0.25", ""},
      {"mine.share", "much", "expected a number, got 'much'"},
      {"mine.warm", "off", ""},
      {"mine.warm", "1", "expected on or off"},
      {"mine.mode", "exact", ""},
      {"mine.mode", "exat", "(did you mean 'exact'?)"},
      {"mine.note", "anything", ""},
      {"mine.page", "4", "unknown flag 'mine.page' (did you mean 'mine.pages'?)"},
      {"mien.pages", "4", "no executor of this experiment calls itself 'mien'"},
  };
  for (auto const& one : cases) {
    Experiment experiment;
    experiment.rounds.push_back(runner::testing::round_of("r", {{one.name, one.value}}));
    experiment.rounds[0].origin = {.file = "a.yaml", .line = 7, .column = 3};
    auto const wrong = check_own_flags(experiment, {hello});
    ASSERT_EQ(wrong.size(), one.message.empty() ? 0U : 1U) << one.name << " " << one.value;
    if (wrong.empty()) continue;
    EXPECT_THAT(wrong[0].describe(), HasSubstr("a.yaml:7:3: round 'r': "));
    EXPECT_THAT(wrong[0].message, HasSubstr(one.message));
    EXPECT_TRUE(has_own_flags(experiment));
  }
}

TEST(OwnFlags, SayWhatTheyMayDoToOutput) {
  protocol::HelloReply hello;
  hello.name = "mine";
  for (auto const* effect : {"exact", "rounding", "lossy", "none"}) {
    protocol::OwnFlag flag;
    flag.name = flag.effect = effect;
    hello.own_flags.push_back(flag);
  }
  EXPECT_EQ(own_effects({hello}),
            (std::map<std::string, Effect>{
                {"mine.exact", Effect::exact}, {"mine.rounding", Effect::rounding}, {"mine.lossy", Effect::lossy}}));
}

}  // namespace
}  // namespace edgelab::course
