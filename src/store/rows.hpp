// Trials as rows.
#pragma once

#include <soci/soci.h>

#include <vector>

#include "core/result.hpp"
#include "store/store.hpp"

namespace edgelab::store {

// Both throw what SOCI throws.
[[nodiscard]] Result<void> insert_trial(soci::session& sql, TrialResult const& trial);
[[nodiscard]] Result<std::vector<TrialResult>> select_trials(soci::session& sql, Store::TakeTimeline const& take);

// checks.cpp: of a run that has no such table, none.
void insert_check(soci::session& sql, CheckRecord const& check);
[[nodiscard]] Result<std::vector<CheckRecord>> select_checks(soci::session& sql);

}  // namespace edgelab::store
