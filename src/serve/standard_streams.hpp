// The standard streams of a program that speaks the protocol.
#pragma once

#include <cstdio>

#include "serve/inbox.hpp"

namespace edgelab::serve {

// A stream to the coordinator. From here on whatever else is printed to the standard output, by a library say, goes to the
// standard error. Null where that cannot be had. Call once, before anything is printed.
[[nodiscard]] std::FILE* protocol_output();

// Puts the lines of the standard input into `inbox`, and its end, on a thread of its own. That is never waited for, since it may
// wait for input for ever: `inbox` outlives it only where the process ends by std::_Exit.
void read_input(Inbox& inbox);

}  // namespace edgelab::serve
