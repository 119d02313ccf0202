// The product's judge (llama/leads.hpp) with a model and contexts of its own.
#pragma once

#include <string>
#include <vector>

#include "llama/context.hpp"
#include "llama/leads.hpp"
#include "llama/model.hpp"
#include "serve/stop.hpp"
#include "types/protocol.hpp"

namespace edgelab::test {

// One answer: the request, the tokens generated, and whether the model ended it.
struct Answer {
  std::vector<llama_token> prompt;
  std::vector<llama_token> tokens;
  bool ended = false;
};

class Judge {
 public:
  explicit Judge(std::string const& model_file);

  [[nodiscard]] std::vector<llama_token> prompt_of(protocol::TrialRequest const& request) const;

  // How much the lead of one token over another may change with the way of evaluation: twice the largest difference, over
  // the positions of these answers and all tokens, between logits one token at a time and logits in batches of other
  // sizes, with or without flash attention as asked.
  [[nodiscard]] double noise(std::vector<Answer> const& answers, bool flash_attention);

  // The largest lead that another token had over the one that was generated, in logits, over all positions; 0 where each
  // was the likeliest. An answer that the model ended is judged for that too.
  [[nodiscard]] double worst_lead(Answer const& answer);

 private:
  [[nodiscard]] llama::Context context(bool flash_attention) const;

  llama::Stop stop_;
  llama::Model model_;
  llama::Context plain_;
};

}  // namespace edgelab::test
