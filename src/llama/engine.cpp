#include "llama/engine.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <span>
#include <thread>
#include <utility>

#include "llama/log.hpp"
#include "llama/mix.hpp"

namespace edgelab::llama {

namespace {

std::vector<wire::ArrivalRule> arrivals_of(std::vector<Job> const& jobs) {
  std::vector<wire::ArrivalRule> rules;
  rules.reserve(jobs.size());
  for (auto const& job : jobs) rules.push_back(job.arrives);
  return rules;
}

// Tokens of the longest request.
std::size_t longest_of(std::vector<Job> const& jobs) {
  std::size_t longest = 0;
  for (auto const& job : jobs) longest = std::max(longest, job.prompt.size() + static_cast<std::size_t>(job.max_tokens));
  return longest;
}

PrefixPolicy prefix_policy(Equipment const& with, RequestSettings const& settings) {
  auto const* const context = with.context.handle.get();
  auto const window = with.context.settings.swa_full ? 0 : llama_model_n_swa(with.model.handle.get());
  bool const unified = llama_n_ctx_seq(context) == llama_n_ctx(context) && llama_n_seq_max(context) > 1;
  return {.keep = settings.cache_prompt,
          .share = settings.cache_prompt && unified && window == 0,
          .reuse_chunk = static_cast<std::size_t>(settings.cache_reuse),
          .window = window};
}

// llama.cpp rounds a context up; what was asked for is kept to.
std::size_t cells_of_a_slot(Context const& context) {
  auto const* const handle = context.handle.get();
  bool const apart = llama_n_ctx_seq(handle) != llama_n_ctx(handle);
  return std::min(llama_n_ctx_seq(handle), context.settings.n_ctx / (apart ? context.settings.n_seq_max : 1));
}

}  // namespace

Engine::Engine(Equipment equipment, TrialPlan const& plan, Listeners const& listeners)
    : with_(std::move(equipment)),
      plan_(plan),
      listeners_(listeners),
      slots_(llama_n_seq_max(with_.context.handle.get()), longest_of(plan.jobs), prefix_policy(with_, plan.settings),
             with_.context.memory()),
      batch_(llama_n_batch(with_.context.handle.get()), static_cast<std::int32_t>(slots_.size())),
      capacity_(cells_of_a_slot(with_.context)),
      scheduler_(plan.settings.batching, static_cast<std::int32_t>(slots_.size()),
                 std::min(llama_n_ctx(with_.context.handle.get()), with_.context.settings.n_ctx)),
      speculation_(plan.settings.speculation, plan.settings.cache_prompt ? Memory::kept : Memory::cold, with_.drafting,
                   with_.costs, static_cast<std::int32_t>(slots_.size())),
      arrivals_(arrivals_of(plan.jobs), plan.concurrency) {}

Outcome<Recording> Engine::run() {
  recording_.requests.reserve(plan_.jobs.size() * 4);
  recording_.steps.reserve(std::size_t{1} << 16U);
  llama_memory_clear(with_.context.memory(), true);
  speculation_.forget_all();

  std::int64_t tokens_before_pass = -1;
  std::size_t steps_before_pass = 0;
  recording_.start = Clock::now();
  for (;;) {
    if (arrivals_.pass_over()) {
      auto const elapsed = std::chrono::duration<double>(Clock::now() - recording_.start).count();
      bool const enough_tokens = tokens_ >= plan_.min_tokens || tokens_ == tokens_before_pass;
      if (tokens_before_pass >= 0 && elapsed >= plan_.min_s && enough_tokens) break;
      // Nothing was evaluated, since all were refused or cancelled: another pass would end as soon, for ever.
      if (tokens_before_pass >= 0 && recording_.steps.size() == steps_before_pass) break;
      if (tokens_before_pass >= 0) begin_pass();
      tokens_before_pass = tokens_;
      steps_before_pass = recording_.steps.size();
      arrivals_.begin_pass(Clock::now());
    }
    end_cancelled();
    admit_waiting();
    report_ended();
    if (scheduler_.busy() == 0) {
      if (next_ || arrivals_.pass_over()) continue;
      if (auto waited = wait_until(*arrivals_.next()); !waited) return std::unexpected(std::move(waited).error());
      continue;
    }
    if (auto stepped = step(); !stepped) return std::unexpected(std::move(stepped).error());
    report_ended();
  }
  return std::move(recording_);
}

// A pass that found the answers of the one before in its cache would measure how many passes fit into a trial.
void Engine::begin_pass() {
  slots_.forget_all();
  speculation_.forget_all();
  llama_memory_clear(with_.context.memory(), false);
}

std::size_t Engine::cells_for(Job const& job) const {
  return std::min(job.prompt.size() + static_cast<std::size_t>(job.max_tokens) - 1, capacity_);
}

std::span<llama_token const> Engine::forbidden_for(Job const& job) const {
  return job.ignore_eos ? std::span<llama_token const>(with_.model.end_tokens) : std::span<llama_token const>();
}

void Engine::admit_waiting() {
  scheduler_.look();
  for (;;) {
    if (!next_) next_ = arrivals_.take(Clock::now());
    if (!next_) return;
    auto const& job = plan_.jobs[next_->request];
    if (cancelled_.contains(job.id)) {
      reject(*std::exchange(next_, {}), "cancelled");
    } else if (job.prompt.size() > capacity_) {
      reject(*std::exchange(next_, {}),
             std::format("error: a prompt of {} tokens does not fit into the KV cache of {} cells{}: a larger ctx-size "
                         "would hold it",
                         job.prompt.size(), capacity_,
                         capacity_ < with_.context.settings.n_ctx ? " that a slot has" : ""));
    } else if (scheduler_.admits(cells_for(job))) {
      admit(slots_.best_free(job.prompt), *std::exchange(next_, {}));
    } else {
      return;
    }
  }
}

RequestRecord& Engine::new_record(Arrival const& arrival) {
  auto const& job = plan_.jobs[arrival.request];
  auto& record = recording_.requests.emplace_back();
  record.job = arrival.request;
  record.id = job.id;
  record.pass = arrival.pass;
  record.arrival = arrival.at;
  record.admitted = Clock::now();
  record.prompt_tokens = static_cast<std::int32_t>(job.prompt.size());
  return record;
}

void Engine::reject(Arrival const& arrival, std::string finish) {
  auto& record = new_record(arrival);
  record.prefill_end = record.end = record.admitted;
  record.finish = std::move(finish);
  ended_.push_back(recording_.requests.size() - 1);
}

void Engine::admit(Slot& slot, Arrival const& arrival) {
  auto const& job = plan_.jobs[arrival.request];
  slots_.occupy(slot, job);
  slot.record = recording_.requests.size();
  auto& record = new_record(arrival);
  record.emissions.reserve(static_cast<std::size_t>(job.max_tokens));
  record.tokens.reserve(static_cast<std::size_t>(job.max_tokens));
  auto const draw = static_cast<std::uint64_t>(arrival.request) << 32U | static_cast<std::uint64_t>(arrival.pass);
  auto const seed = mix(plan_.seed, draw);
  slot.sampler.emplace(plan_.sampling, seed, forbidden_for(job));
  scheduler_.admitted(cells_for(job));
  slots_.keep_idle_within(scheduler_.spare());
  slots_.find_donor(slot);
  if (speculation_.enabled()) speculation_.begin(slot.sequence, plan_.sampling, seed, forbidden_for(job));
}

void Engine::end_cancelled() {
  auto const count = with_.stop.request_cancels();
  if (count == cancels_seen_) return;
  cancels_seen_ = count;
  for (auto& name : with_.stop.cancelled_requests()) cancelled_.insert(std::move(name));
  for (auto& slot : slots_) {
    if (slot.busy() && cancelled_.contains(slot.job->id)) release(slot, "cancelled");
  }
}

Outcome<void> Engine::step() {
  auto const start = Clock::now();
  by_turn_.clear();
  for (auto& slot : slots_) {
    slot.draft.clear();
    if (slot.busy()) by_turn_.push_back(&slot);
  }
  std::ranges::sort(by_turn_, {}, &Slot::turn);
  if (auto proposed = propose(); !proposed) return proposed;
  StepRecord record;
  Clock::time_point decode_start;
  for (bool decoded = false; !decoded;) {
    record = fill();
    if (batch_.size() == 0) return {};          // all who had rows have failed for want of room
    decode_start = Clock::now();
    auto outcome = decode();
    if (!outcome) return std::unexpected(std::move(outcome).error());
    decoded = *outcome;
  }
  // Drafting that came to nothing is no part of what a plain step costs.
  record.start = record.drafted > 0 ? start : decode_start;
  for (auto* const slot : by_turn_) {
    if (slot->first_row < 0 || slot->generating || slot->job->max_tokens < 2) continue;
    if (auto read = speculation_.prompt_read(slot->sequence, slot->tokens); !read) return read;
  }
  auto const evaluated_at = Clock::now();
  for (auto* const slot : by_turn_) {
    slot->evaluated += slot->rows;
    if (slot->first_row < 0) continue;
    if (auto settled = settle(*slot, evaluated_at, record); !settled) return settled;
  }
  auto const end = Clock::now();
  record.duration = end - record.start;
  if (record.prefill_tokens == 0) speculation_.step_took(batch_.size(), end - decode_start);
  recording_.steps.push_back(record);
  return {};
}

// Drafts for those that are generating. A draft never goes beyond what its request may still generate, so that it needs
// no room that was not reserved.
Outcome<void> Engine::propose() {
  if (!speculation_.enabled()) return {};
  proposals_.clear();
  auto const generating = static_cast<std::size_t>(std::ranges::count_if(by_turn_, &Slot::generating));
  std::size_t const whole_batch = llama_n_batch(with_.context.handle.get());
  for (auto* const slot : by_turn_) {
    if (!slot->generating) continue;
    auto const left = static_cast<std::size_t>(slot->job->max_tokens) - recording_.requests[slot->record].tokens.size();
    auto const cells = capacity_ - std::min(capacity_, slot->tokens.size());
    auto const most = std::min({left - 1, cells, std::max<std::size_t>(whole_batch / generating, 1) - 1});
    proposals_.push_back({slot->sequence, slot->tokens, most, &slot->draft});
  }
  if (proposals_.empty()) return {};
  return speculation_.propose(proposals_);
}

// The rows of a step: all who are generating, then prompts in order of admission. Beside others a prompt is evaluated in
// pieces that fill up a ubatch, so that nobody waits longer than for one; alone it may have the whole batch. The rows
// stand in order of their sequences, since with a KV buffer for each llama.cpp takes only neighbours into one ubatch.
StepRecord Engine::fill() {
  StepRecord step;
  batch_.clear();
  std::size_t const whole = llama_n_batch(with_.context.handle.get());
  std::size_t const ubatch = llama_n_ubatch(with_.context.handle.get());
  std::size_t given = 0;
  auto const give = [&](Slot& slot, std::size_t limit) {
    slot.rows = std::min(slot.tokens.size() - slot.evaluated, limit - std::min(limit, given));
    given += slot.rows + slot.draft.size();
  };
  for (auto* const slot : by_turn_) {
    slot->first_row = -1;
    slot->rows = 0;
    if (slot->busy() && slot->generating) give(*slot, whole);
  }
  auto const limit = by_turn_.size() > 1 ? std::min(whole, std::max(ubatch, given + 1)) : whole;
  for (auto* const slot : by_turn_) {
    if (slot->busy() && !slot->generating && !slots_.still_waits(*slot)) give(*slot, limit);
  }
  for (auto& slot : slots_) {
    if (slot.busy() && slot.rows > 0) add_rows(slot, step);
  }
  return step;
}

void Engine::add_rows(Slot& slot, StepRecord& step) {
  auto const pending = slot.tokens.size() - slot.evaluated;
  bool const last = slot.rows == pending;
  auto position = slot.evaluated;
  for (std::size_t i = 0; i < slot.rows; ++i, ++position) {
    auto const logits = last && i + 1 == pending ? Logits::wanted : Logits::unwanted;
    auto const row = batch_.add(slot.tokens[position], position, slot.sequence, logits);
    if (logits == Logits::wanted) slot.first_row = row;
  }
  std::int32_t const decoded = slot.generating && last ? 1 : 0;
  step.decode_tokens += decoded;
  step.prefill_tokens += static_cast<std::int32_t>(slot.rows) - decoded;
  for (auto const token : slot.draft.tokens) batch_.add(token, position++, slot.sequence, Logits::wanted);
  step.drafted += static_cast<std::int32_t>(slot.draft.size());
}

Outcome<bool> Engine::decode() {
  auto const code = llama_decode(with_.context.handle.get(), batch_.view());
  llama_synchronize(with_.context.handle.get());
  if (code == 2 || with_.stop.requested()) return refuse("cancelled", "cancelled on request");
  if (code == 0) return true;
  if (code != 1) {
    return std::unexpected(log::refusal("llama_decode returned " + std::to_string(code), log::take()));
  }
  // No room. Drafts and what idle sequences hold go first, then the request that came last.
  bool freed = slots_.drop_idle();
  for (auto& slot : slots_) {
    freed = freed || slot.draft.size() > 0;
    slot.draft.clear();
  }
  auto const last = std::ranges::find_if(by_turn_.rbegin(), by_turn_.rend(), [](Slot const* slot) { return slot->rows > 0; });
  if (!freed) {
    release(**last, std::format("error: the KV cache is full: {} cells for {} slots", llama_n_ctx(with_.context.handle.get()),
                                slots_.size()));
  }
  return false;
}

// Judges the slot's draft and picks what follows it; the request ends if that was the last it wanted.
Outcome<void> Engine::settle(Slot& slot, Clock::time_point evaluated_at, StepRecord& step) {
  auto& record = recording_.requests[slot.record];
  if (!slot.generating) record.prefill_end = evaluated_at;
  slot.generating = true;
  auto const& draft = slot.draft;
  picked_.clear();
  std::size_t judged = 0;       // drafted tokens looked at, and of these
  std::size_t accepted = 0;
  bool ended = false;
  for (std::size_t i = 0; accepted == i && !ended; ++i) {
    auto* const values = llama_get_logits_ith(with_.context.handle.get(), slot.first_row + static_cast<std::int32_t>(i));
    std::span<float> const logits(values, values == nullptr ? 0 : static_cast<std::size_t>(with_.model.n_vocab));
    auto token = llama_token{-1};
    if (values != nullptr && i < draft.size()) {
      auto const verdict = slot.sampler->judge(logits, draft.tokens[i], draft.drawn_from.empty() ? nullptr : &draft.drawn_from[i]);
      token = verdict.token;
      ++judged;
      accepted += verdict.accepted ? 1U : 0U;
    } else if (values != nullptr) {
      token = slot.sampler->pick(logits);
    }
    if (token < 0) return refuse("failed", "request '" + record.id + "': the model's logits are not numbers");
    ended = !slot.job->ignore_eos && llama_vocab_is_eog(with_.model.vocab, token);
    if (!ended) picked_.push_back(token);
  }
  step.accepted += static_cast<std::int32_t>(accepted);
  if (draft.size() > 0) speculation_.judged(slot.sequence, draft, judged, accepted);

  slot.tokens.insert(slot.tokens.end(), picked_.begin(), picked_.end());
  // Of the draft, what was accepted stays in the memory; an end token that was is no part of the text.
  auto const in_memory = slot.evaluated + draft.size();
  slot.evaluated = std::min(slot.evaluated + accepted, slot.tokens.size());
  if (slot.evaluated < in_memory)
    llama_memory_seq_rm(with_.context.memory(), slot.sequence, static_cast<llama_pos>(slot.evaluated), -1);
  if (!picked_.empty()) {
    auto const count = static_cast<std::int32_t>(picked_.size());
    record.tokens.insert(record.tokens.end(), picked_.begin(), picked_.end());
    record.emissions.push_back({Clock::now(), count});
    if (listeners_.on_emission) listeners_.on_emission(record.id, count);
  }
  if (ended) {
    release(slot, "stop");
  } else if (std::cmp_equal(record.tokens.size(), slot.job->max_tokens)) {
    release(slot, "length");
  } else if (slot.tokens.size() > capacity_) {
    release(slot, std::format("error: the KV cache is full: the request has {} cells, and its prompt of {} tokens leaves room "
                              "for no more than {} of the {} to generate",
                              capacity_, slot.job->prompt.size(), record.tokens.size(), slot.job->max_tokens));
  } else if (!plan_.settings.kv_cache) {
    llama_memory_seq_rm(with_.context.memory(), slot.sequence, -1, -1);
    slot.evaluated = 0;
  }
  return {};
}

void Engine::release(Slot& slot, std::string finish) {
  auto& record = recording_.requests[slot.record];
  record.end = Clock::now();
  if (!slot.generating) record.prefill_end = record.end;
  record.finish = std::move(finish);
  record.cached_tokens = static_cast<std::int32_t>(slot.cached);
  speculation_.end(slot.sequence);
  scheduler_.ended(cells_for(*slot.job));
  ended_.push_back(slot.record);
  slots_.leave(slot);
}

void Engine::report_ended() {
  for (auto const index : ended_) {
    auto const& record = recording_.requests[index];
    arrivals_.ended(record.job, record.end);
    tokens_ += static_cast<std::int64_t>(record.tokens.size());
    ++done_;
    if (listeners_.on_request_end) listeners_.on_request_end(done_, tokens_);
  }
  ended_.clear();
}

// Sleeps in short pieces, so that a cancel is heard; the last stretch is slept to the point.
Outcome<void> Engine::wait_until(Clock::time_point at) const {
  constexpr auto piece = std::chrono::milliseconds(50);
  for (auto now = Clock::now(); now < at; now = Clock::now()) {
    if (with_.stop.requested()) return refuse("cancelled", "cancelled on request");
    std::this_thread::sleep_until(std::min<Clock::time_point>(at, now + piece));
  }
  return {};
}

}  // namespace edgelab::llama
