#include "llama/score.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "core/distributions.hpp"
#include "llama/log.hpp"

namespace edgelab::llama {

Forced::Forced(Context& context, std::int32_t n_vocab, std::vector<llama_token> tokens, Rows rows)
    : context_(context), n_vocab_(static_cast<std::size_t>(n_vocab)), tokens_(std::move(tokens)), rows_(rows) {
  llama_memory_clear(context_.memory(), true);
}

Outcome<std::size_t> Forced::next() {
  auto* const handle = context_.handle.get();
  std::size_t const most = std::min(llama_n_ubatch(handle), llama_n_batch(handle));
  count_ = 0;
  while (count_ == 0 && done_ < rows_.end) {
    // What stands before the rows that are wanted is read as a prompt is, up to the first of them.
    bool const reading = rows_.at_a_time > 0 && done_ <= rows_.first;
    auto const end = reading ? rows_.first + 1 : rows_.end;
    auto const step = rows_.at_a_time > 0 && !reading ? std::min(rows_.at_a_time, most) : most;
    auto const count = std::min(step, end - done_);
    wanted_.assign(count, 0);
    offset_ = rows_.first > done_ ? rows_.first - done_ : 0;
    if (offset_ < count) std::fill(wanted_.begin() + static_cast<std::ptrdiff_t>(offset_), wanted_.end(), std::int8_t{1});
    auto batch = llama_batch_get_one(tokens_.data() + done_, static_cast<std::int32_t>(count));
    batch.logits = wanted_.data();
    auto const code = llama_decode(handle, batch);
    if (code == 2) return refuse("cancelled", "cancelled on request");
    if (code != 0) return std::unexpected(log::refusal("llama_decode returned " + std::to_string(code), log::take()));
    first_ = done_ + offset_;
    count_ = offset_ < count ? count - offset_ : 0;
    done_ += count;
  }
  return count_;
}

std::span<float const> Forced::logits(std::size_t i) const {
  return {llama_get_logits_ith(context_.handle.get(), static_cast<std::int32_t>(offset_ + i)), n_vocab_};
}

namespace {

// A stretch each, neighbours in memory.
Outcome<void> visit_all(std::span<RowPair const> pairs, std::size_t workers, VisitRow const& visit) {
  workers = std::clamp<std::size_t>(workers, 1, std::max<std::size_t>(pairs.size(), 1));
  std::vector<Outcome<void>> outcomes(workers);
  auto const work = [&](std::size_t worker) {
    auto const begin = pairs.size() * worker / workers;
    auto const end = pairs.size() * (worker + 1) / workers;
    try {
      for (std::size_t i = begin; i < end && outcomes[worker]; ++i) outcomes[worker] = visit(worker, pairs[i]);
    } catch (std::bad_alloc const&) {
      outcomes[worker] = refuse("oom", "no memory to compare distributions with");
    } catch (std::exception const& error) {
      outcomes[worker] = refuse("failed", error.what());
    }
  };
  std::vector<std::thread> others;
  others.reserve(workers);
  for (std::size_t worker = 1; worker < workers; ++worker) {
    try {
      others.emplace_back(work, worker);
    } catch (std::system_error const&) {
      work(worker);      // no more threads are to be had
    }
  }
  work(0);
  for (auto& other : others) other.join();
  auto const refused = std::ranges::find_if(outcomes, [](auto const& outcome) { return !outcome; });
  return refused == outcomes.end() ? Outcome<void>{} : *refused;
}

}  // namespace

Outcome<void> side_by_side(Forced& a, Forced& b, std::size_t workers, VisitRow const& visit) {
  std::vector<RowPair> pairs;
  for (std::size_t in_a = 0, in_b = 0;;) {
    if (in_a == a.count()) {
      if (auto const more = a.next(); !more) return std::unexpected(more.error());
      in_a = 0;
    }
    if (in_b == b.count()) {
      if (auto const more = b.next(); !more) return std::unexpected(more.error());
      in_b = 0;
    }
    if (a.count() == 0 || b.count() == 0) return {};
    pairs.clear();      // llama.cpp is asked for them by one thread alone
    for (; in_a < a.count() && in_b < b.count(); ++in_a, ++in_b)
      pairs.push_back({a.first() + in_a, a.logits(in_a), b.logits(in_b)});
    if (auto visited = visit_all(pairs, workers, visit); !visited) return visited;
  }
}

Outcome<void> check_numbers(std::span<float const> logits) {
  if (logits.data() == nullptr) return refuse("failed", "llama.cpp gave no logits for a token of the text");
  if (!all_finite(logits)) return refuse("failed", "the model's logits are not numbers");
  return {};
}

}  // namespace edgelab::llama
