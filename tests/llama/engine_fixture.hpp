// The engine's tests: the demo pair behind a running edgelab-llama, and what became of each request.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "llama/fixture.hpp"

namespace edgelab::test {

// Numbers from a seed, the same everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state_ >> 33U) % n);
  }
  std::int32_t from_to(std::int32_t from, std::int32_t to) {
    return from + static_cast<std::int32_t>(below(static_cast<std::size_t>(to - from + 1)));
  }
  std::string one_of(std::vector<std::string> const& values) { return values[below(values.size())]; }

 private:
  std::uint64_t state_;
};

struct Answer {
  std::string finish;
  std::vector<std::int32_t> tokens;

  bool operator==(Answer const&) const = default;
};

inline void PrintTo(Answer const& answer, std::ostream* out) {
  *out << answer.finish << ", " << answer.tokens.size() << " tokens:";
  for (auto const token : answer.tokens) *out << ' ' << token;
}

// By request and pass.
using Answers = std::map<std::pair<std::string, std::int32_t>, Answer>;

inline Answers answers_of(Timeline const& timeline) {
  Answers answers;
  std::size_t emission = 0;
  auto token = timeline.token_ids.begin();
  auto const& rows = timeline.requests;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    std::int32_t count = 0;
    for (std::int32_t k = 0; k < rows.emissions[row]; ++k) count += timeline.emissions.tokens[emission++];
    answers[{rows.id[row], rows.pass[row]}] = {rows.finish[row], {token, token + count}};
    token += count;
  }
  return answers;
}

// Of each row, after the start of the trial.
struct Times {
  std::int64_t arrival = 0;
  std::int64_t admitted = 0;
  std::int64_t end = 0;
};

inline std::vector<Times> times_of(Timeline const& timeline) {
  std::vector<Times> times;
  std::int64_t arrival = 0;
  auto const& rows = timeline.requests;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    arrival += rows.arrival_ns[row];
    times.push_back({arrival, arrival + rows.admitted_ns[row], arrival + rows.end_ns[row]});
  }
  return times;
}

class EngineTest : public LlamaTest {
 protected:
  static constexpr auto demo = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";
  static constexpr auto demo_draft = EDGELAB_SOURCE_DIR "/models/demo/demo-draft-f16.gguf";

  [[nodiscard]] wire::Reply load_pair(std::string const& model, std::string const& draft) {
    executor.send(wire::encode(protocol::Load{1, model, draft, {{"threads", "1"}, {"threads-batch", "1"}}}));
    return executor.receive();
  }
  void use_demo() { ASSERT_TRUE(std::holds_alternative<protocol::Loaded>(load_pair(demo, demo_draft))); }

  // Prompts as the demo model knows them, all different.
  static std::string prompt(std::size_t i) {
    static std::vector<std::string> const what{"science lecture", "history course", "cooking class", "chess club",
                                               "book fair"};
    static std::vector<std::string> const who{"Clara Vaberg", "Alice Talsen", "Ben Orlund", "Dora Kesten"};
    static std::vector<std::string> const where{"Olbrook", "Delstad", "Marlow"};
    return "Extract time, date, event, host, place as JSON.\nText: Our " + what[i % 5] + " is hosted by " + who[i % 4] +
           ", was moved to " + std::to_string(1 + i % 28) + " April, takes place in " + where[i % 3] +
           " and begins at " + std::to_string(7 + i % 12) + ":45.\nJSON:\n";
  }

  // What the request is answered alone, without any technique, up to `max_tokens`.
  [[nodiscard]] Answer alone(protocol::TrialRequest const& request) {
    auto one = request;
    one.arrival_us.reset();
    return answers_of(executor.run(trial({}, {one})).timeline).at({request.id, 0});
  }

  // Tokens evaluated, by steps.
  static std::int64_t sum(std::vector<std::int32_t> const& column) {
    std::int64_t total = 0;
    for (auto const value : column) total += value;
    return total;
  }
};

}  // namespace edgelab::test
