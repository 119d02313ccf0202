// The results of one run, in SQLite through SOCI. A trial is durable when save() has returned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::store {

inline constexpr int version = 1;      // of the tables; another one is refused

// What a run is, kept once: enough to resume it and to rebuild every report.
struct RunRecord {
  std::string experiment_yaml;        // the file as it was
  std::string experiment_path;        // where it was, for relative paths
  std::string plan_json;              // the plan as made (cells, flags, seeds)
  std::string environment_json;
  std::string started;
  std::string ended;                  // empty while running
  std::string stopped_because;        // empty while running
};

// Something that was found out beside the trials. What `content` is, is its kind's business.
struct CheckRecord {
  std::string kind{};
  std::size_t cell = 0;               // of the plan
  std::string item{};                   // what it was found out of
  Status status = Status::ok;
  std::string reason{};                 // empty when ok
  std::string started{};
  double wall_ms = 0.0;
  std::string content{};
};

// One writer at a time, any number of readers beside it. A Store is used from one thread at a time.
class Store {
 public:
  // A new results.db in `directory` (made if missing). Fails if there is one already, or if another run writes there.
  [[nodiscard]] static Result<Store> create(std::filesystem::path const& directory, RunRecord const& run);

  // An existing one, checked: its schema version, and that SQLite finds it whole. To write is to keep every other
  // writer out until the Store is gone; reading works at any time, also while a run is writing.
  enum class Access : bool { read, write };
  [[nodiscard]] static Result<Store> open(std::filesystem::path const& directory, Access access);

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  [[nodiscard]] Result<RunRecord> run() const;
  // Both empty: the run goes on again, as after a resume.
  [[nodiscard]] Result<void> finish(std::string const& ended, std::string const& stopped_because);

  // The audit of the machine that was current when the run ended, as text; empty: there is none.
  [[nodiscard]] Result<void> keep_audit(std::string const& audit_json);
  [[nodiscard]] Result<std::string> audit() const;

  // One trial for each (kind, block, cell): a second one is refused, unless those before it were interrupted.
  [[nodiscard]] Result<void> save(TrialResult const& trial);
  // All trials in the order they ran; without timelines unless asked for (they may be large).
  enum class Timelines : bool { leave_out, load };
  [[nodiscard]] Result<std::vector<TrialResult>> trials(Timelines timelines) const;

  // The same, each timeline handed out with its trial, one at a time: all of them together may be more than there is room
  // for. An empty function leaves them where they are.
  using TakeTimeline = std::function<void(TrialResult& trial, Timeline timeline)>;
  [[nodiscard]] Result<std::vector<TrialResult>> trials(TakeTimeline const& take) const;

  // What was asked of a cell beside its trials. A later one of the same kind and cell takes the place of the one before.
  [[nodiscard]] Result<void> save(PassResult const& pass);
  [[nodiscard]] Result<std::vector<PassResult>> passes() const;  // by kind and cell
  // One for each (kind, cell, item): a second one is refused. In the order they were saved.
  [[nodiscard]] Result<void> save(CheckRecord const& check);
  [[nodiscard]] Result<std::vector<CheckRecord>> checks() const;

  // Waits for the processor to cool, in the order they were.
  [[nodiscard]] Result<void> save(CoolDownWait const& wait);
  [[nodiscard]] Result<std::vector<CoolDownWait>> cool_downs() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgelab::store
