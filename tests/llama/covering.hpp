// Covering arrays: few combinations of many settings in which every pair of values still stands together.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "types/flags.hpp"

namespace edgelab::test {

struct Parameter {
  std::string flag;
  std::vector<std::string> values;
};

// Combinations that hold every pair of values of different parameters at least once, where one that `allowed` takes holds
// the pair at all. Greedy (Cohen et al. 1997, "The AETG system"), the same for the same parameters.
[[nodiscard]] std::vector<Flags> covering_array(std::vector<Parameter> const& parameters,
                                                std::function<bool(Flags const&)> const& allowed);

// Every allowed combination.
[[nodiscard]] std::vector<Flags> all_combinations(std::vector<Parameter> const& parameters,
                                                  std::function<bool(Flags const&)> const& allowed);

}  // namespace edgelab::test
