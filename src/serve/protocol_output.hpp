// The standard output belongs to the protocol.
#pragma once

#include <cstdio>

namespace edgelab::serve {

// A stream to the coordinator. From here on whatever else is printed to the standard output, by a library say, goes to the
// standard error. Null where that cannot be had. Call once, before anything is printed.
[[nodiscard]] std::FILE* protocol_output();

}  // namespace edgelab::serve
