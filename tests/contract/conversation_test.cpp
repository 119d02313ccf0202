// The contract as the coordinator lives it: what is asked for is done, and said truly.
#include <cmath>
#include <map>
#include <numeric>
#include <thread>

#include <gmock/gmock.h>

#include "contract/subjects.hpp"
#include "executor/capability.hpp"
#include "wire/wire.hpp"

namespace edgelab::contract {
namespace {

using executor::Ran;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::StartsWith;

// What has to hold of any timeline, whatever made it.
void check(Timeline const& timeline, protocol::Run const& run) {
  auto const fits = wire::check(timeline);
  ASSERT_TRUE(fits) << fits.error().describe();
  auto const& rows = timeline.requests;
  std::map<std::string, protocol::TrialRequest> asked;
  for (auto const& one : run.requests) asked[one.id] = one;

  EXPECT_THAT(rows.arrival_ns, Each(Ge(0))) << "rows stand in order of arrival";
  auto const& subject = Contract::GetParam();
  EXPECT_THAT(rows.admitted_ns, Each(subject.sees_admission ? Ge(0) : Ge(-1)));
  EXPECT_THAT(rows.prefill_end_ns, Each(subject.sees_admission ? Ge(0) : Ge(-1)));
  EXPECT_THAT(rows.cached_tokens, Each(subject.sees_admission ? Ge(0) : Ge(-1)));
  if (!subject.sees_tokens) {
    EXPECT_THAT(rows.emissions, Each(0)) << "what it cannot see it does not make up";
    EXPECT_THAT(rows.text, Each(Not("")));
  }
  EXPECT_THAT(timeline.emissions.gap_ns, Each(Ge(0)));
  EXPECT_THAT(timeline.emissions.tokens, Each(Ge(1)));
  EXPECT_THAT(rows.finish, Each(AnyOf("stop", "length")));

  std::map<std::int32_t, std::map<std::string, int>> passes;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    ++passes[rows.pass[row]][rows.id[row]];
    ASSERT_TRUE(asked.contains(rows.id[row])) << rows.id[row];
    auto const& request = asked[rows.id[row]];
    if (subject.sees_tokens) {
      EXPECT_GT(rows.prompt_tokens[row], 0);
      EXPECT_LE(rows.cached_tokens[row], rows.prompt_tokens[row]);
    } else {
      EXPECT_EQ(rows.prompt_tokens[row], -1);
    }
    if (request.synthetic_tokens) {
      EXPECT_EQ(rows.prompt_tokens[row], *request.synthetic_tokens);
    }
    std::int64_t at = 0;
    std::int32_t tokens = 0;
    for (std::int32_t k = 0; k < rows.emissions[row]; ++k, ++emission) {
      at += timeline.emissions.gap_ns[emission];
      tokens += timeline.emissions.tokens[emission];
      if (k == 0) {
        EXPECT_GE(at, rows.admitted_ns[row] + rows.prefill_end_ns[row]) << "a token before the prompt was read";
      }
    }
    EXPECT_LE(at, rows.end_ns[row]) << "a token after the end";
    EXPECT_LE(tokens, request.max_tokens);
    if (request.ignore_eos) {
      EXPECT_EQ(tokens, request.max_tokens);
    }
    if (rows.finish[row] == "length" && subject.sees_tokens) {
      EXPECT_EQ(tokens, request.max_tokens);
    }
  }
  for (auto const& [pass, seen] : passes) {
    EXPECT_EQ(seen.size(), asked.size()) << "pass " << pass << " is not whole";
    for (auto const& [id, times] : seen) EXPECT_EQ(times, 1) << id << " in pass " << pass;
  }
  if (!passes.empty()) {
    EXPECT_EQ(passes.rbegin()->first, static_cast<std::int32_t>(passes.size()) - 1);
  }

  EXPECT_THAT(timeline.steps.start_ns, Each(Ge(0)));
  EXPECT_THAT(timeline.steps.duration_ns, Each(Ge(0)));
  for (std::size_t i = 0; i < timeline.steps.drafted.size(); ++i) {
    EXPECT_LE(timeline.steps.accepted[i], timeline.steps.drafted[i]);
  }
}

std::int64_t tokens_of(Timeline const& timeline) {
  return std::accumulate(timeline.emissions.tokens.begin(), timeline.emissions.tokens.end(), std::int64_t{0});
}

// So many tokens, or none that anybody could count.
void expect_tokens(Timeline const& timeline, std::int64_t count) {
  EXPECT_EQ(tokens_of(timeline), Contract::GetParam().sees_tokens ? count : 0);
}

std::int64_t makespan_ns(Timeline const& timeline) {
  std::int64_t arrival = 0;
  std::int64_t last = 0;
  for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) {
    arrival += timeline.requests.arrival_ns[row];
    last = std::max(last, arrival + timeline.requests.end_ns[row]);
  }
  return last;
}

