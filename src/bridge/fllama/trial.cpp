#include "bridge/fllama/trial.hpp"

#include <atomic>
#include <format>
#include <set>
#include <string>
#include <utility>

#include "bridge/fllama/answer.hpp"
#include "bridge/fllama/prompts.hpp"
#include "bridge/server/ledger.hpp"

namespace edgelab::bridge::fllama {

namespace {

// An answer that nobody waits for.
class Unheard final : public Asking {
 public:
  void heard(Clock::time_point /*at*/, std::int32_t /*tokens*/) override {}
  [[nodiscard]] bool cancelled() const override { return false; }
};

constexpr int most_wipes = 4 * slots;
constexpr int words_of_a_wipe = 8;       // of two tokens at the least
constexpr std::int32_t first_token_only = 1;

// A text that begins like no other, long enough that the one token which all prompts begin with is no tenth of it: fllama takes
// the slot with the most of a prompt where that is a tenth or more, else the one that was used longest ago.
std::string wipe_text() {
  static std::atomic<std::uint64_t> count = 0;
  auto state = mixed(count.fetch_add(1));
  std::string text;
  for (int word = 0; word < words_of_a_wipe; ++word, state = mixed(state))
    text += std::format("{}{:x}", word == 0 ? "" : " ", state % 0xFFFF);
  return text;
}

}  // namespace

FllamaTrial::FllamaTrial(Library& library, std::vector<Question> questions, std::size_t workers)
    : library_(library), questions_(std::move(questions)), in_flight_(workers) {}

Outcome<std::int32_t> FllamaTrial::wipe_one() {
  Unheard unheard;
  auto question = questions_.front();
  question.prompt = wipe_text();
  question.chat_json.clear();
  question.max_tokens = 1;
  AnswerReader reader(unheard, Form::prompt, question.max_tokens);
  library_.ask(library_.new_id(), question, [&](Heard const& heard) { reader.hear(heard); });
  reader.end();
  auto const& finish = unheard.answer.finish;
  if (finish.starts_with("error: ")) return refuse("failed", finish.substr(std::string_view("error: ").size()));
  return reader.slot();
}

Outcome<void> FllamaTrial::get_ready(Stop const& stop) {
  if (auto const slot = wipe_one(); !slot) return std::unexpected(slot.error());
  if (stop.requested()) return refuse("cancelled", "cancelled on request");
  return {};
}

Outcome<void> FllamaTrial::begin_pass() {
  std::set<std::int32_t> wiped;
  for (int i = 0; i < most_wipes && std::cmp_less(wiped.size(), slots); ++i) {
    auto const slot = wipe_one();
    if (!slot) return std::unexpected(slot.error());
    if (*slot >= 0) wiped.insert(*slot);
  }
  if (std::cmp_equal(wiped.size(), slots)) return {};
  return refuse("failed", std::format("fllama's slots cannot be made cold: {} prompts reached {} of them, expected {}",
                                      most_wipes, wiped.size(), slots));
}

void FllamaTrial::ask(std::size_t request, std::size_t worker, Asking& asking) {
  auto const& question = questions_[request];
  AnswerReader reader(asking, question.chat_json.empty() ? Form::prompt : Form::chat, question.max_tokens);
  auto const id = library_.new_id();
  in_flight_[worker].store(id);
  if (asking.cancelled()) library_.cancel(id);  // it may have been before there was an id to say
  library_.ask(id, question, [&](Heard const& heard) { reader.hear(heard); });
  in_flight_[worker].store(0);
  reader.end();
  if (asking.answer.cached_tokens > first_token_only) cached_ = true;
}

void FllamaTrial::interrupt(std::size_t worker) {
  if (auto const id = in_flight_[worker].load(); id != 0) library_.cancel(id);
}

Outcome<protocol::Done> FllamaTrial::end() {
  auto const& question = questions_.front();
  Facts const facts{.log = load_log_,
                    .drafter = question.draft.empty() ? "none" : "draft-mtp",
                    .elsewhere = library_.finds_accelerator()};
  protocol::Done done{.id = 0, .in_force = in_force(facts), .memory = memory_use(facts)};
  done.in_force["cache-prompt"] = cached_ ? "on" : "unknown";
  return done;
}

}  // namespace edgelab::bridge::fllama
