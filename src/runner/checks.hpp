// What is found out by reading texts, once the timed blocks are over: how far distributions are from the reference's, and
// whether output that is not the reference's parts from it at near-ties only.
//
// Nothing here is timed. Each text that has been read is saved at once, so that an interrupted run goes on where it was. What
// fails is a row with its reason; a cell whose last three texts failed is given up.
#pragma once

#include <stop_token>
#include <vector>

#include "core/result.hpp"
#include "runner/journal.hpp"
#include "runner/observer.hpp"
#include "runner/pool.hpp"
#include "runner/runner.hpp"
#include "store/store.hpp"
#include "types/answers.hpp"

namespace edgelab::runner {

// So many divergent answers of a cell are judged, the first ones; the noise is measured on the first few of these.
inline constexpr std::size_t most_judged = 64;
inline constexpr std::size_t most_measured = 4;

// At decode shape, one token a step, the last so many tokens of so many texts are read.
inline constexpr std::int32_t decode_tokens = 32;
inline constexpr std::size_t decode_texts = 8;

// False: interrupted.
[[nodiscard]] Result<bool> run_checks(RunConfig const& config, Journal const& journal, store::Store& store, Pool& pool,
                                      Observer& observer, std::stop_token const& stop);

// What has been found out, from the store.
[[nodiscard]] Result<Checks> checks_of(store::Store const& store);

}  // namespace edgelab::runner