class Conversation : public Contract {
 protected:
  // Runs and checks the timeline; an empty one after a failure.
  [[nodiscard]] static Ran ran(executor::Executor& executor, protocol::Run const& run) {
    auto const before = Clock::now();
    auto outcome = executor.run(run, plenty, {});
    auto const took = to_ns(Clock::now() - before);
    if (!outcome) {
      ADD_FAILURE() << outcome.error().reason;
      return {};
    }
    check(outcome->timeline, run);
    if (GetParam().time == Clockwork::real) {
      EXPECT_LE(makespan_ns(outcome->timeline), took) << "more time in the timeline than passed meanwhile";
    }
    return *std::move(outcome);
  }

  // A run that goes on until it is stopped.
  [[nodiscard]] static protocol::Run endless() {
    auto run = run_of({request("a", 50)}, GetParam().slow);
    run.min_s = 3600;
    return run;
  }
};

TEST_P(Conversation, HelloSaysWhoItIs) {
  auto executor = start();
  ASSERT_TRUE(executor);
  EXPECT_EQ(executor->hello().name, GetParam().name);
  EXPECT_EQ(executor->hello().protocol, protocol::version);
  EXPECT_FALSE(executor->hello().version.empty());
  for (auto const& flag : executor->hello().own_flags) {
    EXPECT_FALSE(flag.help.empty()) << flag.name;
    if (flag.type == "text" && flag.default_value.empty()) continue;
    Flags const as_default{{executor->hello().name + "." + flag.name, flag.default_value}};
    EXPECT_EQ(executor::unsupported(executor->hello(), as_default), std::nullopt);
  }
}

TEST_P(Conversation, LoadingAgainIsFine) {
  auto executor = start();
  ASSERT_TRUE(executor);
  EXPECT_TRUE(executor->load(load_message(), plenty));
  (void)ran(*executor, run_of({request("a", 2)}));
}

TEST_P(Conversation, AModelThatIsNotThereIsAnErrorToRecoverFrom) {
  if (!GetParam().needs_model) GTEST_SKIP() << "takes any";
  auto executor = start();
  ASSERT_TRUE(executor);
  protocol::Load load;
  load.model = folder_ / "missing.gguf";
  auto const loaded = executor->load(load, plenty);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().status, Status::failed);
  EXPECT_FALSE(loaded.error().process_lost);
  EXPECT_TRUE(executor->load(load_message(), plenty));
}

TEST_P(Conversation, OneRequest) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto one = request("only", 7);
  one.ignore_eos = false;
  auto const result = ran(*executor, run_of({one}));
  EXPECT_EQ(result.timeline.requests.id, std::vector<std::string>{"only"});
}

TEST_P(Conversation, ManyRequestsOfDifferentLengths) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of({request("a", 3), request("b", 1), request("c", 5), request("d", 2)});
  for (std::int32_t const in_flight : {1, 3, 10}) {
    run.concurrency = in_flight;
    expect_tokens(ran(*executor, run).timeline, 11);
  }
}

TEST_P(Conversation, RequestsAtFixedTimesOrAPlainNo) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of({request("a", 2), request("b", 2)});
  run.requests[0].arrival_us = 1000;
  run.requests[1].arrival_us = 4000;
  auto const outcome = executor->run(run, plenty, {});
  if (!outcome) {
    EXPECT_EQ(outcome.error().status, Status::unsupported) << outcome.error().reason;
    return;
  }
  check(outcome->timeline, run);
  ASSERT_EQ(outcome->timeline.requests.arrival_ns.size(), 2U);
  EXPECT_GE(outcome->timeline.requests.arrival_ns[0], 1'000'000);
  EXPECT_EQ(outcome->timeline.requests.arrival_ns[1], 3'000'000)
      << "a request arrives when it is said to, however late it is served";
}

TEST_P(Conversation, APromptOfAnyLength) {
  auto executor = start();
  ASSERT_TRUE(executor);
  for (std::int32_t const length : {1, 2, 33, 100}) {
    auto one = request("s" + std::to_string(length), 2);
    one.prompt.reset();
    one.synthetic_tokens = length;
    if (GetParam().makes_prompts) {
      (void)ran(*executor, run_of({one}));
      continue;
    }
    auto const outcome = executor->run(run_of({one}), plenty, {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().status, Status::unsupported) << outcome.error().reason;
    EXPECT_THAT(outcome.error().reason, HasSubstr(one.id)) << "the reason names the request";
  }
}

TEST_P(Conversation, PassesAreRepeatedWholeAndNoMoreThanNeeded) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of({request("a", 4), request("b", 4)});
  run.min_tokens = 20;
  auto const by_tokens = ran(*executor, run);
  expect_tokens(by_tokens.timeline, 24);
  run.min_tokens = 0;
  run.min_s = 0.05;
  auto const by_time = ran(*executor, run);
  EXPECT_GE(makespan_ns(by_time.timeline), 50'000'000);
}

TEST_P(Conversation, TheSameSeedGivesTheSameText) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto const run = run_of({request("a", 12), request("b", 12)});
  auto const first = ran(*executor, run);
  auto const second = ran(*executor, run);
  EXPECT_EQ(first.timeline.requests.text, second.timeline.requests.text);
  EXPECT_EQ(first.timeline.token_ids, second.timeline.token_ids);
}

