// Who is admitted, what a batch holds, and what a cancel reaches.
#include <gmock/gmock.h>

#include <thread>

#include "llama/batch.hpp"
#include "llama/mix.hpp"
#include "llama/scheduler.hpp"
#include "serve/stop.hpp"

namespace edgelab::llama {

using serve::Stop;
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Scheduler, ContinuousAdmitsAsSoonAsThereIsASlot) {
  Scheduler scheduler(Batching::continuous, 2, 100);
  scheduler.look();
  EXPECT_TRUE(scheduler.admits(10));
  scheduler.admitted(10);
  scheduler.admitted(10);
  EXPECT_FALSE(scheduler.admits(10));
  scheduler.ended(10);
  scheduler.look();
  EXPECT_TRUE(scheduler.admits(10));
  EXPECT_EQ(scheduler.busy(), 1);
}

TEST(Scheduler, TogetherWaitsForTheWholeBatch) {
  Scheduler scheduler(Batching::together, 3, 100);
  scheduler.look();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(scheduler.admits(10)) << "a batch is admitted together";
    scheduler.admitted(10);
  }
  scheduler.look();
  EXPECT_FALSE(scheduler.admits(10)) << "a slot is free, but the batch has begun";
  scheduler.ended(10);
  scheduler.look();
  EXPECT_FALSE(scheduler.admits(10));
  scheduler.ended(10);
  scheduler.look();
  EXPECT_TRUE(scheduler.admits(10));
}

TEST(Scheduler, CellsAreReserved) {
  Scheduler scheduler(Batching::continuous, 4, 100);
  scheduler.look();
  EXPECT_TRUE(scheduler.admits(150)) << "one that needs more than there are runs alone";
  scheduler.admitted(60);
  EXPECT_EQ(scheduler.spare(), 40U);
  EXPECT_TRUE(scheduler.admits(40));
  EXPECT_FALSE(scheduler.admits(41));
  scheduler.admitted(40);
  EXPECT_EQ(scheduler.spare(), 0U);
  scheduler.ended(60);
  EXPECT_EQ(scheduler.spare(), 60U);
}

TEST(Scheduler, HoldsItsPromisesWhateverComes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::uint64_t draws = 0;
    auto const below = [&](std::uint64_t n) { return mix(seed, draws++) % n; };
    auto const batching = below(2) == 0 ? Batching::continuous : Batching::together;
    auto const slots = static_cast<std::int32_t>(1 + below(6));
    std::size_t const cells = 50 + below(100);
    Scheduler scheduler(batching, slots, cells);
    std::vector<std::size_t> running;
    bool ending = false;   // of a batch admitted together, some have ended
    for (int i = 0; i < 400; ++i) {
      scheduler.look();
      while (true) {
        std::size_t const wants = 1 + below(cells);
        if (!scheduler.admits(wants)) break;
        EXPECT_FALSE(batching == Batching::together && ending);
        scheduler.admitted(wants);
        running.push_back(wants);
      }
      ASSERT_FALSE(running.empty()) << "a free engine admits anyone";
      std::size_t reserved = 0;
      for (auto const held : running) reserved += held;
      ASSERT_LE(reserved, cells);
      ASSERT_LE(running.size(), static_cast<std::size_t>(slots));
      EXPECT_EQ(scheduler.spare(), cells - reserved);
      auto const one = running.begin() + static_cast<std::ptrdiff_t>(below(running.size()));
      scheduler.ended(*one);
      running.erase(one);
      ending = !running.empty();
    }
  }
}

TEST(Batch, RowsAreWhatWasAdded) {
  Batch batch(4, 3);
  EXPECT_EQ(batch.room(), 4U);
  EXPECT_EQ(batch.add(7, 0, 2, Logits::unwanted), 0);
  EXPECT_EQ(batch.add(9, 5, 0, Logits::wanted), 1);
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.room(), 2U);
  auto const view = batch.view();
  EXPECT_EQ(view.n_tokens, 2);
  EXPECT_EQ(view.embd, nullptr);
  EXPECT_THAT(std::vector(view.token, view.token + 2), ElementsAre(7, 9));
  EXPECT_THAT(std::vector(view.pos, view.pos + 2), ElementsAre(0, 5));
  EXPECT_THAT(std::vector(view.n_seq_id, view.n_seq_id + 2), ElementsAre(1, 1));
  EXPECT_THAT((std::vector{view.seq_id[0][0], view.seq_id[1][0]}), ElementsAre(2, 0));
  EXPECT_THAT(std::vector(view.logits, view.logits + 2), ElementsAre(0, 1));
}

TEST(Batch, ClearedItIsNew) {
  Batch batch(2, 1);
  batch.add(1, 0, 0, Logits::wanted);
  batch.add(2, 1, 0, Logits::wanted);
  EXPECT_EQ(batch.room(), 0U);
  batch.clear();
  EXPECT_EQ(batch.size(), 0U);
  EXPECT_EQ(batch.add(3, 9, 0, Logits::unwanted), 0);
  EXPECT_EQ(batch.view().logits[0], 0);
  EXPECT_EQ(batch.view().token[0], 3);
}

TEST(Stop, ACancelIsOfOneMessage) {
  Stop stop;
  EXPECT_FALSE(stop.requested());
  stop.begin(4);
  stop.cancel(3);
  EXPECT_FALSE(stop.requested());
  stop.cancel(4);
  EXPECT_TRUE(stop.requested());
  stop.begin(5);
  EXPECT_FALSE(stop.requested());
  stop.cancel(6);   // overtakes it
  stop.begin(6);
  EXPECT_TRUE(stop.requested());
}

TEST(Stop, TheEndOfInputEndsEverything) {
  Stop stop;
  stop.cancel_all();
  stop.begin(1);
  EXPECT_TRUE(stop.requested());
}

TEST(Stop, RequestsAreCancelledAloneAndOfTheirMessage) {
  Stop stop;
  stop.begin(4);
  EXPECT_EQ(stop.request_cancels(), 0);
  stop.cancel_request(4, "a");
  stop.cancel_request(5, "b");   // of a message to come
  stop.cancel_request(3, "c");   // of one that is over
  EXPECT_EQ(stop.request_cancels(), 3);
  EXPECT_THAT(stop.cancelled_requests(), ElementsAre("a"));
  EXPECT_FALSE(stop.requested()) << "the others go on";
  stop.begin(5);
  EXPECT_THAT(stop.cancelled_requests(), ElementsAre("b"));
  stop.begin(6);
  EXPECT_THAT(stop.cancelled_requests(), IsEmpty());
}

TEST(Stop, IsToldByAnotherThread) {
  Stop stop;
  stop.begin(1);
  std::jthread const other([&] {
    for (int i = 0; i < 1000; ++i) stop.cancel_request(1, std::to_string(i));
    stop.cancel(1);
  });
  while (!stop.requested()) (void)stop.cancelled_requests();
  EXPECT_EQ(stop.cancelled_requests().size(), 1000U);
}

}  // namespace
}  // namespace edgelab::llama
