// What all sides of a comparison have in common.
#pragma once

namespace edgelab::bench {

inline constexpr int threads = 2;

// Drafting, where it is compared: the same lengths for all sides.
inline constexpr int lookup_ngram = 3;
inline constexpr int draft_max = 8;
inline constexpr double draft_p_min = 0.5;

}  // namespace edgelab::bench
