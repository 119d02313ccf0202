#include "bridge/server/prompts.hpp"

#include <algorithm>
#include <format>
#include <set>

#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

constexpr std::size_t most_known = 50'000;
constexpr std::int64_t template_tokens = 64;      // around the messages of a chat

// What synthetic prompts are made of: words that any vocabulary has.
constexpr auto page =
    "The river had been rising since the morning, and by noon the people of the valley were carrying what they could to the "
    "houses on the hill. Nobody ran. There was bread to be wrapped, there were animals to be led, and an old clock that had "
    "to be taken apart before it would go through the door. Some counted children; some counted sheep. In the evening the "
    "water stood at the third step of the church, brown and quiet, with apples floating on it, and a chair. Then the rain "
    "ended, and they saw by the last light how far the fields had become a lake. Within two days 1,400 hectares lay under "
    "water; a week later, grass was growing again.";

std::uint64_t mixed(std::uint64_t state) {     // splitmix64
  state += 0x9E3779B97F4A7C15U;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31);
}

std::string messages_json(protocol::TrialRequest const& request) {
  std::string list;
  for (auto const& message : request.messages) {
    wire::JsonObject one;
    for (auto const& [key, value] : message) one.text(key, value);
    list += (list.empty() ? "" : ",") + one.done();
  }
  return "[" + list + "]";
}

Outcome<wire::Json> post(HttpConnection& server, std::string const& path, std::string const& body) {
  auto const reply = server.post(path, body);
  if (!reply) return refuse("failed", std::format("llama-server {}: {}", path, reply.error().describe()));
  if (reply->status != 200)
    return refuse("failed",
                  std::format("llama-server {} answered {}: {}", path, reply->status, message_in(reply->body)));
  auto json = wire::Json::parse(reply->body);
  if (!json) return refuse("failed", std::format("llama-server {} answered what is {}", path, json.error().describe()));
  return *std::move(json);
}

}  // namespace

std::int64_t Prompts::estimate(protocol::TrialRequest const& request) {
  if (request.synthetic_tokens) return *request.synthetic_tokens;
  std::size_t bytes = request.prompt ? request.prompt->size() : 0;
  for (auto const& message : request.messages)
    for (auto const& [key, value] : message) bytes += value.size();
  return static_cast<std::int64_t>(bytes / 3) + template_tokens;
}

Outcome<std::vector<std::int32_t>> Prompts::tokens(std::string const& text, bool from_the_start,
                                                   HttpConnection& server) {
  auto const answer = post(server, "/tokenize",
                           wire::JsonObject()
                               .text("content", text)
                               .truth("add_special", from_the_start)
                               .truth("parse_special", true)
                               .done());
  if (!answer) return std::unexpected(answer.error());
  return answer->integers("/tokens");
}

Outcome<std::vector<std::int32_t>> Prompts::synthetic(std::int32_t length, std::uint64_t seed, HttpConnection& server) {
  if (ordinary_.empty()) {
    auto const first = tokens("", true, server);
    if (!first) return first;
    auto const all = tokens(page, false, server);
    if (!all) return all;
    std::set<std::int32_t> const distinct(all->begin(), all->end());
    if (distinct.empty()) return refuse("failed", "llama-server makes no tokens of a page of text");
    first_ = *first;
    ordinary_.assign(distinct.begin(), distinct.end());
  }
  std::vector<std::int32_t> prompt(first_.begin(),
                                   first_.begin() + std::min<std::ptrdiff_t>(std::ssize(first_), length));
  for (std::uint64_t i = 0; std::cmp_less(prompt.size(), length); ++i)
    prompt.push_back(ordinary_[mixed(seed ^ mixed(i)) % ordinary_.size()]);
  return prompt;
}

Outcome<std::vector<std::int32_t>> Prompts::of(protocol::TrialRequest const& request, std::uint64_t seed,
                                               std::size_t index, HttpConnection& server) {
  auto const named = [&](Refusal refusal) {
    refusal.reason = std::format("request '{}': {}", request.id, refusal.reason);
    return std::unexpected(std::move(refusal));
  };
  if (request.synthetic_tokens) {
    auto prompt = synthetic(*request.synthetic_tokens, mixed(seed) ^ index, server);
    if (!prompt) return named(prompt.error());
    return prompt;
  }
  auto const messages = request.prompt ? std::string{} : messages_json(request);
  auto const key = request.prompt ? "p" + *request.prompt : "m" + messages;
  if (auto const found = known_.find(key); found != known_.end()) return found->second;
  auto text = request.prompt;
  if (!text) {
    auto const answer = post(server, "/apply-template", wire::JsonObject().raw("messages", messages).done());
    if (!answer) return named(answer.error());
    auto const rendered = answer->text("/prompt");
    if (!rendered) return named({"failed", "llama-server /apply-template: " + rendered.error().describe()});
    text = *rendered;
  }
  auto prompt = tokens(*text, true, server);
  if (!prompt) return named(prompt.error());
  if (prompt->empty())
    return named({"bad-request", "the prompt is empty, and this model begins with no token of its own"});
  if (known_.size() >= most_known) known_.clear();
  return known_[key] = *std::move(prompt);
}

}  // namespace edgelab::bridge
