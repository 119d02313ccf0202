#include "stats/inference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "stats/estimate.hpp"

namespace edgelab::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

// The fifteen tests of Benjamini and Hochberg (1995), section 3.2: their procedure finds four. Adjusted as R's
// p.adjust(method = "BH") does.
TEST(BenjaminiHochberg, the_authors_example) {
  std::vector<double> const p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  std::vector<double> const expected{0.0015, 0.003, 0.0095,     0.035625, 0.0603,     0.06385714, 0.06385714, 0.0645,
                                     0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1.0};
  auto const adjusted = benjamini_hochberg(p);
  ASSERT_EQ(adjusted.size(), p.size());
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-8) << i;
}

TEST(BenjaminiHochberg, keeps_the_order_given) {
  auto const adjusted = benjamini_hochberg(std::vector{0.9, 0.01, 0.02});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.9);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.03);
  EXPECT_THAT(benjamini_hochberg({}), IsEmpty());
}

TEST(McNemar, is_the_binomial_test_of_a_fair_coin) {
  EXPECT_DOUBLE_EQ(mcnemar(0, 0), 1.0);
  EXPECT_DOUBLE_EQ(mcnemar(5, 5), 1.0);
  EXPECT_NEAR(mcnemar(1, 9), 22.0 / 1024.0, 1e-12);    // 2 (1 + 10) / 2^10
  EXPECT_NEAR(mcnemar(9, 1), 22.0 / 1024.0, 1e-12);
  EXPECT_NEAR(mcnemar(0, 6), 2.0 / 64.0, 1e-12);
  EXPECT_NEAR(mcnemar(0, 5), 2.0 / 32.0, 1e-12);
}

// Ranks of the sign test's interval, as tables have them (Conover, table A3): counted from 1.
TEST(QuantileInterval, of_the_median) {
  EXPECT_FALSE(quantile_interval(counted(5), 0.5));
  EXPECT_THAT(*quantile_interval(counted(6), 0.5), ElementsAre(1.0, 6.0));
  EXPECT_THAT(*quantile_interval(counted(10), 0.5), ElementsAre(2.0, 9.0));
  EXPECT_THAT(*quantile_interval(counted(20), 0.5), ElementsAre(6.0, 15.0));
  EXPECT_THAT(*quantile_interval(counted(30), 0.5), ElementsAre(10.0, 21.0));
}

TEST(QuantileInterval, of_others_needs_values_on_both_sides) {
  EXPECT_FALSE(quantile_interval(counted(50), 0.99));
  auto const interval = quantile_interval(counted(1000), 0.99);
  ASSERT_TRUE(interval);
  EXPECT_NEAR((*interval)[0], 983.5, 3.0);    // 990 ± 1.96 sqrt(1000 × 0.99 × 0.01)
  EXPECT_NEAR((*interval)[1], 996.5, 3.0);
  EXPECT_FALSE(quantile_interval({}, 0.5));
}

TEST(BootstrapMean, is_near_students_interval_on_his_data) {
  std::vector<double> const differences{-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4};
  auto const interval = bootstrap_mean(differences, 7);
  ASSERT_TRUE(interval);
  // t: -2.46 to -0.70. The data lean to the left, which the bootstrap sees and t does not.
  EXPECT_NEAR((*interval)[0], -2.46, 0.25);
  EXPECT_NEAR((*interval)[1], -0.70, 0.25);
  EXPECT_LT(-1.58 - (*interval)[0], 1.2);
  EXPECT_GT(-1.58 - (*interval)[0], (*interval)[1] + 1.58);
}

TEST(BootstrapMean, follows_from_its_seed) {
  auto const values = counted(12);
  EXPECT_EQ(bootstrap_mean(values, 1), bootstrap_mean(values, 1));
  EXPECT_NE(bootstrap_mean(values, 1), bootstrap_mean(values, 2));
  EXPECT_EQ(bootstrap_mean(std::vector(8, 3.0), 1), (Bounds{3.0, 3.0}));
  EXPECT_FALSE(bootstrap_mean(counted(4), 1));
}

// Kendall's distribution for five things: of 120 orders one has no pair out of order, four have one.
TEST(Trend, exact_for_few) {
  EXPECT_NEAR(trend(std::vector{1.0, 2.0, 3.0, 4.0, 5.0})->p, 2.0 / 120.0, 1e-12);
  EXPECT_NEAR(trend(std::vector{5.0, 4.0, 3.0, 2.0, 1.0})->p, 2.0 / 120.0, 1e-12);
  EXPECT_NEAR(trend(std::vector{1.0, 2.0, 3.0, 5.0, 4.0})->p, 10.0 / 120.0, 1e-12);
  EXPECT_FALSE(trend(counted(4)));
}

