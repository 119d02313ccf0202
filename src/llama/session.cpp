#include "llama/session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "llama/calibration.hpp"
#include "llama/ledger.hpp"
#include "llama/log.hpp"
#include "llama/mix.hpp"
#include "llama/prompt.hpp"
#include "llama/settings.hpp"
#include "llama/support.hpp"
#include "serve/message_check.hpp"

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

Outcome<protocol::HelloReply> Session::hello() { return hello_reply(); }

Outcome<protocol::Loaded> Session::load(protocol::Load const& message) {
  auto const settings = settings_from(message.flags);
  if (!settings) return std::unexpected(settings.error());
  EDGELAB_LLAMA_CHECK(load_models(message.model, message.draft, settings->model));
  return protocol::Loaded{{}, static_cast<std::int64_t>(llama_model_size(target_.model->handle.get())), target_.model->n_ctx_train,
                          target_.model->n_vocab};
}

Outcome<void> Session::load_models(std::string const& path, std::optional<std::string> const& draft,
                                   ModelSettings const& settings) {
  if (path.empty()) return refuse("bad-request", "load: no model given");
  auto const into = [&](Loaded& loaded, std::string const& file) -> Outcome<void> {
    auto model = load_model(file, settings);
    if (!model) return std::unexpected(std::move(model).error());
    loaded.model.emplace(*std::move(model));
    return {};
  };
  scoring_.release();
  for (auto* loaded : {&draft_, &target_}) {
    loaded->context.reset();
    loaded->model.reset();
  }
  EDGELAB_LLAMA_CHECK(into(target_, path));
  if (!draft || draft->empty()) return {};
  EDGELAB_LLAMA_CHECK(into(draft_, *draft));
  if (auto reason = vocabulary_difference(*target_.model, *draft_.model)) {
    draft_.model.reset();
    target_.model.reset();
    return refuse("unsupported", *std::move(reason));
  }
  return {};
}

Outcome<void> Session::ready_model(ModelSettings const& settings) {
  if (!target_.model) return refuse("bad-request", "no model is loaded");
  if (target_.model->settings == settings) return {};
  auto const path = target_.model->path;
  auto const draft = draft_.model ? std::optional(draft_.model->path) : std::nullopt;
  return load_models(path, draft, settings);
}

Outcome<void> Session::ready_context(Loaded& loaded, ContextSettings const& settings, std::size_t warm_tokens) {
  if (loaded.context && loaded.context->settings == settings) return {};
  loaded.cost.reset();
  loaded.context.reset();   // before the next is made: two KV caches would be twice the memory
  auto made = make_context(*loaded.model, settings, warm_tokens, stop());
  if (!made) return std::unexpected(std::move(made).error());
  loaded.context.emplace(*std::move(made));
  return {};
}

// What this model's memory cannot do, found before a context is made.
Outcome<void> Session::check_possible(Settings const& settings) const {
  auto const refused = [&](std::string const& what, Model const& model, Windowed windowed) -> Outcome<void> {
    if (auto const reason = cannot_roll_back(model, settings.context, windowed))
      return refuse("unsupported", what + ": " + *reason);
    return {};
  };
  if (settings.request.cache_prompt) EDGELAB_LLAMA_CHECK(refused("cache-prompt", *target_.model, Windowed::allowed));
  auto const& speculation = settings.request.speculation;
  if (!speculation.enabled()) return {};
  EDGELAB_LLAMA_CHECK(refused(speculation.lookup ? "prompt-lookup" : "speculative-decoding", *target_.model, Windowed::refused));
  if (speculation.source == DraftSource::none || !draft_.model) return {};
  return refused("speculative-decoding, the draft model", *draft_.model, Windowed::refused);
}

Outcome<bool> Session::uses_draft(SpeculationSettings const& settings) const {
  if (settings.source == DraftSource::none) return false;
  if (!draft_.model && settings.source == DraftSource::model)
    return refuse("unsupported", "speculative-decoding needs a draft model, and none was loaded with the model");
  return draft_.model.has_value();
}

