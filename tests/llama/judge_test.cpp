// Whatever is proposed, what comes out is distributed as the target's own pick.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "llama/mix.hpp"
#include "llama/sampler.hpp"

namespace edgelab::llama {
namespace {

using Logits = std::vector<float>;

// The share of each token that a sampler of these settings picks, exactly.
std::vector<double> shares(Logits logits, Sampling const& sampling, std::vector<llama_token> const& forbidden = {}) {
  Sampler sampler(sampling, 1, forbidden);
  Distribution from;
  auto const size = logits.size();
  EXPECT_GE(sampler.pick(logits, from), 0);
  std::vector<double> p(size, 0.0);
  for (std::size_t i = 0; i < from.tokens.size(); ++i) p[static_cast<std::size_t>(from.tokens[i])] = from.p[i];
  return p;
}

// Pearson's statistic; infinite where something impossible came out.
double chi_square(std::vector<int> const& counts, std::vector<double> const& expected) {
  auto const total = std::accumulate(counts.begin(), counts.end(), 0);
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    auto const mean = expected[i] * total;
    if (mean == 0.0 && counts[i] == 0) continue;
    if (mean == 0.0) return std::numeric_limits<double>::infinity();
    sum += (counts[i] - mean) * (counts[i] - mean) / mean;
  }
  return sum;
}

// A bound that chi-square with so many degrees of freedom passes less than once in 10,000 times (Wilson and Hilferty).
double bound(std::size_t degrees) {
  auto const k = static_cast<double>(degrees);
  auto const part = 2.0 / (9.0 * k);
  return k * std::pow(1.0 - part + 3.72 * std::sqrt(part), 3.0);
}

constexpr int rounds = 20'000;

// What comes out of a drawn proposal that is judged, over many seeds.
std::vector<int> outcomes(Logits const& target, Sampling const& sampling, Logits const& draft,
                          Sampling const& drafting) {
  std::vector<int> counts(target.size(), 0);
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    Sampler proposes(drafting, mix(seed, 1), {});
    Sampler judges(sampling, seed, {});
    auto its = draft;
    auto ours = target;
    Distribution from;
    auto const proposed = proposes.pick(its, from);
    auto const verdict = judges.judge(ours, proposed, &from);
    EXPECT_EQ(verdict.accepted, verdict.token == proposed) << "a refused token never comes back";
    ++counts[static_cast<std::size_t>(verdict.token)];
  }
  return counts;
}

void expect_the_targets(Logits const& target, Sampling const& sampling, Logits const& draft, Sampling const& drafting) {
  auto const expected = shares(target, sampling);
  auto const degrees = std::ranges::count_if(expected, [](double p) { return p > 0.0; }) - 1;
  EXPECT_LT(chi_square(outcomes(target, sampling, draft, drafting), expected),
            degrees > 0 ? bound(static_cast<std::size_t>(degrees)) : 1e-9);
}

Logits const hilly{0.3F, 2.0F, -1.0F, 1.1F, 0.0F, 1.9F, -0.4F, 0.8F};

TEST(Judge, TheTestItselfFindsABentDistribution) {
  auto bent = shares(hilly, {1.0, 0, 1.0});
  std::swap(bent[0], bent[7]);
  EXPECT_GT(chi_square(outcomes(hilly, {1.0, 0, 1.0}, hilly, {1.0, 0, 1.0}), bent), bound(7));
}

TEST(Judge, TheSameDistribution) { expect_the_targets(hilly, {1.0, 0, 1.0}, hilly, {1.0, 0, 1.0}); }

TEST(Judge, ANarrowerOne) {
  Logits sharp = hilly;
  for (auto& value : sharp) value *= 4.0F;
  expect_the_targets(hilly, {1.0, 0, 1.0}, sharp, {1.0, 0, 1.0});
  expect_the_targets(hilly, {1.0, 0, 1.0}, hilly, {1.0, 2, 1.0});
}

TEST(Judge, AWiderOne) {
  expect_the_targets(hilly, {0.4, 0, 1.0}, Logits(8, 0.0F), {1.0, 0, 1.0});
  expect_the_targets(hilly, {1.0, 3, 1.0}, hilly, {2.0, 0, 1.0});
  expect_the_targets(hilly, {1.0, 0, 0.6}, hilly, {1.0, 0, 1.0});
}

