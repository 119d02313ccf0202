#include <algorithm>
#include <cstdio>
#include <format>
#include <ftxui/dom/elements.hpp>
#include <ftxui/screen/screen.hpp>
#include <print>
#include <string>
#include <vector>

#include "app/estimates.hpp"
#include "app/terminal.hpp"
#include "app/views.hpp"
#include "core/text.hpp"
#include "plan/lanes.hpp"
#include "types/names.hpp"

namespace edgelab::app {

namespace {

using namespace std::chrono_literals;
using ftxui::Element;
using ftxui::Elements;

constexpr auto between_trials = 250ms;
constexpr auto within_a_trial = 500ms;

class LiveView final : public runner::Observer {
 public:
  explicit LiveView(Plan const& plan)
      : plan_(plan), estimates_(plan), lanes_(plan::lanes_of(plan)), at_hand_(lanes_.size()) {}

  void begins(Plan const& /*plan*/, std::span<TrialResult const> before, runner::Position const& position) override {
    for (auto const& trial : before) estimates_.take(trial);
    position_ = position;
    begin_ = Clock::now();
    draw();
  }

  void trial_begins(PlannedTrial const& trial, runner::Position const& position) override {
    lane_of(trial.cell) = {.trial = trial, .tokens = 0, .waits_for = {}};
    latest_cell_ = trial.cell;
    position_ = position;
    estimates_.trial_begins(trial, Clock::now());
    if (due(between_trials_of_lanes())) draw();
  }

  void trial_progress(PlannedTrial const& trial, protocol::Progress const& progress) override {
    lane_of(trial.cell).tokens = progress.tokens;
    if (due(within_a_trial)) draw();
  }

  void trial_ended(TrialResult const& result, runner::Position const& position) override {
    position_ = position;
    estimates_.trial_ended(result, Clock::now());
    if (result.status != Status::ok) {
      above(std::format("{}: {}: {}", plan_.cells[result.planned.cell].id, name_of(result.status), result.reason));
    }
    if (due(between_trials_of_lanes())) draw();
  }

  void cools(runner::Cooling const& cooling) override {
    lane_of(cooling.cell).waits_for = cooling_text(cooling);
    if (due(within_a_trial)) draw();
  }

  void waits(PlannedTrial const& trial, std::string_view text) override {
    if (lanes_.size() > 1) lane_of(trial.cell).waits_for = text;
    if (!text.empty()) notice(text);
  }

  void notice(std::string_view text) override { above(std::format("note: {}", text)); }

  void afterwards(runner::Afterwards const& position) override {
    bool const begins = afterwards_.empty();
    afterwards_ = afterwards_text(position, plan_);
    share_ = position.at_most == 0 ? 1.0F : static_cast<float>(position.done) / static_cast<float>(position.at_most);
    for (auto& lane : at_hand_) lane = {};
    latest_cell_ = 0;
    if (begins || due(between_trials)) draw();
  }

  void ends(std::string_view stopped_because) override {
    ended_ = stopped_because;
    draw();
    std::print(stderr, "\n");
    std::fflush(stderr);
  }

 private:
  // What a lane has at hand.
  struct AtHand {
    std::optional<PlannedTrial> trial;
    std::int64_t tokens = 0;
    std::string waits_for;
  };

  bool due(Clock::duration every) const { return Clock::now() - drawn_ >= every; }
  // What begins on one lane does so while another one measures.
  Clock::duration between_trials_of_lanes() const { return lanes_.size() == 1 ? between_trials : within_a_trial; }
  AtHand& lane_of(std::size_t cell) { return at_hand_[plan::lane_of(lanes_, cell)]; }

  // A line that stays, above the part that is redrawn.
  void above(std::string const& line) {
    std::print(stderr, "{}{}\n", erase_, line);
    erase_.clear();
    draw();
  }

  void draw() {
    int const columns = std::max(20, columns_of(stderr));
    int const rows = std::max(4, rows_of(stderr));
    auto document = ftxui::vbox(lines(rows - 3));
    auto screen = ftxui::Screen::Create(ftxui::Dimension::Fixed(columns), ftxui::Dimension::Fit(document));
    ftxui::Render(screen, document);
    std::print(stderr, "{}{}", erase_, screen.ToString());
    std::fflush(stderr);
    erase_ = screen.ResetPosition(/*clear=*/true);
    drawn_ = Clock::now();
  }

  Elements lines(int room) const {
    Elements all{headline(), bar()};
    // With several lanes a line for each that is not over, as far as there is room for some cells too.
    if (lanes_.size() > 1 && ended_.empty())
      for (std::size_t lane = 0; lane < lanes_.size() && static_cast<int>(all.size()) < room / 2 + 1; ++lane)
        if (auto const text = what_runs(at_hand_[lane]); !text.empty() && position_.left[lane] > 0)
          all.push_back(ftxui::text(std::format("{}: {}", plan::name_of(lanes_[lane]), text)));
    auto const [first, last] = cells_in_view(std::max(1, room - static_cast<int>(all.size())));
    for (std::size_t cell = first; cell < last; ++cell) all.push_back(row(cell));
    return all;
  }

