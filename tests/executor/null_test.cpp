#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "null/schedule.hpp"
#include "null/settings.hpp"
#include "wire/wire.hpp"

namespace edgelab::null {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

protocol::TrialRequest request(std::string id, std::int32_t max_tokens) {
  protocol::TrialRequest one;
  one.id = std::move(id);
  one.prompt = "three small words";
  one.max_tokens = max_tokens;
  return one;
}

protocol::Run run_of(std::vector<protocol::TrialRequest> requests) {
  protocol::Run run;
  run.id = 1;
  run.seed = 7;
  run.requests = std::move(requests);
  return run;
}

Timeline timeline_of(protocol::Run const& run, Settings const& settings) {
  auto timeline = schedule(run, settings);
  if (!timeline) ADD_FAILURE() << timeline.error().describe();
  if (auto const fits = wire::check(*timeline); !fits) ADD_FAILURE() << fits.error().describe();
  return *std::move(timeline);
}

TEST(NullSchedule, TheTimingsAreThoseGiven) {
  Settings settings;
  settings.queue_ms = 1;
  settings.ttft_ms = 10;
  settings.tpot_ms = 2;
  auto const timeline = timeline_of(run_of({request("a", 4), request("b", 2)}), settings);
  auto const& rows = timeline.requests;
  EXPECT_THAT(rows.id, ElementsAre("a", "b"));
  EXPECT_THAT(rows.arrival_ns, ElementsAre(0, 17'000'000));
  EXPECT_THAT(rows.admitted_ns, Each(1'000'000));
  EXPECT_THAT(rows.prefill_end_ns, Each(10'000'000));
  EXPECT_THAT(rows.end_ns, ElementsAre(17'000'000, 13'000'000));
  EXPECT_THAT(rows.prompt_tokens, Each(3));
  EXPECT_THAT(rows.finish, Each("length"));
  EXPECT_THAT(timeline.emissions.gap_ns,
              ElementsAre(11'000'000, 2'000'000, 2'000'000, 2'000'000, 11'000'000, 2'000'000));
}

TEST(NullSchedule, RequestsInFlightShareTheTime) {
  Settings settings;
  settings.ttft_ms = 10;
  settings.tpot_ms = 0;
  auto run = run_of({request("a", 1), request("b", 1), request("c", 1)});
  run.concurrency = 2;
  EXPECT_THAT(timeline_of(run, settings).requests.arrival_ns, ElementsAre(0, 0, 10'000'000));
}

TEST(NullSchedule, FixedArrivalsAreKeptAndSorted) {
  auto run = run_of({request("late", 1), request("early", 1)});
  run.requests[0].arrival_us = 5000;
  run.requests[1].arrival_us = 2000;
  auto const timeline = timeline_of(run, Settings{});
  EXPECT_THAT(timeline.requests.id, ElementsAre("early", "late"));
  EXPECT_THAT(timeline.requests.arrival_ns, ElementsAre(2'000'000, 3'000'000));
}

TEST(NullSchedule, WholePassesUntilBothAreReached) {
  Settings settings;
  settings.ttft_ms = 10;
  settings.tpot_ms = 10;
  auto run = run_of({request("a", 2), request("b", 3)});   // 50 ms and 5 tokens a pass
  run.min_s = 0.101;
  EXPECT_THAT(timeline_of(run, settings).requests.pass, ElementsAre(0, 0, 1, 1, 2, 2));
  run.min_s = 0;
  run.min_tokens = 6;
  EXPECT_THAT(timeline_of(run, settings).requests.pass, ElementsAre(0, 0, 1, 1));
}

TEST(NullSchedule, TimeThatCannotPassIsAnErrorAndNoEndlessLoop) {
  Settings settings;
  settings.ttft_ms = 0;
  settings.tpot_ms = 0;
  auto run = run_of({request("a", 2)});
  run.min_s = 1;
  auto const timeline = schedule(run, settings);
  ASSERT_FALSE(timeline);
  EXPECT_THAT(timeline.error().describe(), HasSubstr("the trial has to take"));
  EXPECT_FALSE(schedule([] { auto none = run_of({}); none.min_s = 1; return none; }(), Settings{}));
  run.min_s = 0;
  run.min_tokens = 64;
  EXPECT_TRUE(schedule(run, settings));
  run.requests[0].max_tokens = 0;
  EXPECT_FALSE(schedule(run, settings));
}

TEST(NullSchedule, TokensStopUnlessTheirNumberIsForced) {
  Settings settings;
  settings.tokens = 3;
  auto run = run_of({request("short", 2), request("stops", 9), request("forced", 9)});
  run.requests[2].ignore_eos = true;
  auto const timeline = timeline_of(run, settings);
  EXPECT_THAT(timeline.requests.finish, ElementsAre("length", "stop", "length"));
  EXPECT_THAT(timeline.requests.emissions, ElementsAre(2, 3, 9));
}

TEST(NullSchedule, SeveralTokensAtOnce) {
  Settings settings;
  settings.tokens_per_emission = 4;
  settings.tpot_ms = 1;
  auto const timeline = timeline_of(run_of({request("a", 10)}), settings);
  EXPECT_THAT(timeline.emissions.tokens, ElementsAre(1, 4, 4, 1));
  EXPECT_THAT(timeline.emissions.gap_ns, ElementsAre(20'000'000, 4'000'000, 4'000'000, 1'000'000));
}

TEST(NullSchedule, SpeedupDividesEveryTime) {
  Settings settings;
  settings.speedup = 2;
  auto const timeline = timeline_of(run_of({request("a", 2)}), settings);
  EXPECT_THAT(timeline.emissions.gap_ns, ElementsAre(10'000'000, 2'500'000));
}

TEST(NullSchedule, WrongTokensAreSoManyApart) {
  Settings settings;
  settings.wrong_token = 5;
  auto const timeline = timeline_of(run_of({request("a", 3), request("b", 8)}), settings);
  EXPECT_THAT(timeline.token_ids, ElementsAre(0, 1, 2, 0, 2, 2, 3, 4, 5, 7, 7));    // the fifth and the tenth
}

TEST(NullSchedule, ALeakIsOfTheRequestBeforeInTheSlot) {
  Settings settings;
  settings.leak = true;
  auto run = run_of({request("a", 2), request("b", 2), request("c", 2)});
  auto const first_tokens = [&] {
    auto const ids = timeline_of(run, settings).token_ids;
    return std::vector{ids[0], ids[2], ids[4]};
  };
  auto const in_one_slot = first_tokens();
  EXPECT_EQ(in_one_slot[0], 0);
  EXPECT_NE(in_one_slot[1], 0);    // after a
  EXPECT_NE(in_one_slot[2], 0);    // after b
  EXPECT_NE(in_one_slot[1], in_one_slot[2]);
  run.concurrency = 2;
  EXPECT_THAT(first_tokens(), ElementsAre(0, 0, in_one_slot[1]));    // c comes after a
  run.concurrency = 3;
  EXPECT_THAT(first_tokens(), Each(0));
}

double end_of(std::int64_t id, std::uint64_t seed, Settings const& settings) {
  auto run = run_of({request("a", 2)});
  run.id = id;
  run.seed = seed;
  return static_cast<double>(timeline_of(run, settings).requests.end_ns.front());
}

TEST(NullSchedule, NoiseIsOfTheTrialAndBlockNoiseOfTheSeed) {
  Settings own;
  own.noise = 0.1;
  EXPECT_EQ(end_of(1, 7, own), end_of(1, 7, own));
  EXPECT_NE(end_of(1, 7, own), end_of(2, 7, own));
  Settings common;
  common.block_noise = 0.1;
  EXPECT_EQ(end_of(1, 7, common), end_of(2, 7, common));
  EXPECT_NE(end_of(1, 7, common), end_of(1, 8, common));
}

TEST(NullSchedule, NoiseHasTheDeviationAskedFor) {
  Settings settings;
  settings.noise = 0.1;
  constexpr int trials = 4000;
  std::vector<double> logs;
  for (int id = 0; id < trials; ++id) logs.push_back(std::log(end_of(id, 7, settings) / 25e6));
  double const mean = std::accumulate(logs.begin(), logs.end(), 0.0) / trials;
  double squares = 0;
  for (double const value : logs) squares += (value - mean) * (value - mean);
  // Seeded, so these hold or do not; the bounds are four standard errors.
  EXPECT_NEAR(mean, 0.0, 4 * 0.1 / std::sqrt(trials));
  EXPECT_NEAR(std::sqrt(squares / (trials - 1)), 0.1, 4 * 0.1 / std::sqrt(2.0 * trials));
}

TEST(NullSettings, EveryFlagGoesThereAndBack) {
  Flags changed{{"null.queue-ms", "1.5"},   {"null.ttft-ms", "2"},  {"null.tpot-ms", "3"},
                {"null.speedup", "1.25"},   {"null.noise", "0.01"}, {"null.block-noise", "0.02"},
                {"null.tokens", "5"},       {"null.tokens-per-emission", "6"},
                {"null.real-time", "on"},   {"null.early-by-ms", "7"},  {"null.clock-rate", "0.5"},
                {"null.text", "a b"},       {"null.wrong-token", "500"}, {"null.leak", "on"}};
  EXPECT_EQ(own_flags().size(), changed.size());
  auto const settings = settings_from(changed);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(in_force(*settings), changed);
  auto const defaults = in_force(Settings{});
  for (auto const& flag : own_flags()) EXPECT_EQ(defaults.at("null." + flag.name), flag.default_value);
}

TEST(NullSettings, FlagsOfOthersAreNotItsBusiness) {
  EXPECT_TRUE(settings_from({{"flash-attn", "on"}, {"llama.verbose", "on"}}));
}

TEST(NullSettings, BadValuesAreNamed) {
  auto const complaint = [](std::string name, std::string value) {
    auto const settings = settings_from({{std::move(name), std::move(value)}});
    return settings ? "fine" : settings.error().describe();
  };
  EXPECT_EQ(complaint("null.tpot-ms", "fast"), "flag 'null.tpot-ms' is 'fast'; expected a number from 0 to 3600000");
  EXPECT_EQ(complaint("null.tpot-ms", "-1"), "flag 'null.tpot-ms' is '-1'; expected a number from 0 to 3600000");
  EXPECT_EQ(complaint("null.tpot-ms", "nan"), "flag 'null.tpot-ms' is 'nan'; expected a number from 0 to 3600000");
  EXPECT_EQ(complaint("null.tpot-ms", "1ms"), "flag 'null.tpot-ms' is '1ms'; expected a number from 0 to 3600000");
  EXPECT_EQ(complaint("null.tokens-per-emission", "0"),
            "flag 'null.tokens-per-emission' is '0'; expected a whole number from 1 to 1000000");
  EXPECT_EQ(complaint("null.real-time", "yes"), "flag 'null.real-time' is 'yes'; expected on or off");
  EXPECT_EQ(complaint("null.ttft-m", "1"), "there is no flag 'null.ttft-m' (did you mean 'null.ttft-ms'?)");
}

}  // namespace
}  // namespace edgelab::null
