#include "stats/cell_status.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "core/text.hpp"
#include "types/names.hpp"

namespace edgelab::stats {

namespace {

std::string why(TrialResult const& trial) {
  return trial.reason.empty() ? std::string(name_of(trial.status)) : trial.reason;
}

std::string_view verb(Status status) {
  switch (status) {
    case Status::timeout: return "timed out";
    case Status::oom: return "ran out of memory";
    case Status::unsupported: return "could not be expressed";
    default: return "failed";
  }
}

// One clause about the trials of a kind that were not ok, with the last one's reason; nothing where all were.
// `of` is what they are among: "10 trials".
std::string clause(CellTrials const& trials, TrialKind kind, std::string_view of) {
  std::int32_t count = 0;
  TrialResult const* last = nullptr;
  bool alike = true;
  for (auto const* trial : trials.not_ok) {
    if (trial->planned.kind != kind) continue;
    alike = alike && (last == nullptr || last->status == trial->status);
    last = trial;
    ++count;
  }
  if (last == nullptr) return {};
  return std::format("{} of {} {}: {}", count, of, alike ? verb(last->status) : "failed", why(*last));
}

// The failures beside good trials: "2 of 10 trials timed out: REASON; 1 of 1 warm-up trials failed: REASON".
std::string failures_beside(CellTrials const& trials) {
  auto const not_ok_memory = std::ranges::count_if(
      trials.not_ok, [](TrialResult const* trial) { return trial->planned.kind == TrialKind::memory; });
  std::vector<std::string> clauses{
      clause(trials, TrialKind::timed, std::format("{} trials", trials.timed_ended)),
      clause(trials, TrialKind::memory,
             std::format("{} memory trials", trials.memory.size() + static_cast<std::size_t>(not_ok_memory))),
      clause(trials, TrialKind::warmup, std::format("{} warm-up trials", trials.warmup))};
  std::erase(clauses, std::string{});
  return join(clauses, "; ");
}

// The latest trial of the status that most of the failures have; null when none failed.
TrialResult const* typical_failure(CellTrials const& trials) {
  std::array<std::int32_t, status_names.size()> count{};
  TrialResult const* typical = nullptr;
  for (auto const* trial : trials.not_ok)
    if (is_failure(trial->status)) ++count[static_cast<std::size_t>(trial->status)];
  for (auto const* trial : trials.not_ok) {
    if (!is_failure(trial->status)) continue;
    if (typical == nullptr ||
        count[static_cast<std::size_t>(trial->status)] >= count[static_cast<std::size_t>(typical->status)])
      typical = trial;
  }
  return typical;
}

}  // namespace

bool is_failure(Status status) {
  return status == Status::failed || status == Status::timeout || status == Status::oom;
}

CellStatus status_of(Cell const& cell, CellTrials const& trials) {
  auto const named = [](Status status, std::string reason) {
    return CellStatus{std::string(name_of(status)), std::move(reason)};
  };
  if (cell.refused) return named(Status::unsupported, *cell.refused);
  if (!trials.timed.empty()) return named(Status::ok, failures_beside(trials));
  if (auto const* failure = typical_failure(trials)) return named(failure->status, why(*failure));
  if (!trials.not_ok.empty()) return named(Status::unsupported, why(*trials.not_ok.back()));
  return named(Status::failed, "not measured: the run ended before a timed trial of this cell did");
}

}  // namespace edgelab::stats
