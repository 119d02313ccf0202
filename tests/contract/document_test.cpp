// docs/PROTOCOL.md against the code: its transcript can be read, and every field there is is described.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.hpp"
#include "wire/fields.hpp"
#include "wire/wire.hpp"

namespace edgelab::contract {
namespace {

std::string document() {
  std::ifstream file(std::string(EDGELAB_SOURCE_DIR) + "/docs/PROTOCOL.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The messages of the transcript, each with the sign of who says it.
std::vector<std::string> transcript() {
  std::vector<std::string> messages;
  for (auto const& line : split(document(), '\n')) {
    if (line.starts_with("> {") || line.starts_with("< {")) messages.push_back(line);
    else if (line.starts_with("   ") && !messages.empty() && !messages.back().ends_with("}}}")) messages.back() += trim(line);
    else if (line == "## Rules") break;
  }
  return messages;
}

TEST(ProtocolDocument, ItsTranscriptIsAConversation) {
  auto const messages = transcript();
  ASSERT_GE(messages.size(), 12U);
  Timeline timeline;
  for (auto const& message : messages) {
    auto const text = std::string_view(message).substr(2);
    if (message.starts_with('>')) {
      auto const request = wire::decode_request(text);
      EXPECT_TRUE(request) << request.error().describe() << "\n" << message;
      continue;
    }
    auto reply = wire::decode_reply(text);
    ASSERT_TRUE(reply) << reply.error().describe() << "\n" << message;
    if (auto* part = std::get_if<protocol::TimelinePart>(&*reply)) wire::append(timeline, std::move(part->columns));
  }
  EXPECT_EQ(timeline.requests.id.size(), 2U);
  auto const fits = wire::check(timeline);
  EXPECT_TRUE(fits) << fits.error().describe();
}

template <typename T>
void expect_fields_described(std::string const& text) {
  std::apply(
      [&](auto const&... field) {
        for (std::string const& name : {std::string(field.name)...}) {
          bool const described = text.contains("| " + name + " |") || text.contains("`" + name + "`");
          EXPECT_TRUE(described) << name << " is not described";
        }
      },
      wire::Described<T>::fields);
}

template <typename... T>
void expect_messages_described(std::variant<T...> const*) {
  auto const text = document();
  for (std::string const& tag : {std::string(wire::Described<T>::tag)...}) {
    EXPECT_THAT(text, ::testing::HasSubstr("### " + tag));
  }
  (expect_fields_described<T>(text), ...);
}

TEST(ProtocolDocument, EveryMessageAndFieldIsDescribed) {
  expect_messages_described(static_cast<wire::Reply const*>(nullptr));
  auto const text = document();
  for (auto const* tag : {"hello", "load", "run", "score", "cancel", "bye"}) {
    EXPECT_THAT(text, ::testing::HasSubstr("### " + std::string(tag)));
  }
  expect_fields_described<protocol::Load>(text);
  expect_fields_described<protocol::Run>(text);
  expect_fields_described<protocol::TrialRequest>(text);
  expect_fields_described<protocol::Score>(text);
  expect_fields_described<protocol::Cancel>(text);
  expect_fields_described<protocol::FlagSupport>(text);
  expect_fields_described<protocol::OwnFlag>(text);
  expect_fields_described<protocol::Memory>(text);
  expect_fields_described<RequestColumns>(text);
  expect_fields_described<EmissionColumns>(text);
  expect_fields_described<StepColumns>(text);
}

}  // namespace
}  // namespace edgelab::contract
