// When requests arrive, as a run's message says it.
#include "wire/arrivals.hpp"

#include <gmock/gmock.h>

namespace edgelab::wire {
namespace {

using testing::HasSubstr;

protocol::TrialRequest named(std::string id, std::optional<std::int64_t> at_us = {}, std::optional<std::string> after = {}) {
  protocol::TrialRequest request;
  request.id = std::move(id);
  request.arrival_us = at_us;
  request.after = std::move(after);
  return request;
}

TEST(ArrivalRules, TimesOrTurnsOrNeither) {
  auto const closed = arrival_rules({named("a"), named("b", {}, "a"), named("c")});
  ASSERT_TRUE(closed) << closed.error().describe();
  EXPECT_EQ((*closed)[0].after, std::nullopt);
  EXPECT_EQ((*closed)[1].after, 0U);
  EXPECT_EQ((*closed)[2].at_us, std::nullopt);
  auto const open = arrival_rules({named("a", 5), named("b", {}, "a"), named("c", 9), named("d", {}, "b")});
  ASSERT_TRUE(open) << open.error().describe();
  EXPECT_EQ((*open)[2].at_us, 9);
  EXPECT_EQ((*open)[3].after, 1U);
}

TEST(ArrivalRules, WhatMakesNoSense) {
  struct Case {
    std::vector<protocol::TrialRequest> requests;
    std::string_view reason;
  };
  std::vector<Case> const cases{
      {{named("a", 1), named("b")}, "arrival_us is given for some requests only"},
      {{named("a"), named("b", 1)}, "arrival_us is given for some requests only"},
      {{named("a", {}, "a")}, "request 'a' comes after 'a', and no request before it has that id"},
      {{named("a", {}, "b"), named("b")}, "no request before it has that id"},
      {{named("a"), named("b", {}, "x")}, "comes after 'x'"},
      {{named("a"), named("b", {}, "a"), named("c", {}, "a")}, "request 'c' comes after 'a', and so does another"},
      {{named("a", 0), named("b", 3, "a")}, "has both 'after' and 'arrival_us'"},
  };
  for (auto const& [requests, reason] : cases) {
    auto const rules = arrival_rules(requests);
    ASSERT_FALSE(rules) << reason;
    EXPECT_THAT(rules.error().describe(), HasSubstr(reason));
  }
}

}  // namespace
}  // namespace edgelab::wire
