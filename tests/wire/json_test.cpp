// JSON of other programs: looked into, and written.
#include "wire/json.hpp"

#include <gmock/gmock.h>

namespace edgelab::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Json, IsLookedIntoByPointer) {
  auto const json = Json::parse(R"({"a":{"n":1.5,"t":"x\u0000y","list":[1,"two",3],"yes":true,"none":null},"s":[{"id":"first"}]})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->number("/a/n").value_or(0), 1.5);
  EXPECT_EQ(json->text("/a/t").value_or(""), std::string("x\0y", 3));
  EXPECT_EQ(json->text("/s/0/id").value_or(""), "first");
  EXPECT_EQ(json->length("/a/list"), 3U);
  EXPECT_THAT(json->integers("/a/list"), ElementsAre(1, 3));
  EXPECT_THAT(json->texts("/a/list"), ElementsAre("two"));
  EXPECT_TRUE(json->truth("/a/yes"));
  EXPECT_TRUE(json->has("/a/none"));
  EXPECT_THAT(json->scalars("/a"), ElementsAre(Pair("n", "1.5"), Pair("t", "x"), Pair("yes", "true")));
}

TEST(Json, SaysWhatSomethingIs) {
  auto const json = Json::parse(R"({"text":"","number":1.5,"truth":false,"list":[],"object":{},"null":null})").value();
  using enum Json::Type;
  EXPECT_EQ(json.type(""), object);
  EXPECT_EQ(json.type("/text"), text);
  EXPECT_EQ(json.type("/number"), number);
  EXPECT_EQ(json.type("/truth"), truth);
  EXPECT_EQ(json.type("/list"), list);
  EXPECT_EQ(json.type("/object"), object);
  EXPECT_EQ(json.type("/null"), absent);
  EXPECT_EQ(json.type("/nothing"), absent);
}

TEST(Json, WhatIsNotThereIsAbsent) {
  auto const json = Json::parse("[7]");
  ASSERT_TRUE(json);
  EXPECT_FALSE(json->number("/a"));
  EXPECT_FALSE(json->text("/0"));
  EXPECT_FALSE(json->has("/1"));
  EXPECT_FALSE(json->truth("/0"));
  EXPECT_EQ(json->length("/0"), 0U);
  EXPECT_THAT(json->integers("/a"), IsEmpty());
  EXPECT_THAT(json->integers(""), ElementsAre(7)) << "an empty pointer is the whole document";
  EXPECT_FALSE(Json::parse("{"));
}

TEST(JsonObject, IsWrittenMemberByMember) {
  EXPECT_EQ(JsonObject().done(), "{}");
  EXPECT_EQ(JsonObject().text("a\"", "b\n").number("n", 2).truth("t", false).integers("i", {1, 2}).raw("r", "[]").done(),
            R"({"a\"":"b\n","n":2,"t":false,"i":[1,2],"r":[]})");
  auto const again = Json::parse(JsonObject().text("x", "ab\xff").done());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text("/x").value_or(""), "ab\uFFFD");
}

}  // namespace
}  // namespace edgelab::wire
