#include "core/placeholders.hpp"

#include <gtest/gtest.h>

namespace edgelab {
namespace {

std::optional<std::string> value_of(std::string_view name) {
  if (name == "one") return "1";
  if (name == "empty") return "";
  return std::nullopt;
}

std::string filled(std::string const& text) {
  auto const pieces = parse_template(text);
  if (!pieces) return "no template: " + pieces.error().describe();
  auto const made = fill_template(*pieces, value_of);
  return made ? *made : "no value: " + made.error().describe();
}

TEST(Placeholders, AreFilledIn) {
  EXPECT_EQ(filled(""), "");
  EXPECT_EQ(filled("plain } text"), "plain } text");
  EXPECT_EQ(filled("{one}"), "1");
  EXPECT_EQ(filled("a{one}b{empty}c{one}"), "a1bc1");
  EXPECT_EQ(filled("{{one}} {{{one}}}"), "{one} {1}");
}

TEST(Placeholders, WhatIsWrongIsSaid) {
  EXPECT_EQ(filled("{two}"), "no value: there is no value for '{two}'");
  EXPECT_EQ(filled("{one"), "no template: '{one' opens a brace and does not close it: a brace itself is written {{");
  EXPECT_EQ(filled("{}"), "no template: '{}' has no name in braces: a brace itself is written {{");
  EXPECT_EQ(filled("{a{one}"), "no template: '{a{one}' has no name in braces: a brace itself is written {{");
}

}  // namespace
}  // namespace edgelab