TEST(Judge, OneThatHasNothingInCommon) {
  Logits left(8, -1e9F);
  Logits right(8, -1e9F);
  for (std::size_t i = 0; i < 4; ++i) {
    left[i] = hilly[i];
    right[i + 4] = hilly[i];
  }
  expect_the_targets(left, {1.0, 0, 1.0}, right, {1.0, 0, 1.0});
  expect_the_targets(left, {1.0, 4, 1.0}, right, {1.0, 4, 1.0});
}

TEST(Judge, OneThatIsWrongAboutEverything) {
  Logits reversed(hilly.rbegin(), hilly.rend());
  expect_the_targets(hilly, {0.7, 0, 1.0}, reversed, {1.3, 0, 1.0});
  expect_the_targets(hilly, {0.7, 5, 0.9}, reversed, {0.7, 5, 0.9});
}

// Two tokens in a row: the second is judged only where the first was accepted, else picked after it.
TEST(Judge, TwoTokensInARow) {
  Logits const second{1.0F, -0.5F, 0.7F, 0.2F};
  Logits const first{0.5F, 0.1F, -0.3F, 0.9F};
  auto const after = [&](llama_token token) {
    auto turned = second;
    std::ranges::rotate(turned, turned.begin() + token);
    return turned;
  };
  Sampling const plain{1.0, 0, 1.0};
  std::vector<double> expected;
  auto const of_first = shares(first, plain);
  for (llama_token token = 0; token < 4; ++token)
    for (auto const p : shares(after(token), plain)) expected.push_back(of_first[static_cast<std::size_t>(token)] * p);
  std::vector<int> counts(16, 0);
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    Sampler proposes(plain, mix(seed, 1), {});
    Sampler judges(plain, seed, {});
    std::array<Distribution, 2> from;
    Logits flat{0.0F, 0.4F, 0.0F, 0.4F};
    auto again = flat;
    auto const one = proposes.pick(flat, from[0]);
    auto const two = proposes.pick(again, from[1]);
    auto ours = first;
    auto const verdict = judges.judge(ours, one, &from[0]);
    auto next = after(verdict.token);
    auto const last = verdict.accepted ? judges.judge(next, two, &from[1]).token : judges.pick(next);
    ++counts[static_cast<std::size_t>(verdict.token * 4 + last)];
  }
  EXPECT_LT(chi_square(counts, expected), bound(15));
}

TEST(Judge, ACertainProposalChangesNothingAtAll) {
  for (auto const& sampling : {Sampling{0.0, 0, 1.0}, Sampling{1.0, 0, 1.0}, Sampling{0.8, 4, 0.9}}) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      auto plain = hilly;
      auto judged = hilly;
      auto const picked = Sampler(sampling, seed, {}).pick(plain);
      auto const proposed = static_cast<llama_token>(seed % 8);
      auto const verdict = Sampler(sampling, seed, {}).judge(judged, proposed, nullptr);
      EXPECT_EQ(verdict.token, picked);
      EXPECT_EQ(verdict.accepted, picked == proposed);
    }
  }
}

TEST(Judge, ForbiddenTokensAreRefused) {
  std::array<llama_token, 1> const forbidden{1};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto its = hilly;
    auto ours = hilly;
    Distribution from;
    auto const proposed = Sampler({0.2, 0, 1.0}, seed, {}).pick(its, from);
    auto const verdict = Sampler({0.2, 0, 1.0}, mix(seed, 2), forbidden).judge(ours, proposed, &from);
    EXPECT_NE(verdict.token, 1);
    ours = hilly;
    EXPECT_FALSE(Sampler({0.0, 0, 1.0}, seed, forbidden).judge(ours, 1, nullptr).accepted);
  }
}

