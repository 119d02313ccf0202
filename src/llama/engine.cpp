#include "llama/engine.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

#include "llama/log.hpp"
#include "llama/prompt.hpp"

namespace edgelab::llama {

// A place for one request at a time, with a sequence of its own in the context's memory.
struct Engine::Slot {
  llama_seq_id sequence = 0;
  PrefixCache cache{PrefixCache::Use::never};
  bool keep_memory = true;                 // kv-cache; false: everything is evaluated again for each token

  Job const* job = nullptr;                // nullptr: free
  std::optional<Sampler> sampler;
  std::vector<llama_token> tokens;         // prompt, then what was generated
  std::size_t evaluated = 0;               // of them, standing in the memory
  std::size_t record = 0;                  // index of its RequestRecord

  // The arrays of its batch, sized once.
  std::vector<llama_pos> positions;
  std::vector<std::int32_t> sequence_counts;
  std::vector<llama_seq_id*> sequence_pointers;
  std::vector<std::int8_t> wants_logits;

  explicit Slot(std::size_t n_batch)
      : positions(n_batch),
        sequence_counts(n_batch, 1),
        sequence_pointers(n_batch, &sequence),
        wants_logits(n_batch, 0) {}
  Slot(Slot const&) = delete;
  Slot& operator=(Slot const&) = delete;
};

Outcome<Recording> Engine::run(TrialPlan const& plan, Listeners const& listeners) {
  Slot slot(llama_n_batch(context_.handle.get()));
  auto const use = plan.settings.cache_prompt ? PrefixCache::Use::longest_common_prefix : PrefixCache::Use::never;
  // A pass that found the answers of the one before in its cache would measure how many passes fit into a trial.
  auto const start_cold = [&](Slot& cold) {
    cold.cache = PrefixCache(use);
    llama_memory_clear(context_.memory(), false);
  };
  slot.cache = PrefixCache(use);
  slot.keep_memory = plan.settings.kv_cache;
  std::vector<std::optional<std::int64_t>> arrival_us;
  std::size_t longest = 0;
  for (auto const& job : plan.jobs) {
    arrival_us.push_back(job.arrival_us);
    longest = std::max(longest, job.prompt.size() + static_cast<std::size_t>(job.max_tokens));
  }
  slot.tokens.reserve(longest);
  Arrivals arrivals(arrival_us, plan.concurrency);
  recording_ = {};
  recording_.requests.reserve(plan.jobs.size() * 4);
  recording_.steps.reserve(std::size_t{1} << 16);
  llama_memory_clear(context_.memory(), true);

  std::int64_t tokens = 0;
  std::int64_t tokens_before_pass = -1;
  recording_.start = Clock::now();
  for (;;) {
    if (arrivals.pass_over()) {
      auto const elapsed = std::chrono::duration<double>(Clock::now() - recording_.start).count();
      bool const enough_tokens = tokens >= plan.min_tokens || tokens == tokens_before_pass;
      if (tokens_before_pass >= 0 && elapsed >= plan.min_s && enough_tokens) break;
      if (tokens_before_pass >= 0) start_cold(slot);
      tokens_before_pass = tokens;
      arrivals.begin_pass(Clock::now());
    }
    if (slot.job == nullptr) {
      auto const arrival = arrivals.take(Clock::now());
      if (!arrival) {
        if (auto waited = wait_until(*arrivals.next()); !waited) return std::unexpected(std::move(waited).error());
        continue;
      }
      admit(slot, *arrival, plan);
    }
    if (auto stepped = step(slot, listeners); !stepped) return std::unexpected(std::move(stepped).error());
    if (slot.job != nullptr) continue;
    auto const& record = recording_.requests[slot.record];
    tokens += static_cast<std::int64_t>(record.tokens.size());
    arrivals.ended(record.end);
    if (listeners.on_request_end)
      listeners.on_request_end(static_cast<std::int32_t>(recording_.requests.size()), tokens);
  }
  return std::exchange(recording_, {});
}

void Engine::admit(Slot& slot, Arrival const& arrival, TrialPlan const& plan) {
  auto const& job = plan.jobs[arrival.request];
  slot.job = &job;
  slot.record = recording_.requests.size();
  auto& record = recording_.requests.emplace_back();
  record.id = job.id;
  record.pass = arrival.pass;
  record.arrival = arrival.at;
  record.prompt_tokens = static_cast<std::int32_t>(job.prompt.size());
  record.emissions.reserve(static_cast<std::size_t>(job.max_tokens));
  record.tokens.reserve(static_cast<std::size_t>(job.max_tokens));
  auto const draw = static_cast<std::uint64_t>(arrival.request) << 32 | static_cast<std::uint64_t>(arrival.pass);
  slot.sampler.emplace(
      plan.sampling, mix(plan.seed, draw),
      job.ignore_eos ? std::span<llama_token const>(model_.end_tokens) : std::span<llama_token const>());
  slot.tokens.assign(job.prompt.begin(), job.prompt.end());
  record.admitted = Clock::now();
  auto const window = context_.settings.swa_full ? 0 : llama_model_n_swa(model_.handle.get());
  slot.evaluated = slot.cache.reuse(context_.memory(), slot.sequence, slot.tokens, window);
  record.cached_tokens = static_cast<std::int32_t>(slot.evaluated);
}

// One llama_decode: the next piece of what the slot has not evaluated yet; with its last token a new one is picked.
Outcome<void> Engine::step(Slot& slot, Listeners const& listeners) {
  auto const pending = slot.tokens.size() - slot.evaluated;
  auto const count = std::min(pending, slot.positions.size());
  bool const last = count == pending;
  for (std::size_t i = 0; i < count; ++i) slot.positions[i] = static_cast<llama_pos>(slot.evaluated + i);
  slot.wants_logits[count - 1] = last ? 1 : 0;
  llama_batch const batch{static_cast<std::int32_t>(count),
                          slot.tokens.data() + slot.evaluated,
                          nullptr,
                          slot.positions.data(),
                          slot.sequence_counts.data(),
                          slot.sequence_pointers.data(),
                          slot.wants_logits.data()};
  bool const prefill = recording_.requests[slot.record].tokens.empty();
  StepRecord record;
  record.start = Clock::now();
  auto const code = llama_decode(context_.handle.get(), batch);
  llama_synchronize(context_.handle.get());
  record.duration = Clock::now() - record.start;
  slot.wants_logits[count - 1] = 0;
  record.decode_tokens = !prefill && last ? 1 : 0;
  record.prefill_tokens = static_cast<std::int32_t>(count) - record.decode_tokens;
  recording_.steps.push_back(record);
  if (code == 2 || stop_.requested()) return refuse("cancelled", "cancelled on request");
  if (code != 0) {
    return std::unexpected(log::refusal("request '" + slot.job->id + "': llama_decode returned " +
                                            std::to_string(code) + (code == 1 ? " (no room in the KV cache)" : ""),
                                        log::take()));
  }
  slot.evaluated += count;
  if (!last) return {};
  if (prefill) recording_.requests[slot.record].prefill_end = record.start + record.duration;
  return take_token(slot, listeners);
}

Outcome<void> Engine::take_token(Slot& slot, Listeners const& listeners) {
  auto& record = recording_.requests[slot.record];
  auto* const logits = llama_get_logits_ith(context_.handle.get(), -1);
  auto const token = logits == nullptr ? -1 : slot.sampler->pick({logits, static_cast<std::size_t>(model_.n_vocab)});
  if (token < 0) return refuse("failed", "request '" + record.id + "': the model's logits are not numbers");
  if (!slot.job->ignore_eos && llama_vocab_is_eog(model_.vocab, token)) {
    release(slot, "stop");
    return {};
  }
  record.tokens.push_back(token);
  record.emissions.push_back({Clock::now(), 1});
  if (listeners.on_emission) listeners.on_emission(record.id, 1);
  if (record.tokens.size() == static_cast<std::size_t>(slot.job->max_tokens)) {
    release(slot, "length");
    return {};
  }
  slot.tokens.push_back(token);
  if (!slot.keep_memory) {
    llama_memory_seq_rm(context_.memory(), slot.sequence, -1, -1);
    slot.evaluated = 0;
  }
  return {};
}

void Engine::release(Slot& slot, std::string finish) {
  auto& record = recording_.requests[slot.record];
  record.end = Clock::now();
  record.finish = std::move(finish);
  slot.cache.remember(std::span(slot.tokens).first(slot.evaluated));
  slot.job = nullptr;
}

// Sleeps in short pieces, so that a cancel is heard; the last stretch is slept to the point.
Outcome<void> Engine::wait_until(Clock::time_point at) const {
  constexpr auto piece = std::chrono::milliseconds(50);
  for (auto now = Clock::now(); now < at; now = Clock::now()) {
    if (stop_.requested()) return refuse("cancelled", "cancelled on request");
    std::this_thread::sleep_until(std::min<Clock::time_point>(at, now + piece));
  }
  return {};
}

}  // namespace edgelab::llama
