// The coordinator's side against executors that misbehave. What well-behaved ones do is tests/contract.
#include "executor/executor.hpp"

#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgelab::executor {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto plenty = 30s;    // never waited out unless the test fails
constexpr auto brief = 100ms;   // waited out where silence is what is tested

std::string const faulty = std::string(EDGELAB_BIN_DIR) + "/faulty_executor";

class Faults : public ::testing::Test {
 protected:
  Faults() {
    std::string name = ::testing::TempDir() + "executor-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Faults() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }

  [[nodiscard]] std::unique_ptr<Executor> start(std::vector<std::string> const& command = {faulty}) const {
    auto started = Executor::start(command, log(), plenty);
    if (!started) ADD_FAILURE() << started.error().reason;
    return started ? *std::move(started) : nullptr;
  }

  [[nodiscard]] Trouble trouble_at_start(std::vector<std::string> const& command,
                                         std::chrono::milliseconds timeout = plenty) const {
    auto started = Executor::start(command, log(), timeout);
    if (started) return {Status::ok, "started", false};
    return started.error();
  }

  std::filesystem::path folder_;
};

protocol::Run run_with(std::string fault) {
  protocol::Run run;
  run.flags = {{"faulty.fault", std::move(fault)}};
  protocol::TrialRequest request;
  request.id = "a";
  request.prompt = "one two";
  request.max_tokens = 3;
  run.requests = {request};
  return run;
}

Trouble trouble_of(Outcome<Ran> const& outcome) {
  if (outcome) return {Status::ok, "no trouble", false};
  return outcome.error();
}

TEST_F(Faults, NoneAtAll) {
  auto executor = start();
  EXPECT_EQ(executor->hello().name, "faulty");
  ASSERT_TRUE(executor->load({}, plenty));
  auto const ran = executor->run(run_with("none"), plenty, {});
  ASSERT_TRUE(ran) << ran.error().reason;
  EXPECT_EQ(ran->timeline.requests.id, std::vector<std::string>{"a"});
  EXPECT_EQ(ran->timeline.emissions.tokens, (std::vector<std::int32_t>{1, 1, 1}));
}

TEST_F(Faults, AtStart) {
  auto const missing = trouble_at_start({"no-such-program-here"});
  EXPECT_EQ(missing.status, Status::failed);
  EXPECT_EQ(missing.reason, "cannot start 'no-such-program-here': No such file or directory along PATH");
  EXPECT_TRUE(missing.process_lost);
  EXPECT_EQ(trouble_at_start({faulty, "wrong-version"}).reason, "the executor speaks protocol 2, this program speaks 1");
  EXPECT_THAT(trouble_at_start({faulty, "banner"}).reason,
              AllOf(HasSubstr("a line that is no message"), HasSubstr("Loading the model, please wait")));
  EXPECT_THAT(trouble_at_start({faulty, "no-name"}).reason, HasSubstr("expected a name"));
  EXPECT_THAT(trouble_at_start({faulty, "bad-support"}).reason, HasSubstr("'perhaps'"));
  auto const refused = trouble_at_start({faulty, "refuse"});
  EXPECT_THAT(refused.reason, HasSubstr("not today"));
  EXPECT_TRUE(refused.process_lost);
  auto const silent = trouble_at_start({faulty, "silent"}, brief);
  EXPECT_EQ(silent.status, Status::timeout);
  EXPECT_EQ(silent.reason, "no answer to hello within 0.1 s");
  auto const died = trouble_at_start({faulty, "die"});
  EXPECT_EQ(died.status, Status::failed);
  EXPECT_THAT(died.reason, AllOf(HasSubstr("exited with status 3"), HasSubstr("cannot find libmagic.so")));
}

TEST_F(Faults, AStopEndsTheStartAtOnce) {
  std::stop_source stop;
  std::jthread const person([&] {
    // Once it has been started, and says nothing.
    while (!std::filesystem::exists(log()) || std::filesystem::file_size(log()) == 0) std::this_thread::sleep_for(1ms);
    stop.request_stop();
  });
  auto const started = Executor::start({"sh", "-c", "echo up >&2; sleep 100000"}, log(), plenty, stop.get_token());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().status, Status::interrupted);
  EXPECT_TRUE(started.error().process_lost);
}

struct Fault {
  std::string name;
  Status status;
  bool lost;
  std::string reason;   // a part of it
};

class OneFault : public Faults, public ::testing::WithParamInterface<Fault> {};

// Every fault is one Trouble; where the process survives, the next run is as good as any.
TEST_P(OneFault, IsOneTrouble) {
  auto const& fault = GetParam();
  auto executor = start();
  auto const trouble = trouble_of(executor->run(run_with(fault.name), plenty, {}));
  EXPECT_EQ(trouble.status, fault.status);
  EXPECT_EQ(trouble.process_lost, fault.lost);
  EXPECT_THAT(trouble.reason, HasSubstr(fault.reason));
  if (fault.lost) {
    EXPECT_THAT(trouble.reason, HasSubstr("about to " + fault.name)) << "its last words";
  }
  auto const again = trouble_of(executor->run(run_with("none"), plenty, {}));
  EXPECT_EQ(again.status, fault.lost ? Status::failed : Status::ok) << again.reason;
  EXPECT_EQ(again.reason, fault.lost ? "the executor's process is gone" : "no trouble");
}

