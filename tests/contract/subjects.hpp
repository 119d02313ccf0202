// The executors that have to keep the contract of docs/PROTOCOL.md, and what has to be known of each to ask it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "executor/executor.hpp"
#include "types/protocol.hpp"

namespace edgelab::contract {

using namespace std::chrono_literals;

inline constexpr std::chrono::milliseconds plenty = 60s;   // never waited out unless a test fails

enum class Clockwork : bool { real, virtual_ };

struct Subject {
  std::string name;                                  // as its hello says
  std::vector<std::string> command;
  bool needs_model = false;
  std::string model{};                               // where the small random one will not do
  bool scores = false;
  bool cancels_requests = false;                     // one of a run, while the others go on
  bool sees_tokens = true;                           // false: it is told no more than whole answers
  bool sees_admission = true;                        // and when a prompt left the queue and was evaluated
  bool makes_prompts = true;                         // of an exact number of tokens; else it says `unsupported`
  bool forces_length = true;                         // ignore_eos; else it says `unsupported`
  Clockwork time = Clockwork::real;                  // virtual_: its times are computed, not measured
  Flags always;                                      // flags of every run
  Flags slow;                                        // flags with which a run takes its time
  std::pair<std::string, std::string> good_flag;  // one it reads back as it was asked for; without a name: it can none
  std::pair<std::string, std::string> bad_flag;  // a known one with a value that cannot be
  std::int32_t long_request = 0;  // tokens of one request,
  std::int32_t many_tokens = 0;  // and of a run of such, whose timeline does not fit into one line
  std::string model = {};  // empty: model_file()
};

[[nodiscard]] std::vector<Subject> const& subjects();
void PrintTo(Subject const& subject, std::ostream* out);
[[nodiscard]] std::string test_name(Subject const& subject);  // as GoogleTest wants it

// A small model with random weights, written once a test program.
[[nodiscard]] std::string const& model_file();

// A request whose answer is as long as it may be, so that its length is known, where the subject can do that (run_of).
[[nodiscard]] protocol::TrialRequest request(std::string id, std::int32_t max_tokens);

class Contract : public ::testing::TestWithParam<Subject> {
 protected:
  Contract();
  ~Contract() override;

  // Started and, where it needs one, with a model; nullptr after a failure.
  [[nodiscard]] std::unique_ptr<executor::Executor> start() const;
  [[nodiscard]] static protocol::Load load_message();
  [[nodiscard]] static protocol::Run run_of(std::vector<protocol::TrialRequest> requests, Flags flags = {});
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }

  std::filesystem::path folder_;
};

}  // namespace edgelab::contract
