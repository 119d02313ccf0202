#include <rfl.hpp>
#include <rfl/json.hpp>

#include <cmath>
#include <map>

#include "runner/journal.hpp"
#include "types/names.hpp"

namespace edgelab::runner {

namespace {

struct Line {
  std::string cell;
  std::string kind;
  std::int32_t block = 0;
  bool warmup = false;
  std::string status;
  std::string reason;
  std::string started;
  double wall_ms = 0.0;
  std::map<std::string, double> metrics;
};

}  // namespace

std::string trial_line(Plan const& plan, TrialResult const& trial) {
  Line line{.cell = plan.cells[trial.planned.cell].id,
            .kind = std::string(name_of(trial.planned.kind)),
            .block = trial.planned.block,
            .warmup = trial.planned.kind == TrialKind::warmup,
            .status = std::string(name_of(trial.status)),
            .reason = trial.reason,
            .started = trial.started,
            .wall_ms = trial.wall_ms,
            .metrics = {}};
  // JSON has no infinities; a metric that is none is left out rather than spoil the line.
  for (auto const& [name, value] : trial.metrics) {
    if (std::isfinite(value)) line.metrics.emplace(name, value);
  }
  return rfl::json::write(line);
}

}  // namespace edgelab::runner