  Element headline() const {
    std::string text = plan_.experiment.name;
    if (!ended_.empty()) {
      text += ": ended: " + ended_;
    } else if (!afterwards_.empty()) {
      text += ": " + afterwards_;
    } else if (lanes_.size() == 1) {
      if (auto const at_hand = what_runs(at_hand_.front()); !at_hand.empty()) text += ": " + at_hand;
    }
    return ftxui::text(text) | ftxui::bold;
  }

  std::string what_runs(AtHand const& lane) const {
    if (!lane.waits_for.empty()) return lane.waits_for;
    if (!lane.trial) return {};
    auto text = place(*lane.trial) + ", " + plan_.cells[lane.trial->cell].id;
    if (lane.tokens > 0) text += std::format(", {} tokens", lane.tokens);
    return text;
  }

  std::string place(PlannedTrial const& trial) const {
    auto const& protocol = plan_.experiment.protocol;
    switch (trial.kind) {
      case TrialKind::memory: return "memory";
      case TrialKind::warmup: return std::format("warm-up {}/{}", trial.block + 1, protocol.warmup);
      case TrialKind::timed: return std::format("block {}/{}", trial.block + 1, protocol.max_blocks);
      case TrialKind::sustained: return std::format("sustained, trial {}", trial.block + 1);
    }
    return "";
  }

  Element bar() const {
    auto const share = position_.trials_at_most == 0
                           ? 1.0F
                           : static_cast<float>(position_.trials_done) / static_cast<float>(position_.trials_at_most);
    double const elapsed_s = std::chrono::duration<double>(Clock::now() - begin_).count();
    std::string right =
        std::format(" {}/{} trials, {}", position_.trials_done, position_.trials_at_most, format_duration(elapsed_s));
    if (!afterwards_.empty())
      return ftxui::hbox({ftxui::gauge(std::min(share_, 1.0F)) | ftxui::flex, ftxui::text(right)});
    auto const left = estimates_.time_left_s(position_);
    if (left && ended_.empty()) right += ", at most " + format_duration(*left) + " left";
    return ftxui::hbox({ftxui::gauge(share) | ftxui::flex, ftxui::text(right)});
  }

  // A window around the cell that was begun last, where not all fit.
  std::pair<std::size_t, std::size_t> cells_in_view(int room) const {
    auto const count = plan_.cells.size();
    auto const shown = std::min(count, static_cast<std::size_t>(room));
    std::size_t const middle = latest_cell_;
    std::size_t first = middle > shown / 2 ? middle - shown / 2 : 0;
    first = std::min(first, count - shown);
    return {first, first + shown};
  }

  Element row(std::size_t cell) const {
    auto const& at_hand = at_hand_[plan::lane_of(lanes_, cell)].trial;
    bool const running = at_hand && at_hand->cell == cell && ended_.empty();
    auto const line = ftxui::hbox({ftxui::text(running ? "> " : "  "), ftxui::text(plan_.cells[cell].id) | ftxui::flex,
                                   ftxui::text(estimate(cell))});
    return estimates_.unsupported(cell) ? line | ftxui::dim : line;
  }

  std::string estimate(std::size_t cell) const {
    if (estimates_.unsupported(cell)) return "unsupported";
    std::string text;
    if (auto const latest = estimates_.latest(cell)) text = std::format("{} {:.4g}", estimates_.metric(), *latest);
    if (auto const ratio = estimates_.ratio(cell)) {
      text += std::format("  x{:.3f}", ratio->estimate);
      if (ratio->ci95) text += std::format(" [{:.3f}, {:.3f}]", (*ratio->ci95)[0], (*ratio->ci95)[1]);
    }
    text += std::format("  {} ok", estimates_.good(cell));
    if (estimates_.bad(cell) > 0) text += std::format(", {} failed", estimates_.bad(cell));
    return text;
  }

  Plan const& plan_;
  Estimates estimates_;
  runner::Position position_;
  std::vector<plan::Lane> lanes_;
  std::vector<AtHand> at_hand_;        // of each lane
  std::size_t latest_cell_ = 0;
  std::string ended_;
  std::string afterwards_;             // what is asked, after the trials,
  float share_ = 0.0F;                 // and how much of it has been
  std::string erase_;                  // what takes the cursor back to the top of what is drawn, and clears it
  Clock::time_point begin_{};
  Clock::time_point drawn_{};
};

}  // namespace

std::unique_ptr<runner::Observer> live_view(Plan const& plan) { return std::make_unique<LiveView>(plan); }

}  // namespace edgelab::app