// Models and contexts as the flags and the longest request want them, all made before the clock starts.
Outcome<Equipment> Session::ready_equipment(Settings const& settings, TrialPlan const& plan) {
  auto const& speculation = settings.request.speculation;
  auto const drafts = uses_draft(speculation);
  if (!drafts) return std::unexpected(drafts.error());
  std::size_t longest = 0;
  std::size_t longest_prompt = 0;
  for (auto const& job : plan.jobs) {
    longest = std::max(longest, job.prompt.size() + static_cast<std::size_t>(job.max_tokens));
    longest_prompt = std::max(longest_prompt, job.prompt.size());
  }
  auto context = settings.context;
  auto const rows_a_slot = speculation.enabled() ? 1 + static_cast<std::uint32_t>(speculation.draft_max) : 1U;
  if (context.n_ctx == 0) context.n_ctx = padded_n_ctx(longest) * context.n_seq_max;
  // llama.cpp wants at least one for each sequence, however small a batch is.
  context.n_outputs_max = std::max(context.n_seq_max, std::min(context.n_seq_max * rows_a_slot, context.n_batch));
  EDGELAB_LLAMA_CHECK(ready_context(target_, context, longest_prompt));
  if (settings.request.cache_reuse > 0 && !llama_memory_can_shift(target_.context->memory()))
    return refuse("unsupported", "cache-reuse: this model's cache cannot be shifted");
  Equipment equipment{*target_.model, *target_.context, stop(), {}, {}};
  if (*drafts) {
    auto small = context;
    small.type_k = small.type_v = GGML_TYPE_F16;   // cache-type-k and -v are the target's
    small.n_outputs_max = small.n_seq_max;
    EDGELAB_LLAMA_CHECK(ready_context(draft_, small, longest_prompt));
    equipment.drafting = Drafting{&*draft_.model, &*draft_.context};
  }
  if (!speculation.adaptive) return equipment;
  auto const measured = [&](Loaded& loaded, std::size_t rows) -> Outcome<StepCost> {
    if (!loaded.cost) {
      // A batch in force is never larger than the context.
      auto const most = std::min<std::size_t>(rows, llama_n_batch(loaded.context->handle.get()));
      auto cost = measure_step_cost(*loaded.model, *loaded.context, most);
      if (!cost) return std::unexpected(std::move(cost).error());
      loaded.cost = *std::move(cost);
    }
    return *loaded.cost;
  };
  auto target = measured(target_, target_.context->settings.n_outputs_max);
  if (!target) return std::unexpected(std::move(target).error());
  equipment.costs.target = *std::move(target);
  if (!*drafts) return equipment;
  auto draft = measured(draft_, draft_.context->settings.n_outputs_max);
  if (!draft) return std::unexpected(std::move(draft).error());
  equipment.costs.draft = *std::move(draft);
  return equipment;
}

Outcome<TrialPlan> Session::plan_of(protocol::Run const& run, RequestSettings const& settings) const {
  if (auto fault = serve::fault_in(run)) return refuse("bad-request", *std::move(fault));
  TrialPlan plan;
  plan.concurrency = run.concurrency;
  plan.sampling = {run.temperature, run.top_k, run.top_p};
  plan.seed = run.seed;
  plan.min_s = run.min_s;
  plan.min_tokens = run.min_tokens;
  plan.settings = settings;
  auto const arrivals = wire::arrival_rules(run.requests);
  if (!arrivals) return refuse("bad-request", arrivals.error().describe());
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    auto const& request = run.requests[i];
    auto tokens = prompt_tokens(*target_.model, request, mix(run.seed, i));
    if (!tokens) return std::unexpected(std::move(tokens).error());
    plan.jobs.push_back({request.id, *std::move(tokens), request.max_tokens, request.ignore_eos, (*arrivals)[i]});
    EDGELAB_LLAMA_CHECK(check_fits(*target_.model, plan.jobs.back()));
  }
  return plan;
}

Outcome<void> Session::run(protocol::Run const& message) {
  scoring_.release();   // what it holds is no part of a run's memory
  auto settings = settings_from(message.flags);
  if (!settings) return std::unexpected(std::move(settings).error());
  EDGELAB_LLAMA_CHECK(ready_model(settings->model));
  EDGELAB_LLAMA_CHECK(check_possible(*settings));
  auto const plan = plan_of(message, settings->request);
  if (!plan) return std::unexpected(plan.error());
  auto equipment = ready_equipment(*settings, *plan);
  if (!equipment) return std::unexpected(std::move(equipment).error());
  bool const drafted = equipment->drafting.has_value();

  Listeners listeners;
  auto reported = Clock::now();
  listeners.on_request_end = [&](std::int32_t requests, std::int64_t tokens) {
    if (auto const now = Clock::now(); now - reported >= progress_interval) {
      reported = now;
      send(wire::encode(protocol::Progress{message.id, requests, tokens}));
    }
  };
  if (message.live) {
    listeners.on_emission = [&](std::string const& request, std::int32_t tokens) {
      send(wire::encode(protocol::Emission{message.id, request, tokens}));
    };
  }
  auto const recording = Engine(*std::move(equipment), *plan, listeners).run();
  target_.context->log += log::take();
  if (!recording) return std::unexpected(recording.error());

  std::vector<std::string> texts;
  for (auto const& request : recording->requests) texts.push_back(text_of(*target_.model, request.tokens));
  for (auto const& line : wire::encode_timeline(message.id, timeline_of(*recording, std::move(texts)))) send(line);
  auto memory = memory_use(*target_.model, *target_.context);
  if (drafted) add_draft_memory(*draft_.model, *draft_.context, memory);
  send(wire::encode(protocol::Done{message.id,
                                    in_force(*target_.model, *target_.context, settings->request,
                                             drafted ? &*draft_.model : nullptr, backend_log_),
                                    memory}));
  return {};
}

Outcome<void> Session::score(protocol::Score const& message) {
  auto settings = settings_from(message.flags);
  if (!settings) return std::unexpected(std::move(settings).error());
  EDGELAB_LLAMA_CHECK(ready_model(settings->model));
  std::optional<Settings> reference;
  if (message.against) {
    auto other = settings_from(*message.against);
    if (!other) return std::unexpected(std::move(other).error());
    if (other->model != settings->model)
      return refuse("unsupported", "the reference's flags ask for the model to be loaded in another way: two executors can do that");
    reference = *std::move(other);
  }
  target_.context.reset();   // up to two more are made: three KV caches would be too many
  auto const scored = scoring_.answer(*target_.model, message, *settings, reference ? &*reference : nullptr);
  if (!scored) return std::unexpected(scored.error());
  for (auto const& line : wire::encode_scored(*scored)) send(line);
  return {};
}

}  // namespace edgelab::llama
