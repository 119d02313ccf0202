// Programs that only print.
#include "bridge/command/backend.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "bridge/drive.hpp"

namespace edgelab::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

std::vector<std::string> tool(std::vector<std::string> more) {
  std::vector<std::string> words{"/bin/sh", std::string(EDGELAB_SOURCE_DIR) + "/tests/support/prints.sh"};
  words.append_range(more);
  return words;
}

protocol::Run run_of(std::vector<std::string> const& prompts, Flags flags = {}) {
  protocol::Run run;
  run.flags = std::move(flags);
  for (auto const& prompt : prompts) {
    protocol::TrialRequest one;
    one.id = "r" + std::to_string(run.requests.size());
    one.prompt = prompt;
    one.max_tokens = 3;
    run.requests.push_back(std::move(one));
  }
  return run;
}

class Command : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    auto name = ::testing::TempDir() + "edgelab-command-XXXXXX";
    return ::mkdtemp(name.data());
  }

  static Outcome<Timeline> ran(std::vector<std::string> const& words, protocol::Run const& run, Stop const& stop = {}) {
    auto parsed = CommandTemplate::parse(words);
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().describe());
    CommandBackend backend(*std::move(parsed), words.front(), folder());
    auto const trial = backend.prepare(run, workers_for(run), stop);
    if (!trial) return std::unexpected(trial.error());
    auto recording = drive(run, **trial, stop, {});
    if (!recording) return std::unexpected(recording.error());
    EXPECT_FALSE((*trial)->end()->memory.elsewhere) << "what it runs is a process of its own";
    return timeline_of(*std::move(recording));
  }

  static std::string finish_of(std::vector<std::string> const& words) {
    auto const timeline = ran(words, run_of({"hello"}));
    EXPECT_TRUE(timeline);
    return timeline ? timeline->requests.finish.at(0) : "";
  }
};

TEST_F(Command, ItsOutputIsTheAnswer) {
  auto const timeline = ran(tool({"{prompt}", "{max_tokens}"}), run_of({"hello", "four"}));
  ASSERT_TRUE(timeline) << timeline.error().reason;
  EXPECT_THAT(timeline->requests.text, ElementsAre("w5 w12 w19", "w4 w11 w18"));
  EXPECT_THAT(timeline->requests.finish, ElementsAre("stop", "stop"));
  EXPECT_THAT(timeline->requests.emissions, ElementsAre(0, 0));
  EXPECT_THAT(timeline->requests.prompt_tokens, ElementsAre(-1, -1));
  EXPECT_GT(timeline->requests.end_ns.at(0), 0);
}

TEST_F(Command, APromptIsOneWordWhateverIsInIt) {
  auto const nasty = std::string("a 'b' \"c\" $(touch /tmp/x) ; {d}\n");
  auto const timeline =
      ran({"printf", "%s|", "{prompt}", "{{brace}}", "{flag:threads}"}, run_of({nasty}, {{"threads", "2"}}));
  ASSERT_TRUE(timeline);
  EXPECT_EQ(timeline->requests.text.at(0), nasty + "|{brace}|2|");
}

TEST_F(Command, APromptInAFile) {
  std::string const prompt(500'000, 'x');      // longer than a word of a command line may be
  auto const timeline = ran({"wc", "-c", "{prompt_file}"}, run_of({prompt}));
  ASSERT_TRUE(timeline);
  EXPECT_THAT(timeline->requests.text.at(0), HasSubstr("500000 "));
  auto const too_long = ran({"echo", "{prompt}"}, run_of({prompt}));
  ASSERT_TRUE(too_long);
  EXPECT_THAT(too_long->requests.finish.at(0), HasSubstr("{prompt_file}"));
}

TEST_F(Command, ExtraArgumentsComeLast) {
  auto const timeline = ran({"echo", "{prompt}"}, run_of({"hi"}, {{"extra-args", R"(["-x","two words"])"}}));
  ASSERT_TRUE(timeline);
  EXPECT_EQ(timeline->requests.text.at(0), "hi -x two words\n");
}

TEST_F(Command, FailuresAreNoAnswers) {
  auto const failed = finish_of(tool({"{prompt}", "1", "fail"}));
  EXPECT_THAT(failed, HasSubstr("error: /bin/sh exited with status 3"));
  EXPECT_THAT(failed, HasSubstr("cannot load the model"));
  EXPECT_THAT(finish_of(tool({"{prompt}", "1", "silent"})), HasSubstr("printed nothing"));
  EXPECT_THAT(finish_of({"/bin/sh", "-c", "kill -9 $$", "{prompt}"}), HasSubstr("error: /bin/sh "));
  EXPECT_THAT(finish_of({"/bin/sh", "-c", "head -c 100000000 /dev/zero | tr '\\0' x", "{prompt}"}),
              HasSubstr("longer than 16"));
}

TEST_F(Command, OneThatHangsIsEndedByACancel) {
  Stop stop;
  stop.begin(1);
  std::jthread const other([&] {
    std::this_thread::sleep_for(50ms);
    stop.cancel(1);
  });
  auto const begin = Clock::now();
  auto const outcome = ran(tool({"{prompt}", "1", "slow"}), run_of({"hello"}), stop);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, "cancelled");
  EXPECT_LT(Clock::now() - begin, 300s) << "it would sleep for ten minutes";
}

TEST_F(Command, WhatItCannotBeAskedIsUnsupported) {
  auto run = run_of({"hello"});
  run.requests[0].ignore_eos = true;
  auto const outcome = ran(tool({"{prompt}", "1"}), run);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, "unsupported");
  auto const no_draft = ran({"echo", "{prompt}", "{draft}"}, run_of({"hello"}));
  ASSERT_FALSE(no_draft);
  EXPECT_THAT(no_draft.error().reason, HasSubstr("{draft}"));
}

TEST_F(Command, HelloHasTheFlagsThatItHandsOn) {
  auto parsed = CommandTemplate::parse({"tool", "{prompt}", "-t", "{threads}", "--ctk={flag:cache-type-k}", "{model}"});
  ASSERT_TRUE(parsed);
  CommandBackend backend(*std::move(parsed), "tool", folder());
  auto const hello = backend.hello();
  ASSERT_TRUE(hello);
  std::vector<std::string> names;
  for (auto const& [name, support] : hello->flags) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("cache-type-k", "extra-args", "model", "threads"));
  EXPECT_FALSE(backend.load({}));
}

TEST_F(Command, TemplatesThatAreNone) {
  EXPECT_FALSE(CommandTemplate::parse({}));
  EXPECT_FALSE(CommandTemplate::parse({"echo", "hello"}));
  EXPECT_FALSE(CommandTemplate::parse({"echo", "{prompt"}));
  EXPECT_FALSE(CommandTemplate::parse({"echo", "{prompt}", "{}"}));
}

}  // namespace
}  // namespace edgelab::bridge
