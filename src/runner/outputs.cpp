#include "runner/outputs.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "course/findings.hpp"
#include "probe/environment.hpp"
#include "quality/answers.hpp"
#include "report/report.hpp"
#include "runner/audit.hpp"
#include "runner/checks.hpp"
#include "runner/files.hpp"
#include "runner/journal.hpp"
#include "runner/plan_json.hpp"
#include "stats/estimate.hpp"
#include "stats/thermal.hpp"

namespace edgelab::runner {

namespace {

// What an audit that was kept with the run says about it.
Result<std::optional<AuditSummary>> audit_of(store::RunRecord const& run, store::Store const& store) {
  EDGELAB_TRY(json, store.audit());
  if (json.empty()) return std::nullopt;
  EDGELAB_TRY(audit, audit_from_json(json));
  EDGELAB_TRY(environment, probe::from_json(run.environment_json));
  auto differs = differences(audit, environment);
  return AuditSummary{.audit = std::move(audit), .differences = std::move(differs)};
}

Result<Summary> summarise(Plan const& plan, store::RunRecord const& run, store::Store const& store,
                          std::vector<TrialResult> const& trials, quality::AnswerBook const& book) {
  EDGELAB_TRY(passes, store.passes());
  EDGELAB_TRY(checks, checks_of(store));
  EDGELAB_TRY(waits, store.cool_downs());
  Summary summary = stats::summarise(plan, trials);
  summary.thermal = stats::thermal_summary(trials, waits);
  summary.started = run.started;
  summary.ended = run.ended;
  // A run without an end was killed, or is still going on.
  summary.stopped_because = run.stopped_because.empty() ? "not ended" : run.stopped_because;
  course::add_findings(summary, plan, trials, book.answers(), passes, checks);
  EDGELAB_TRY(audit, audit_of(run, store));
  summary.audit = std::move(audit);
  return summary;
}

Result<std::vector<TrialResult>> trials_of(store::Store const& store, quality::AnswerBook& book) {
  return store.trials([&](TrialResult const& trial, Timeline const& timeline) { book.add(trial, timeline); });
}

}  // namespace

Result<Summary> summary_of(Plan const& plan, store::Store const& store) {
  EDGELAB_TRY(run, store.run());
  quality::AnswerBook book(plan);
  EDGELAB_TRY(trials, trials_of(store, book));
  return summarise(plan, run, store, trials, book);
}

Result<Summary> write_outputs(store::Store const& store, std::filesystem::path const& directory) {
  EDGELAB_TRY(run, store.run());
  EDGELAB_TRY(plan, plan_from_json(run.plan_json));
  quality::AnswerBook book(plan);
  EDGELAB_TRY(trials, trials_of(store, book));
  EDGELAB_TRY(summary, summarise(plan, run, store, trials, book));
  std::string lines;
  for (auto const& trial : trials) lines += trial_line(plan, trial);
  EDGELAB_CHECK(write_whole(directory / "experiment.yaml", run.experiment_yaml));
  EDGELAB_CHECK(write_whole(directory / "environment.json", run.environment_json));
  EDGELAB_CHECK(write_whole(directory / "trials.jsonl", lines));
  EDGELAB_CHECK(write_whole(directory / "summary.csv", report::render_csv(summary)));
  if (!summary.sustained.empty())
    EDGELAB_CHECK(write_whole(directory / "sustained.csv", report::render_sustained_csv(summary)));
  EDGELAB_CHECK(write_whole(directory / "summary.json", report::render_json(summary)));
  EDGELAB_CHECK(write_whole(directory / "report.md", report::render_markdown(summary, run.environment_json)));
  return summary;
}

Result<bool> any_trial_failed(store::Store const& store) {
  EDGELAB_TRY(trials, store.trials(store::Store::Timelines::leave_out));
  EDGELAB_TRY(checks, store.checks());
  auto const failed = [](Status status) {
    return status == Status::failed || status == Status::timeout || status == Status::oom;
  };
  return std::ranges::any_of(trials, failed, &TrialResult::status) ||
         std::ranges::any_of(checks, failed, &store::CheckRecord::status);
}

}  // namespace edgelab::runner
