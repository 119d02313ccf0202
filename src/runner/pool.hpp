// Executor processes: one for each executor and model, loaded with what the cell at hand needs.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "executor/executor.hpp"
#include "runner/runner.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

// What a process has to be loaded with for a cell. Only flags of scope model and process: the others travel with
// each trial.
struct LoadNeeds {
  std::string model;                    // path; empty for executors without one
  std::optional<std::string> draft;     // only where the cell drafts with it
  Flags flags;

  // Whether a process loaded with `loaded` serves: the same, or a draft model more, which does nothing by itself.
  [[nodiscard]] bool served_by(LoadNeeds const& loaded) const;
};
[[nodiscard]] LoadNeeds needs_of(Plan const& plan, Cell const& cell, protocol::HelloReply const& hello);

// What `model` and `draft-model` name: a model of the experiment, by id, or a path as it stands.
[[nodiscard]] std::string model_path(Experiment const& experiment, std::string const& id_or_path);

// A process and what it holds.
struct Held {
  std::unique_ptr<executor::Executor> process;
  std::optional<LoadNeeds> loaded;
  std::optional<std::int64_t> model_bytes;
};

class Pool {
 public:
  Pool(Plan const& plan, std::vector<protocol::HelloReply> const& hellos, StartExecutor start);

  // Cells are indices into the plan's.
  // The process for a cell, started or loaded again where that is needed. A lost one is forgotten.
  [[nodiscard]] executor::Outcome<Held*> get(std::size_t cell, std::stop_token const& stop);
  // A new process for this cell alone; the caller's.
  [[nodiscard]] executor::Outcome<Held> fresh(std::size_t cell, std::stop_token const& stop);

  void forget(std::size_t cell);       // its process is lost: the next get() starts another
  void clear();

 private:
  using Key = std::pair<std::size_t, std::string>;   // executor, model path
  [[nodiscard]] Key key_of(std::size_t cell) const;
  [[nodiscard]] executor::Outcome<void> load(Held& held, std::size_t cell, std::stop_token const& stop);

  Plan const& plan_;
  std::vector<LoadNeeds> needs_;       // of each cell
  StartExecutor start_;
  std::map<Key, Held> held_;
};

// Runs `exchange` such that stopping cancels it.
template <typename Exchange>
auto cancellable(executor::Executor& process, std::stop_token const& stop, Exchange exchange) {
  std::stop_callback const cancel(stop, [&process] { process.cancel(); });
  return exchange();
}

}  // namespace edgelab::runner
