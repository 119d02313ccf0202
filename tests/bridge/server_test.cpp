// With a real llama-server, and with what is none, or dies.
#include <gmock/gmock.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "bridge/drive.hpp"
#include "bridge/http.hpp"
#include "bridge/server/backend.hpp"
#include "executor/executor.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::bridge {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr auto key = "a-key-for-tests";
constexpr std::chrono::milliseconds plenty = 120s;

// The process that listens there, by what /proc says of everybody's command line.
std::vector<pid_t> processes_with(std::string const& part) {
  std::vector<pid_t> found;
  for (auto const& entry : fs::directory_iterator("/proc")) {
    auto const name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::string const line((std::istreambuf_iterator<char>(file)), {});
    if (line.contains(part) && !line.starts_with("/bin/sh")) found.push_back(std::stoi(name));
  }
  return found;
}

char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string const line((std::istreambuf_iterator<char>(file)), {});
  auto const at = line.rfind(") ");
  return at == std::string::npos ? '?' : line[at + 2];
}

template <typename Condition>
bool comes_true(Condition const& condition) {
  for (auto const end = Clock::now() + plenty; Clock::now() < end; std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return false;
}

class LlamaServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("LLAMA_API_KEY", key, 1);
    auto name = ::testing::TempDir() + "bridge-server-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    model_ = folder_ / "tiny.gguf";
    auto const shape = model::parse_shape("tiny-llama");
    ASSERT_TRUE(shape && model::synthesise(*shape, "f16", 1, model_));
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string program(std::string const& script) const {
    auto const file = folder_ / "fake-server";
    std::ofstream(file) << "#!/bin/sh\n" << script;
    ::chmod(file.c_str(), 0755);
    return file.string();
  }

  [[nodiscard]] std::vector<std::string> arguments(std::string const& more = "1") const {
    return {"--model", model_.string(), "--ctx-size", "512", "--parallel", "1", "--threads", more};
  }

  [[nodiscard]] static protocol::Run run_of(std::int32_t max_tokens, Flags flags) {
    protocol::Run run;
    run.flags = std::move(flags);
    run.flags.try_emplace("threads", "1");
    run.flags.try_emplace("parallel", "1");
    protocol::TrialRequest one;
    one.id = "a";
    one.prompt = "the quick brown fox";
    one.max_tokens = max_tokens;
    one.ignore_eos = true;
    run.requests = {one};
    return run;
  }

  fs::path folder_;
  fs::path model_;
  Stop stop_;
};

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
  auto const idle = processes_with("--threads" + std::string(1, '\0') + "1");
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

// The bridge as a process, spoken to as the coordinator does.
class Bridge : public LlamaServerTest {
 protected:
  [[nodiscard]] std::unique_ptr<executor::Executor> start(std::vector<std::string> const& more = {}) {
    std::vector<std::string> command{std::string(EDGELAB_BIN_DIR) + "/edgelab-server"};
    command.append_range(more);
    auto started = executor::Executor::start(command, folder_ / "log", plenty);
    if (!started) {
      ADD_FAILURE() << started.error().reason;
      return nullptr;
    }
    protocol::Load load;
    load.model = model_.string();
    auto const loaded = (*started)->load(load, plenty);
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().reason);
    return *std::move(started);
  }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(Bridge, FlagsAreReadBackFromTheServer) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  auto const ran = executor->run(run_of(4, {{"batch-size", "256"},
                                            {"ubatch-size", "64"},
                                            {"flash-attn", "on"},
                                            {"cache-type-k", "q8_0"},
                                            {"kv-unified", "off"},
                                            {"parallel", "2"},
                                            {"cont-batching", "on"},
                                            {"repack", "off"},
                                            {"load-mode", "none"}}),
                                 plenty, {});
  ASSERT_TRUE(ran) << ran.error().reason;
  auto const& in_force = ran->done.in_force;
  std::string all;
  for (auto const& [name, value] : in_force) all += name + "=" + value + "\n";
  for (auto const& [name, value] : Flags{{"batch-size", "256"},
                                         {"ubatch-size", "64"},
                                         {"flash-attn", "on"},
                                         {"cache-type-k", "q8_0"},
                                         {"cache-type-v", "f16"},
                                         {"kv-unified", "off"},
                                         {"parallel", "2"},
                                         {"threads", "1"},
                                         {"n-ctx", "1024"},
                                         {"load-mode", "none"}})
    EXPECT_EQ(in_force.contains(name) ? in_force.at(name) : "absent", value) << name << " in\n" << all;
  EXPECT_GT(ran->done.memory.model_bytes.value_or(0), 0);
  EXPECT_GT(ran->done.memory.kv_cache_bytes.value_or(0), 0);
  EXPECT_GT(ran->done.memory.compute_bytes.value_or(0), 0);
  EXPECT_FALSE(ran->timeline.requests.server_prefill_ns.empty());
  EXPECT_FALSE(ran->timeline.requests.server_decode_ns.empty());
}

