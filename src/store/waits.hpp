// Waits for the processor to cool, as rows.
#pragma once

#include <soci/soci.h>

#include <vector>

#include "types/trial.hpp"

namespace edgelab::store {

// Both throw what SOCI throws. A store from before there were waits reads as one without any.
void insert_wait(soci::session& sql, CoolDownWait const& wait);
[[nodiscard]] std::vector<CoolDownWait> select_waits(soci::session& sql);

}  // namespace edgelab::store
