// Held-out prompts of the shipped workloads, and what edgelab-llama answers to them under given flags.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "llama/driver.hpp"
#include "llama/judge.hpp"
#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::test {

inline constexpr auto demo_model = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";
inline constexpr auto demo_draft = EDGELAB_SOURCE_DIR "/models/demo/demo-draft-f16.gguf";

// `each` prompts of each of the six workloads, spread over the file; at most `max_tokens` tokens are wanted of each.
[[nodiscard]] std::vector<protocol::TrialRequest> held_out_prompts(std::size_t each, std::int32_t max_tokens);

// The demo pair in an executor. One thread: tests do not fight for cores, and output is the same in every run.
class Respondent {
 public:
  // `load` are the flags that the model is loaded with.
  explicit Respondent(Flags load = {});
  // Another build, or this one under an emulator.
  explicit Respondent(std::vector<std::string> const& command) : executor_(command) { load({}); }

  [[nodiscard]] protocol::HelloReply hello();

  // By request. Throws with the executor's reason where the run fails.
  [[nodiscard]] std::map<std::string, Answer> answers(std::vector<protocol::TrialRequest> const& requests, Flags flags,
                                                      Judge const& judge);

  [[nodiscard]] Flags const& in_force() const { return in_force_; }   // of the last run

 private:
  void load(Flags flags);

  Flags in_force_;
  LlamaProcess executor_;
};

// How the answers of a round stand to those of the baseline.
struct Comparison {
  std::size_t identical = 0;
  std::size_t near_ties = 0;          // parted, but never further from the likeliest token than the noise
  std::vector<std::string> defects;   // request, and by how much
};
[[nodiscard]] Comparison compare(std::map<std::string, Answer> const& baseline,
                                 std::map<std::string, Answer> const& round, Judge& judge, double noise);

}  // namespace edgelab::test
