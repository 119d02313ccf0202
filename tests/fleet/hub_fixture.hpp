// A hub with a nats-server of its own, and agents on threads of this process, for the tests that need them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "fleet/agent.hpp"
#include "fleet/bus.hpp"
#include "fleet/coordinator.hpp"
#include "fleet/hub_server.hpp"

namespace edgelab::fleet::testing {

using namespace std::chrono_literals;

inline std::string const token = "a-token-for-tests";
inline constexpr auto plenty = 60s;           // for what must come: a loaded machine is no failure

// A new empty folder, gone with the object.
struct Folder {
  std::filesystem::path path;
  Folder() {
    static std::atomic<int> number{0};
    path = std::filesystem::temp_directory_path() /
           ("edgelab-fleet-test-" + std::to_string(getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
};

// Lines that may be written by one thread and looked into by another.
class Heard {
 public:
  void add(std::string_view text) {
    std::scoped_lock const lock(mutex_);
    text_ += std::string(text) + "\n";
  }
  [[nodiscard]] std::string text() const {
    std::scoped_lock const lock(mutex_);
    return text_;
  }
  // Whether it is heard before long.
  [[nodiscard]] bool hears(std::string_view what) const {
    for (auto const until = Clock::now() + plenty; Clock::now() < until; std::this_thread::sleep_for(10ms))
      if (text().contains(what)) return true;
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

inline Facts no_facts() { return {}; }

// An agent on a thread; the executors end with it.
class AgentThread {
 public:
  AgentThread(HubAddress const& hub, std::string device, std::filesystem::path const& store,
              std::vector<LocalExecutor> executors, std::function<Facts()> facts = no_facts) {
    auto bus = Bus::connect(hub, "agent " + device, plenty,
                            {.connected_again = {}, .notice = [this](std::string_view text) { log.add(text); }});
    EXPECT_TRUE(bus) << (bus ? "" : bus.error().describe());
    AgentOptions options{.device = std::move(device),
                         .program = "test",
                         .executors = std::move(executors),
                         .cache = Cache::in(store / "models").value(),
                         .logs = store,
                         .facts = std::move(facts),
                         .log = [this](std::string_view text) { log.add(text); }};
    thread_ = std::jthread([bus = *bus, options = std::move(options)](std::stop_token const& stop) mutable {
      auto const served = serve(bus, std::move(options), stop);
      EXPECT_TRUE(served) << (served ? "" : served.error().describe());
    });
  }
  Heard log;

 private:
  std::jthread thread_;
};

inline LocalExecutor null_executor(std::string id = "null") {
  return {.id = std::move(id),
          .command = {EDGELAB_BIN_DIR "/edgelab-null"},
          .hello = R"({"type":"hello","protocol":1,"name":"null"})"};
}

class HubTest : public ::testing::Test {
 protected:
  Folder folder;
  std::unique_ptr<HubServer> hub;

  void SetUp() override { start_hub(0); }
  void start_hub(int port) {
    auto started = HubServer::start({.port = port, .token = token, .store = folder.path / "hub", .tls = {}});
    ASSERT_TRUE(started) << started.error().describe();
    hub = *std::move(started);
  }
  [[nodiscard]] HubAddress address() const { return {.url = hub->url("127.0.0.1"), .token = token, .authority = {}}; }
  [[nodiscard]] std::shared_ptr<Bus> bus() const { return Bus::connect(address(), "test", plenty).value(); }
  [[nodiscard]] std::string server_log() const {
    std::ifstream file(folder.path / "hub/nats-server.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

inline ExecutorSpec remote(std::string device, std::string offers = {}) {
  ExecutorSpec spec;
  spec.id = "remote";
  spec.kind = "remote";
  spec.device = std::move(device);
  spec.offers = std::move(offers);
  return spec;
}

// A trial of two requests, as the null executor runs it at once.
inline protocol::Run small_run() {
  protocol::Run run;
  for (auto const* id : {"a", "b"}) {
    protocol::TrialRequest request;
    request.id = id;
    request.synthetic_tokens = 16;
    request.max_tokens = 8;
    run.requests.push_back(request);
  }
  run.seed = 7;
  return run;
}

}  // namespace edgelab::fleet::testing
