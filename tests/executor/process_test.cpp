#include "core/process.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace edgelab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using NoLine = ChildProcess::NoLine;

constexpr auto plenty = 30s;   // never waited out unless the test fails

class Process : public ::testing::Test {
 protected:
  Process() {
    std::string name = ::testing::TempDir() + "process-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Process() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ChildProcess> start(std::vector<std::string> command, std::size_t max_line = 1000) {
    auto child = ChildProcess::start({.command = std::move(command), .stderr_file = log(), .max_line_bytes = max_line});
    if (!child) ADD_FAILURE() << child.error().describe();
    return child ? *std::move(child) : nullptr;
  }
  std::unique_ptr<ChildProcess> shell(std::string const& script, std::size_t max_line = 1000) {
    return start({"sh", "-c", script}, max_line);
  }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }

  std::filesystem::path folder_;
};

std::string line_or_reason(ChildProcess& child, Clock::duration within = plenty) {
  auto const line = child.read_line(Clock::now() + within);
  if (line) return std::string(*line);
  switch (line.error()) {
    case NoLine::closed: return "<closed>";
    case NoLine::deadline_passed: return "<deadline>";
    case NoLine::too_long: return "<too long>";
    case NoLine::woken: return "<woken>";
  }
  return "?";
}

// Gone, or a zombie that nobody has collected yet.
bool is_dead(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  if (!(stat >> number >> name >> state)) return ::kill(pid, 0) != 0;
  return state == "Z" || state == "X";
}

bool dies(pid_t pid) {
  auto const until = Clock::now() + plenty;
  while (!is_dead(pid) && Clock::now() < until) std::this_thread::sleep_for(2ms);
  return is_dead(pid);
}

TEST_F(Process, SaysBackWhatItIsTold) {
  auto child = start({"cat"});
  child->send("one\ntwo\n");
  child->send("three\n");
  EXPECT_EQ(line_or_reason(*child), "one");
  EXPECT_EQ(line_or_reason(*child), "two");
  EXPECT_EQ(line_or_reason(*child), "three");
  auto const exit = child->finish(plenty);
  EXPECT_EQ(exit.code, 0);
  EXPECT_FALSE(exit.killed_by_us);
}

TEST_F(Process, ArgumentsArriveAsTheyAre) {
  auto child = start({"printf", "%s\n", "a b", "$HOME", ""});
  EXPECT_EQ(line_or_reason(*child), "a b");
  EXPECT_EQ(line_or_reason(*child), "$HOME");
  EXPECT_EQ(line_or_reason(*child), "");
  EXPECT_EQ(line_or_reason(*child), "<closed>");
}

TEST_F(Process, MuchMoreThanAPipeHoldsGoesBothWaysAtOnce) {
  auto child = start({"cat"}, 1 << 20);
  std::string const line(1 << 19, 'x');
  constexpr int lines = 20;
  for (int i = 0; i < lines; ++i) child->send(line + "\n");
  for (int i = 0; i < lines; ++i) ASSERT_EQ(line_or_reason(*child).size(), line.size());
}

TEST_F(Process, CannotStart) {
  auto const reason = [&](std::vector<std::string> command) {
    auto child = ChildProcess::start({.command = std::move(command), .stderr_file = log()});
    return child ? "started" : child.error().describe();
  };
  EXPECT_EQ(reason({"no-such-program-here"}), "cannot start 'no-such-program-here': No such file or directory along PATH");
  EXPECT_EQ(reason({"./no/such/program"}), "cannot start './no/such/program': No such file or directory");
  EXPECT_EQ(reason({"/etc/passwd"}), "cannot start '/etc/passwd': Permission denied");
  EXPECT_EQ(reason({}), "cannot start a program: none is named");
  auto const no_log = ChildProcess::start({.command = {"cat"}, .stderr_file = folder_ / "missing" / "log"});
  ASSERT_FALSE(no_log);
  EXPECT_THAT(no_log.error().describe(), HasSubstr("No such file or directory"));
}

TEST_F(Process, ADeadlineLeavesTheProcessAlone) {
  auto child = shell("read line; echo got $line");
  EXPECT_EQ(line_or_reason(*child, 20ms), "<deadline>");
  child->send("it\n");
  EXPECT_EQ(line_or_reason(*child), "got it");
}

TEST_F(Process, ALineThatIsTooLongIsNotKept) {
  auto exact = shell("printf %1000s; echo; printf %1001s; echo; sleep 1000");
  EXPECT_EQ(line_or_reason(*exact).size(), 1000U);
  EXPECT_EQ(line_or_reason(*exact), "<too long>");
  auto endless = shell("yes | tr -d '\\n'");
  EXPECT_EQ(line_or_reason(*endless), "<too long>");
}

TEST_F(Process, TextWithoutANewlineIsNoLine) {
  auto child = shell("echo whole; printf half");
  EXPECT_EQ(line_or_reason(*child), "whole");
  EXPECT_EQ(line_or_reason(*child), "<closed>");
}

TEST_F(Process, WritingToADeadChildIsNoSignal) {
  auto child = shell("exit 0");
  EXPECT_EQ(line_or_reason(*child), "<closed>");
  for (int i = 0; i < 3; ++i) child->send(std::string(1 << 20, 'x'));
  EXPECT_EQ(line_or_reason(*child), "<closed>");
  EXPECT_EQ(child->finish(plenty).code, 0);

  auto deaf = shell("exec 0<&-; echo ready; sleep 1000");
  EXPECT_EQ(line_or_reason(*deaf), "ready");
  deaf->send(std::string(1 << 20, 'x'));
  EXPECT_EQ(line_or_reason(*deaf, 20ms), "<deadline>");
}

