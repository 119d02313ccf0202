// Properties of the engine under whatever is combined: a request's greedy output is its own, and the timeline adds up.
#include <gmock/gmock.h>

#include <sstream>

#include "llama/engine_fixture.hpp"
#include "stats/metrics.hpp"

namespace edgelab::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;

std::string in_words(Flags const& flags) {
  std::stringstream text;
  for (auto const& [name, value] : flags) text << name << '=' << value << ' ';
  return text.str();
}

Flags random_flags(Numbers& numbers) {
  return {{"parallel", std::to_string(numbers.from_to(1, 6))},
          {"cont-batching", numbers.one_of({"on", "off"})},
          {"cache-prompt", numbers.one_of({"on", "off"})},
          {"kv-unified", numbers.one_of({"auto", "on", "off"})},
          {"prompt-lookup", numbers.one_of({"on", "off"})},
          {"speculative-decoding", numbers.one_of({"off", "draft", "adaptive"})},
          {"draft-max", numbers.one_of({"1", "3", "8", "16"})},
          {"draft-min", numbers.one_of({"0", "0", "2"})},
          {"draft-p-min", numbers.one_of({"0", "0.5"})},
          {"batch-size", numbers.one_of({"1", "8", "64", "2048"})},
          {"ubatch-size", numbers.one_of({"8", "32", "512"})}};
}

class EngineProperties : public EngineTest {
 protected:
  static constexpr std::int32_t longest = 40;

  void SetUp() override {
    use_demo();
    std::vector<protocol::TrialRequest> all;
    for (std::size_t i = 0; i < 12; ++i) all.push_back(request(std::to_string(i), prompt(i), longest));
    for (auto& [key, answer] : answers_of(executor.run(trial({}, all)).timeline)) alone_[key.first] = std::move(answer);
  }

  // What the request is answered alone.
  [[nodiscard]] Answer expected(protocol::TrialRequest const& request) const {
    auto answer = alone_.at(request.id);
    if (std::cmp_less(answer.tokens.size(), request.max_tokens)) return answer;
    answer.tokens.resize(static_cast<std::size_t>(request.max_tokens));
    return {"length", answer.tokens};
  }

  [[nodiscard]] static std::vector<protocol::TrialRequest> random_requests(Numbers& numbers) {
    std::vector<protocol::TrialRequest> requests;
    for (std::size_t i = 0; i < 12; ++i)
      if (numbers.below(2) == 0) requests.push_back(request(std::to_string(i), prompt(i), numbers.from_to(1, longest)));
    if (requests.empty()) requests.push_back(request("0", prompt(0), longest));
    return requests;
  }

  static void expect_consistent(Timeline const& timeline) {
    auto const fits = wire::check(timeline);
    EXPECT_TRUE(fits) << fits.error().describe();
    auto const sound = stats::check_timeline(timeline);
    EXPECT_TRUE(sound) << sound.error().describe();
    auto const& rows = timeline.requests;
    auto const& steps = timeline.steps;
    std::int64_t stops = 0;
    for (auto const& finish : rows.finish) stops += finish == "stop" ? 1 : 0;
    // Each step gives a token for each that it evaluates and accepts, and a prompt's last row gives one. An end token
    // is given and not generated; one that was drafted and accepted was counted, and nothing follows it.
    auto const given =
        sum(steps.decode_tokens) + sum(steps.accepted) + static_cast<std::int64_t>(rows.id.size()) - stops;
    auto const generated = static_cast<std::int64_t>(timeline.token_ids.size());
    EXPECT_LE(generated, given);
    EXPECT_GE(generated, given - stops);
    if (sum(steps.drafted) == 0) {
      EXPECT_EQ(generated, given);
    }
    EXPECT_EQ(sum(steps.prefill_tokens), sum(rows.prompt_tokens) - sum(rows.cached_tokens));
    for (std::size_t row = 0; row < rows.id.size(); ++row) EXPECT_LT(rows.cached_tokens[row], rows.prompt_tokens[row]);
  }

  std::map<std::string, Answer> alone_;
};

TEST_F(EngineProperties, NobodyReadsAnothersMemoryWhateverIsCombined) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    Numbers numbers(seed);
    auto const flags = random_flags(numbers);
    auto run = trial(flags, random_requests(numbers));
    run.concurrency = numbers.from_to(1, 8);
    if (numbers.below(3) == 0)
      for (auto& one : run.requests) one.arrival_us = numbers.from_to(0, 20'000);
    SCOPED_TRACE(std::to_string(seed) + ": " + in_words(flags));
    auto const ran = executor.run(run);
    ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
    auto const answers = answers_of(ran.timeline);
    ASSERT_EQ(answers.size(), run.requests.size());
    for (auto const& one : run.requests) EXPECT_EQ(answers.at({one.id, 0}), expected(one)) << one.id;
    expect_consistent(ran.timeline);
  }
}

