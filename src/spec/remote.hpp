// Executors of kind remote: on a device of the fleet (docs/FLEET.md).
#pragma once

#include "spec/lowering.hpp"

namespace edgelab::spec {

// What only an executor of kind remote has, into `spec`.
void lower_remote(Lowering& to, document::Executor const& from, document::Mark mark, ExecutorSpec& spec);

// On an executor of another kind each of these keys is an error.
void refuse_remote_keys(Lowering& to, document::Executor const& from);

}  // namespace edgelab::spec
