// No technique that promises the target's own greedy output changes it: each alone, and combinations that hold every pair
// of values, on held-out prompts of the demo model. Where an answer parts from the baseline's, each of its tokens must be
// within the measured noise of the likeliest, and few may part at all.
#include <gmock/gmock.h>

#include <algorithm>
#include <print>

#include "llama/answers.hpp"
#include "llama/combinations.hpp"
#include "llama/judge.hpp"

namespace edgelab::test {
namespace {

constexpr std::size_t prompts_of_each_workload = 34;    // 204 in all
constexpr double largest_share_of_near_ties = 0.03;

class Equivalence : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared = new Shared;
    std::vector<Answer> some;
    for (auto const& [id, answer] : shared->baseline)
      if (some.size() < 24 || id.starts_with("stories")) some.push_back(answer);
    shared->noise = shared->judge.noise(some, false);
    shared->flash_noise = std::max(shared->noise, shared->judge.noise(some, true));
    std::println("noise between batch shapes {:.5f}, with flash attention {:.5f} (lead of one token over another, logits)",
                 shared->noise, shared->flash_noise);
  }
  static void TearDownTestSuite() { delete shared; }

  void expect_equivalent(Flags const& flags) {
    bool const flash = flags.contains("flash-attn") && flags.at("flash-attn") == "on";
    auto const answers = shared->respondent.answers(shared->requests, flags, shared->judge);
    auto const found = compare(shared->baseline, answers, shared->judge, flash ? shared->flash_noise : shared->noise);
    std::println("{:3} identical, {} near-ties, {} defects: {}", found.identical, found.near_ties, found.defects.size(),
                 in_words(flags));
    EXPECT_THAT(found.defects, testing::IsEmpty()) << in_words(flags);
    EXPECT_LE(static_cast<double>(found.near_ties),
              largest_share_of_near_ties * static_cast<double>(shared->requests.size()))
        << in_words(flags);
  }

  struct Shared {
    Judge judge{demo_model};
    Respondent respondent;
    std::vector<protocol::TrialRequest> requests = held_out_prompts(prompts_of_each_workload, 48);
    std::map<std::string, Answer> baseline = respondent.answers(requests, {}, judge);
    double noise = 0.0;
    double flash_noise = 0.0;
  };
  static inline Shared* shared = nullptr;
};

TEST_F(Equivalence, TheBaselineIsWhatTheModelSays) {
  for (auto const& [id, answer] : shared->baseline) EXPECT_LE(shared->judge.worst_lead(answer), shared->noise) << id;
}

TEST_F(Equivalence, AWrongTokenIsNotTakenForNoise) {
  auto broken = shared->baseline;
  for (auto& [id, answer] : broken) answer.tokens[answer.tokens.size() / 2] ^= 1;
  auto const found = compare(shared->baseline, broken, shared->judge, shared->flash_noise);
  EXPECT_EQ(found.identical, 0U);
  EXPECT_GE(found.defects.size(), broken.size() * 99 / 100);
}

TEST_F(Equivalence, EachTechniqueAlone) {
  for (auto const& flags :
       {Flags{{"ubatch-size", "16"}}, Flags{{"flash-attn", "on"}},
        Flags{{"cache-prompt", "on"}}, Flags{{"parallel", "4"}}, Flags{{"parallel", "8"}, {"cont-batching", "on"}},
        Flags{{"prompt-lookup", "on"}}, Flags{{"speculative-decoding", "draft"}},
        Flags{{"speculative-decoding", "draft"}, {"draft-p-min", "0"}}, Flags{{"speculative-decoding", "adaptive"}},
        Flags{{"speculative-decoding", "adaptive"}, {"prompt-lookup", "on"}, {"draft-max", "16"}},
        Flags{{"parallel", "4"}, {"cont-batching", "on"}, {"cache-prompt", "on"}}}) {
    expect_equivalent(flags);
  }
}

// Each token costs its whole context, so that a part of the prompts has to do.
TEST_F(Equivalence, WithoutAKvCache) {
  std::map<std::string, Answer> some;
  std::vector<protocol::TrialRequest> requests;
  for (std::size_t i = 0; i < shared->requests.size(); i += 8) requests.push_back(shared->requests[i]);
  for (auto const& request : requests) some[request.id] = shared->baseline.at(request.id);
  auto const answers = shared->respondent.answers(requests, {{"kv-cache", "off"}}, shared->judge);
  auto const found = compare(some, answers, shared->judge, shared->noise);
  EXPECT_THAT(found.defects, testing::IsEmpty());
  EXPECT_GE(found.identical + 1, some.size());
}

TEST_F(Equivalence, EveryPairOfValues) {
  auto const combinations = covering_array(exact_parameters(), is_allowed);
  EXPECT_LE(combinations.size(), 30U);
  for (auto const& flags : combinations) expect_equivalent(flags);
}

}  // namespace
}  // namespace edgelab::test