TEST_F(EngineProperties, TheOrderOfAdmissionChangesNoAnswer) {
  Numbers numbers(77);
  for (int round = 0; round < 4; ++round) {
    auto const flags = random_flags(numbers);
    SCOPED_TRACE(in_words(flags));
    std::vector<protocol::TrialRequest> requests;
    for (std::size_t i = 0; i < 8; ++i)
      requests.push_back(request(std::to_string(i), prompt(i), numbers.from_to(1, longest)));
    for (std::size_t i = requests.size() - 1; i > 0; --i) std::swap(requests[i], requests[numbers.below(i + 1)]);
    auto run = trial(flags, requests);
    run.concurrency = 8;
    auto const ran = executor.run(run);
    for (auto const& [key, answer] : answers_of(ran.timeline)) {
      auto const& asked = *std::ranges::find(requests, key.first, &protocol::TrialRequest::id);
      EXPECT_EQ(answer, expected(asked)) << key.first;
    }
  }
}

TEST_F(EngineProperties, CancellingOneRequestLeavesTheOthersAsTheyWere) {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    Numbers numbers(seed);
    auto flags = random_flags(numbers);
    SCOPED_TRACE(in_words(flags));
    auto run = trial(flags, {});
    run.id = static_cast<std::int64_t>(seed);   // none comes twice
    for (std::size_t i = 0; i < 6; ++i)
      run.requests.push_back(request(std::to_string(i), prompt(i), numbers.from_to(5, longest)));
    auto victim = request("victim", prompt(20), 1500);
    victim.ignore_eos = true;  // it would go on for long
    run.requests.insert(run.requests.begin() + numbers.from_to(0, 2), victim);
    run.concurrency = 7;
    run.live = true;
    executor.send(wire::encode(run));
    for (bool begun = false; !begun;) {
      auto const reply = executor.receive();
      ASSERT_FALSE(std::holds_alternative<protocol::Failure>(reply)) << std::get<protocol::Failure>(reply).reason;
      ASSERT_FALSE(std::holds_alternative<protocol::Done>(reply)) << "it was to be cancelled in the middle";
      auto const* emission = std::get_if<protocol::Emission>(&reply);
      begun = emission != nullptr && emission->request == "victim";
    }
    executor.send(wire::encode(protocol::Cancel{run.id, "nobody"}));
    executor.send(wire::encode(protocol::Cancel{run.id, "victim"}));
    auto const ran = executor.finish_run();
    ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
    EXPECT_TRUE(wire::check(ran.timeline));
    auto answers = answers_of(ran.timeline);
    EXPECT_EQ(answers.at({"victim", 0}).finish, "cancelled");
    EXPECT_LT(answers.at({"victim", 0}).tokens.size(), 1500U);
    EXPECT_GE(answers.at({"victim", 0}).tokens.size(), 1U);
    std::erase_if(run.requests, [](auto const& one) { return one.id == "victim"; });
    for (auto const& one : run.requests) EXPECT_EQ(answers.at({one.id, 0}), expected(one)) << one.id;
  }
}

TEST_F(EngineProperties, ARequestCanBeCancelledWhileItWaits) {
  auto run =
      trial({}, {request("0", prompt(0), longest), request("1", prompt(1), longest), request("2", prompt(2), longest)});
  run.concurrency = 3;
  run.min_tokens = 1'000'000;  // in every pass: then nothing is left to do, and the run ends
  executor.send(wire::encode(protocol::Cancel{run.id, "1"}));
  executor.send(wire::encode(run));
  executor.send(wire::encode(protocol::Cancel{run.id, "0"}));
  executor.send(wire::encode(protocol::Cancel{run.id, "2"}));
  auto const ran = executor.finish_run();
  ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
  auto const answers = answers_of(ran.timeline);
  EXPECT_EQ(answers.at({"1", 0}), (Answer{"cancelled", {}}));
  auto const& rows = ran.timeline.requests;
  EXPECT_EQ(rows.finish.back(), "cancelled");
  EXPECT_EQ(rows.id.size() % 3, 0U) << "passes are whole";
}

