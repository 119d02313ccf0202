#include <algorithm>
#include <chrono>
#include <cstdio>
#include <format>
#include <print>
#include <string>
#include <utility>

#include "app/estimates.hpp"
#include "app/views.hpp"
#include "core/text.hpp"
#include "types/names.hpp"

namespace edgelab::app {

namespace {

constexpr std::chrono::seconds between_lines{5};

class PlainView final : public runner::Observer {
 public:
  explicit PlainView(Plan const& plan) : plan_(plan), estimates_(plan) {}

  void begins(Plan const& /*plan*/, std::span<TrialResult const> before, runner::Position const& position) override {
    std::println(stderr, "{}: {} cells, {} trials at most{}", plan_.experiment.name, plan_.cells.size(),
                 position.trials_at_most,
                 position.trials_done > 0 ? std::format(", {} of them done before", position.trials_done) : "");
    for (auto const& trial : before) {
      estimates_.take(trial);
      if (trial.status == Status::unsupported) {
        std::println(stderr, "{}: {}", plan_.cells[trial.planned.cell].id, outcome(trial));
      }
    }
  }

  void trial_begins(PlannedTrial const& trial, runner::Position const& /*position*/) override {
    estimates_.trial_begins(trial, Clock::now());
  }
  void trial_progress(PlannedTrial const& /*trial*/, protocol::Progress const& /*progress*/) override {}

  void trial_ended(TrialResult const& result, runner::Position const& position) override {
    estimates_.trial_ended(result, Clock::now());
    std::println(stderr, "[{}/{}] {}: {}: {}{}", position.trials_done, position.trials_at_most, place(result),
                 plan_.cells[result.planned.cell].id, outcome(result), time_left(position));
    std::fflush(stderr);
  }

  // A wait is two lines: when it begins, and what came of it.
  void cools(runner::Cooling const& cooling) override {
    if (std::exchange(cooling_, true)) return;
    std::println(stderr, "{}", cooling_text(cooling));
    std::fflush(stderr);
  }
  void cooled(CoolDownWait const& wait) override {
    cooling_ = false;
    std::println(stderr, "cooled to {:.1f} °C in {}{}", wait.to_c, format_duration(wait.waited_s),
                 wait.reached ? "" : ", the limit");
  }

  void notice(std::string_view text) override { std::println(stderr, "note: {}", text); }
  // A line for each cell, and every few seconds within one.
  void afterwards(runner::Afterwards const& position) override {
    auto const now = Clock::now();
    bool const last = position.done >= position.at_most;
    if (std::exchange(after_, After{std::string(position.what), position.cell, after_.told}).same(after_) && !last &&
        now - after_.told < between_lines)
      return;
    after_.told = now;
    std::println(stderr, "{}", afterwards_text(position, plan_));
    std::fflush(stderr);
  }
  void ends(std::string_view stopped_because) override { std::println(stderr, "ended: {}", stopped_because); }

 private:
  std::string place(TrialResult const& result) const {
    auto const kind = name_of(result.planned.kind);
    if (result.planned.kind == TrialKind::memory) return std::string(kind);
    if (result.planned.kind == TrialKind::sustained) return std::format("{} trial {}", kind, result.planned.block + 1);
    auto const blocks = result.planned.kind == TrialKind::warmup ? plan_.experiment.protocol.warmup
                                                                 : plan_.experiment.protocol.max_blocks;
    return std::format("{} block {}/{}", kind, result.planned.block + 1, blocks);
  }

  std::string outcome(TrialResult const& result) const {
    if (result.status != Status::ok) return std::format("{}: {}", name_of(result.status), result.reason);
    auto const found = std::ranges::find(result.metrics, estimates_.metric(), &Metric::name);
    std::string text =
        result.wall_ms < 1000.0 ? std::format("{:.1f} ms", result.wall_ms) : format_duration(result.wall_ms / 1000.0);
    if (found != result.metrics.end()) text += std::format(", {} {:.4g}", found->name, found->value);
    return text;
  }

  std::string time_left(runner::Position const& position) const {
    auto const left = estimates_.time_left_s(position);
    return left && *left > 0.0 ? ", at most " + format_duration(*left) + " left" : "";
  }

  Plan const& plan_;
  Estimates estimates_;
  struct After {
    std::string what;
    std::size_t cell = 0;
    Clock::time_point told{};
    [[nodiscard]] bool same(After const& other) const { return what == other.what && cell == other.cell; }
  };

  bool cooling_ = false;
  After after_;                        // what was told last of what is asked after the trials
};

class QuietView final : public runner::Observer {
 public:
  void begins(Plan const& /*plan*/, std::span<TrialResult const> /*before*/,
              runner::Position const& /*position*/) override {}
  void trial_begins(PlannedTrial const& /*trial*/, runner::Position const& /*position*/) override {}
  void trial_progress(PlannedTrial const& /*trial*/, protocol::Progress const& /*progress*/) override {}
  void trial_ended(TrialResult const& /*result*/, runner::Position const& /*position*/) override {}
  void notice(std::string_view text) override { std::println(stderr, "note: {}", text); }
  void ends(std::string_view /*stopped_because*/) override {}
};

}  // namespace

std::string cooling_text(runner::Cooling const& cooling) {
  return std::format("cooling down: {:.1f} °C, to {:.1f} °C; {} of at most {}", cooling.temp_c, cooling.target_c,
                     format_duration(cooling.waited_s), format_duration(cooling.limit_s));
}

std::string afterwards_text(runner::Afterwards const& position, Plan const& plan) {
  auto text = std::format("after the trials: {}, {}, {} of at most {} {}", position.what, plan.cells[position.cell].id,
                          position.done, position.at_most, position.unit);
  if (position.left_s && *position.left_s > 0.0) text += ", at most " + format_duration(*position.left_s) + " left";
  return text;
}

std::unique_ptr<runner::Observer> plain_view(Plan const& plan) { return std::make_unique<PlainView>(plan); }
std::unique_ptr<runner::Observer> quiet_view() { return std::make_unique<QuietView>(); }

}  // namespace edgelab::app
