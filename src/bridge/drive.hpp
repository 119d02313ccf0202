// Asks a backend for the requests of a run, as they arrive: closed and open loop, passes, cancels.
#pragma once

#include <functional>
#include <string>

#include "bridge/backend.hpp"
#include "bridge/recording.hpp"

namespace edgelab::bridge {

// Called while the clock runs, never two at once, on any thread.
struct Listeners {
  std::function<void(std::string const& request, std::int32_t tokens)> on_emission;   // empty: not a live run
  std::function<void(std::int32_t requests_done, std::int64_t tokens)> on_progress;
};

// As many threads ask as requests may be in flight: `concurrency` in a closed loop; in an open one all of a pass, but no more
// than this, whereafter requests wait here, their clocks running.
inline constexpr std::size_t most_workers = 256;
[[nodiscard]] std::size_t workers_for(protocol::Run const& run);

// Runs whole passes until min_s and min_tokens are reached, or a request has failed: the trial is then lost anyway. Refuses
// with `cancelled` when `stop` says so, with nothing under way any more.
[[nodiscard]] Outcome<Recording> drive(protocol::Run const& run, Trial& trial, Stop const& stop,
                                       Listeners const& listeners);

}  // namespace edgelab::bridge
