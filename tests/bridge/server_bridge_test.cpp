// edgelab-server as a process, spoken to as the coordinator does.
#include <gmock/gmock.h>
#include <signal.h>

#include "bridge/server_fixture.hpp"
#include "core/process.hpp"
#include "executor/executor.hpp"

namespace edgelab::bridge {
namespace {

using ::testing::HasSubstr;

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