INSTANTIATE_TEST_SUITE_P(
    Executor, OneFault,
    ::testing::Values(Fault{"exit", Status::failed, true, "the executor died during run: exited with status 3"},
                      Fault{"abort", Status::failed, true, "the executor died during run: killed by SIGABRT"},
                      Fault{"sigkill", Status::failed, true, "killed by SIGKILL: the system may have run out of memory"},
                      Fault{"garbage", Status::failed, true, "Segmentation fault (core dumped)"},
                      Fault{"long-line", Status::failed, true, "a line longer than 262144 bytes"},
                      Fault{"wrong-id", Status::failed, true, "'done' for message 2 during run 1"},
                      Fault{"wrong-type", Status::failed, true, "'loaded', which is no answer to run"},
                      Fault{"unasked-live", Status::failed, true, "'emission', which is no answer to run"},
                      Fault{"close", Status::failed, true, "closed its output during run"},
                      Fault{"orphan", Status::failed, true, "exited with status 4"},
                      Fault{"uneven", Status::failed, false, "requests.pass has 1 rows"},
                      Fault{"empty", Status::failed, false, "0 requests where the trial has 1"},
                      Fault{"oom", Status::oom, false, "as asked"},
                      Fault{"unsupported", Status::unsupported, false, "as asked"},
                      Fault{"failed", Status::failed, false, "as asked"},
                      Fault{"bad-request", Status::failed, false, "answered 'bad-request': as asked"},
                      Fault{"cancelled", Status::failed, false, "answered 'cancelled': as asked"},
                      Fault{"no-reason", Status::failed, false, "gave no reason"}),
    [](auto const& one) {
      std::string name = one.param.name;
      std::erase(name, '-');
      return name;
    });

TEST_F(Faults, SilencePastTheDeadlineIsATimeout) {
  for (auto const* fault : {"hang", "stop"}) {
    auto executor = start();
    auto const trouble = trouble_of(executor->run(run_with(fault), brief, {}));
    EXPECT_EQ(trouble.status, Status::timeout) << fault;
    EXPECT_TRUE(trouble.process_lost);
    EXPECT_THAT(trouble.reason, HasSubstr("no answer to run within 0.1 s"));
  }
}

TEST_F(Faults, WhatComesAfterTheEndIsNoAnswerToTheNext) {
  auto executor = start();
  ASSERT_TRUE(executor->run(run_with("late"), plenty, {}));
  auto const trouble = trouble_of(executor->run(run_with("none"), plenty, {}));
  EXPECT_TRUE(trouble.process_lost);
  EXPECT_THAT(trouble.reason, HasSubstr("'emission' for message 1 during run 2"));
}

TEST_F(Faults, ACancelThatIsIgnoredKills) {
  auto executor = start();
  auto const cancel = [&](protocol::Progress const&) { executor->cancel(); };
  auto const trouble = trouble_of(executor->run(run_with("deaf"), 3s, cancel));   // its deadline cuts the grace short
  EXPECT_EQ(trouble.status, Status::interrupted) << trouble.reason;
  EXPECT_TRUE(trouble.process_lost);
}

TEST_F(Faults, ACancelBetweenRunsEndsTheNextOnly) {
  auto executor = start();
  executor->cancel();
  auto const cancelled = trouble_of(executor->run(run_with("none"), plenty, {}));
  EXPECT_EQ(cancelled.status, Status::interrupted);
  EXPECT_FALSE(cancelled.process_lost);
  EXPECT_TRUE(executor->run(run_with("none"), plenty, {}));
}

TEST_F(Faults, DeathWhileNobodyLooksIsSeenByTheNextCall) {
  auto executor = start();
  ASSERT_TRUE(executor->run(run_with("leave"), plenty, {}));
  auto const trouble = trouble_of(executor->run(run_with("none"), plenty, {}));
  EXPECT_TRUE(trouble.process_lost);
  EXPECT_THAT(trouble.reason, HasSubstr("died during run: exited with status 6"));
}

TEST_F(Faults, AScoreInPartsIsPutTogether) {
  auto executor = start();
  auto const scored = executor->score({.id = 0, .flags = {}, .text = "abc"}, plenty);
  ASSERT_TRUE(scored) << scored.error().reason;
  EXPECT_EQ(scored->tokens, (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(scored->logprobs, (std::vector<double>{-0.5, -0.25}));
}

// One that knows of texts only ignores the rest of the message.
TEST_F(Faults, AScoreThatIgnoresTheReferenceIsUnsupported) {
  auto executor = start();
  protocol::Score score;
  score.text = "abc";
  score.against.emplace();
  auto const scored = executor->score(score, plenty);
  ASSERT_FALSE(scored);
  EXPECT_EQ(scored.error().status, Status::unsupported);
  EXPECT_FALSE(scored.error().process_lost);
  score.against.reset();
  EXPECT_TRUE(executor->score(score, plenty));
  score.skip = 2;
  auto const wrong = executor->score(score, plenty);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().status, Status::failed);
}

#ifdef __linux__
TEST_F(Faults, PeakMemoryIsThatOfTheRun) {
  auto executor = start();
  constexpr std::int64_t grown = 96 << 20;
  auto const before = executor->run(run_with("none"), plenty, {});
  auto const during = executor->run(run_with("grow"), plenty, {});
  auto const after = executor->run(run_with("none"), plenty, {});
  ASSERT_TRUE(before && during && after);
  ASSERT_TRUE(before->rss_peak_bytes && during->rss_peak_bytes && after->rss_peak_bytes);
  EXPECT_LT(*before->rss_peak_bytes, grown);
  EXPECT_GE(*during->rss_peak_bytes, grown);
  EXPECT_LT(*after->rss_peak_bytes, grown);
  ASSERT_TRUE(during->cpu_s && before->cpu_s);
  EXPECT_GT(*during->cpu_s, 0.0);
}
#endif

}  // namespace
}  // namespace edgelab::executor
