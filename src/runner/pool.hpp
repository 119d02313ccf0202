// Executor processes: one for each executor and model, loaded with what the cell at hand needs. A device lends one executor at a
// time, so there it is one for each device, and a new process ends the one before.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "course/needs.hpp"
#include "executor/executor.hpp"
#include "runner/runner.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

// A process and what it holds.
struct Held {
  std::unique_ptr<executor::Executor> process;
  std::optional<course::LoadNeeds> loaded;
  std::optional<std::int64_t> model_bytes;
};

// Used by one lane, on its thread.
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
  using Key = std::pair<std::size_t, std::string>;   // executor, model path; of one on a device the path is empty
  void make_room(std::size_t cell);                  // on its device, if it is on one
  [[nodiscard]] Key key_of(std::size_t cell) const;
  [[nodiscard]] executor::Outcome<void> load(Held& held, std::size_t cell, std::stop_token const& stop);

  Plan const& plan_;
  std::vector<course::LoadNeeds> needs_;   // of each cell
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
