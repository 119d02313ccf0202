// One hub with fifty devices: how many trials a second it carries, and what hub and agent cost while a trial runs. With an argument, so
// many trials instead of 10,000.
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <print>
#include <string>
#include <thread>
#include <vector>

#include "core/process.hpp"
#include "fleet/agent.hpp"
#include "fleet/coordinator.hpp"
#include "fleet/hub_server.hpp"
#include "support/scratch.hpp"

namespace {

using namespace edgelab;
using namespace std::chrono_literals;

constexpr int devices = 50;
constexpr int usual_trials = 10'000;
constexpr double goal_per_s = 500.0;
constexpr double goal_share = 0.01;
constexpr auto watched = 20s;                 // a trial that long, for what hub and agent cost meanwhile
constexpr std::chrono::milliseconds patience = 120s;
std::string const null_program = EDGELAB_BIN_DIR "/edgelab-null";

double cpu_s(std::int64_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(static_cast<pid_t>(process), &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0.0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

ExecutorSpec remote(std::string device) {
  ExecutorSpec spec;
  spec.id = device;
  spec.kind = "remote";
  spec.device = std::move(device);
  return spec;
}

protocol::Run run_of(std::int32_t tokens, Flags flags) {
  protocol::Run run;
  protocol::TrialRequest request;
  request.id = "a";
  request.synthetic_tokens = 16;
  request.max_tokens = tokens;
  request.ignore_eos = true;
  run.requests.push_back(std::move(request));
  run.flags = std::move(flags);
  run.seed = 7;
  return run;
}

bool verdict(bool met, std::string const& goal) {
  std::println("  {} {}", met ? "goal" : "MISSED goal", goal);
  std::fflush(stdout);
  return met;
}

// A device on a thread of this process; its executor is a process.
std::jthread device_on(fleet::HubAddress const& hub, std::string name, std::filesystem::path const& store) {
  return std::jthread([=](std::stop_token const& stop) {
    auto bus = fleet::Bus::connect(hub, name, patience);
    auto cache = fleet::Cache::in(store / name);
    if (!bus || !cache) return;
    fleet::LocalExecutor const null{
        .id = "null", .command = {null_program}, .hello = R"({"type":"hello","protocol":1,"name":"null"})"};
    (void)fleet::serve(*bus,
                       {.device = name,
                        .program = "bench",
                        .executors = {null},
                        .cache = *cache,
                        .logs = store / name,
                        .facts = [] { return fleet::Facts{}; },
                        .log = [](std::string_view) {}},
                       stop);
  });
}

bool many_trials(fleet::HubServer const& hub, fleet::HubAddress const& address, std::filesystem::path const& store,
                 int trials) {
  std::vector<std::jthread> agents;
  for (int i = 0; i < devices; ++i) agents.push_back(device_on(address, "device-" + std::to_string(i), store));
  auto const lab = fleet::Coordinator::at(address, {.name = "bench", .patience = patience, .notice = {}});
  if (!lab) return verdict(false, lab.error().describe());
  std::atomic<int> ready = 0;
  std::atomic<int> lent = 0;
  std::atomic<int> next = 0;
  std::atomic<int> good = 0;
  std::atomic<bool> go = false;
  std::vector<std::jthread> runs;
  for (int i = 0; i < devices; ++i)
    runs.emplace_back([&, i] {
      auto process = (*lab)->start(remote("device-" + std::to_string(i)), patience);
      bool const loaded = process && (*process)->load({}, patience);
      if (loaded) ++lent;
      ++ready;
      while (!go) std::this_thread::sleep_for(1ms);
      while (loaded && next++ < trials)
        if (auto const ran = (*process)->run(run_of(8, {}), patience, {}); ran && ran->timeline.requests.id.size() == 1)
          ++good;
    });
  while (ready < devices) std::this_thread::sleep_for(10ms);
  auto const hub_before = cpu_s(hub.process_id());
  auto const begin = Clock::now();
  go = true;
  runs.clear();
  auto const seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::println("{} devices: {} of {} trials in {:.2f} s, {:.0f} a second; the hub took {:.2f} of a core", lent.load(),
               good.load(), trials, seconds, good / seconds, (cpu_s(hub.process_id()) - hub_before) / seconds);
  // Trials go to whoever is free, so a device that is missing would not be missed.
  bool const all = verdict(lent == devices && good == trials, "every device took part, nothing lost");
  return verdict(good / seconds >= goal_per_s, std::format("{:g} trials a second", goal_per_s)) && all;
}

bool while_a_trial_runs(fleet::HubServer const& hub, fleet::HubAddress const& address,
                        std::filesystem::path const& store) {
  auto const agent =
      ChildProcess::start({.command = {EDGELAB_BIN_DIR "/edgelab", "agent", "--hub", address.url, "--token-file",
                                       (store / "token").string(), "--name", "watched", "--executor", "null",
                                       "--no-bandwidth", "--store", (store / "watched").string()},
                           .stderr_file = store / "watched.log"});
  auto const lab = fleet::Coordinator::at(address, {.name = "bench", .patience = patience, .notice = {}});
  if (!agent || !lab) return verdict(false, "an agent that starts");
  auto process = (*lab)->start(remote("watched"), patience);
  if (!process) return verdict(false, process.error().reason);
  auto const loaded = (*process)->load({}, patience);
  std::this_thread::sleep_for(1s);
  auto const before = cpu_s(hub.process_id());
  auto const agent_before = (*agent)->cpu_time().value_or(0ns);
  auto const begin = Clock::now();
  auto const per_token_ms = std::to_string(std::chrono::milliseconds(watched).count() / 200);
  auto const ran =
      (*process)->run(run_of(200, {{"null.real-time", "on"}, {"null.tpot-ms", per_token_ms}}), patience, {});
  auto const seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  auto const agent_share =
      std::chrono::duration<double>((*agent)->cpu_time().value_or(0ns) - agent_before).count() / seconds;
  auto const hub_share = (cpu_s(hub.process_id()) - before) / seconds;
  std::println("while a trial of {:.1f} s runs: hub {:.3f} %, agent {:.3f} % of a core", seconds, hub_share * 100.0,
               agent_share * 100.0);
  bool const ok = loaded && ran && verdict(hub_share <= goal_share, "hub at most 1 % of a core");
  return verdict(agent_share <= goal_share, "agent at most 1 % of a core") && ok;
}

}  // namespace

int main(int argc, char** argv) {
  int const trials = argc > 1 ? std::atoi(argv[1]) : usual_trials;
  if (trials < 1) {
    std::println(stderr, "expected a number of trials");
    return 2;
  }
  bench::Scratch const scratch("fleet");
  auto const store = scratch / "store";
  auto const token = fleet::kept_token(store / "token");
  auto hub = token ? fleet::HubServer::start({.token = *token, .store = store / "hub", .tls = {}})
                   : std::unexpected(token.error());
  if (!hub) {
    std::println(stderr, "{}", hub.error().describe());
    return 2;
  }
  fleet::HubAddress const address{.url = (*hub)->url("127.0.0.1"), .token = *token, .authority = {}};
  bool const quiet = while_a_trial_runs(**hub, address, store);
  return many_trials(**hub, address, store, trials) && quiet ? 0 : 1;
}
