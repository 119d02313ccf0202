// Where a user's things are kept between runs.
#pragma once

#include <filesystem>

namespace edgelab::app {

// edgelab's folder for what can be fetched again, and for what cannot: XDG_CACHE_HOME, XDG_STATE_HOME or their usual places.
[[nodiscard]] std::filesystem::path cache_folder();
[[nodiscard]] std::filesystem::path state_folder();

}  // namespace edgelab::app
