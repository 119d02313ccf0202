#include "capi/kept_row.hpp"

#include <format>
#include <rfl.hpp>
#include <rfl/json.hpp>
#include <utility>

#include "report/words.hpp"
#include "stats/metrics.hpp"

namespace edgelab::capi {

namespace {

struct KeptRow {
  std::string schema = "edge-llm-lab/row/1";
  std::string experiment;
  std::uint64_t seed = 0;
  std::string cell;
  std::string made_by;
  TrialResult row;
};

std::string described(protocol::HelloReply const& executor) {
  return std::format("{} {}{}{}", executor.name, executor.version, executor.library.empty() ? "" : ", ",
                     executor.library);
}

}  // namespace

std::string kept_row(Plan const& plan, protocol::HelloReply const& executor, TrialResult const& row) {
  KeptRow kept{.experiment = plan.experiment.name,
               .seed = plan.experiment.protocol.seed,
               .cell = plan.cells[row.planned.cell].id,
               .made_by = described(executor),
               .row = row};
  // What an executor says may be anything, JSON is UTF-8.
  kept.row.reason = report::valid_utf8(row.reason);
  return rfl::json::write(kept);
}

Result<TrialResult> row_from(Plan const& plan, std::vector<protocol::HelloReply> const& hellos, std::string_view text) {
  auto read = rfl::json::read<KeptRow>(std::string(text));
  if (!read) return fail("no row that was kept: " + read.error().what());
  auto& kept = *read;
  if (auto const expected = KeptRow{}.schema; kept.schema != expected)
    return fail(std::format("no row of this library: its schema is '{}', expected '{}'", kept.schema, expected));
  auto const& planned = kept.row.planned;
  if (kept.experiment != plan.experiment.name || kept.seed != plan.experiment.protocol.seed ||
      planned.cell >= plan.cells.size() || plan.cells[planned.cell].id != kept.cell)
    return fail(std::format("a row of another experiment: of cell {} of '{}' with seed {}", kept.cell, kept.experiment,
                            kept.seed));
  auto const now = described(hellos[plan.cells[planned.cell].executor]);
  if (kept.made_by != now)
    return fail(
        std::format("a row that was made by {}, where the executor is now {}: their numbers do not belong together",
                    kept.made_by, now));
  if (kept.row.status == Status::ok)
    if (auto const sound = stats::check_timeline(kept.row.timeline); !sound) return std::unexpected(sound.error());
  return std::move(kept.row);
}

}  // namespace edgelab::capi
