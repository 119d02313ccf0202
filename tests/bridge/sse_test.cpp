// Server-sent events, cut in any place.
#include "bridge/sse.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace edgelab::bridge {
namespace {

std::vector<std::string> events_of(std::string_view stream, std::size_t piece) {
  EventReader reader;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    auto const fed = reader.feed(stream.substr(at, piece), [&](std::string_view data) {
      events.emplace_back(data);
      return true;
    });
    EXPECT_TRUE(fed);
  }
  return events;
}

TEST(EventReader, AnyPiecesGiveTheSameEvents) {
  std::string_view const stream =
      "data: {\"a\":1}\n\n: a comment\n\nevent: token\ndata:two\r\ndata:  lines\r\n\r\nid: 7\nretry: 3\n\ndata: [DONE]\n\ndata: unended";
  std::vector<std::string> const expected{"{\"a\":1}", "two\n lines", "[DONE]"};
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) EXPECT_EQ(events_of(stream, piece), expected) << piece;
}

TEST(EventReader, WhoHasHeardEnoughHearsNoMore) {
  EventReader reader;
  int heard = 0;
  EXPECT_TRUE(reader.feed("data: 1\n\ndata: 2\n\ndata: 3\n\n", [&](std::string_view) { return ++heard < 2; }));
  EXPECT_EQ(heard, 2);
}

TEST(EventReader, AnEventWithoutEndIsAnErrorAndNoMemory) {
  std::string const piece(1024 * 1024, 'x');
  EventReader reader;
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    auto const fed = reader.feed(i == 0 ? "data: " + piece : piece, [](std::string_view) { return true; });
    refused = !fed;
    if (refused) {
      EXPECT_EQ(i, 15) << fed.error().describe();
    }
  }
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace edgelab::bridge
