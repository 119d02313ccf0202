// Flags of the catalogue as options of llama-server: one table of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/backend.hpp"
#include "bridge/server/build.hpp"
#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::bridge {

// What this build can do with each flag: what it has no option for is `no`, with a reason that names the build.
[[nodiscard]] std::map<std::string, protocol::FlagSupport> supported(Build const& build);

// What a server is started for, beside flags.
struct Launch {
  std::string model;
  std::optional<std::string> draft;
  std::int32_t context = 0;        // tokens of all slots together, where no flag says
  std::size_t connections = 1;     // open at once
};

// What every command line for this model begins with.
[[nodiscard]] std::vector<std::string> model_arguments(std::string const& model);

// The command line without program, address and key: the same for the same needs, so that servers are told apart by it. Refuses
// values that the build does not take.
[[nodiscard]] Outcome<std::vector<std::string>> arguments_of(Build const& build, Flags const& flags,
                                                             Launch const& launch);

// Whether something beside this processor is there to take layers: an accelerator, or servers that `rpc` names.
[[nodiscard]] bool takes_layers(Build const& build, Flags const& flags);

// What of the flags goes into each request, or decides how it is asked.
struct RequestFlags {
  bool cache_prompt = false;
  std::int32_t parallel = 1;
  std::optional<std::int32_t> context;  // ctx-size, where a flag says
};
[[nodiscard]] Outcome<RequestFlags> request_flags(Flags const& flags);

// Which drafter is asked for: a value of --spec-type; "none".
[[nodiscard]] std::string drafter(Flags const& flags);

}  // namespace edgelab::bridge
