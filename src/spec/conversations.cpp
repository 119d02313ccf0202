#include "spec/conversations.hpp"

#include <format>
#include <utility>

namespace edgelab::spec {

std::vector<Request> turns_of(Request const& conversation, std::optional<std::int32_t> max_turns) {
  std::vector<Request> turns;
  auto const& said = conversation.messages;
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (said[i].role != "user" || (i + 1 < said.size() && said[i + 1].role == "user")) continue;
    if (max_turns && std::cmp_equal(turns.size(), *max_turns)) break;
    auto turn = conversation;
    turn.id = std::format("{}/{}", conversation.id, turns.size() + 1);
    turn.messages.resize(i + 1);
    turn.follows = !turns.empty();
    turns.push_back(std::move(turn));
  }
  // What is expected is expected of the last answer.
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    turns[i].expected.reset();
    turns[i].choices.clear();
    turns[i].expects_schema = false;
  }
  return turns;
}

}  // namespace edgelab::spec
