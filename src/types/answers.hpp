// What was answered, from the timelines' texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/trial.hpp"

namespace edgelab {

// A request as a cell answered it in one block; once, however often its passes gave the same.
struct Answer {
  std::size_t cell = 0;                          // of the plan
  std::size_t request = 0;                       // of the cell's workload
  std::int32_t block = 0;
  std::int32_t count = 1;                        // how often it was answered so in that block
  std::string text;
  std::vector<std::int32_t> tokens;              // empty where the executor tells none
  bool ended = false;                            // by the model; else it was cut
};

// How right it is, from 0 to 1.
struct ScoredAnswer {
  std::size_t cell = 0;
  std::size_t request = 0;
  std::int32_t block = 0;
  std::int32_t count = 1;
  double score = 0.0;
};

// A text as a cell and its reference read it, teacher-forced: a value for each token that is told.
struct ReadText {
  std::size_t cell = 0;
  std::string shape;                             // prefill | decode
  std::string id{};                              // of the text: the same for all cells of a workload
  Status status = Status::ok;
  std::string reason;
  std::int32_t first = 1;                        // place of the first token told, counted from 0
  std::vector<double> kld;
  std::vector<double> logprobs;
  std::vector<double> reference_logprobs;
  std::vector<std::int32_t> agree;               // 1: the likeliest token is the same
};

// An answer that is not the reference's, as the reference reads it.
struct JudgedAnswer {
  std::size_t cell = 0;
  std::string request;                           // its id
  std::uint64_t answer = 0;                      // quality::key_of() its tokens
  Status status = Status::ok;
  std::string reason;
  std::vector<double> leads;                     // of the likeliest token over the answer's, in logits; then over the end
  std::optional<double> noise;                   // of logits there, where it was measured
};

// What was found out by reading texts after the timed blocks.
struct Checks {
  std::vector<ReadText> texts;
  std::vector<JudgedAnswer> judged;
};

// A multiple-choice request as a cell finds its choices: natural logarithms of their probabilities after the prompt.
struct ChoiceLikelihoods {
  std::size_t cell = 0;
  std::size_t request = 0;
  std::vector<double> logprobs;                  // in the order of the choices: the sum over the tokens of each
};

}  // namespace edgelab
