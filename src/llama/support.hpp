// Which flags this executor has: what hello answers, and what a run is checked against.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::llama {

[[nodiscard]] std::map<std::string, protocol::FlagSupport> const& flag_support();

// Why a value of `flags` is not one this executor has; nullopt if all are. Flags it does not know at all are passed
// over: a run carries the defaults of every flag, and the coordinator has checked those that a round sets.
[[nodiscard]] std::optional<std::string> refused_value(Flags const& flags);

[[nodiscard]] protocol::HelloReply hello_reply();

}  // namespace edgelab::llama
