// What is asked of cells once the timed trials are over, each as a row of its own: nothing of it is in any timing, and
// where it fails the run's trials are none the worse for it.
#pragma once

#include <stop_token>

#include "core/result.hpp"
#include "runner/observer.hpp"
#include "runner/pool.hpp"
#include "store/store.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

// Asks what the store does not hold yet, or holds as a failure. `usable`: whether a cell of the plan has trials that
// went well. An error is the store's; false: the user stopped it.
[[nodiscard]] Result<bool> run_passes(Plan const& plan, std::vector<bool> const& usable, store::Store& store,
                                      Pool& pool, Observer& observer, std::stop_token const& stop);

}  // namespace edgelab::runner
