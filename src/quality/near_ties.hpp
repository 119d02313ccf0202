// Whether what parts from the reference is a near-tie or a defect. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quality/answers.hpp"
#include "types/answers.hpp"
#include "types/findings.hpp"

namespace edgelab::quality {

// A near-tie is a token that the reference's likeliest leads by no more than twice the largest difference of a logit that
// was measured between ways of evaluating the same tokens: the one may have gone up and the other down. Whatever was
// measured, a lead beyond this is none (odds of 62 to 38): kernels that are so far apart do not round, they differ.
inline constexpr double largest_bound = 0.5;

// More near-ties than this share of the requests (and more than one) are suspicious. Each is explained by rounding, but
// rounding moves a token only where two are as good as equal, which is rare: the technique chooses badly among equals,
// or is so inexact that the measured noise hides its defects.
inline constexpr double largest_share = 0.1;

// Fills in margins, verdicts and their counts. `judged` are those of the cell of `summary`; the answers they belong to are
// `divergent`, which are of the same cell. A request that was answered in several ways is as bad as the worst of them: real
// where one is, a near-tie where all are; its margin is then the largest.
void judge(EquivalenceSummary& summary, Plan const& plan, std::span<Divergent const> divergent,
           std::span<JudgedAnswer const> judged);

}  // namespace edgelab::quality