TEST_F(Process, AnotherThreadWakesAReader) {
  auto child = shell("sleep 1000");
  std::jthread const other([&] {
    std::this_thread::sleep_for(10ms);
    child->wake();
  });
  EXPECT_EQ(line_or_reason(*child), "<woken>");
  child->wake();
  EXPECT_EQ(line_or_reason(*child), "<woken>");
  EXPECT_EQ(line_or_reason(*child, 5ms), "<deadline>");
}

TEST_F(Process, ExitsAreDescribed) {
  auto const how = [&](std::string const& script) {
    auto child = shell(script);
    EXPECT_EQ(line_or_reason(*child), "<closed>");
    return child->finish(plenty).describe();
  };
  EXPECT_EQ(how("exit 0"), "exited with status 0");
  EXPECT_EQ(how("exit 3"), "exited with status 3");
  EXPECT_EQ(how("kill -SEGV $$"), "killed by SIGSEGV");
  EXPECT_THAT(how("kill -KILL $$"), HasSubstr("killed by SIGKILL: the system "));
}

TEST_F(Process, KillingIsSaidToBeOurs) {
  auto child = shell("trap '' TERM INT HUP; echo ready; while :; do sleep 1; done");
  EXPECT_EQ(line_or_reason(*child), "ready");
  auto const exit = child->finish(10ms);
  EXPECT_TRUE(exit.killed_by_us);
  EXPECT_EQ(exit.describe(), "killed by SIGKILL");
  EXPECT_EQ(child->kill().signal, SIGKILL) << "the same answer again";
  EXPECT_EQ(line_or_reason(*child), "<closed>");
}

TEST_F(Process, FinishWritesWhatIsQueuedAndDropsWhatIsSaid) {
  auto child = shell("yes | head -c 1000000; cat > " + (folder_ / "received").string());
  child->send("last words\n");
  EXPECT_EQ(child->finish(plenty).code, 0);
  std::ifstream received(folder_ / "received");
  std::string line;
  EXPECT_TRUE(std::getline(received, line));
  EXPECT_EQ(line, "last words");
}

TEST_F(Process, WhatItStartedDiesWithIt) {
  auto child = shell("sleep 1000 & echo $!; wait");
  auto const grandchild = std::stoi(line_or_reason(*child));
  EXPECT_FALSE(is_dead(grandchild));
  child.reset();
  EXPECT_TRUE(dies(grandchild));
}

TEST_F(Process, ItsEndIsSeenThoughAnotherHoldsItsPipe) {
  auto child = shell("sleep 1000 & echo $!; exit 5");
  auto const grandchild = std::stoi(line_or_reason(*child));
  EXPECT_EQ(line_or_reason(*child), "<closed>");
  EXPECT_EQ(child->finish(plenty).code, 5);
  EXPECT_TRUE(dies(grandchild));
}

TEST_F(Process, AStoppedChildIsKilled) {
  auto child = shell("kill -STOP $$");
  EXPECT_EQ(line_or_reason(*child, 20ms), "<deadline>");
  EXPECT_TRUE(child->kill().killed_by_us);
}

TEST_F(Process, NoneIsLeftBehindByAKilledParent) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  pid_t const parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    auto child = ChildProcess::start({.command = {"sh", "-c", "echo $$; exec sleep 1000"}, .stderr_file = {}});
    if (child) {
      if (auto const line = (*child)->read_line(Clock::now() + plenty)) {
        pid_t const pid = std::stoi(std::string(*line));
        if (::write(told[1], &pid, sizeof pid) == sizeof pid) ::kill(::getpid(), SIGKILL);
      }
    }
    ::_exit(1);
  }
  ::close(told[1]);
  pid_t pid = 0;
  ASSERT_EQ(::read(told[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ::close(told[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  EXPECT_TRUE(WIFSIGNALED(status));
#ifdef __linux__
  EXPECT_TRUE(dies(pid));
#endif
}

TEST_F(Process, TheTailOfItsErrorsIsItsOwn) {
  std::ofstream(log()) << "from another process\n";
  auto silent = shell(":");
  EXPECT_EQ(line_or_reason(*silent), "<closed>");
  EXPECT_EQ(silent->stderr_tail(3), "");
  auto child = shell("for i in 1 2 3 4; do echo line $i >&2; done; yes x | head -c 100000 >&2; echo; echo end >&2");
  EXPECT_EQ(line_or_reason(*child), "");
  EXPECT_EQ(line_or_reason(*child), "<closed>");
  EXPECT_EQ(child->stderr_tail(2), "x\nend");
  EXPECT_LE(child->stderr_tail(1000000).size(), 2048U);
  std::string first;
  std::ifstream file(log());
  std::getline(file, first);
  EXPECT_EQ(first, "from another process") << "the log is appended to";
}

#ifdef __linux__
TEST_F(Process, TheSystemKnowsItsMemoryAndTime) {
  auto child = start({"cat"});
  child->send("are you up?\n");
  EXPECT_EQ(line_or_reason(*child), "are you up?");
  EXPECT_TRUE(child->reset_peak_rss());
  ASSERT_TRUE(child->peak_rss_bytes());
  EXPECT_GT(*child->peak_rss_bytes(), 100'000);
  EXPECT_TRUE(child->cpu_time());
  (void)child->finish(plenty);
  EXPECT_FALSE(child->reset_peak_rss());
  EXPECT_FALSE(child->peak_rss_bytes());
  EXPECT_FALSE(child->cpu_time());
}
#endif

}  // namespace
}  // namespace edgelab
