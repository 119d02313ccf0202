#include "runner/passes.hpp"

#include <algorithm>
#include <cstdlib>
#include <format>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "course/pass_results.hpp"
#include "judge/ask.hpp"
#include "quality/answers.hpp"
#include "runner/afterwards.hpp"
#include "runner/choices.hpp"
#include "runner/judging.hpp"

namespace edgelab::runner {

namespace {

PassResult choices_of(Plan const& plan, std::size_t cell, Pool& pool, Progress& progress, std::stop_token const& stop) {
  PassResult pass{
      .kind = std::string(course::choices_pass), .cell = cell, .reason = {}, .started = utc_now(), .result = {}};
  auto const begin = Clock::now();
  auto const troubled = [&](executor::Trouble const& trouble) {
    pass.status = stop.stop_requested() ? Status::interrupted : trouble.status;
    pass.reason = trouble.reason;
  };
  if (auto const held = pool.get(cell, stop); !held) {
    troubled(held.error());
  } else if (auto const found = ask_choices(plan, cell, *(*held)->process, stop, [&] { progress.did(1); }); !found) {
    troubled(found.error());
    if (found.error().process_lost) pool.forget(cell);
  } else {
    pass.result = course::choices_to_json(*found);
  }
  pass.wall_ms = static_cast<double>(to_ns(Clock::now() - begin)) / 1e6;
  return pass;
}

Result<bool> run_choices(Plan const& plan, std::vector<bool> const& usable, store::Store& store, Pool& pool,
                         Observer& observer, std::stop_token const& stop) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    if (usable[i] && wants_choices(plan, plan.cells[i])) wanted.push_back(i);
  if (wanted.empty()) return true;
  EDGELAB_TRY(before, store.passes());
  for (auto const& pass : before)
    if (pass.kind == course::choices_pass && (pass.status == Status::ok || pass.status == Status::unsupported))
      std::erase(wanted, pass.cell);
  std::int64_t requests = 0;
  for (auto const cell : wanted) requests += requests_with_choices(plan, plan.cells[cell]);
  Progress progress(observer, "choices", "requests", requests);
  std::int64_t before_cell = 0;
  for (auto const cell : wanted) {
    if (stop.stop_requested()) return false;
    progress.begins(cell);
    auto const pass = choices_of(plan, cell, pool, progress, stop);
    before_cell += requests_with_choices(plan, plan.cells[cell]);
    progress.known(before_cell - progress.done());    // where it failed, the others are not asked
    if (pass.status == Status::interrupted) return false;
    EDGELAB_CHECK(store.save(pass));
    if (pass.status != Status::ok)
      observer.notice(std::format("choices of {} are not scored: {}", plan.cells[cell].id, pass.reason));
  }
  return true;
}

std::string key_of(Judge const& judge) {
  auto const* const key = judge.key_env.empty() ? nullptr : std::getenv(judge.key_env.c_str());
  return key == nullptr ? std::string{} : std::string(key);
}

// Answers of made-up prompts are nothing to grade.
bool is_to_be_judged(Plan const& plan, std::size_t cell) {
  auto const& requests = plan.experiment.workloads[plan.cells[cell].workload].requests;
  return std::ranges::none_of(requests, [](Request const& request) { return request.synthetic_tokens.has_value(); });
}

// Every time: what was graded is in the cache, and there may be more answers than the last time.
Result<bool> run_judge(Plan const& plan, std::vector<bool> const& usable, store::Store& store, Observer& observer,
                       std::stop_token const& stop) {
  auto const& judge = *plan.experiment.quality.judge;
  auto key = key_of(judge);
  bool const without_key = !judge.key_env.empty() && key.empty();
  quality::AnswerBook book(plan);
  EDGELAB_CHECK(store.trials([&](TrialResult const& trial, Timeline const& timeline) { book.add(trial, timeline); }));
  judge::Asking asking(judge, std::move(key), judge::Cache(judge::cache_folder()));
  Judging judging(plan, asking, stop);
  std::string told;
  std::int64_t answers = 0;
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    if (usable[i] && is_to_be_judged(plan, i)) answers += Judging::answers_of(i, book.answers());
  Progress progress(observer, "judge", "answers", answers);
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (!usable[i] || !is_to_be_judged(plan, i)) continue;
    PassResult pass{
        .kind = std::string(course::judge_pass), .cell = i, .reason = {}, .started = utc_now(), .result = {}};
    if (without_key) {
      pass.status = Status::failed;
      pass.reason = std::format("the environment variable {} is not set", judge.key_env);
    } else {
      progress.begins(i);
      pass = judging.pass(i, book.answers(), [&] { progress.did(1); });
    }
    if (pass.status == Status::interrupted) return false;
    EDGELAB_CHECK(store.save(pass));
    if (pass.status != Status::ok && told.empty()) {
      told = pass.reason;
      observer.notice(std::format("the judge graded nothing of {}: {}; --resume asks again", plan.cells[i].id, told));
    }
  }
  return true;
}

}  // namespace

Result<bool> run_passes(Plan const& plan, std::vector<bool> const& usable, store::Store& store, Pool& pool,
                        Observer& observer, std::stop_token const& stop) {
  EDGELAB_TRY(chosen, run_choices(plan, usable, store, pool, observer, stop));
  if (!chosen || !plan.experiment.quality.judge) return chosen;
  pool.clear();    // a judge on this machine is to have it for itself
  return run_judge(plan, usable, store, observer, stop);
}

}  // namespace edgelab::runner
