// What an executor has to be loaded with for a cell. Pure.
#pragma once

#include <optional>
#include <string>

#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::course {

// Only flags of scope model and process: the others travel with each trial.
struct LoadNeeds {
  std::string model;                    // path; empty for executors without one
  std::optional<std::string> draft;     // only where the cell drafts with it
  Flags flags;

  // Whether an executor loaded with `loaded` serves: the same, or a draft model more, which does nothing by itself.
  [[nodiscard]] bool served_by(LoadNeeds const& loaded) const;
};
[[nodiscard]] LoadNeeds needs_of(Plan const& plan, Cell const& cell, protocol::HelloReply const& hello);

// `reason` as it stands in the row of a trial whose model could not be loaded.
[[nodiscard]] std::string while_loading(LoadNeeds const& needs, std::string const& reason);

// What `model` and `draft-model` name: a model of the experiment, by id, or a path as it stands.
[[nodiscard]] std::string model_path(Experiment const& experiment, std::string const& id_or_path);

}  // namespace edgelab::course
