#include "llama/judge.hpp"

#include <algorithm>
#include <stdexcept>

#include "llama/log.hpp"
#include "llama/prompt.hpp"

namespace edgelab::test {

namespace {

constexpr std::uint32_t n_ctx = 2048;

template <typename T>
T value_of(llama::Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().reason);
  return *std::move(outcome);
}

llama::Model load(std::string const& file) {
  llama::log::capture();
  llama_backend_init();
  ggml_backend_load_all();
  return value_of(llama::load_model(file, {}));
}

llama::Judged judged(Answer const& answer) {
  llama::Judged whole{answer.prompt, answer.prompt.size(), answer.ended};
  whole.tokens.insert(whole.tokens.end(), answer.tokens.begin(), answer.tokens.end());
  return whole;
}

}  // namespace

Judge::Judge(std::string const& model_file) : model_(load(model_file)), plain_(context(false)) {}

llama::Context Judge::context(bool flash_attention) const {
  llama::ContextSettings settings;
  settings.n_ctx = n_ctx;
  settings.n_outputs_max = settings.n_ubatch;
  settings.kv_unified = llama::Unified::off;
  settings.flash_attn = flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  return value_of(llama::make_context(model_, settings, 16, stop_));
}

std::vector<llama_token> Judge::prompt_of(protocol::TrialRequest const& request) const {
  return value_of(llama::prompt_tokens(model_, request, 0));
}

double Judge::noise(std::vector<Answer> const& answers, bool flash_attention) {
  double largest = 0.0;
  auto beside = context(false);
  auto flash = context(true);
  for (auto const& answer : answers) {
    auto const whole = judged(answer);
    if (whole.tokens.size() == whole.prompt && !whole.ended) continue;
    largest = std::max(largest, value_of(llama::shape_noise(model_, plain_, beside, whole)));
    if (flash_attention) largest = std::max(largest, value_of(llama::settings_noise(model_, plain_, flash, whole)));
  }
  return 2.0 * largest;
}

double Judge::worst_lead(Answer const& answer) {
  auto const leads = value_of(llama::leads(model_, plain_, judged(answer)));
  return leads.empty() ? 0.0 : *std::ranges::max_element(leads);
}

}  // namespace edgelab::test
