#include "store/timeline_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "store/samples.hpp"

namespace edgelab::store {
namespace {

using testing::expect_same;
using ::testing::HasSubstr;
using testing::sample_timeline;

TEST(TimelineCodec, round_trips) {
  Timeline extremes;
  extremes.steps.start_ns = {
      0, 1, -1, 63, 64, -64, -65, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  extremes.token_ids = {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
  extremes.requests.text = {"", std::string(300, 'x')};
  for (auto const& timeline : {Timeline{}, extremes, sample_timeline(0, 0), sample_timeline(3, 40)}) {
    auto const decoded = decode(encode(timeline));
    ASSERT_TRUE(decoded) << decoded.error().describe();
    expect_same(*decoded, timeline);
  }
}

TEST(TimelineCodec, refuses_every_part_of_a_timeline) {
  auto const bytes = encode(sample_timeline(2, 3));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(TimelineCodec, refuses_every_flipped_bit) {
  auto const bytes = encode(sample_timeline(2, 3));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    auto flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(decode(flipped)) << "bit " << i;
  }
}

// With a right checksum nothing stops the bytes from being nonsense.
std::string sealed(std::string bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char const byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  for (int i = 0; i < 8; ++i, hash >>= 8) bytes.push_back(static_cast<char>(hash & 0xff));
  return bytes;
}

TEST(TimelineCodec, refuses_nonsense_without_allocating_for_it) {
  std::string const head("ELTL\x01");
  std::string const no_columns(19, '\0');    // after the first
  for (auto const& [what, body] : {
           std::pair{"a count of 2^63", std::string("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10)},
           {"a count of more than 64 bits", std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10)},
           {"a number without an end", std::string(40, '\x80')},
           {"a text longer than the rest", std::string("\x01\x7f") + no_columns},
           {"a pass of more than 32 bits", std::string("\x00\x01\xff\xff\xff\xff\x7f", 7) + std::string(18, '\0')},
           {"nothing", std::string{}},
           {"bytes after the columns", std::string(21, '\0')},
       })
    EXPECT_FALSE(decode(sealed(head + body))) << what;
  EXPECT_TRUE(decode(sealed(head + std::string(20, '\0'))));
  EXPECT_TRUE(decode(sealed(std::string("ELTL\x02") + std::string(25, '\0'))));
  EXPECT_THAT(decode(sealed("ELTL\x03 something later")).error().describe(), HasSubstr("format 3, expected one from 1 to 2"));
  EXPECT_THAT(decode("something else").error().describe(), HasSubstr("does not begin as one"));
}

TEST(TimelineCodec, survives_random_bytes) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes("ELTL\x01");
    for (auto length = random() % 60; length > 0; --length)
      bytes.push_back(static_cast<char>(random() % 8 != 0 ? random() % 4 : random()));
    auto const decoded = decode(sealed(bytes));
    if (decoded) {
      EXPECT_TRUE(decode(encode(*decoded)));
    }
  }
}

}  // namespace
}  // namespace edgelab::store