TEST_F(EngineProperties, ARunWhoseRequestsAreAllCancelledEndsWhateverMinSecondsSays) {
  auto run = trial({}, {request("0", prompt(0), longest)});
  run.min_s = 1e6;
  executor.send(wire::encode(run));
  executor.send(wire::encode(protocol::Cancel{run.id, "0"}));
  auto const ran = executor.finish_run();
  ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
  EXPECT_EQ(ran.timeline.requests.finish.back(), "cancelled");
}

TEST_F(EngineProperties, PassesStartCold) {
  auto run = trial({{"cache-prompt", "on"}, {"parallel", "2"}, {"cont-batching", "on"}, {"prompt-lookup", "on"}},
                   {request("0", prompt(0), 8), request("1", prompt(0), 8)});
  run.min_tokens = 40;
  auto const ran = executor.run(run);
  auto const& rows = ran.timeline.requests;
  ASSERT_GE(rows.id.size(), 4U);
  auto const all_but_last = rows.prompt_tokens[0] - 1;
  for (std::size_t row = 0; row < rows.id.size(); ++row)
    EXPECT_EQ(rows.cached_tokens[row], row % 2 == 0 ? 0 : all_but_last);
  for (auto const& [key, answer] : answers_of(ran.timeline)) EXPECT_EQ(answer, answers_of(ran.timeline).at({"0", 0}));
}

// 8 requests of unequal lengths, 3 slots.
TEST_F(EngineProperties, SlotsIdleUntilABatchHasEndedOnlyWithoutContinuousBatching) {
  for (auto const* continuous : {"on", "off"}) {
    auto run = trial({{"parallel", "3"}, {"cont-batching", continuous}}, {});
    for (std::int32_t i = 0; i < 8; ++i) run.requests.push_back(synthetic(std::to_string(i), 20, i % 3 == 0 ? 40 : 4));
    run.concurrency = 8;
    auto const ran = executor.run(run);
    auto times = times_of(ran.timeline);
    ASSERT_EQ(times.size(), 8U);
    EXPECT_EQ(sum(ran.timeline.requests.emissions), 3 * 40 + 5 * 4);
    auto const first_end = std::ranges::min(std::span(times).first(3), {}, &Times::end).end;
    auto const last_end = std::ranges::max(std::span(times).first(3), {}, &Times::end).end;
    EXPECT_LT(first_end, last_end);
    if (std::string(continuous) == "on") {
      EXPECT_GE(times[3].admitted, first_end);
      EXPECT_LT(times[3].admitted, last_end) << "at once, beside those that go on";
    } else {
      for (std::size_t batch = 3; batch < times.size(); batch += 3) {
        auto const before = std::ranges::max(std::span(times).subspan(batch - 3, 3), {}, &Times::end).end;
        for (std::size_t i = batch; i < std::min<std::size_t>(batch + 3, times.size()); ++i)
          EXPECT_GE(times[i].admitted, before) << i;
      }
    }
  }
}

TEST_F(EngineProperties, ASharedPrefixIsEvaluatedOnce) {
  // Alike up to the date, as the demo model knows such texts.
  std::string const system = prompt(0).substr(0, prompt(0).find("moved to") + 8);
  auto const prefix = executor.run(trial({}, {request("s", system, 1)})).timeline.requests.prompt_tokens[0];
  for (auto const* continuous : {"on", "off"}) {
    for (auto const* speculation : {"off", "draft"}) {
      for (auto const* ubatch : {"16", "512"}) {
        auto run = trial({{"parallel", "4"},
                          {"cache-prompt", "on"},
                          {"cont-batching", continuous},
                          {"speculative-decoding", speculation},
                          {"ubatch-size", ubatch}},
                         {});
        for (std::size_t i = 0; i < 9; ++i)
          run.requests.push_back(
              request(std::to_string(i), system + prompt(i).substr(prompt(i).find("moved to") + 8), 12));
        run.concurrency = 9;  // the first four arrive at once
        auto const ran = executor.run(run);
        auto const& rows = ran.timeline.requests;
        EXPECT_EQ(rows.cached_tokens[0], 0);
        for (std::size_t i = 1; i < 9; ++i) EXPECT_GE(rows.cached_tokens[i], prefix - 2) << i << " " << continuous;
        EXPECT_LE(sum(ran.timeline.steps.prefill_tokens), sum(rows.prompt_tokens) - 8 * (prefix - 2));
        auto plain = run;
        plain.flags = {{"threads", "1"}, {"threads-batch", "1"}};
        EXPECT_EQ(answers_of(ran.timeline), answers_of(executor.run(plain).timeline))
            << continuous << speculation << ubatch;
      }
    }
  }
}

