// The reliable link, without a network: two ends, a clock that the test moves, and a way between them that loses, doubles and
// reorders.
#include "fleet/link.hpp"

#include <gtest/gtest.h>

#include <random>

namespace edgelab::fleet {
namespace {

using namespace std::chrono_literals;

constexpr auto lease = 30'000ms;

struct Way {
  Clock::time_point now{};
  Link one{lease, now};
  Link other{lease, now};

  // Everything that is due arrives at once.
  void settle() {
    for (int i = 0; i < 1'000; ++i) {
      auto down = one.due(now);
      auto up = other.due(now);
      if (down.empty() && up.empty()) return;
      for (auto const& frame : down) other.receive(frame, now);
      for (auto const& frame : up) one.receive(frame, now);
    }
    FAIL() << "the two ends never have enough of each other";
  }
};

std::vector<std::string> lines_of(Link& link) {
  std::vector<std::string> lines;
  while (auto parcel = link.next()) lines.push_back(parcel->kind + ":" + parcel->body);
  return lines;
}

TEST(Link, BringsLinesInOrderAndOnceInBothDirections) {
  Way way;
  for (auto const* text : {"a\n", "b", ""}) way.one.send({{}, text});
  way.other.send({"end", "over"});
  way.settle();
  way.now += 200ms;
  way.settle();
  EXPECT_EQ(lines_of(way.other), (std::vector<std::string>{":a", ":b", ":"}));
  EXPECT_EQ(lines_of(way.one), (std::vector<std::string>{"end:over"}));
  EXPECT_TRUE(way.one.delivered());
  EXPECT_TRUE(way.other.delivered());
}

TEST(Link, TellsTheOtherSideOnceWhichRuleItBroke) {
  Way way;
  way.one.send({{}, "a"});
  way.settle();
  way.now += 200ms;
  way.settle();
  way.one.receive("{\"seq\":0}\n", way.now);
  ASSERT_TRUE(way.one.broken());
  EXPECT_LE(way.one.due_again(), way.now);
  auto const frames = way.one.due(way.now);
  ASSERT_EQ(frames.size(), 1U);
  way.other.receive(frames.front(), way.now);
  EXPECT_EQ(
      lines_of(way.other),
      (std::vector<std::string>{
          ":a",
          "end:the other side broke a rule of the transport: a header that makes no sense: 'seq' is no whole number from 1"}));
  EXPECT_TRUE(way.one.due(way.now).empty());
  EXPECT_EQ(way.one.due_again(), Clock::time_point::max());
}

TEST(Link, LapsesForWhoWaitsWithoutBeingAskedWhatIsDue) {
  Way way;
  way.one.lapse(way.one.lapses_at() - 1ms);
  EXPECT_FALSE(way.one.broken());
  way.one.lapse(way.one.lapses_at());
  EXPECT_TRUE(way.one.broken().value_or("").contains("nothing was heard"));
  EXPECT_TRUE(way.one.due(way.now + lease).empty()) << "who is silent is told nothing";
}

TEST(Link, TakesNothingWithoutRoomAndAllOfItAfterwards) {
  Way way;
  way.other.send({{}, "b"});
  way.settle();
  for (auto const* text : {"1", "2"}) way.one.send({{}, text});
  for (auto const& frame : way.one.due(way.now)) way.other.receive(frame, way.now, false);
  EXPECT_TRUE(lines_of(way.other).empty());
  EXPECT_TRUE(way.other.delivered()) << "the acknowledgement in it was taken";
  way.now += 1'500ms;
  way.settle();
  EXPECT_EQ(lines_of(way.other), (std::vector<std::string>{":1", ":2"}));
}

TEST(Link, CutsALongLineAndPutsItTogether) {
  Way way;
  std::string line(most_body_bytes * 3 + 5, 'x');
  line[most_body_bytes] = 'y';
  way.one.send({{}, line});
  for (auto const& frame : way.one.due(way.now)) {
    EXPECT_LE(frame.size(), most_body_bytes + most_header_bytes);
    way.other.receive(frame, way.now);
  }
  auto const parcel = way.other.next();
  ASSERT_TRUE(parcel);
  EXPECT_EQ(parcel->body, line);
}

TEST(Link, SendsNoMoreThanAWindowBeforeItIsAcknowledged) {
  Way way;
  for (int i = 0; i < 100; ++i) way.one.send({{}, std::to_string(i)});
  EXPECT_EQ(way.one.due(way.now).size(), most_on_the_way);
  EXPECT_TRUE(way.one.due(way.now).empty());
}

TEST(Link, SendsAgainWhatIsNotAcknowledgedAndAtOnceAfterReconnecting) {
  Way way;
  way.one.send({{}, "lost"});
  auto const first = way.one.due(way.now);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(way.one.due(way.now + 500ms).empty());
  EXPECT_EQ(way.one.due(way.now + 1'100ms), first);
  way.one.connected_again();
  EXPECT_EQ(way.one.due(way.now + 1'200ms), first);
  way.other.receive(first.front(), way.now);
  way.other.receive(first.front(), way.now);
  EXPECT_EQ(lines_of(way.other), (std::vector<std::string>{":lost"}));
}

// Frames are lost, doubled and delayed past each other; what comes out is what went in.
TEST(Link, SurvivesAWayThatLosesDoublesAndReorders) {
  std::mt19937 random(7);
  auto const chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  Way way;
  std::vector<std::string> sent_down;
  std::vector<std::string> sent_up;
  std::vector<std::string> came_down;
  std::vector<std::string> came_up;
  std::vector<std::pair<bool, std::string>> on_the_way;
  int number = 0;
  for (int step = 0; step < 200'000 && !(step > 4'000 && way.one.delivered() && way.other.delivered()); ++step) {
    if (step < 4'000 && chance(5)) {
      auto const text = "d" + std::to_string(number++);
      sent_down.push_back(":" + text);
      way.one.send({{}, text});
    }
    if (step < 4'000 && chance(5)) {
      auto const text = "u" + std::to_string(number++);
      sent_up.push_back(":" + text);
      way.other.send({{}, text});
    }
    for (auto const& frame : way.one.due(way.now))
      for (int copies = chance(30) ? 0 : chance(20) ? 2 : 1; copies > 0; --copies) on_the_way.emplace_back(true, frame);
    for (auto const& frame : way.other.due(way.now))
      for (int copies = chance(30) ? 0 : chance(20) ? 2 : 1; copies > 0; --copies)
        on_the_way.emplace_back(false, frame);
    while (!on_the_way.empty() && chance(70)) {
      auto const at = random() % on_the_way.size();
      auto const [down, frame] = on_the_way[at];
      on_the_way.erase(on_the_way.begin() + static_cast<std::ptrdiff_t>(at));
      (down ? way.other : way.one).receive(frame, way.now);
    }
    for (auto& line : lines_of(way.other)) came_down.push_back(std::move(line));
    for (auto& line : lines_of(way.one)) came_up.push_back(std::move(line));
    way.now += 20ms;
  }
  EXPECT_FALSE(way.one.broken()) << *way.one.broken();
  EXPECT_FALSE(way.other.broken()) << *way.other.broken();
  EXPECT_GT(sent_down.size(), 100U);
  EXPECT_TRUE(way.one.delivered());
  EXPECT_TRUE(way.other.delivered());
  EXPECT_EQ(came_down, sent_down);
  EXPECT_EQ(came_up, sent_up);
}

TEST(Link, GivesSignsOfLifeAndNoticesSilence) {
  Way way;
  EXPECT_TRUE(way.one.due(way.now + lease / 4 - 1ms).empty());
  auto const sign = way.one.due(way.now + lease / 4);
  ASSERT_EQ(sign.size(), 1U);
  EXPECT_EQ(sign.front(), "{\"ack\":0}\n");
  way.other.receive(sign.front(), way.now + lease / 4);
  (void)way.other.due(way.now + lease);
  EXPECT_FALSE(way.other.broken());
  (void)way.other.due(way.now + lease / 4 + lease);
  ASSERT_TRUE(way.other.broken());
  EXPECT_EQ(*way.other.broken(), "nothing was heard for 30000 ms");
}

TEST(Link, SleepsUntilSomethingIsDue) {
  Way way;
  way.settle();
  EXPECT_EQ(way.one.due_again(), way.now + lease / 4);
}

struct Hostile {
  std::string what;
  std::string frame;
};

// The others are in tests/fleet/frames.json, for agents in other languages too.
class HostileFrames : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileFrames, BreakTheLinkWithAReason) {
  Link link(lease, Clock::time_point{});
  link.receive(GetParam().frame, Clock::time_point{});
  ASSERT_TRUE(link.broken()) << GetParam().what;
  EXPECT_FALSE(link.next());
}

INSTANTIATE_TEST_SUITE_P(
    Link, HostileFrames,
    ::testing::Values(Hostile{"nothing", ""}, Hostile{"no header", "{\"type\":\"hello\"}"},
                      Hostile{"no UTF-8", "{\"seq\":1,\"x\":\"\xff\"}\n"},
                      Hostile{"header too long", "{\"seq\":1,\"x\":\"" + std::string(most_header_bytes, 'x') + "\"}\n"},
                      Hostile{"body too long", "{\"seq\":1,\"ack\":0}\n" + std::string(most_body_bytes + 1, 'x')}));

TEST(Link, BoundsALineThatNeverEnds) {
  Link link(lease, Clock::time_point{});
  std::string const body(most_body_bytes, 'x');
  std::int64_t seq = 1;
  while (!link.broken() && seq < 1'000)
    link.receive("{\"more\":true,\"seq\":" + std::to_string(seq++) + "}\n" + body, Clock::time_point{});
  ASSERT_TRUE(link.broken());
  EXPECT_EQ(static_cast<std::size_t>(seq - 2), most_line_bytes / most_body_bytes);
}

}  // namespace
}  // namespace edgelab::fleet
