// Flags that executors bring along, checked as strictly as those of the catalogue. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/parse.hpp"
#include "types/experiment.hpp"
#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::course {

// What is wrong with the rounds' flags of executors' own ("NAME.flag"), given what the executors say they have.
[[nodiscard]] spec::Diagnostics check_own_flags(Experiment const& experiment,
                                                std::vector<protocol::HelloReply> const& hellos);

// What executors say that their own flags may do to output, by "NAME.flag". One with an effect of no known name is left out.
[[nodiscard]] std::map<std::string, Effect> own_effects(std::vector<protocol::HelloReply> const& hellos);

// Whether any round sets such a flag.
[[nodiscard]] bool has_own_flags(Experiment const& experiment);

}  // namespace edgelab::course
