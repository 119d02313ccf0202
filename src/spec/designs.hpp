// Which subsets of n rounds a design combines. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace edgelab::spec {

enum class Design { full, pairs, one_at_a_time, fractional };

// By the name it has in the file; nullopt for another.
[[nodiscard]] std::optional<Design> design_named(std::string_view name);

// How many rounds a design makes of n, counted without making them.
[[nodiscard]] double design_size(Design design, std::size_t n);

// Each subset as indices below n, rising; subsets of two or more, since the single rounds are there already.
// Ordered by size, then as in a dictionary. REQUIRES that design_size is small and n below 32.
//   full:           all of them
//   pairs:          those of two
//   one_at_a_time:  all n, and all but one
//   fractional:     those that leave out an even number: half of the full factorial, with the defining relation
//                   I = product of all factors (resolution n)
[[nodiscard]] std::vector<std::vector<std::size_t>> subsets(Design design, std::size_t n);

}  // namespace edgelab::spec
