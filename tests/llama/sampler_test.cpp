// Picking tokens.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "llama/sampler.hpp"

namespace edgelab::llama {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

TEST(Argmax, FindsTheFirstOfTheLargestWhereverItIs) {
  for (std::size_t const size : {1U, 31U, 32U, 33U, 4096U, 4097U, 10000U}) {
    for (std::size_t const place : {std::size_t{0}, size / 2, size - 1}) {
      std::vector<float> logits(size, -5.0F);
      logits[place] = -1.0F;
      logits.back() = place == size - 1 ? -1.0F : logits.back();
      EXPECT_EQ(argmax(logits), static_cast<llama_token>(place)) << size;
    }
  }
  EXPECT_EQ(argmax(std::array{1.0F, 3.0F, 3.0F, 2.0F}), 1);
}

TEST(Argmax, NotNumbers) {
  EXPECT_EQ(argmax({}), -1);
  EXPECT_EQ(argmax(std::vector<float>(100, nan_value)), -1);
  EXPECT_EQ(argmax(std::vector<float>(100, minus_infinity)), -1);
  EXPECT_EQ(argmax(std::array{nan_value, 2.0F, minus_infinity}), 1);
}

TEST(Sampler, ForbiddenTokensAreNeverPicked) {
  std::array<llama_token, 2> const forbidden{2, 0};
  for (double const temperature : {0.0, 1.0}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      std::array logits{5.0F, 1.0F, 9.0F, minus_infinity};
      EXPECT_EQ(Sampler({temperature, 0, 1.0}, seed, forbidden).pick(logits), 1);
    }
  }
}

TEST(Sampler, TheSeedDecides) {
  auto const draw = [](std::uint64_t seed) {
    Sampler sampler({1.0, 0, 1.0}, seed, {});
    std::vector<llama_token> tokens;
    for (int i = 0; i < 50; ++i) {
      std::array logits{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F};
      tokens.push_back(sampler.pick(logits));
    }
    return tokens;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
  EXPECT_EQ(draw(std::numeric_limits<std::uint64_t>::max()), draw(std::numeric_limits<std::uint64_t>::max()));
}

TEST(Sampler, TopKAndTopPCutOff) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::array logits{0.0F, 0.5F, 1.0F, 0.9F};
    auto const token = Sampler({5.0, 2, 1.0}, seed, {}).pick(logits);
    EXPECT_TRUE(token == 2 || token == 3) << token;
    logits = {0.0F, 0.5F, 8.0F, 0.9F};
    EXPECT_EQ(Sampler({1.0, 0, 0.5}, seed, {}).pick(logits), 2);
  }
}

}  // namespace
}  // namespace edgelab::llama