TEST_P(Conversation, WhatIsInForceIsReadBack) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto const& [name, value] = GetParam().good_flag;
  if (name.empty()) {
    auto const nothing = ran(*executor, run_of({request("a", 2)}));
    for (auto const& [flag, in_force] : nothing.done.in_force) EXPECT_THAT(in_force, AnyOf("unknown", "opaque")) << flag;
    return;
  }
  auto const result = ran(*executor, run_of({request("a", 2)}, {{name, value}}));
  ASSERT_TRUE(result.done.in_force.contains(name));
  EXPECT_EQ(result.done.in_force.at(name), value);
  for (auto const& [flag, in_force] : result.done.in_force) EXPECT_FALSE(in_force.empty()) << flag;
}

TEST_P(Conversation, FlagsOfOthersAreLeftAlone) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto const result = ran(*executor, run_of({request("a", 2)}, {{"no-such-flag", "1"}, {"other.flag", "x"}}));
  EXPECT_FALSE(result.done.in_force.contains("no-such-flag")) << "read back, never echoed";
}

TEST_P(Conversation, AFlagThatCannotBeIsRefused) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto const& [name, value] = GetParam().bad_flag;
  auto const outcome = executor->run(run_of({request("a", 2)}, {{name, value}}), plenty, {});
  ASSERT_FALSE(outcome);
  EXPECT_FALSE(outcome.error().process_lost);
  EXPECT_THAT(outcome.error().status, AnyOf(Status::unsupported, Status::failed));
  EXPECT_THAT(outcome.error().reason, HasSubstr(value)) << "the reason names what was wrong";
  (void)ran(*executor, run_of({request("a", 2)}));
}

TEST_P(Conversation, ARunWithoutSenseIsRefused) {
  auto executor = start();
  ASSERT_TRUE(executor);
  for (auto const& run : {run_of({}), run_of({request("a", 0)})}) {
    auto const outcome = executor->run(run, plenty, {});
    ASSERT_FALSE(outcome);
    EXPECT_FALSE(outcome.error().process_lost);
    EXPECT_THAT(outcome.error().reason, StartsWith("the executor answered 'bad-request'"));
  }
  (void)ran(*executor, run_of({request("a", 2)}));
}

TEST_P(Conversation, LiveEmissionsAreThoseOfTheTimeline) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of({request("a", 6), request("b", 3)});
  run.live = true;
  auto const result = ran(*executor, run);
  std::map<std::string, std::int32_t> heard;
  for (auto const& emission : result.heard) heard[emission.request] += emission.tokens;
  if (GetParam().sees_tokens) {
    EXPECT_EQ(heard, (std::map<std::string, std::int32_t>{{"a", 6}, {"b", 3}}));
  }
  EXPECT_EQ(result.heard.size(), result.timeline.emissions.tokens.size());
}

TEST_P(Conversation, ACancelEndsTheRunAndNotTheProcess) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = endless();
  run.live = true;
  for (int round = 0; round < 2; ++round) {
    std::jthread const other([&] {
      std::this_thread::sleep_for(50ms);
      executor->cancel();
    });
    auto const outcome = executor->run(run, plenty, {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().status, Status::interrupted) << outcome.error().reason;
    EXPECT_FALSE(outcome.error().process_lost) << outcome.error().reason;
  }
  (void)ran(*executor, run_of({request("a", 2)}));
}

TEST_P(Conversation, ALongTimelineComesInParts) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of({request("a", GetParam().long_request)});
  run.min_tokens = GetParam().many_tokens;
  auto const result = ran(*executor, run);
  if (GetParam().sees_tokens) {
    EXPECT_GE(tokens_of(result.timeline), GetParam().many_tokens);
  }
}

TEST_P(Conversation, AScoreOrAPlainNo) {
  auto executor = start();
  ASSERT_TRUE(executor);
  auto const scored = executor->score({.id = 0, .flags = {}, .text = "the quick brown fox"}, plenty);
  if (!GetParam().scores) {
    ASSERT_FALSE(scored);
    EXPECT_EQ(scored.error().status, Status::unsupported);
    EXPECT_FALSE(scored.error().process_lost);
    return;
  }
  ASSERT_TRUE(scored) << scored.error().reason;
  EXPECT_GT(scored->tokens.size(), 1U);
  EXPECT_THAT(scored->logprobs, Each(Le(0.0)));
  for (double const logprob : scored->logprobs) EXPECT_TRUE(std::isfinite(logprob));
  auto const again = executor->score({.id = 0, .flags = {}, .text = "the quick brown fox"}, plenty);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->logprobs, scored->logprobs);
}

INSTANTIATE_TEST_SUITE_P(Executors, Conversation, ::testing::ValuesIn(subjects()),
                         [](auto const& one) { return test_name(one.param); });

}  // namespace
}  // namespace edgelab::contract
