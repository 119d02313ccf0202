#include "llama/leads.hpp"

#include <algorithm>
#include <cmath>

#include "llama/score.hpp"

namespace edgelab::llama {

namespace {

// The sizes of batches that kernels, and speculation, tell apart: one, a few, more; and a ubatch.
constexpr std::size_t other_sizes[] = {3, 9, 0};

Rows rows_of(Judged const& judged, std::size_t at_a_time) {
  // The last token says nothing of those before it, and what follows it is asked for only where the model ended there.
  return {judged.prompt - 1, judged.tokens.size() - (judged.ended ? 0 : 1), at_a_time};
}

Outcome<double> largest_difference(Model const& model, Context& a, std::size_t a_size, Context& b, std::size_t b_size,
                                   Judged const& judged) {
  Forced one(a, model.n_vocab, judged.tokens, rows_of(judged, a_size));
  Forced other(b, model.n_vocab, judged.tokens, rows_of(judged, b_size));
  float largest = 0.0F;
  auto const done =
      side_by_side(one, other, 1, [&](std::size_t, RowPair const& pair) -> Outcome<void> {
        if (auto sound = check_numbers(pair.a); !sound) return sound;
        if (auto sound = check_numbers(pair.b); !sound) return sound;
        for (std::size_t i = 0; i < pair.a.size(); ++i) largest = std::max(largest, std::abs(pair.a[i] - pair.b[i]));
        return {};
      });
  if (!done) return std::unexpected(done.error());
  return static_cast<double>(largest);
}

float likeliest_end(Model const& model, std::span<float const> logits) {
  float best = logits[static_cast<std::size_t>(model.end_tokens.front())];
  for (auto const token : model.end_tokens) best = std::max(best, logits[static_cast<std::size_t>(token)]);
  return best;
}

}  // namespace

Outcome<std::vector<double>> leads(Model const& model, Context& context, Judged const& judged) {
  Forced forced(context, model.n_vocab, judged.tokens, rows_of(judged, 0));
  std::vector<double> found;
  for (;;) {
    auto const count = forced.next();
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return found;
    for (std::size_t i = 0; i < *count; ++i) {
      auto const logits = forced.logits(i);
      if (auto const sound = check_numbers(logits); !sound) return std::unexpected(sound.error());
      auto const next = forced.first() + i + 1;
      float const chosen = next < judged.tokens.size() ? logits[static_cast<std::size_t>(judged.tokens[next])]
                                                       : likeliest_end(model, logits);
      found.push_back(static_cast<double>(*std::ranges::max_element(logits) - chosen));
    }
  }
}

Outcome<double> shape_noise(Model const& model, Context& context, Context& beside, Judged const& judged) {
  double largest = 0.0;
  for (auto const size : other_sizes) {
    auto const difference = largest_difference(model, context, 1, beside, size, judged);
    if (!difference) return difference;
    largest = std::max(largest, *difference);
  }
  return largest;
}

Outcome<double> settings_noise(Model const& model, Context& context, Context& other, Judged const& judged) {
  double largest = 0.0;
  for (auto const size : {std::size_t{1}, std::size_t{0}}) {
    auto const difference = largest_difference(model, context, 1, other, size, judged);
    if (!difference) return difference;
    largest = std::max(largest, *difference);
  }
  return largest;
}

}  // namespace edgelab::llama
