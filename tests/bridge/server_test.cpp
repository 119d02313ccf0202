// One llama-server, and several: started, kept, and what is none, or dies.
#include "bridge/server/server.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "bridge/http.hpp"
#include "bridge/server/pool.hpp"
#include "bridge/server_fixture.hpp"

namespace edgelab::bridge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(LlamaServerTest, OneThatDiesWhileLoadingIsAReasonWithTheEndOfItsLog) {
  auto const broken = folder_ / "broken.gguf";
  std::ofstream(broken) << "GGUF and then nothing";
  auto const server = Server::start({.program = "llama-server", .arguments = {"--model", broken.string()}}, key, stop_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, "failed");
  EXPECT_THAT(server.error().reason, HasSubstr("exited with status"));
  EXPECT_THAT(server.error().reason, HasSubstr("broken.gguf"));
}

TEST_F(LlamaServerTest, WhatPrintsWithoutEndIsGivenUp) {
  auto const server = Server::start(
      {.program = program("head -c 100000000 /dev/zero | tr '\\0' x; sleep 100\n"), .arguments = {}}, key, stop_);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().reason, HasSubstr("a line longer than"));
}

TEST_F(LlamaServerTest, LoadingCanBeCancelled) {
  stop_.begin(1);
  std::jthread const other([&] {
    std::this_thread::sleep_for(50ms);
    stop_.cancel(1);
  });
  auto const server = Server::start({.program = program("sleep 1000\n"), .arguments = {}}, key, stop_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, "cancelled");
}

TEST_F(LlamaServerTest, APortThatIsTakenIsNotTheLastOne) {
  int const listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
  int asked = 0;
  auto const server = Server::start(
      {.program = "llama-server",
       .arguments = arguments(),
       .port = [&]() -> std::optional<int> { return ++asked == 1 ? ntohs(address.sin_port) : free_port(); }},
      key, stop_);
  ::close(listening);
  ASSERT_TRUE(server) << server.error().reason;
  EXPECT_EQ(asked, 2);
}

TEST_F(LlamaServerTest, ItsKeyIsAskedForAndNowhereToBeSeen) {
  auto const server = Server::start({.program = "llama-server", .arguments = arguments()}, key, stop_);
  ASSERT_TRUE(server) << server.error().reason;
  HttpConnection stranger((*server)->origin(), "another", 5s);
  auto const refused = stranger.get("/props");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_THAT((*server)->log(), Not(HasSubstr(key)));
  EXPECT_TRUE(processes_with(key).empty());
}

TEST_F(LlamaServerTest, ThoseThatNobodyNeedsStandStill) {
  ServerPool pool("llama-server", key, [] { return std::nullopt; }, 2);
  auto const first = pool.get(arguments("1"), stop_);
  ASSERT_TRUE(first) << first.error().reason;
  auto const second = pool.get(arguments("2"), stop_);
  ASSERT_TRUE(second) << second.error().reason;
  auto const pids = processes_with(model_.string());
  ASSERT_EQ(pids.size(), 2U);
  EXPECT_TRUE(
      comes_true([&] { return std::ranges::count_if(pids, [](pid_t pid) { return state_of(pid) == 'T'; }) == 1; }));
  EXPECT_EQ(*pool.get(arguments("1"), stop_), *first);
  EXPECT_EQ(pool.starts(), 2) << "who is kept is not started again";
  HttpConnection connection((*first)->origin(), key, 5s);
  EXPECT_TRUE(connection.get("/health"));
  auto const third = pool.get(arguments("3"), stop_);
  ASSERT_TRUE(third);
  EXPECT_EQ(pool.size(), 2U) << "the one used longest ago has made room";
  EXPECT_EQ(processes_with(model_.string()).size(), 2U);
}

TEST_F(LlamaServerTest, MemoryBoundsThePool) {
  std::int64_t free = std::int64_t{1} << 40;
  ServerPool pool("llama-server", key, [&] { return std::optional(free); });
  ASSERT_TRUE(pool.get(arguments("1"), stop_));
  ASSERT_TRUE(pool.get(arguments("2"), stop_));
  EXPECT_EQ(pool.size(), 2U);
  free = 1;
  ASSERT_TRUE(pool.get(arguments("3"), stop_));
  EXPECT_EQ(pool.size(), 1U);
}

}  // namespace
}  // namespace edgelab::bridge