TEST_F(Bridge, PromptsAreKeptWithinAPassAndNoLonger) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  for (auto const* value : {"on", "off"}) {
    auto run = run_of(3, {{"cache-prompt", value}});
    run.requests[0].prompt = "the quick brown fox jumps over the lazy dog, and then once more over the lazy dog";
    run.requests.push_back(run.requests[0]);
    run.requests[1].id = "b";
    run.min_tokens = 12;
    auto const ran = executor->run(run, plenty, {});
    ASSERT_TRUE(ran) << ran.error().reason;
    auto const& cached = ran->timeline.requests.cached_tokens;
    ASSERT_EQ(cached.size(), 4U);
    EXPECT_EQ(cached[0], 0);
    EXPECT_EQ(cached[2], 0) << "the second pass is as cold as the first";
    if (std::string_view(value) == "on") {
      EXPECT_GT(cached[1], 0);
      EXPECT_GT(cached[3], 0);
    } else {
      EXPECT_EQ(cached[1], 0);
    }
  }
}

TEST_F(Bridge, ADraftModelDrafts) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  protocol::Load load;
  load.model = load.draft.emplace(model_.string());
  ASSERT_TRUE(executor->load(load, plenty));
  auto const ran = executor->run(
      run_of(24, {{"speculative-decoding", "draft"}, {"draft-max", "4"}, {"draft-p-min", "0"}}), plenty, {});
  ASSERT_TRUE(ran) << ran.error().reason;
  ASSERT_FALSE(ran->timeline.requests.drafted.empty());
  EXPECT_GT(ran->timeline.requests.drafted[0], 0);
  EXPECT_EQ(ran->timeline.requests.accepted[0], ran->timeline.requests.drafted[0]) << "it is the same model";
  EXPECT_GT(ran->done.memory.draft_model_bytes.value_or(0), 0);
}

TEST_F(Bridge, AServerThatIsKilledCostsOneTrialAndTheNextHasAnother) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of(200, {});
  run.min_s = 3600;
  std::jthread const other([&] {
    ASSERT_TRUE(comes_true([&] { return log().contains("start 1 of a llama-server"); }));
    std::this_thread::sleep_for(300ms);
    for (auto const pid : processes_with(model_.string())) ::kill(pid, SIGKILL);
  });
  auto const ran = executor->run(run, plenty, {});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().status, Status::failed);
  EXPECT_FALSE(ran.error().process_lost) << "the bridge lives on";
  EXPECT_THAT(ran.error().reason, HasSubstr("SIGKILL"));
  EXPECT_TRUE(executor->run(run_of(4, {}), plenty, {}));
}

TEST_F(Bridge, TheSameBinaryTwiceIsTwoExecutors) {
  auto const found = find_program("llama-server");
  ASSERT_TRUE(found);
  auto const one = start();
  auto const other = start({"--program=" + found->string()});
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->hello().library, other->hello().library);
  auto const a = one->run(run_of(16, {}), plenty, {});
  auto const b = other->run(run_of(16, {}), plenty, {});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->timeline.token_ids, b->timeline.token_ids);
}

}  // namespace
}  // namespace edgelab::bridge
