#include "llama/draft_model.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "llama/log.hpp"

namespace edgelab::llama {

// A task while it is worked on.
struct DraftModel::Running {
  DraftTask* task = nullptr;
  std::int32_t row = -1;        // of its logits in the batch at hand; -1: not all of its text is evaluated yet
  bool ended = false;
};

DraftModel::DraftModel(Model const& model, Context& context)
    : model_(model),
      context_(context),
      batch_(llama_n_batch(context.handle.get()), static_cast<std::int32_t>(llama_n_seq_max(context.handle.get()))),
      in_memory_(llama_n_seq_max(context.handle.get())) {}

void DraftModel::forget(llama_seq_id sequence) {
  llama_memory_seq_rm(context_.memory(), sequence, -1, -1);
  in_memory_[static_cast<std::size_t>(sequence)].clear();
}

void DraftModel::forget_all() {
  llama_memory_clear(context_.memory(), false);
  for (auto& tokens : in_memory_) tokens.clear();
}

// What was drafted and not taken goes.
void DraftModel::keep_common(llama_seq_id sequence, std::span<llama_token const> text) {
  auto& memory = in_memory_[static_cast<std::size_t>(sequence)];
  auto const common = static_cast<std::size_t>(std::ranges::mismatch(memory, text).in1 - memory.begin());
  if (common == memory.size()) return;
  llama_memory_seq_rm(context_.memory(), sequence, static_cast<llama_pos>(common), -1);
  memory.resize(common);
}

// The batch. False: there is no room (with a ctx-size that all slots share), and nothing is held any more.
Outcome<bool> DraftModel::evaluate() {
  auto const code = llama_decode(context_.handle.get(), batch_.view());
  llama_synchronize(context_.handle.get());
  if (code == 2) return refuse("cancelled", "cancelled on request");
  if (code == 1) {
    forget_all();
    return false;
  }
  if (code == 0) return true;
  return std::unexpected(log::refusal("the draft model: llama_decode returned " + std::to_string(code), log::take()));
}

Outcome<void> DraftModel::read(llama_seq_id sequence, std::span<llama_token const> text) {
  keep_common(sequence, text);
  auto& memory = in_memory_[static_cast<std::size_t>(sequence)];
  while (memory.size() < text.size()) {
    batch_.clear();
    for (; memory.size() < text.size() && batch_.room() > 0; memory.push_back(text[memory.size()]))
      batch_.add(text[memory.size()], memory.size(), sequence, Logits::unwanted);
    auto const room = evaluate();
    if (!room) return std::unexpected(room.error());
    if (!*room) return {};
  }
  return {};
}

Outcome<void> DraftModel::draft(std::span<DraftTask> tasks, double p_min) {
  std::vector<Running> running;
  running.reserve(tasks.size());
  for (auto& task : tasks) {
    task.out->clear();
    running.push_back({&task});
    keep_common(task.sequence, task.text.first(task.text.size() - 1));   // the last token is evaluated anew, for its logits
  }
  for (;;) {
    batch_.clear();
    std::size_t sequences = 0;
    for (auto& [task, row, ended] : running) {
      row = -1;
      if (ended) continue;
      auto& memory = in_memory_[static_cast<std::size_t>(task->sequence)];
      auto const end = task->text.size() + task->out->size();
      if (batch_.room() > 0) ++sequences;
      while (memory.size() < end && batch_.room() > 0) {
        auto const at = memory.size();
        auto const token = at < task->text.size() ? task->text[at] : task->out->tokens[at - task->text.size()];
        auto const wanted = at + 1 == end ? Logits::wanted : Logits::unwanted;
        auto const added = batch_.add(token, at, task->sequence, wanted);
        if (wanted == Logits::wanted) row = added;
        memory.push_back(token);
      }
    }
    if (batch_.size() == 0) return {};
    auto const start = Clock::now();
    auto const room = evaluate();
    if (!room) return std::unexpected(room.error());
    if (!*room) {
      for (auto& task : tasks) task.out->clear();    // drafts are a help, not a need: this step does without
      return {};
    }
    if (on_pass && batch_.size() <= 2 * sequences) on_pass(batch_.size(), Clock::now() - start);
    for (auto& one : running) {
      if (one.row < 0) continue;
      if (auto taken = take(one, p_min); !taken) return taken;
    }
  }
}

// The next token of a draft, from its logits.
Outcome<void> DraftModel::take(Running& running, double p_min) {
  auto const& task = *running.task;
  auto* const values = llama_get_logits_ith(context_.handle.get(), running.row);
  if (values == nullptr) return refuse("failed", "llama.cpp gave no logits of the draft model");
  std::span<float> const logits(values, static_cast<std::size_t>(model_.n_vocab));
  for (auto const token : task.forbidden)
    logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  auto token = argmax(logits);
  if (token < 0) return refuse("failed", "the draft model's logits are not numbers");
  running.ended = p_min > 0.0 && confidence(logits) < p_min;
  if (running.ended) return {};
  if (task.sampler != nullptr) {
    token = task.sampler->pick(logits, task.out->drawn_from.emplace_back());
    if (token < 0) return refuse("failed", "the draft model's logits are not numbers");
  }
  task.out->tokens.push_back(token);
  running.ended = task.out->size() == task.most || llama_vocab_is_eog(model_.vocab, token);
  return {};
}

}  // namespace edgelab::llama
