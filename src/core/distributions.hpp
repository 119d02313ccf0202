// Distributions over many outcomes, as logarithms in single precision. Pure; sums are in double precision.
#pragma once

#include <cstddef>
#include <span>

namespace edgelab {

// log of the sum of exp(x), without overflow. REQUIRES at least one value.
[[nodiscard]] double log_sum_exp(std::span<float const> x);

// out[i] = x[i] - log_sum_exp(x): natural logarithms of softmax(x). REQUIRES as many in `out`; they may be the same.
void log_softmax(std::span<float const> x, std::span<float> out);

// Kullback and Leibler's divergence of `other` from `reference`, in nats: sum of p (log p - log q), both given as
// logarithms. 0 exactly where both are the same; rounding may make it a little less than 0 where they nearly are.
[[nodiscard]] double kl_divergence(std::span<float const> reference, std::span<float const> other);

// False where one is infinite or no number.
[[nodiscard]] bool all_finite(std::span<float const> x);

// The lowest index among equals. REQUIRES at least one value.
[[nodiscard]] std::size_t likeliest(std::span<float const> x);

}  // namespace edgelab
