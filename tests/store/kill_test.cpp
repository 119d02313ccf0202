// A run that is killed at any moment keeps every trial whose save() had returned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "store/samples.hpp"
#include "store/store.hpp"

namespace edgelab::store {
namespace {

namespace fs = std::filesystem;
using testing::expect_same;
using testing::sample_run;
using testing::sample_trial;
using testing::TemporaryFolder;

TrialResult trial_number(std::int32_t number) {
  auto trial = sample_trial(1, number);
  trial.timeline = testing::sample_timeline(3, 2'000);
  trial.wall_ms = number;
  return trial;
}

// Saves trials from `first` on until it is killed, writing a byte to `said` after each that was saved.
[[noreturn]] void write_for_ever(fs::path const& folder, std::int32_t first, int said) {
  auto store = first == 0 ? Store::create(folder, sample_run()) : Store::open(folder, Store::Access::write);
  if (!store) ::_exit(1);
  for (std::int32_t number = first;; ++number) {
    if (!store->save(trial_number(number))) ::_exit(2);
    if (::write(said, ".", 1) != 1) ::_exit(3);
  }
}

TEST(StoreKill, every_saved_trial_is_there) {
  TemporaryFolder const folder;
  std::int32_t there = 0;
  // The child is killed at moments that have nothing to do with its own, and each next one goes on where it was.
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    auto const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_for_ever(folder.path(), there, pipe[1]);
    }
    ::close(pipe[1]);
    std::int32_t said = 0;
    char byte = 0;
    while (said < 3 + round && ::read(pipe[0], &byte, 1) == 1) ++said;
    ::usleep(static_cast<useconds_t>(700 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child gave up with " << WEXITSTATUS(status);
    while (::read(pipe[0], &byte, 1) == 1) ++said;    // what it said before it died
    ::close(pipe[0]);

    auto const store = Store::open(folder.path(), Store::Access::read);
    ASSERT_TRUE(store) << store.error().describe();
    auto const trials = store->trials(Store::Timelines::load);
    ASSERT_TRUE(trials) << trials.error().describe();
    auto const count = static_cast<std::int32_t>(trials->size());
    EXPECT_GE(count, there + said);
    EXPECT_LE(count, there + said + 1);    // the last one may be saved and not yet said
    for (std::int32_t number = 0; number < count; ++number)
      expect_same(trials->at(static_cast<std::size_t>(number)), trial_number(number));
    there = count;
  }
}

}  // namespace
}  // namespace edgelab::store
