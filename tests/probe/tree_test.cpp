// Trees of processes in a made-up /proc, and one of this machine.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "probe/fake_root.hpp"
#include "probe/process_memory.hpp"
#include "probe/process_tree.hpp"

namespace edgelab::probe {
namespace {

using ::testing::ElementsAre;
using testing::FakeStat;
using ::testing::IsEmpty;

struct Tree : testing::FakeRoot {
  void process(FakeStat const& stat) const { file("proc/" + std::to_string(stat.pid) + "/stat", stat.text()); }
  void children(int pid, int thread, std::string const& text) const {
    file("proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/children", text);
  }
  void status(int pid, std::string const& text) const { file("proc/" + std::to_string(pid) + "/status", text); }
};

TEST_F(Tree, children_of_all_threads_and_theirs) {
  for (int pid = 10; pid < 15; ++pid) process({.pid = pid});
  children(10, 10, "11 ");
  children(10, 20, "12 \n");
  children(11, 11, "");
  children(12, 12, "13");
  children(13, 13, "");
  EXPECT_THAT(process_tree(10, root), ElementsAre(10, 11, 12, 13));
  EXPECT_THAT(process_tree(99, root), IsEmpty());
}

TEST_F(Tree, by_parents_where_the_kernel_lists_no_children) {
  process({.pid = 10});
  process({.pid = 11, .name = "odd) name (", .parent = 10});
  process({.pid = 12, .parent = 11});
  process({.pid = 13, .parent = 1});
  EXPECT_THAT(process_tree(10, root), ElementsAre(10, 11, 12));
}

TEST_F(Tree, what_reaped_children_used_stays_in_the_sum) {
  std::vector<std::int64_t> pids{10, 11};
  process({.pid = 10, .minor = 5, .major = 1, .user = 100, .system = 50, .pages = 3});
  process({.pid = 11, .parent = 10, .minor = 7, .major = 2, .user = 200, .pages = 4});
  Units const units{.ticks_per_s = 100.0, .page_bytes = 1000};
  auto const before = tree_use(pids, units, root);
  ASSERT_TRUE(before);
  EXPECT_DOUBLE_EQ(before->cpu_s, 3.5);
  EXPECT_EQ(before->minor_faults, 12);
  EXPECT_EQ(before->major_faults, 3);
  EXPECT_EQ(before->rss_bytes, 7000);
  EXPECT_EQ(before->processes, 2);
  // The child went on a little, ended and was waited for.
  std::filesystem::remove_all(root / "proc/11");
  process({.pid = 10,
           .minor = 5,
           .reaped_minor = 9,
           .major = 1,
           .reaped_major = 2,
           .user = 100,
           .system = 50,
           .reaped_user = 200,
           .reaped_system = 10,
           .pages = 3});
  auto const after = tree_use(pids, units, root);
  ASSERT_TRUE(after);
  EXPECT_DOUBLE_EQ(after->cpu_s, 3.6);
  EXPECT_EQ(after->minor_faults, 14);
  EXPECT_EQ(after->major_faults, 3);
  EXPECT_EQ(after->rss_bytes, 3000);
  EXPECT_FALSE(tree_use(std::vector<std::int64_t>{77}, units, root));
}

TEST_F(Tree, a_stopped_helper_holds_no_part_of_memory_and_keeps_its_time) {
  std::vector<std::int64_t> const pids{10, 11};
  process({.pid = 10, .user = 100, .pages = 3});
  process({.pid = 11, .state = 'T', .parent = 10, .user = 200, .pages = 1000});
  status(10, "Name:\tx\nState:\tR (running)\nVmHWM:\t    40 kB\nVmSwap:\t       8 kB\n");
  status(11, "Name:\tVmSwap: 7 kB\nState:\tT (stopped)\nVmHWM:\t 40000 kB\nVmSwap:\t  8000 kB\n");
  file("proc/10/smaps_rollup", "0-1 ---p 0 0 [rollup]\nRss: 12 kB\nPss:                 10 kB\nPss_Dirty: 2 kB\n");
  file("proc/11/smaps_rollup", "Pss: 10000 kB\n");
  auto const use = tree_use(pids, {.ticks_per_s = 100.0, .page_bytes = 4096}, root);
  ASSERT_TRUE(use);
  EXPECT_DOUBLE_EQ(use->cpu_s, 3.0);
  EXPECT_EQ(use->rss_bytes, 3 * 4096);
  EXPECT_EQ(pss_bytes(pids, root), 10 * 1024);
  EXPECT_EQ(swap_bytes(pids, root), 8 * 1024);
  EXPECT_EQ(sum_of_peaks(pids, root), 40 * 1024);
  status(11, "State:\tS (sleeping)\nVmHWM:\t 40000 kB\n");
  EXPECT_EQ(sum_of_peaks(pids, root), 40040 * 1024);
  EXPECT_EQ(swap_bytes(pids, root), 8 * 1024);    // of one nothing is told
}

TEST_F(Tree, what_is_not_told_is_absent) {
  std::vector<std::int64_t> const pids{10};
  EXPECT_FALSE(pss_bytes(pids, root));
  EXPECT_FALSE(swap_bytes(pids, root));
  EXPECT_FALSE(sum_of_peaks(pids, root));
  EXPECT_FALSE(tree_switches(pids, root));
  status(10, "State:\tS (sleeping)\n");    // a kernel without these lines
  EXPECT_FALSE(swap_bytes(pids, root));
}

TEST_F(Tree, context_switches_of_every_thread) {
  file("proc/10/task/10/status", "voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t7\n");
  file("proc/10/task/12/status", "voluntary_ctxt_switches:\t100\nnonvoluntary_ctxt_switches:\t1000\n");
  auto const switches = tree_switches(std::vector<std::int64_t>{10}, root);
  ASSERT_TRUE(switches);
  EXPECT_EQ(switches->voluntary, 105);
  EXPECT_EQ(switches->involuntary, 1007);
}

TEST_F(Tree, resetting_peaks_writes_to_all) {
  file("proc/10/clear_refs", "");
  file("proc/11/clear_refs", "");
  reset_peaks(std::vector<std::int64_t>{10, 11, 12}, root);
  for (auto const* pid : {"10", "11"}) {
    std::ifstream in(root / "proc" / pid / "clear_refs");
    std::string text;
    in >> text;
    EXPECT_EQ(text, "5");
  }
}

// This machine's /proc: a child with a megabyte of its own, and a stopped one.
TEST(TreeOfThisMachine, a_child_and_a_stopped_one) {
  auto const child_of = [](bool stops) {
    pid_t const pid = ::fork();
    if (pid == 0) {
      std::vector<char> held(16U << 20U);
      for (std::size_t i = 0; i < held.size(); i += 4096) held[i] = 1;
      if (stops) ::raise(SIGSTOP);
      for (;;) ::pause();
    }
    return pid;
  };
  pid_t const runs = child_of(false);
  pid_t const stopped = child_of(true);
  ASSERT_GT(runs, 0);
  ASSERT_GT(stopped, 0);
  int how = 0;
  ASSERT_EQ(::waitpid(stopped, &how, WUNTRACED), stopped);
  ASSERT_TRUE(WIFSTOPPED(how));

  auto const tree = process_tree(::getpid());
  EXPECT_EQ(tree.front(), ::getpid());
  EXPECT_THAT(tree, ::testing::IsSupersetOf({std::int64_t{runs}, std::int64_t{stopped}}));
  auto const units = units_of_this_machine();
  constexpr std::int64_t held = 16 << 20;
  std::int64_t pss = 0;
  for (int i = 0; i < 1000 && pss < held;
       ++i) {    // until it has touched all of it; pages that it shares with us come on top in rss
    pss = pss_bytes(std::vector<std::int64_t>{runs}).value_or(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(pss, held);
  EXPECT_GE(tree_use(std::vector<std::int64_t>{runs}, units).value_or(TreeUse{}).rss_bytes, held);
  EXPECT_GE(sum_of_peaks(std::vector<std::int64_t>{runs}).value_or(0), held);
  EXPECT_TRUE(tree_switches(std::vector<std::int64_t>{runs}));
  EXPECT_EQ(tree_use(std::vector<std::int64_t>{stopped}, units).value_or(TreeUse{.rss_bytes = -1}).rss_bytes, 0);
  EXPECT_FALSE(pss_bytes(std::vector<std::int64_t>{stopped}));

  for (pid_t const pid : {runs, stopped}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &how, 0);
  }
  EXPECT_FALSE(tree_use(std::vector<std::int64_t>{runs}, units));
}

}  // namespace
}  // namespace edgelab::probe
