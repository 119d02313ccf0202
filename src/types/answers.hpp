// What was answered, from the timelines' texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace edgelab {

// A request as a cell answered it in one block; once, however often its passes gave the same.
struct Answer {
  std::size_t cell = 0;                          // of the plan
  std::size_t request = 0;                       // of the cell's workload
  std::int32_t block = 0;
  std::int32_t count = 1;                        // how often it was answered so in that block
  std::string text;
  std::vector<std::int32_t> tokens;              // empty where the executor tells none
};

// How right it is, from 0 to 1.
struct ScoredAnswer {
  std::size_t cell = 0;
  std::size_t request = 0;
  std::int32_t block = 0;
  std::int32_t count = 1;
  double score = 0.0;
};

// A multiple-choice request as a cell finds its choices: natural logarithms of their probabilities after the prompt.
struct ChoiceLikelihoods {
  std::size_t cell = 0;
  std::size_t request = 0;
  std::vector<double> logprobs;                  // in the order of the choices: the sum over the tokens of each
};

}  // namespace edgelab