TEST_F(EngineProperties, WithoutAUnifiedCacheNothingIsSharedBetweenSlots) {
  auto run = trial({{"parallel", "2"}, {"cache-prompt", "on"}, {"kv-unified", "off"}, {"cont-batching", "on"}},
                   {request("0", prompt(0), 8), request("1", prompt(0), 8), request("2", prompt(0), 8)});
  run.concurrency = 2;
  auto const ran = executor.run(run);
  EXPECT_EQ(ran.timeline.requests.cached_tokens[1], 0);
  EXPECT_GT(ran.timeline.requests.cached_tokens[2], 0) << "a slot's own";
}

// The third prompt is the end of the first: a chunk is moved to the front. It stands in cells that the second, which is
// still at work, had copied.
TEST_F(EngineProperties, ShiftedChunksAreOnesOwn) {
  std::size_t shifted = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    auto const body = prompt(i);
    auto const end = body.substr(body.find("hosted") - 1);
    auto const whole = request("whole", body, 60);
    for (auto const* unified : {"on", "off"}) {
      auto run = trial({{"parallel", "2"},
                        {"cont-batching", "on"},
                        {"cache-prompt", "on"},
                        {"cache-reuse", "4"},
                        {"kv-unified", unified}},
                       {request("first", body + "{", 3), whole, request("end", end, 8)});
      for (auto& one : run.requests) one.ignore_eos = true;
      run.concurrency = 2;
      auto const ran = executor.run(run);
      ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
      EXPECT_EQ(answers_of(ran.timeline).at({"whole", 0}), alone(run.requests[1])) << i << " " << unified;
      if (std::string(unified) == "off" && ran.timeline.requests.cached_tokens[2] > 8) ++shifted;
    }
  }
  EXPECT_GE(shifted, 5U) << "of chunks in cells of one's own much is kept";
}

TEST_F(EngineProperties, SeveralSlotsKeepTheTimesOfAnOpenLoop) {
  auto run = trial({{"parallel", "3"}, {"cont-batching", "on"}}, {});
  for (std::int32_t i = 0; i < 6; ++i) {
    run.requests.push_back(request(std::to_string(i), prompt(static_cast<std::size_t>(i)), 10));
    run.requests.back().arrival_us = (5 - i) * 3'000;
  }
  auto const ran = executor.run(run);
  auto const& rows = ran.timeline.requests;
  EXPECT_THAT(rows.id, ElementsAre("5", "4", "3", "2", "1", "0"));
  EXPECT_THAT(std::vector(rows.arrival_ns.begin() + 1, rows.arrival_ns.end()), Each(3'000'000));
  EXPECT_THAT(rows.admitted_ns, Each(Ge(0)));
  expect_consistent(ran.timeline);
  for (auto const& one : run.requests) EXPECT_EQ(answers_of(ran.timeline).at({one.id, 0}), expected(one));
}

// Wherever a request is cut off, in the middle of what was accepted too.
TEST_F(EngineProperties, ARequestThatEndsInsideADraft) {
  for (Flags const& flags :
       {Flags{{"prompt-lookup", "on"}}, Flags{{"speculative-decoding", "draft"}, {"draft-p-min", "0"}},
        Flags{{"speculative-decoding", "draft"}, {"draft-max", "16"}, {"draft-p-min", "0"}, {"kv-cache", "on"}}}) {
    std::int64_t accepted = 0;
    std::vector<protocol::TrialRequest> requests;
    for (std::int32_t length = 1; length <= longest; ++length) requests.push_back(request("0", prompt(0), length));
    for (auto const& one : requests) {
      auto const ran = executor.run(trial(flags, {one}));
      EXPECT_EQ(answers_of(ran.timeline).at({"0", 0}), expected(one)) << one.max_tokens << in_words(flags);
      expect_consistent(ran.timeline);
      accepted += sum(ran.timeline.steps.accepted);
    }
    EXPECT_GT(accepted, 100) << "the test means drafts that are accepted";
    for (std::size_t i = 0; i < 6; ++i) {  // and by an end token
      auto const one = request(std::to_string(i), prompt(i), longest);
      EXPECT_EQ(answers_of(executor.run(trial(flags, {one})).timeline).at({one.id, 0}), expected(one))
          << in_words(flags);
    }
  }
}

}  // namespace
}  // namespace edgelab::test
