#include "llama/session.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>
#include <variant>

#include "llama/ledger.hpp"
#include "llama/log.hpp"
#include "llama/prompt.hpp"
#include "llama/score.hpp"
#include "llama/settings.hpp"
#include "llama/support.hpp"

// Hands a refusal on to the caller.
#define EDGELAB_LLAMA_CHECK(expression) \
  if (auto outcome = (expression); !outcome) return std::unexpected(std::move(outcome).error())

namespace edgelab::llama {

namespace {

constexpr auto progress_interval = std::chrono::milliseconds(200);

Outcome<void> check_fits(Model const& model, Job const& job) {
  auto const needed = job.prompt.size() + static_cast<std::size_t>(job.max_tokens);
  if (std::cmp_less_equal(needed, model.n_ctx_train)) return {};
  return refuse("failed", "request '" + job.id + "': a prompt of " + std::to_string(job.prompt.size()) +
                              " tokens and " + std::to_string(job.max_tokens) + " more do not fit into the " +
                              std::to_string(model.n_ctx_train) + " the model was trained for");
}

}  // namespace

bool Session::answer(Result<wire::Request> const& message) {
  if (!message) {
    fail(0, {"bad-request", message.error().describe()});
    return true;
  }
  if (std::holds_alternative<protocol::Bye>(*message)) return false;
  std::visit(
      [this](auto const& request) {
        if constexpr (requires { on(request); }) on(request);
      },
      *message);
  return true;
}

void Session::fail(std::int64_t id, Refusal const& refusal) {
  send_(wire::encode(protocol::Failure{id, refusal.kind, refusal.reason}));
}

void Session::on(protocol::Hello const& hello) {
  if (hello.protocol != protocol::version) {
    fail(0, {"bad-request", "this executor speaks protocol " + std::to_string(protocol::version) + ", not " +
                                std::to_string(hello.protocol)});
    return;
  }
  send_(wire::encode(hello_reply()));
}

void Session::on(protocol::Load const& message) {
  auto const done = guarded(message.id, [&]() -> Outcome<void> {
    auto const settings = settings_from(message.flags);
    if (!settings) return std::unexpected(settings.error());
    return load(message.model, settings->model);
  });
  if (!done) {
    fail(message.id, done.error());
    return;
  }
  send_(wire::encode(protocol::Loaded{message.id, static_cast<std::int64_t>(llama_model_size(model_->handle.get())),
                                      model_->n_ctx_train, model_->n_vocab}));
}

void Session::on(protocol::Run const& message) {
  if (auto const done = guarded(message.id, [&] { return run(message); }); !done) fail(message.id, done.error());
}

void Session::on(protocol::Score const& message) {
  if (auto const done = guarded(message.id, [&] { return score(message); }); !done) fail(message.id, done.error());
}

// llama.cpp is C outside and C++ inside: what its samplers or our vectors throw ends here.
Outcome<void> Session::guarded(std::int64_t id, std::function<Outcome<void>()> const& work) {
  stop_.begin(id);
  try {
    if (stop_.requested()) return refuse("cancelled", "cancelled on request");
    return work();
  } catch (std::bad_alloc const&) {
    return refuse("oom", "out of memory");
  } catch (std::exception const& error) {
    return refuse("failed", error.what());
  }
}

Outcome<void> Session::load(std::string const& path, ModelSettings const& settings) {
  if (path.empty()) return refuse("bad-request", "load: no model given");
  context_.reset();
  model_.reset();
  auto loaded = load_model(path, settings);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  model_.emplace(*std::move(loaded));
  return {};
}

Outcome<void> Session::ready_model(ModelSettings const& settings) {
  if (!model_) return refuse("bad-request", "no model is loaded");
  if (model_->settings == settings) return {};
  auto const path = model_->path;
  return load(path, settings);
}

Outcome<void> Session::ready_context(ContextSettings const& settings, std::size_t warm_tokens) {
  if (context_ && context_->settings == settings) return {};
  context_.reset();   // before the next is made: two KV caches would be twice the memory
  auto made = make_context(*model_, settings, warm_tokens, stop_);
  if (!made) return std::unexpected(std::move(made).error());
  context_.emplace(*std::move(made));
  return {};
}

Outcome<TrialPlan> Session::plan_of(protocol::Run const& run, RequestSettings const& settings) const {
  if (run.requests.empty()) return refuse("bad-request", "a run without requests");
  TrialPlan plan;
  plan.concurrency = run.concurrency;
  plan.sampling = {run.temperature, run.top_k, run.top_p};
  plan.seed = run.seed;
  plan.min_s = run.min_s;
  plan.min_tokens = run.min_tokens;
  plan.settings = settings;
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    auto const& request = run.requests[i];
    if (request.arrival_us.has_value() != run.requests.front().arrival_us.has_value()) {
      return refuse("bad-request", "arrival_us is given for some requests only; expected for all or for none");
    }
    if (request.max_tokens < 1)
      return refuse("bad-request", "request '" + request.id + "': max_tokens must be at least 1");
    auto tokens = prompt_tokens(*model_, request, mix(run.seed, i));
    if (!tokens) return std::unexpected(std::move(tokens).error());
    plan.jobs.push_back({request.id, *std::move(tokens), request.max_tokens, request.ignore_eos, request.arrival_us});
    EDGELAB_LLAMA_CHECK(check_fits(*model_, plan.jobs.back()));
  }
  return plan;
}