// S = 14 and variance (6 × 5 × 17 - 2 × 1 × 9) / 18: z = 13 / 5.228.
TEST(Trend, with_ties) {
  EXPECT_NEAR(trend(std::vector{1.0, 2.0, 2.0, 3.0, 4.0, 5.0})->p, 0.01290, 5e-5);
  EXPECT_EQ(trend(std::vector(9, 4.0))->p, 1.0);
  EXPECT_EQ(trend(std::vector(9, 4.0))->change, 0.0);
}

// A zigzag of nearly no trend, with the approximation as with the exact distribution.
TEST(Trend, approximation_joins_the_exact_one) {
  std::vector<double> zigzag;
  for (int i = 0; i < 20; ++i) zigzag.push_back(i % 2 ? 10.0 + i : 10.5 - i * 0.3);
  double const exact = trend(zigzag)->p;
  zigzag.push_back(4.45);    // hardly changes the picture, and is one too many
  EXPECT_NEAR(trend(zigzag)->p, exact, 0.15);
}

TEST(Trend, one_spike_moves_nothing) {
  auto values = counted(11);
  values[5] = 1000.0;
  auto const found = trend(values);
  EXPECT_NEAR(found->change, 10.0, 1e-12);
  EXPECT_LT(found->p, 0.001);
}

TEST(Outliers, are_far_from_the_median) {
  std::vector<double> values{10.0, 10.1, 9.9, 10.2, 9.8, 10.0, 14.0, 10.1};
  EXPECT_THAT(outliers(values), ElementsAre(6u));
  values[2] = -3.0;
  EXPECT_THAT(outliers(values), ElementsAre(2u, 6u));
  EXPECT_THAT(outliers(counted(20)), IsEmpty());
  EXPECT_THAT(outliers(std::vector{1.0, 1.0, 1.0, 1.0, 9.0}), IsEmpty());    // no scale to judge by
  EXPECT_THAT(outliers(std::vector{1.0, 2.0, 90.0}), IsEmpty());
}

// The power of a t test against `detectable` is four in five, by the noncentral t distribution.
TEST(Detectable, is_found_four_times_in_five) {
  for (std::size_t const n : {3u, 5u, 10u, 20u, 30u}) {
    auto const interval = mean_interval(counted(n));
    double const freedom = static_cast<double>(n) - 1.0;
    double const t = boost::math::quantile(boost::math::students_t(freedom), 0.975);
    double const standard_error = ((*interval.ci95)[1] - interval.estimate) / t;
    boost::math::non_central_t const shifted(freedom, *interval.detectable / standard_error);
    EXPECT_NEAR(boost::math::cdf(boost::math::complement(shifted, t)), 0.8, n < 5 ? 0.1 : 0.02) << n;
  }
}

TEST(PairedRatio, p_and_interval_agree_at_every_level) {
  // Ten log ratios around `shift`: the interval leaves out 1 exactly where p is below 0.05.
  for (double const level : {0.95, 0.955, 0.965})
    for (double shift = 0.0; shift < 0.03; shift += 0.0005) {
      std::vector<double> logs;
      for (int i = 0; i < 10; ++i) logs.push_back(shift + (i % 2 ? 0.02 : -0.02) * (1.0 + i * 0.01));
      auto const interval = ratio_interval(logs, level);
      EXPECT_EQ((*interval.ci95)[0] > 1.0 || (*interval.ci95)[1] < 1.0, *interval.p < 0.05) << level << " " << shift;
    }
  EXPECT_EQ(*paired_ratio(std::vector{2.0, 4.0}, std::vector{1.0, 2.0}).p, 0.0);
  EXPECT_EQ(*paired_ratio(std::vector{2.0, 4.0}, std::vector{2.0, 4.0}).p, 1.0);
}

TEST(TLevel, is_wider_where_a_run_may_stop_by_interval) {
  Protocol protocol;
  EXPECT_EQ(t_level(protocol), 0.95);
  protocol.until_metric = "decode_tps";
  EXPECT_EQ(t_level(protocol), 0.955);
  protocol.min_blocks = 5;
  EXPECT_EQ(t_level(protocol), 0.965);
  protocol.max_blocks = 5;    // exactly five: nothing is decided while running
  EXPECT_EQ(t_level(protocol), 0.95);
}

TEST(AdjustForMany, leaves_out_what_has_no_p) {
  std::vector<RatioSummary> ratios(3);
  ratios[0].p = 0.04;
  ratios[2].p = 0.01;
  FalseDiscoveries told;
  adjust_for_many(told, std::vector{&ratios[0], &ratios[1], &ratios[2]});
  EXPECT_EQ(told.comparisons, 2);
  EXPECT_DOUBLE_EQ(*ratios[0].p_adjusted, 0.04);
  EXPECT_FALSE(ratios[1].p_adjusted);
  EXPECT_DOUBLE_EQ(*ratios[2].p_adjusted, 0.02);
}

}  // namespace
}  // namespace edgelab::stats
