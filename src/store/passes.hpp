// What was asked beside the trials, as rows.
#pragma once

#include <soci/soci.h>

#include <vector>

#include "core/result.hpp"
#include "types/trial.hpp"

namespace edgelab::store {

// All throw what SOCI throws. A store from before there were passes reads as one without any.
[[nodiscard]] Result<void> insert_pass(soci::session& sql, PassResult const& pass);
[[nodiscard]] Result<std::vector<PassResult>> select_passes(soci::session& sql);

}  // namespace edgelab::store
