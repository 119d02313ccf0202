#include "runner/checks.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "course/effects.hpp"
#include "course/needs.hpp"
#include "course/reading.hpp"
#include "executor/two_executors.hpp"
#include "quality/answers.hpp"
#include "runner/afterwards.hpp"
#include "runner/check_json.hpp"
#include "runner/texts.hpp"
#include "types/names.hpp"

namespace edgelab::runner {

namespace {

// Kinds in the store.
constexpr std::string_view kld = "kld";
constexpr std::string_view kld_decode = "kld-decode";
constexpr std::string_view judged = "judged";

using Scored = executor::Outcome<protocol::Scored>;

class Reading {
 public:
  Reading(RunConfig const& config, store::Store& store, Pool& pool, Observer& observer, std::stop_token const& stop)
      : config_(config), plan_(config.plan), store_(store), pool_(pool), observer_(observer), stop_(stop) {}

  Result<void> load() {
    EDGELAB_TRY(saved, store_.checks());
    for (auto& check : saved) done_.emplace(Key{check.kind, check.cell, check.item}, std::move(check));
    return {};
  }

  // False: interrupted, here and below.
  Result<bool> read_texts(std::size_t cell, Progress& progress) {
    progress.begins(cell);
    auto const texts = texts_for(plan_, plan_.cells[cell].workload);
    if (texts.empty()) {
      EDGELAB_CHECK(save({std::string(kld),
                          cell,
                          "",
                          Status::unsupported,
                          "there is no text to read: the workload's prompts are made up; quality.texts can name a file",
                          {},
                          0.0,
                          {}}));
      return true;
    }
    readers_.reset();
    failures_ = 0;
    std::int64_t tokens = 0;
    std::vector<std::pair<TextToRead const*, std::int32_t>> read;   // with how many tokens
    for (auto const& text : texts) {
      if (tokens >= plan_.experiment.quality.tokens || failures_ >= course::give_up_after) break;
      bool const is_known = done_.contains(Key{std::string(kld), cell, text.id});
      EDGELAB_TRY(check, read_text(kld, cell, text, 0, 0));
      if (check == nullptr) return false;
      if (check->status == Status::unsupported) return true;
      if (check->status != Status::ok) continue;
      EDGELAB_TRY(found, read_text_from(*check));
      auto const count = static_cast<std::int32_t>(found.kld.size());
      tokens += count;
      read.emplace_back(&text, found.first + count);
      is_known ? progress.known(count) : progress.did(count);
    }
    for (std::size_t i = 0; i < std::min(read.size(), decode_texts); ++i) {
      EDGELAB_TRY(check, read_text(kld_decode, cell, *read[i].first, std::max(read[i].second - decode_tokens, 1), 1));
      if (check == nullptr) return false;
    }
    return true;
  }

  Result<bool> judge(std::vector<quality::Divergent> const& divergent) {
    std::map<std::size_t, std::size_t> judged_of;   // cell
    std::set<std::size_t> unsupported;
    readers_.reset();
    failures_ = 0;
    Progress progress(observer_, "answers", "answers", static_cast<std::int64_t>(divergent.size()));
    std::optional<std::size_t> at_hand;
    for (auto const& one : divergent) {
      if (std::exchange(at_hand, one.cell) != one.cell) progress.begins(one.cell);
      auto const& workload = plan_.experiment.workloads[plan_.cells[one.cell].workload];
      auto& count = judged_of[one.cell];
      if (count >= most_judged || unsupported.contains(one.cell) || failures_ >= course::give_up_after) {
        progress.known(1);    // will not be asked
        continue;
      }
      ++count;
      EDGELAB_TRY(check, judge_one(one, workload.requests[one.request], count <= most_measured));
      if (check == nullptr) return false;
      if (check->status == Status::unsupported) unsupported.insert(one.cell);
      progress.did(1);
    }
    return true;
  }

 private:
  using Key = std::tuple<std::string, std::size_t, std::string>;

  Result<store::CheckRecord const*> save(store::CheckRecord check) {
    Key const key{check.kind, check.cell, check.item};
    if (auto const known = done_.find(key); known != done_.end()) return &known->second;
    failures_ = check.status == Status::ok ? 0 : failures_ + 1;
    if (auto saved = store_.save(check); !saved) return std::unexpected(std::move(saved).error());
    if (check.status != Status::ok)
      observer_.notice(std::format("{}: {} of {}: {}: {}", plan_.cells[check.cell].id, check.kind, check.item,
                                   name_of(check.status), check.reason));
    return &done_.emplace(key, std::move(check)).first->second;
  }

