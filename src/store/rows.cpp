#include "store/rows.hpp"

#include <soci/std-optional.h>

#include <charconv>
#include <cmath>
#include <format>
#include <unordered_map>

#include "store/timeline_codec.hpp"
#include "types/names.hpp"

namespace edgelab::store {

namespace {

using TrialId = std::int64_t;
using Positions = std::unordered_map<TrialId, std::size_t>;    // of a trial's id in the list

bool is_empty(Timeline const& timeline) {
  return timeline.requests.id.empty() && timeline.emissions.gap_ns.empty() && timeline.steps.start_ns.empty() &&
         timeline.token_ids.empty();
}

Result<void> check_numbers(TrialResult const& trial) {
  if (!std::isfinite(trial.wall_ms)) return fail("wall_ms is not a finite number");
  for (auto const& metric : trial.metrics)
    if (!std::isfinite(metric.value)) return fail(std::format("metric {} is not a finite number", metric.name));
  return {};
}

Result<void> check_new(soci::session& sql, PlannedTrial const& planned) {
  std::string const kind(name_of(planned.kind));
  auto const cell = static_cast<std::int64_t>(planned.cell);
  int there = 0;
  sql << "select count(*) from trial where kind = :kind and block = :block and cell = :cell and "
         "status <> 'interrupted'",
      soci::use(kind), soci::use(planned.block), soci::use(cell), soci::into(there);
  if (there > 0)
    return fail(std::format("the {} trial of cell {} in block {} is there already", kind, planned.cell, planned.block));
  return {};
}

void insert_metrics(soci::session& sql, TrialId id, std::vector<Metric> const& metrics) {
  int position = 0;
  std::string name;
  double value = 0.0;
  soci::statement insert = (sql.prepare << "insert into metric values (:trial, :position, :name, :value)",
                            soci::use(id), soci::use(position), soci::use(name), soci::use(value));
  for (auto const& metric : metrics) {
    name = metric.name;
    value = metric.value;
    insert.execute(true);
    ++position;
  }
}

void insert_flags(soci::session& sql, TrialId id, Flags const& flags) {
  std::string flag;
  std::string value;
  soci::statement insert = (sql.prepare << "insert into in_force values (:trial, :flag, :value)", soci::use(id),
                            soci::use(flag), soci::use(value));
  for (auto const& [key, setting] : flags) {
    flag = key;
    value = setting;
    insert.execute(true);
  }
}

void insert_timeline(soci::session& sql, TrialId id, Timeline const& timeline) {
  if (is_empty(timeline)) return;
  auto const bytes = encode(timeline);
  soci::blob blob(sql);
  blob.write_from_start(bytes.data(), bytes.size());
  sql << "insert into timeline values (:trial, :columns)", soci::use(id), soci::use(blob);
}

// A trial row whose names are checked, or what is wrong with it.
struct TrialRow {
  TrialId id = 0;
  std::string kind;
  std::int64_t cell = 0;
  std::string seed;
  std::string status;
  TrialResult trial;
};

Result<TrialResult> understand(TrialRow const& row) {
  auto trial = row.trial;
  auto const kind = trial_kind_from(row.kind);
  auto const status = status_from(row.status);
  if (!kind) return fail(std::format("trial {}: unknown kind '{}'", row.id, row.kind));
  if (!status) return fail(std::format("trial {}: unknown status '{}'", row.id, row.status));
  trial.planned.kind = *kind;
  trial.planned.cell = static_cast<std::size_t>(row.cell);
  trial.status = *status;
  auto const* end = row.seed.data() + row.seed.size();
  if (auto const parsed = std::from_chars(row.seed.data(), end, trial.planned.seed);
      parsed.ec != std::errc{} || parsed.ptr != end || row.cell < 0)
    return fail(std::format("trial {}: its cell or seed is no number", row.id));
  return trial;
}

Result<std::vector<TrialResult>> select_rows(soci::session& sql, Positions& positions) {
  std::vector<TrialResult> trials;
  TrialRow row;
  auto& t = row.trial;
  soci::statement select =
      (sql.prepare << "select id, kind, block, position, cell, seed, status, reason, started, wall_ms, model_bytes, "
                      "kv_cache_bytes, compute_bytes, rss_peak_bytes from trial order by id",
       soci::into(row.id), soci::into(row.kind), soci::into(t.planned.block), soci::into(t.planned.position),
       soci::into(row.cell), soci::into(row.seed), soci::into(row.status), soci::into(t.reason), soci::into(t.started),
       soci::into(t.wall_ms), soci::into(t.memory.model_bytes), soci::into(t.memory.kv_cache_bytes),
       soci::into(t.memory.compute_bytes), soci::into(t.memory.rss_peak_bytes));
  select.execute();
  while (select.fetch()) {
    EDGELAB_TRY(trial, understand(row));
    positions[row.id] = trials.size();
    trials.push_back(std::move(trial));
  }
  return trials;
}

void select_metrics(soci::session& sql, Positions const& positions, std::vector<TrialResult>& trials) {
  TrialId id = 0;
  Metric metric;
  soci::statement select = (sql.prepare << "select trial, name, value from metric order by trial, position",
                            soci::into(id), soci::into(metric.name), soci::into(metric.value));
  select.execute();
  while (select.fetch())
    if (auto const at = positions.find(id); at != positions.end()) trials[at->second].metrics.push_back(metric);
}

void select_flags(soci::session& sql, Positions const& positions, std::vector<TrialResult>& trials) {
  TrialId id = 0;
  std::string flag;
  std::string value;
  soci::statement select =
      (sql.prepare << "select trial, flag, value from in_force", soci::into(id), soci::into(flag), soci::into(value));
  select.execute();
  while (select.fetch())
    if (auto const at = positions.find(id); at != positions.end()) trials[at->second].in_force[flag] = value;
}

Result<void> select_timelines(soci::session& sql, Positions const& positions, std::vector<TrialResult>& trials,
                              Store::TakeTimeline const& take) {
  TrialId id = 0;
  soci::blob blob(sql);
  std::string bytes;
  soci::statement select =
      (sql.prepare << "select trial, columns from timeline order by trial", soci::into(id), soci::into(blob));
  select.execute();
  while (select.fetch()) {
    auto const at = positions.find(id);
    if (at == positions.end()) continue;
    bytes.resize(blob.get_len());
    if (!bytes.empty()) blob.read_from_start(bytes.data(), bytes.size());
    auto timeline = decode(bytes);
    if (!timeline) return std::unexpected(std::move(timeline).error().within(std::format("reading trial {}", id)));
    take(trials[at->second], std::move(*timeline));
  }
  return {};
}

}  // namespace

Result<void> insert_trial(soci::session& sql, TrialResult const& trial) {
  EDGELAB_CHECK(check_numbers(trial));
  soci::transaction transaction(sql);
  EDGELAB_CHECK(check_new(sql, trial.planned));
  TrialId id = 0;
  sql << "select coalesce(max(id), 0) + 1 from trial", soci::into(id);

  auto const& planned = trial.planned;
  auto const& memory = trial.memory;
  std::string const kind(name_of(planned.kind));
  std::string const status(name_of(trial.status));
  std::string const seed = std::to_string(planned.seed);
  auto const cell = static_cast<std::int64_t>(planned.cell);
  sql << "insert into trial values (:id, :kind, :block, :position, :cell, :seed, :status, :reason, :started, :wall_ms, "
         ":model_bytes, :kv_cache_bytes, :compute_bytes, :rss_peak_bytes)",
      soci::use(id), soci::use(kind), soci::use(planned.block), soci::use(planned.position), soci::use(cell),
      soci::use(seed), soci::use(status), soci::use(trial.reason), soci::use(trial.started), soci::use(trial.wall_ms),
      soci::use(memory.model_bytes), soci::use(memory.kv_cache_bytes), soci::use(memory.compute_bytes),
      soci::use(memory.rss_peak_bytes);
  insert_metrics(sql, id, trial.metrics);
  insert_flags(sql, id, trial.in_force);
  insert_timeline(sql, id, trial.timeline);
  transaction.commit();
  return {};
}

Result<std::vector<TrialResult>> select_trials(soci::session& sql, Store::TakeTimeline const& take) {
  soci::transaction transaction(sql);    // one view of all tables, whatever a run adds meanwhile
  Positions positions;
  EDGELAB_TRY(trials, select_rows(sql, positions));
  select_metrics(sql, positions, trials);
  select_flags(sql, positions, trials);
  if (take) EDGELAB_CHECK(select_timelines(sql, positions, trials, take));
  return std::move(trials);
}

}  // namespace edgelab::store
