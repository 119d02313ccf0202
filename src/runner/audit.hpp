// Audits as they are kept, and what one says about a run.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "probe/environment.hpp"
#include "types/audit.hpp"

namespace edgelab::runner {

// What is no UTF-8 in it (the names of processes can be anything) is made valid.
[[nodiscard]] std::string audit_to_json(Audit const& audit);
// Fails where it is no audit, or one of another schema.
[[nodiscard]] Result<Audit> audit_from_json(std::string const& json);

[[nodiscard]] AuditedMachine audited_machine(probe::Environment const& environment);

// Why the audit does not apply to a run in that environment: another processor, other cores, another build, an executor
// or a library that was not audited. None: it applies.
[[nodiscard]] std::vector<std::string> differences(Audit const& audit, probe::Environment const& run);

}  // namespace edgelab::runner