TEST(Judge, LogitsThatAreNoNumbers) {
  Logits const nothing(8, std::numeric_limits<float>::quiet_NaN());
  Logits const infinite(8, -std::numeric_limits<float>::infinity());
  for (auto const& logits : {nothing, infinite}) {
    for (double const temperature : {0.0, 1.0}) {
      auto ours = logits;
      EXPECT_EQ(Sampler({temperature, 0, 1.0}, 1, {}).judge(ours, 2, nullptr).token, -1);
      Distribution const certain{{2}, {1.0F}};
      ours = logits;
      auto const verdict = Sampler({temperature, 0, 1.0}, 1, {}).judge(ours, 2, &certain);
      EXPECT_EQ(verdict.token, -1);
      EXPECT_FALSE(verdict.accepted);
    }
  }
}

TEST(Distribution, IsWhatSoftmaxSays) {
  auto const p = shares({0.0F, std::log(2.0F), std::log(3.0F), std::log(4.0F)}, {1.0, 0, 1.0});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(p[i], (static_cast<double>(i) + 1.0) / 10.0, 1e-6);
  auto const hot = shares({0.0F, std::log(4.0F)}, {2.0, 0, 1.0});
  EXPECT_NEAR(hot[1], 2.0 / 3.0, 1e-6);
}

TEST(Distribution, TopKAndTopPLeaveTheLikeliestAndRenormalise) {
  Logits const logits{0.0F, std::log(2.0F), std::log(3.0F), std::log(4.0F)};
  auto const k = shares(logits, {1.0, 2, 1.0});
  EXPECT_NEAR(k[3], 4.0 / 7.0, 1e-6);
  EXPECT_NEAR(k[2], 3.0 / 7.0, 1e-6);
  EXPECT_EQ(k[0] + k[1], 0.0);
  auto const p = shares(logits, {1.0, 0, 0.65});   // 0.4 + 0.3
  EXPECT_NEAR(p[3], 4.0 / 7.0, 1e-6);
  EXPECT_EQ(p[0] + p[1], 0.0);
  auto const forbidden = shares(logits, {1.0, 2, 1.0}, {3});
  EXPECT_NEAR(forbidden[2], 3.0 / 5.0, 1e-6);
  EXPECT_EQ(forbidden[3], 0.0);
}

TEST(Distribution, OfATokenThatIsNotListedNothing) {
  Distribution const two{{7, 3}, {0.25F, 0.75F}};
  EXPECT_EQ(two.of(7), 0.25F);
  EXPECT_EQ(two.of(3), 0.75F);
  EXPECT_EQ(two.of(0), 0.0F);
}

TEST(Distribution, DrawsAreAsItSays) {
  auto const expected = shares(hilly, {0.9, 6, 0.95});
  std::vector<int> counts(8, 0);
  Sampler sampler({0.9, 6, 0.95}, 5, {});
  for (int i = 0; i < rounds; ++i) {
    auto logits = hilly;
    ++counts[static_cast<std::size_t>(sampler.pick(logits))];
  }
  EXPECT_LT(chi_square(counts, expected), bound(5));
}

TEST(Confidence, IsTheShareOfTheLikeliestAmongTen) {
  for (std::size_t const size : {1U, 2U, 3U, 9U, 10U, 11U, 1000U}) {
    Logits logits(size, 0.0F);
    logits[size / 2] = 3.0F;
    auto const others = static_cast<double>(std::min<std::size_t>(size, 10) - 1);
    EXPECT_NEAR(confidence(logits), std::exp(3.0) / (std::exp(3.0) + others), 1e-6) << size;
  }
  EXPECT_NEAR(confidence(Logits{0.0F, -std::numeric_limits<float>::infinity(), 0.0F}), 0.5, 1e-9) << "one is forbidden";
  EXPECT_NEAR(confidence(Logits{4999.0F, 5000.0F}), 1.0 / (1.0 + std::exp(-1.0)), 1e-6);
  Logits rising;
  for (int i = 0; i < 50; ++i) rising.push_back(static_cast<float>(i) / 10.0F);
  double sum = 0.0;
  for (int i = 0; i < 10; ++i) sum += std::exp(-i / 10.0);
  EXPECT_NEAR(confidence(rising), 1.0 / sum, 1e-6);
}

}  // namespace
}  // namespace edgelab::llama
