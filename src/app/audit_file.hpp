// Where the audit of this machine is kept: one file for each user.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "store/store.hpp"
#include "types/audit.hpp"

namespace edgelab::app {

// The environment variable EDGELAB_AUDIT, else edge-llm-lab/audit.json in XDG_STATE_HOME, else in ~/.local/state.
[[nodiscard]] Result<std::filesystem::path> audit_file();

// Makes the folder if it is missing. The file is whole or as it was.
[[nodiscard]] Result<void> write_audit(Audit const& audit, std::filesystem::path const& file);

// Keeps the current audit with a run that has ended; where there is none, none. Fails where the file is no audit.
[[nodiscard]] Result<void> keep_current_audit(store::Store& store);

}  // namespace edgelab::app