  // Asks, and saves what became of it. nullptr: interrupted.
  template <typename Ask, typename Write>
  Result<store::CheckRecord const*> find_out(std::string_view kind, std::size_t cell, std::string item, Ask const& ask,
                                             Write const& write) {
    if (auto const known = done_.find(Key{std::string(kind), cell, item}); known != done_.end()) return &known->second;
    if (stop_.stop_requested()) return nullptr;
    store::CheckRecord check{.kind = std::string(kind), .cell = cell, .item = std::move(item)};
    check.started = utc_now();
    auto const begin = Clock::now();
    Scored const scored = ask();
    check.wall_ms = static_cast<double>(to_ns(Clock::now() - begin)) / 1e6;
    if (scored) {
      check.content = write(*scored);
    } else {
      if (stop_.stop_requested() || scored.error().status == Status::interrupted) return nullptr;
      check.status = scored.error().status;
      check.reason = scored.error().reason;
    }
    return save(std::move(check));
  }

  Result<store::CheckRecord const*> read_text(std::string_view kind, std::size_t cell, TextToRead const& text,
                                              std::int32_t skip, std::int32_t at_a_time) {
    auto const ask = [&] {
      protocol::Score message;
      message.request = text.prompt;
      message.text = text.rest;
      message.skip = skip;
      message.at_a_time = at_a_time;
      return side_by_side(cell, std::move(message));
    };
    return find_out(kind, cell, text.id, ask, [&](protocol::Scored const& scored) {
      return to_json(ReadText{.cell = cell,
                              .shape = kind == kld ? "prefill" : "decode",
                              .status = Status::ok,
                              .reason = {},
                              .first = std::max(skip, 1),
                              .kld = scored.kld,
                              .logprobs = scored.logprobs,
                              .reference_logprobs = scored.reference_logprobs,
                              .agree = scored.agree});
    });
  }

  Result<store::CheckRecord const*> judge_one(quality::Divergent const& one, Request const& request, bool measure) {
    auto const key = quality::key_of(*one.answer);
    auto const ask = [&]() -> Scored {
      if (request.synthetic_tokens)
        return std::unexpected(executor::Trouble{
            Status::unsupported, "the prompts are made up, anew in each block: there is none to read the answer after",
            false});
      protocol::Score message;
      message.request = prompt_message(request);
      message.tokens = one.answer->tokens;
      message.leads = true;
      message.ended = one.answer->ended;
      message.noise = measure;
      return as_the_reference(one.cell, one.reference, std::move(message));
    };
    return find_out(judged, one.cell, std::format("{}/{:016x}", request.id, key), ask,
                    [&](protocol::Scored const& scored) {
                      return to_json(JudgedAnswer{.cell = one.cell,
                                                  .request = request.id,
                                                  .answer = key,
                                                  .status = Status::ok,
                                                  .reason = {},
                                                  .leads = scored.leads,
                                                  .noise = scored.noise});
                    });
  }

  [[nodiscard]] std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(plan_.experiment.protocol.trial_timeout_s * 1000.0));
  }

  [[nodiscard]] bool one_process_serves(std::size_t cell, std::size_t reference) const {
    auto const needs = [&](std::size_t i) {
      return course::needs_of(plan_, plan_.cells[i], config_.hellos[plan_.cells[i].executor]);
    };
    return plan_.cells[cell].executor == plan_.cells[reference].executor &&
           needs(cell).model == needs(reference).model && needs(cell).flags == needs(reference).flags;
  }

