#include "llama/scoring.hpp"

#include <algorithm>
#include <format>
#include <thread>
#include <utility>

#include "core/distributions.hpp"
#include "llama/leads.hpp"
#include "llama/log.hpp"
#include "llama/prompt.hpp"
#include "llama/row_stream.hpp"
#include "llama/score.hpp"

// Hands a refusal on to the caller.
#define EDGELAB_LLAMA_CHECK(expression) \
  if (auto outcome = (expression); !outcome) return std::unexpected(std::move(outcome).error())

namespace edgelab::llama {

// What is read, and which of it something is told of.
struct Scoring::Text {
  std::vector<llama_token> tokens;
  Rows rows;
};

namespace {

Outcome<std::vector<llama_token>> tokens_of(Model const& model, protocol::Score const& message) {
  std::vector<llama_token> tokens;
  if (message.request) {
    auto prompt = prompt_tokens(model, *message.request, 0);
    if (!prompt) return prompt;
    tokens = *std::move(prompt);
  }
  if (!message.text.empty() || (!message.request && message.tokens.empty())) {
    auto const begin = message.request ? Begin::in_the_middle : Begin::of_a_text;
    auto const text = tokenise(model, message.text, SpecialTokens::as_text, begin);
    tokens.insert(tokens.end(), text.begin(), text.end());
  }
  for (auto const token : message.tokens) {
    if (token < 0 || token >= model.n_vocab)
      return refuse("bad-request", std::format("there is no token {}: the model has {}", token, model.n_vocab));
    tokens.push_back(token);
  }
  return tokens;
}

Outcome<void> check(protocol::Score const& message) {
  if (message.skip < 0) return refuse("bad-request", "skip must be at least 0");
  if (message.at_a_time < 0) return refuse("bad-request", "at_a_time must be at least 0");
  if (message.stream && message.against)
    return refuse("bad-request", "a score is either streamed or made against a reference, not both");
  if ((message.ended || message.noise) && !message.leads)
    return refuse("bad-request", "'ended' and 'noise' have a meaning with 'leads' only");
  if (message.leads && message.stream) return refuse("bad-request", "leads are not streamed");
  return {};
}

bool serves(Context const& context, ContextSettings const& wanted) {
  auto settings = context.settings;
  if (settings.n_ctx < wanted.n_ctx) return false;
  settings.n_ctx = wanted.n_ctx;
  settings.n_outputs_max = wanted.n_outputs_max;
  return settings == wanted;
}

}  // namespace

void Scoring::release() {
  own_.reset();
  second_.reset();
}

Outcome<void> Scoring::ready(std::optional<Context>& context, Model const& model, ContextSettings settings,
                             std::size_t tokens) {
  settings.n_seq_max = 1;
  settings.kv_unified = Unified::off;
  settings.n_ctx = padded_n_ctx(tokens);
  if (context && serves(*context, settings)) return {};
  // Texts differ in length: the next is not to need a context of its own again.
  if (context) settings.n_ctx = std::max(settings.n_ctx, context->settings.n_ctx);
  settings.n_outputs_max = std::min({settings.n_ubatch, settings.n_batch, settings.n_ctx});
  context.reset();
  auto made = make_context(model, settings, std::nullopt, stop_);
  if (!made) return std::unexpected(std::move(made).error());
  context.emplace(*std::move(made));
  return {};
}

Outcome<protocol::Scored> Scoring::answer(Model const& model, protocol::Score const& message, Settings const& settings,
                                          Settings const* reference) {
  EDGELAB_LLAMA_CHECK(check(message));
  auto tokens = tokens_of(model, message);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  protocol::Scored scored;
  scored.id = message.id;
  scored.tokens.assign(tokens->begin(), tokens->end());
  Text text{*std::move(tokens), {}};
  auto const skip = std::max<std::size_t>(static_cast<std::size_t>(message.skip), 1);
  text.rows = {skip - 1, text.tokens.empty() ? 0 : text.tokens.size() - 1, static_cast<std::size_t>(message.at_a_time)};
  if (!message.leads && text.rows.first >= text.rows.end && !message.stream) return scored;
  if (std::cmp_greater(text.tokens.size() + (message.ended ? 1 : 0), model.n_ctx_train))
    return refuse("failed", std::format("a text of {} tokens does not fit into the {} the model was trained for",
                                        text.tokens.size(), model.n_ctx_train));
  auto const room = std::max<std::size_t>(text.tokens.size() + 1, 2);
  EDGELAB_LLAMA_CHECK(ready(own_, model, settings.context, room));
  auto done = Outcome<void>{};
  if (message.leads) {
    done = judged(model, text, message, settings, reference, scored);
  } else if (message.stream) {
    done = streamed(model, text, *message.stream, scored);
  } else if (reference != nullptr) {
    EDGELAB_LLAMA_CHECK(ready(second_, model, reference->context, room));
    done = against(model, text, scored);
  } else {
    done = alone(model, text, scored);
  }
  (void)log::take();
  if (!done) return std::unexpected(std::move(done).error());
  return scored;
}

Outcome<void> Scoring::alone(Model const& model, Text const& text, protocol::Scored& scored) {
  Forced forced(*own_, model.n_vocab, text.tokens, text.rows);
  for (;;) {
    auto const count = forced.next();
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return {};
    for (std::size_t i = 0; i < *count; ++i) {
      auto const logits = forced.logits(i);
      EDGELAB_LLAMA_CHECK(check_numbers(logits));
      auto const token = static_cast<std::size_t>(text.tokens[forced.first() + i + 1]);
      scored.logprobs.push_back(static_cast<double>(logits[token]) - log_sum_exp(logits));
    }
  }
}

Outcome<void> Scoring::against(Model const& model, Text const& text, protocol::Scored& scored) {
  Forced reference(*second_, model.n_vocab, text.tokens, text.rows);
  Forced own(*own_, model.n_vocab, text.tokens, text.rows);
  auto const count = text.rows.end - text.rows.first;
  for (auto* const column : {&scored.reference_logprobs, &scored.logprobs, &scored.kld}) column->assign(count, 0.0);
  scored.agree.assign(count, 0);
  struct Distributions {
    std::vector<float> reference;
    std::vector<float> own;
  };
  // The threads that read the text: they have nothing to do while rows are compared.
  auto const threads = std::min<std::size_t>(static_cast<std::size_t>(std::max(own_->settings.n_threads_batch, 1)),
                                             std::max(std::thread::hardware_concurrency(), 1U));
  auto const workers = std::min(threads, count);
  auto const n_vocab = static_cast<std::size_t>(model.n_vocab);
  std::vector<Distributions> of(workers, {std::vector<float>(n_vocab), std::vector<float>(n_vocab)});
  return side_by_side(reference, own, workers, [&](std::size_t worker, RowPair const& pair) -> Outcome<void> {
    EDGELAB_LLAMA_CHECK(check_numbers(pair.a));
    EDGELAB_LLAMA_CHECK(check_numbers(pair.b));
    auto& [p, q] = of[worker];
    log_softmax(pair.a, p);
    log_softmax(pair.b, q);
    auto const token = static_cast<std::size_t>(text.tokens[pair.row + 1]);
    auto const i = pair.row - text.rows.first;
    scored.reference_logprobs[i] = static_cast<double>(p[token]);
    scored.logprobs[i] = static_cast<double>(q[token]);
    scored.kld[i] = kl_divergence(p, q);
    scored.agree[i] = likeliest(p) == likeliest(q) ? 1 : 0;
    return {};
  });
}

Outcome<void> Scoring::streamed(Model const& model, Text const& text, std::string const& path,
                                protocol::Scored& scored) {
  auto stream = RowStream::connect(path, stop_);
  if (!stream) return std::unexpected(stream.error());
  auto const rows = text.rows.end > text.rows.first ? text.rows.end - text.rows.first : 0;
  protocol::StreamHead head;
  head.n_vocab = static_cast<std::uint32_t>(model.n_vocab);
  head.n_tokens = static_cast<std::uint32_t>(text.tokens.size());
  head.n_rows = static_cast<std::uint32_t>(rows);
  EDGELAB_LLAMA_CHECK(stream->begin(head, text.tokens));
  Forced forced(*own_, model.n_vocab, text.tokens, text.rows);
  std::vector<float> p(static_cast<std::size_t>(model.n_vocab));
  for (std::size_t sent = 0; sent < rows;) {
    EDGELAB_LLAMA_CHECK(stream->wait());
    auto const count = forced.next();
    if (!count) return std::unexpected(count.error());
    EDGELAB_LLAMA_CHECK(stream->chunk(static_cast<std::uint32_t>(*count)));
    for (std::size_t i = 0; i < *count; ++i) {
      auto const logits = forced.logits(i);
      EDGELAB_LLAMA_CHECK(check_numbers(logits));
      log_softmax(logits, p);
      auto const token = static_cast<std::size_t>(text.tokens[forced.first() + i + 1]);
      scored.logprobs.push_back(static_cast<double>(p[token]));
      EDGELAB_LLAMA_CHECK(stream->row(p));
    }
    sent += *count;
  }
  return {};
}

Outcome<void> Scoring::judged(Model const& model, Text const& text, protocol::Score const& message,
                              Settings const& settings, Settings const* reference, protocol::Scored& scored) {
  Judged const judged{text.tokens, text.tokens.size() - message.tokens.size(), message.ended};
  if (judged.prompt == 0) return refuse("bad-request", "leads need a prompt before 'tokens'");
  if (message.tokens.empty() && !message.ended) return {};
  auto found = leads(model, *own_, judged);
  if (!found) return std::unexpected(std::move(found).error());
  scored.leads = *std::move(found);
  if (!message.noise) return {};
  auto const room = text.tokens.size() + 1;
  EDGELAB_LLAMA_CHECK(ready(second_, model, settings.context, room));
  auto noise = shape_noise(model, *own_, *second_, judged);
  if (!noise) return std::unexpected(std::move(noise).error());
  scored.noise = *noise;
  if (reference == nullptr || reference->context == settings.context) return {};
  EDGELAB_LLAMA_CHECK(ready(second_, model, reference->context, room));
  auto other = settings_noise(model, *own_, *second_, judged);
  if (!other) return std::unexpected(std::move(other).error());
  scored.noise = std::max(*scored.noise, *other);
  return {};
}

}  // namespace edgelab::llama
