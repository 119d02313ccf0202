// The lab's own rules on data whose truth is known: a thousand simulated experiments each, through the real order of
// trials, the real stopping rule and the real summary.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <random>

#include "plan/plan.hpp"
#include "stats/estimate.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::plan_of;
using testing::round_of;
using testing::trial_of;

constexpr int experiments = 1000;
constexpr double true_ratio = 1.2;      // of the third cell; the second is the baseline under another name
constexpr int max_blocks = 30;

enum class Order : std::uint8_t { shuffled, fixed };
enum class Stop : std::uint8_t { at_max_blocks, by_interval };

struct Machine {
  double drift = 0.0;        // of the logarithm, over the whole run: heat, a clock that falls
  double wander = 0.0;       // standard deviation of noise that hangs together from trial to trial,
  double memory = 0.0;       // and the share of it that is still there a trial later
  double noise = 0.0;        // standard deviation of each trial's own
  double spikes = 0.0;       // share of trials that something else disturbs: at half to four fifths of the speed
};

constexpr Machine warm{.drift = -0.6, .wander = 0.03, .memory = 0.9, .noise = 0.01};
constexpr Machine disturbed{.drift = -0.1, .wander = 0.01, .memory = 0.5, .noise = 0.01, .spikes = 0.1};

Plan plan_for(std::uint64_t seed, Stop stop, double within) {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("twin", "custom"), round_of("faster", "custom")});
  plan.experiment.protocol.seed = seed;
  plan.experiment.protocol.min_blocks = 10;
  plan.experiment.protocol.max_blocks = max_blocks;
  plan.experiment.protocol.ci95_within = within;
  if (stop == Stop::by_interval) plan.experiment.protocol.until_metric = "decode_tps";
  return plan;
}

class Simulation {
 public:
  Simulation(Machine const& machine, std::uint64_t seed) : machine_(machine), random_(seed) {
    wander_ = machine.wander * normal_(random_);
  }

  double tokens_per_s(std::size_t cell, std::size_t cells) {
    double const trials = static_cast<double>(max_blocks) * static_cast<double>(cells);
    double log =
        std::log(cell == 2 ? 100.0 * true_ratio : 100.0) + machine_.drift * static_cast<double>(time_++) / trials;
    wander_ = machine_.memory * wander_ +
              std::sqrt(1.0 - machine_.memory * machine_.memory) * machine_.wander * normal_(random_);
    log += wander_ + machine_.noise * normal_(random_);
    if (machine_.spikes > 0.0 && unit_(random_) < machine_.spikes) log += std::log(0.5 + 0.3 * unit_(random_));
    return std::exp(log);
  }

 private:
  Machine machine_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> unit_;
  double wander_ = 0.0;
  int time_ = 0;
};

Summary simulate(Plan const& plan, Machine const& machine, Order order) {
  Simulation simulation(machine, plan.experiment.protocol.seed);
  std::vector<TrialResult> trials;
  for (int block = 0; block < max_blocks; ++block) {
    auto planned = plan::block_trials(plan, TrialKind::timed, block);
    if (order == Order::fixed) std::ranges::sort(planned, {}, &PlannedTrial::cell);
    for (auto const& trial : planned)
      trials.push_back(
          trial_of(trial.cell, block, {{"decode_tps", simulation.tokens_per_s(trial.cell, plan.cells.size())}}));
    if (precise_enough(plan, trials)) break;
  }
  return summarise(plan, trials);
}

// In percent.
struct Found {
  double false_positives = 0.0;       // twins said to differ
  double coverage = 0.0;              // of the third cell's ratio, by Student's t
  double bootstrap_coverage = 0.0;
  double blocks = 0.0;                // on average
};

bool within(Bounds const& bounds, double truth) { return bounds[0] <= truth && truth <= bounds[1]; }

Found run(Machine const& machine, Order order, Stop stop, double ci95_within = 0.01) {
  Found found;
  for (int i = 0; i < experiments; ++i) {
    auto const summary = simulate(plan_for(static_cast<std::uint64_t>(i) + 1, stop, ci95_within), machine, order);
    auto const& twin = summary.cells[1].vs_baseline.at(0);
    auto const& faster = summary.cells[2].vs_baseline.at(0);
    found.false_positives += within(*twin.ci95, 1.0) ? 0.0 : 1.0;
    found.coverage += within(*faster.ci95, true_ratio) ? 1.0 : 0.0;
    found.bootstrap_coverage += within(*faster.ci95_bootstrap, true_ratio) ? 1.0 : 0.0;
    found.blocks += summary.blocks;
  }
  for (auto* share : {&found.false_positives, &found.coverage, &found.bootstrap_coverage})
    *share *= 100.0 / experiments;
  found.blocks /= experiments;
  ::testing::Test::RecordProperty("false_positives_percent", std::format("{:.1f}", found.false_positives));
  ::testing::Test::RecordProperty("coverage_percent", std::format("{:.1f}", found.coverage));
  std::printf("false positives %.1f %%, coverage %.1f %% (bootstrap %.1f %%), %.1f blocks\n", found.false_positives,
              found.coverage, found.bootstrap_coverage, found.blocks);
  return found;
}

void expect_honest(Found const& found) {
  EXPECT_GE(found.false_positives, 3.5);
  EXPECT_LE(found.false_positives, 6.5);
  EXPECT_GE(found.coverage, 93.5);
  EXPECT_LE(found.coverage, 96.5);
  EXPECT_GE(found.bootstrap_coverage, 93.0);
}

TEST(Simulated, drift_and_autocorrelation_without_stopping) {
  expect_honest(run(warm, Order::shuffled, Stop::at_max_blocks));
}

TEST(Simulated, drift_and_autocorrelation_with_stopping_by_interval) {
  auto const found = run(warm, Order::shuffled, Stop::by_interval, 0.012);
  EXPECT_GT(found.blocks, 12.0);    // neither always at once
  EXPECT_LT(found.blocks, 28.0);    // nor never
  expect_honest(found);
}

TEST(Simulated, heavy_tails_without_stopping) {
  auto const found = run(disturbed, Order::shuffled, Stop::at_max_blocks);
  EXPECT_LE(found.false_positives, 6.5);
  EXPECT_GE(found.coverage, 93.5);
}

TEST(Simulated, heavy_tails_with_stopping_by_interval) {
  auto const found = run(disturbed, Order::shuffled, Stop::by_interval, 0.06);
  EXPECT_LE(found.false_positives, 6.5);
  EXPECT_GE(found.coverage, 93.5);
}

// Why the order is drawn anew in each block: on a machine that gets slower, what always runs later always loses.
TEST(Simulated, a_fixed_order_fails) {
  auto const found = run(warm, Order::fixed, Stop::at_max_blocks);
  EXPECT_GT(found.false_positives, 20.0);
  EXPECT_LT(found.coverage, 80.0);
}

}  // namespace
}  // namespace edgelab::stats
