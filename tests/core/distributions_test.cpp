#include "core/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace edgelab {
namespace {

std::vector<float> logs(std::vector<double> const& p) {
  std::vector<float> values;
  for (double const share : p) values.push_back(static_cast<float>(std::log(share)));
  return values;
}

TEST(Distributions, softmax_of_known_logits) {
  std::vector<float> const logits{0.0F, std::log(2.0F), std::log(5.0F)};
  EXPECT_NEAR(log_sum_exp(logits), std::log(8.0), 1e-7);
  std::vector<float> out(3);
  log_softmax(logits, out);
  EXPECT_NEAR(std::exp(out[0]), 0.125, 1e-7);
  EXPECT_NEAR(std::exp(out[2]), 0.625, 1e-7);
}

TEST(Distributions, softmax_does_not_overflow) {
  std::vector<float> logits{5000.0F, 4999.0F, -5000.0F};
  log_softmax(logits, logits);
  EXPECT_NEAR(logits[0], -std::log1p(std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(logits[2], -10000.0 + static_cast<double>(logits[0]), 1e-2);
}

TEST(Distributions, divergences_that_can_be_computed_by_hand) {
  auto const fair = logs({0.5, 0.5});
  auto const bent = logs({0.75, 0.25});
  EXPECT_EQ(kl_divergence(fair, fair), 0.0);
  EXPECT_NEAR(kl_divergence(fair, bent), 0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25), 1e-7);
  EXPECT_NEAR(kl_divergence(bent, fair), 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-7);
}

// What the reference finds impossible adds nothing; what only the other does is infinitely far.
TEST(Distributions, divergences_at_the_edge) {
  float const never = -std::numeric_limits<float>::infinity();
  std::vector<float> const sure{0.0F, never};
  EXPECT_NEAR(kl_divergence(sure, logs({0.5, 0.5})), std::log(2.0), 1e-7);
  EXPECT_EQ(kl_divergence(sure, sure), 0.0);
  EXPECT_TRUE(std::isinf(kl_divergence(logs({0.5, 0.5}), sure)));
}

// Many outcomes: sums in single precision would lose them.
TEST(Distributions, sums_over_a_large_vocabulary) {
  std::vector<float> logits(200'000, 0.0F);
  logits[7] = std::log(200'001.0F);
  EXPECT_NEAR(log_sum_exp(logits), std::log(400'000.0), 1e-6);
  std::vector<float> p(logits.size());
  log_softmax(logits, p);
  std::vector<float> const q(logits.size(), static_cast<float>(-std::log(200'000.0)));
  double const half = 0.5 * std::log(0.5 * 200'000.0) + 0.5 * std::log(0.5);
  EXPECT_NEAR(kl_divergence(p, q), half, 1e-4);
}

// Against the library's, over all that a logarithm of a probability can be; sums of other lengths than vector units have.
TEST(Distributions, exponentials_are_as_near_as_single_precision_has_them) {
  for (std::size_t const count : {1U, 3U, 16U, 17U, 255U, 256U, 1000U}) {
    std::vector<float> logits;
    double exact = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      logits.push_back(-100.0F * static_cast<float>(i) / static_cast<float>(count));
      exact += std::exp(static_cast<double>(logits.back()));
    }
    EXPECT_NEAR(log_sum_exp(logits), std::log(exact), 1.5e-7) << count;
  }
  // One term, so that nothing is averaged: p log p at each p.
  for (float x = -86.0F; x < 0.0F; x += 0.37F) {
    std::vector<float> const p{x};
    std::vector<float> const q{x - 1.0F};
    double const exact = std::exp(static_cast<double>(x)) * (static_cast<double>(x) - static_cast<double>(q[0]));
    EXPECT_NEAR(kl_divergence(p, q) / exact, 1.0, 2e-7) << x;
  }
  EXPECT_EQ(kl_divergence(std::vector<float>{-100.0F}, std::vector<float>{-1.0F}), 0.0);
}

TEST(Distributions, what_is_no_number_is_found_wherever_it_stands) {
  std::vector<float> values(100, -1e30F);
  EXPECT_TRUE(all_finite(values));
  for (float const bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (std::size_t const at : {0U, 15U, 16U, 95U, 96U, 99U}) {
      auto spoilt = values;
      spoilt[at] = bad;
      EXPECT_FALSE(all_finite(spoilt)) << at;
    }
  EXPECT_TRUE(all_finite({}));
}

TEST(Distributions, likeliest_is_the_first_of_equals) {
  EXPECT_EQ(likeliest(std::vector<float>{1.0F, 3.0F, 3.0F, 2.0F}), 1U);
  std::vector<float> many(1000, -1.0F);
  many[500] = many[17] = 2.0F;
  EXPECT_EQ(likeliest(many), 17U);
}

}  // namespace
}  // namespace edgelab