Outcome<void> Session::run(protocol::Run const& message) {
  auto settings = settings_from(message.flags);
  if (!settings) return std::unexpected(std::move(settings).error());
  EDGELAB_LLAMA_CHECK(ready_model(settings->model));
  if (settings->request.cache_prompt && !can_keep_prefix(*model_)) {
    return refuse("unsupported",
                  "cache-prompt: the state of a recurrent model cannot be taken back to a common prefix");
  }
  auto const plan = plan_of(message, settings->request);
  if (!plan) return std::unexpected(plan.error());
  std::size_t longest = 0;
  std::size_t longest_prompt = 0;
  for (auto const& job : plan->jobs) {
    longest = std::max(longest, job.prompt.size() + static_cast<std::size_t>(job.max_tokens));
    longest_prompt = std::max(longest_prompt, job.prompt.size());
  }
  settings->context.n_ctx = padded_n_ctx(longest);
  EDGELAB_LLAMA_CHECK(ready_context(settings->context, longest_prompt));

  Listeners listeners;
  auto reported = Clock::now();
  listeners.on_request_end = [&](std::int32_t requests, std::int64_t tokens) {
    if (auto const now = Clock::now(); now - reported >= progress_interval) {
      reported = now;
      send_(wire::encode(protocol::Progress{message.id, requests, tokens}));
    }
  };
  if (message.live) {
    listeners.on_emission = [&](std::string const& request, std::int32_t tokens) {
      send_(wire::encode(protocol::Emission{message.id, request, tokens}));
    };
  }
  Engine engine(*model_, *context_, stop_);
  auto const recording = engine.run(*plan, listeners);
  context_->log += log::take();
  if (!recording) return std::unexpected(recording.error());

  std::vector<std::string> texts;
  for (auto const& request : recording->requests) texts.push_back(text_of(*model_, request.tokens));
  for (auto const& line : wire::encode_timeline(message.id, timeline_of(*recording, std::move(texts)))) send_(line);
  send_(wire::encode(protocol::Done{message.id, in_force(*model_, *context_, settings->request, backend_log_),
                                    memory_use(*model_, *context_)}));
  return {};
}

Outcome<void> Session::score(protocol::Score const& message) {
  auto settings = settings_from(message.flags);
  if (!settings) return std::unexpected(std::move(settings).error());
  EDGELAB_LLAMA_CHECK(ready_model(settings->model));
  auto tokens = tokenise(*model_, message.text, SpecialTokens::as_text);
  if (std::cmp_greater(tokens.size(), model_->n_ctx_train)) {
    return refuse("failed", "a text of " + std::to_string(tokens.size()) + " tokens does not fit into the " +
                                std::to_string(model_->n_ctx_train) + " the model was trained for");
  }
  protocol::Scored scored;
  scored.id = message.id;
  if (tokens.size() > 1) {
    settings->context.n_ctx = padded_n_ctx(tokens.size());
    settings->context.n_outputs_max =
        std::min({settings->context.n_ubatch, settings->context.n_batch, settings->context.n_ctx});
    EDGELAB_LLAMA_CHECK(ready_context(settings->context, 1));
    auto logprobs = llama::score(*model_, *context_, tokens);
    context_->log += log::take();
    if (!logprobs) return std::unexpected(std::move(logprobs).error());
    scored.logprobs = *std::move(logprobs);
  }
  scored.tokens.assign(tokens.begin(), tokens.end());
  for (auto const& line : wire::encode_scored(scored)) send_(line);
  return {};
}

}  // namespace edgelab::llama