  // In the pool's process where that can hold both, else in two of their own, which stay for the cell's other texts.
  Scored side_by_side(std::size_t cell, protocol::Score message) {
    auto const reference = *course::reading_reference_of(plan_, cell);
    message.flags = plan_.cells[cell].resolved;
    if (one_process_serves(cell, reference)) {
      auto held = pool_.get(cell, stop_);
      if (!held) return std::unexpected(held.error());
      message.against = plan_.cells[reference].resolved;
      return ask(**held, cell, std::move(message));
    }
    auto const on_a_device = [this](std::size_t i) { return plan_.experiment.executors[plan_.cells[i].executor].kind == "remote"; };
    if (on_a_device(cell) || on_a_device(reference))
      return std::unexpected(executor::Trouble{
          Status::unsupported, "the round and its reference need two processes (another executor, another model file, or one loaded in "
                               "another way), and a device streams no distributions", false});
    if (!readers_) {
      auto own = pool_.fresh(cell, stop_);
      if (!own) return std::unexpected(own.error());
      auto other = pool_.fresh(reference, stop_);
      if (!other) return std::unexpected(other.error());
      readers_.emplace(Apart{*std::move(own), *std::move(other)});
    }
    auto reference_message = message;
    reference_message.flags = plan_.cells[reference].resolved;
    auto scored = executor::score_side_by_side({*readers_->reference.process, std::move(reference_message)},
                                               {*readers_->own.process, std::move(message)}, timeout(), stop_);
    if (!scored) readers_.reset();    // what state the two are in is not known
    return scored;
  }

  Scored as_the_reference(std::size_t cell, std::size_t reference, protocol::Score message) {
    if (!one_process_serves(cell, reference))
      return std::unexpected(executor::Trouble{
          Status::unsupported,
          "the round wants the model loaded in another way than its reference: one process cannot measure "
          "how far that makes logits differ",
          false});
    auto held = pool_.get(cell, stop_);
    if (!held) return std::unexpected(held.error());
    message.flags = plan_.cells[reference].resolved;
    if (message.noise) message.against = plan_.cells[cell].resolved;
    return ask(**held, cell, std::move(message));
  }

  Scored ask(Held& held, std::size_t cell, protocol::Score message) {
    auto scored = cancellable(*held.process, stop_, [&] { return held.process->score(std::move(message), timeout()); });
    if (!scored && scored.error().process_lost) pool_.forget(cell);
    return scored;
  }

  struct Apart {
    Held own;
    Held reference;
  };

  RunConfig const& config_;
  Plan const& plan_;
  store::Store& store_;
  Pool& pool_;
  Observer& observer_;
  std::stop_token const& stop_;
  std::map<Key, store::CheckRecord> done_;
  std::optional<Apart> readers_;
  std::int32_t failures_ = 0;    // in a row
};

}  // namespace

Result<bool> run_checks(RunConfig const& config, Journal const& journal, store::Store& store, Pool& pool,
                        Observer& observer, std::stop_token const& stop) {
  auto const& plan = config.plan;
  auto const runs = [&](std::size_t cell) { return !journal.record().is_unsupported(cell) && !journal.record().is_given_up(cell); };
  Reading reading(config, store, pool, observer, stop);
  EDGELAB_CHECK(reading.load());

  quality::AnswerBook book(plan);
  EDGELAB_CHECK(store.trials([&](TrialResult const& trial, Timeline const& timeline) { book.add(trial, timeline); }));
  auto divergent = quality::divergent(plan, book.answers(), course::effects_in(plan));
  std::erase_if(divergent, [&](quality::Divergent const& one) { return !runs(one.cell); });
  EDGELAB_TRY(all, reading.judge(divergent));
  if (!all) return false;

  if (!std::ranges::contains(plan.experiment.quality.checks, "kld")) return true;
  auto cells = course::cells_to_read(plan);
  std::erase_if(cells, [&](std::size_t cell) { return !runs(cell); });
  // A text is read whole, so the last may go beyond; and there may be less text than is asked for: the first cell tells.
  Progress progress(observer, "texts", "tokens",
                    static_cast<std::int64_t>(cells.size()) * plan.experiment.quality.tokens);
  std::int64_t largest = 0;    // tokens of a cell
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto const before = progress.done();
    EDGELAB_TRY(read, reading.read_texts(cells[i], progress));
    if (!read) return false;
    largest = std::max(largest, progress.done() - before);
    auto const each = largest > 0 ? largest : plan.experiment.quality.tokens;
    progress.at_most(progress.done() + static_cast<std::int64_t>(cells.size() - i - 1) * each);
  }
  return true;
}

Result<Checks> checks_of(store::Store const& store) {
  EDGELAB_TRY(saved, store.checks());
  Checks checks;
  for (auto const& check : saved) {
    if (check.kind == judged) {
      EDGELAB_TRY(answer, judged_answer_from(check));
      checks.judged.push_back(std::move(answer));
    } else {
      EDGELAB_TRY(text, read_text_from(check));
      text.shape = check.kind == kld ? "prefill" : "decode";
      checks.texts.push_back(std::move(text));
    }
  }
  return checks;
}

}  // namespace edgelab::runner
