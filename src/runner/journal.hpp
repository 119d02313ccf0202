// What has been run: kept in the store, told in trials.jsonl, and remembered in a course::Record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "course/record.hpp"
#include "store/store.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// Its line of trials.jsonl, the newline included.
[[nodiscard]] std::string trial_line(Plan const& plan, TrialResult const& trial);

class Journal {
 public:
  // Reads what earlier sessions saved, and writes trials.jsonl anew from it.
  [[nodiscard]] static Result<Journal> open(Plan const& plan, store::Store& store,
                                            std::filesystem::path const& directory);

  // Durable when it returns. The timeline is dropped from what is kept in memory.
  [[nodiscard]] Result<void> save(TrialResult trial);

  [[nodiscard]] course::Record const& record() const { return record_; }
  [[nodiscard]] std::vector<TrialResult> const& trials() const { return record_.trials(); }

 private:
  Journal(Plan const& plan, store::Store& store) : plan_(&plan), store_(&store), record_(plan) {}

  Plan const* plan_;
  store::Store* store_;
  std::filesystem::path lines_;
  course::Record record_;
};

}  // namespace edgelab::runner
