// Plans made by hand, and an executor without a process, for the tests of the runner.
#pragma once

#include <unistd.h>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "executor/executor.hpp"
#include "runner/runner.hpp"
#include "types/plan.hpp"

namespace edgelab::runner::testing {

// A new empty folder, gone with the object.
struct Folder {
  std::filesystem::path path;
  Folder() {
    static std::atomic<int> number{0};
    path = std::filesystem::temp_directory_path() /
           ("edgelab-runner-test-" + std::to_string(getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
};

// One model, one executor, one workload of two requests, and these rounds, the first the baseline.
inline Plan plan_of(std::vector<Round> rounds, std::int32_t blocks = 3) {
  Plan plan;
  auto& experiment = plan.experiment;
  experiment.name = "fakes";
  experiment.models.push_back(
      {.id = "m", .path = "/models/m.gguf", .draft = "/models/d.gguf", .origin = {}, .draft_origin = {}});
  experiment.executors.push_back({.id = "x", .kind = "exec", .command = {"x"}});
  Workload workload;
  workload.id = "w";
  for (auto const* id : {"a", "b"}) {
    Request request;
    request.id = id;
    request.prompt = std::string("prompt ") + id;
    request.max_tokens = 8;
    workload.requests.push_back(request);
  }
  experiment.workloads.push_back(workload);
  experiment.rounds = std::move(rounds);
  experiment.protocol.warmup = 1;
  experiment.protocol.trial_min_tokens = 8;    // what timeline_for makes
  experiment.protocol.min_blocks = blocks;
  experiment.protocol.max_blocks = blocks;
  for (std::size_t i = 0; i < experiment.rounds.size(); ++i) {
    Cell cell;
    cell.id = "m/x/w/" + experiment.rounds[i].name;
    cell.round = i;
    cell.resolved = experiment.rounds[i].flags;
    plan.cells.push_back(cell);
  }
  return plan;
}

inline Round round_of(std::string name, Flags flags = {}) {
  Round round;
  round.category = name == "baseline" ? "baseline" : "custom";
  round.name = std::move(name);
  round.flags = std::move(flags);
  return round;
}

// A sound timeline: as many requests as asked for, four tokens each, one every 10 ms.
inline Timeline timeline_for(protocol::Run const& run) {
  constexpr std::int64_t ms = 1'000'000;
  Timeline timeline;
  auto& r = timeline.requests;
  for (auto const& request : run.requests) {
    r.id.push_back(request.id);
    r.pass.push_back(0);
    r.arrival_ns.push_back(r.id.size() == 1 ? 0 : 60 * ms);
    r.admitted_ns.push_back(0);
    r.prefill_end_ns.push_back(10 * ms);
    r.end_ns.push_back(50 * ms);
    r.prompt_tokens.push_back(5);
    r.cached_tokens.push_back(0);
    r.emissions.push_back(4);
    r.finish.emplace_back("length");
    r.text.emplace_back("text");
    for (std::int64_t gap_ms : {20, 10, 10, 10}) {
      timeline.emissions.gap_ns.push_back(gap_ms * ms);
      timeline.emissions.tokens.push_back(1);
    }
  }
  return timeline;
}

// What all fake processes of a test did, and what they are to do.
struct Script {
  // Answers a run; by default, well and with its flags in force. `run_number` counts from 0 over all processes.
  std::function<executor::Outcome<executor::Ran>(protocol::Run const&, int run_number)> on_run =
      [](protocol::Run const& run, int) { return good(run); };
  std::function<executor::Outcome<protocol::Scored>(protocol::Score const&)> on_score =
      [](protocol::Score const&) -> executor::Outcome<protocol::Scored> {
    return std::unexpected(executor::Trouble{.status = Status::unsupported, .reason = "no score", .process_lost = false});
  };
  std::vector<protocol::Score> scores;
  std::vector<protocol::Load> loads;
  std::vector<protocol::Run> runs;
  std::vector<int> run_by;          // number of the process that did each run
  int started = 0;
  int alive = 0;
  int cancelled = 0;

  static executor::Ran good(protocol::Run const& run) {
    return {.done = {.id = run.id, .in_force = run.flags, .memory = {}},
            .timeline = timeline_for(run),
            .rss_peak_bytes = 1'000'000,
            .cpu_s = {},
            .heard = {}};
  }
};

inline std::unexpected<executor::Trouble> trouble(Status status, std::string reason, bool lost) {
  return std::unexpected(executor::Trouble{.status = status, .reason = std::move(reason), .process_lost = lost});
}

class FakeExecutor final : public executor::Executor {
 public:
  FakeExecutor(Script& script, protocol::HelloReply hello)
      : script_(script), hello_(std::move(hello)), number_(script.started++) {
    ++script_.alive;
  }
  ~FakeExecutor() override { --script_.alive; }

  protocol::HelloReply const& hello() const override { return hello_; }
  executor::Outcome<protocol::Loaded> load(protocol::Load load, std::chrono::milliseconds) override {
    script_.loads.push_back(std::move(load));
    return protocol::Loaded{.id = 0, .model_bytes = 77, .n_ctx_train = {}, .n_vocab = {}};
  }
  executor::Outcome<executor::Ran> run(protocol::Run run, std::chrono::milliseconds, OnProgress const&) override {
    auto const run_number = static_cast<int>(script_.runs.size());
    script_.runs.push_back(run);
    script_.run_by.push_back(number_);
    return script_.on_run(run, run_number);
  }
  executor::Outcome<protocol::Scored> score(protocol::Score score, std::chrono::milliseconds) override {
    script_.scores.push_back(score);
    return script_.on_score(score);
  }
  void cancel() override { ++script_.cancelled; }

 private:
  Script& script_;
  protocol::HelloReply hello_;
  int number_;
};

// A hello that can do every flag named.
inline protocol::HelloReply hello_for(std::vector<std::string> const& flags) {
  protocol::HelloReply hello;
  hello.name = "fake";
  for (auto const& flag : flags) hello.flags[flag] = {};
  return hello;
}

inline StartExecutor starter(Script& script, protocol::HelloReply hello) {
  return [&script, hello](std::size_t, std::stop_token const&) -> executor::Outcome<std::unique_ptr<executor::Executor>> {
    return std::make_unique<FakeExecutor>(script, hello);
  };
}

// Keeps what it is told.
class Listener final : public Observer {
 public:
  std::vector<std::string> notices;
  std::vector<TrialResult> ended;
  std::vector<Position> positions;
  std::string stopped_because;
  std::vector<Cooling> cooling;
  std::vector<CoolDownWait> waits;
  std::vector<Afterwards> after;
  std::function<void(PlannedTrial const&)> on_begin = [](PlannedTrial const&) {};
  std::function<void()> on_cooling = [] {};

  void begins(Plan const&, std::span<TrialResult const>, Position const& position) override {
    positions.push_back(position);
  }
  void trial_begins(PlannedTrial const& planned, Position const&) override { on_begin(planned); }
  void trial_progress(PlannedTrial const&, protocol::Progress const&) override {}
  void trial_ended(TrialResult const& result, Position const& position) override {
    ended.push_back(result);
    positions.push_back(position);
  }
  void cools(Cooling const& now) override {
    cooling.push_back(now);
    on_cooling();
  }
  void cooled(CoolDownWait const& wait) override { waits.push_back(wait); }
  void afterwards(Afterwards const& position) override { after.push_back(position); }
  void notice(std::string_view text) override { notices.emplace_back(text); }
  void ends(std::string_view because) override { stopped_because = because; }
};

}  // namespace edgelab::runner::testing
