#include "llama/judge.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "llama/log.hpp"
#include "llama/prompt.hpp"

namespace edgelab::test {

namespace {

constexpr std::uint32_t n_ctx = 2048;
constexpr std::size_t whole = n_ctx;

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

Judge::Rows Judge::logits(llama::Context& context, Answer const& answer, std::size_t at_a_time) const {
  llama_memory_clear(context.memory(), true);
  auto text = answer.prompt;
  text.insert(text.end(), answer.tokens.begin(), answer.tokens.end());
  Rows rows;
  std::vector<std::int8_t> wanted(text.size(), 0);
  std::fill(wanted.begin() + static_cast<std::ptrdiff_t>(answer.prompt.size()) - 1, wanted.end(), std::int8_t{1});
  for (std::size_t first = 0; first < text.size();) {
    // The prompt in one piece, as a request's is; what follows so many at a time.
    auto count = first == 0 && at_a_time < whole ? answer.prompt.size() : at_a_time;
    count = std::min(count, text.size() - first);
    auto batch = llama_batch_get_one(text.data() + first, static_cast<std::int32_t>(count));
    batch.logits = wanted.data() + first;
    if (llama_decode(context.handle.get(), batch) != 0) throw std::runtime_error("llama_decode");
    for (std::size_t i = 0; i < count; ++i) {
      if (wanted[first + i] == 0) continue;
      auto const* values = llama_get_logits_ith(context.handle.get(), static_cast<std::int32_t>(i));
      rows.emplace_back(values, values + model_.n_vocab);
    }
    first += count;
  }
  return rows;
}

double Judge::noise(std::vector<Answer> const& answers, bool flash_attention) {
  double largest = 0.0;
  auto const compare = [&](Rows const& a, Rows const& b) {
    for (std::size_t row = 0; row < a.size(); ++row)
      for (std::size_t i = 0; i < a[row].size(); ++i)
        largest = std::max(largest, static_cast<double>(std::abs(a[row][i] - b[row][i])));
  };
  auto flash = context(true);
  for (auto const& answer : answers) {
    auto const one_by_one = logits(plain_, answer, 1);
    for (auto const at_a_time : {std::size_t{3}, std::size_t{9}, whole}) compare(one_by_one, logits(plain_, answer, at_a_time));
    if (!flash_attention) continue;
    for (auto const at_a_time : {std::size_t{1}, std::size_t{9}}) compare(one_by_one, logits(flash, answer, at_a_time));
  }
  return 2.0 * largest;
}

double Judge::worst_lead(Answer const& answer) {
  auto const rows = logits(plain_, answer, whole);
  double worst = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    float const best = *std::ranges::max_element(rows[i]);
    if (i < answer.tokens.size()) {
      worst = std::max(worst, static_cast<double>(best - rows[i][static_cast<std::size_t>(answer.tokens[i])]));
    } else if (answer.ended) {
      float end = rows[i][static_cast<std::size_t>(model_.end_tokens.front())];
      for (auto const token : model_.end_tokens) end = std::max(end, rows[i][static_cast<std::size_t>(token)]);
      worst = std::max(worst, static_cast<double>(best - end));
    }
  }
  return worst;
}

}  // namespace edgelab::test
