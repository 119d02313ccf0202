#include "capi/offline_run.hpp"

#include <algorithm>
#include <concepts>
#include <format>
#include <rfl.hpp>
#include <rfl/json.hpp>
#include <type_traits>
#include <utility>
#include <variant>

#include "capi/kept_row.hpp"
#include "core/text.hpp"
#include "course/findings.hpp"
#include "course/ledger.hpp"
#include "course/messages.hpp"
#include "course/own_flags.hpp"
#include "course/refusal.hpp"
#include "executor/answers.hpp"
#include "executor/capability.hpp"
#include "plan/plan.hpp"
#include "report/report.hpp"
#include "stats/estimate.hpp"
#include "types/names.hpp"

namespace edgelab::capi {

namespace {

// What a caller is told of a trial (include/edgelab.h).
struct TrialFacts {
  std::string cell;
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string kind;
  std::int32_t block = 0;
  std::int32_t position = 0;
  bool fresh = false;
  double timeout_s = 0.0;
  std::int32_t done = 0;
  std::int32_t at_most = 0;
};

std::string without_newline(std::string line) {
  if (line.ends_with('\n')) line.pop_back();
  return line;
}

std::int64_t id_of(wire::Reply const& reply, std::int64_t otherwise) {
  return std::visit(
      [&](auto const& message) {
        if constexpr (requires { message.id; })
          return message.id;
        else
          return otherwise;
      },
      reply);
}

}  // namespace

OfflineRun::OfflineRun(Plan plan)
    : plan_(std::move(plan)),
      greeted_(plan_.experiment.executors.size()),
      held_(plan_.experiment.executors.size()),
      record_(plan_),
      schedule_(plan_),
      answers_(plan_) {}

Result<void> OfflineRun::greet(std::string_view executor, std::string_view hello) {
  auto const& executors = plan_.experiment.executors;
  auto const found = std::ranges::find(executors, executor, &ExecutorSpec::id);
  if (found == executors.end()) {
    std::vector<std::string> ids;
    for (auto const& one : executors) ids.push_back(one.id);
    return fail(std::format("the experiment has no executor '{}'{}; it has {}", executor, suggestion(executor, ids),
                            join(ids, ", ")));
  }
  if (begun_) return fail("the run has begun; executors are greeted before the first trial");
  auto reply = wire::decode_reply(hello);
  if (!reply) return fail("its hello cannot be read: " + reply.error().describe());
  auto* const said = std::get_if<protocol::HelloReply>(&*reply);
  if (said == nullptr) return fail("expected the executor's answer to hello, got another message");
  if (said->protocol != protocol::version)
    return fail(
        std::format("the executor speaks protocol {}, this library speaks {}", said->protocol, protocol::version));
  EDGELAB_CHECK(executor::check_hello(*said));
  greeted_[static_cast<std::size_t>(found - executors.begin())] = std::move(*said);
  return {};
}

std::string OfflineRun::plan_text() const {
  Plan shown = plan_;
  for (auto& cell : shown.cells)
    if (auto const& hello = greeted_[cell.executor]) cell.refused = course::refusal_of(shown, cell, *hello);
  return plan::render(shown);
}

Result<void> OfflineRun::know_executors() {
  std::vector<protocol::HelloReply> hellos;
  for (std::size_t i = 0; i < greeted_.size(); ++i) {
    if (!greeted_[i]) return fail(std::format("executor '{}' has not been greeted", plan_.experiment.executors[i].id));
    hellos.push_back(*greeted_[i]);
  }
  if (auto const wrong = course::check_own_flags(plan_.experiment, hellos); !wrong.empty())
    return fail(wrong.front().describe());
  hellos_ = std::move(hellos);
  plan_.own_effects = course::own_effects(hellos_);
  return {};
}

Result<void> OfflineRun::begin() {
  EDGELAB_CHECK(know_executors());
  for (auto& row : course::unsupported_rows(plan_, hellos_, record_)) record_.add(std::move(row));
  if (started_.empty()) started_ = utc_now();
  begun_ = Clock::now();
  return {};
}

std::optional<std::string> OfflineRun::last_row() const {
  if (!last_) return std::nullopt;
  return kept_row(plan_, hellos_[plan_.cells[last_->planned.cell].executor], *last_);
}

Result<void> OfflineRun::restore(std::string_view text) {
  if (begun_) return fail("the run has begun; rows are restored before the first trial");
  EDGELAB_CHECK(know_executors());
  EDGELAB_TRY(row, row_from(plan_, hellos_, text));
  if (!record_.wants(row.planned)) return fail("this trial has its row, or needs none any more");
  if (started_.empty() || row.started < started_) started_ = row.started;
  spent_ms_ += row.wall_ms;
  answers_.add(row, row.timeline);
  record_.add(std::move(row));
  return {};
}

bool OfflineRun::out_of_time() const {
  auto const& budget_s = plan_.experiment.protocol.time_budget_s;
  if (!budget_s) return false;
  return spent_ms_ / 1000.0 + std::chrono::duration<double>(Clock::now() - *begun_).count() >= *budget_s;
}

course::LoadNeeds OfflineRun::needs_of(Trial const& trial) const {
  auto const& cell = cell_of(trial);
  return course::needs_of(plan_, cell, hellos_[cell.executor]);
}

std::string OfflineRun::about(Trial const& trial) const {
  auto const& experiment = plan_.experiment;
  auto const& cell = cell_of(trial);
  auto const done = record_.trials_run();
  return rfl::json::write(TrialFacts{.cell = cell.id,
                                     .model = experiment.models[cell.model].id,
                                     .executor = experiment.executors[cell.executor].id,
                                     .workload = experiment.workloads[cell.workload].id,
                                     .round = experiment.rounds[cell.round].name,
                                     .kind = std::string(name_of(trial.planned.kind)),
                                     .block = trial.planned.block,
                                     .position = trial.planned.position,
                                     .fresh = trial.planned.kind == TrialKind::memory,
                                     .timeout_s = experiment.protocol.trial_timeout_s,
                                     .done = done,
                                     .at_most = done + schedule_.left(record_) + 1});
}

Result<std::optional<std::string>> OfflineRun::next() {
  if (trial_) return fail("a trial is under way: what it needs has not all been sent and answered");
  if (!begun_) EDGELAB_CHECK(begin());
  if (!ended_.empty()) return std::nullopt;
  auto const planned = schedule_.next(record_);
  if (!planned || out_of_time()) {
    ended_ = utc_now();
    stopped_because_ = planned ? "time budget" : schedule_.ended();
    return std::nullopt;
  }
  trial_.emplace();
  trial_->planned = *planned;
  trial_->started = utc_now();
  auto& held = held_by(*trial_);
  if (planned->kind == TrialKind::memory) held.reset();
  if (held && needs_of(*trial_).served_by(held->needs)) trial_->step = Step::run;
  return about(*trial_);
}

Result<std::optional<std::string>> OfflineRun::message() {
  if (!trial_) return std::nullopt;
  if (trial_->sent) return fail("what was handed out last has not been answered");
  auto const id = ++last_id_;
  trial_->sent = true;
  trial_->sent_at = Clock::now();
  if (trial_->step == Step::load) {
    held_by(*trial_).reset();
    auto load = course::load_message(cell_of(*trial_), needs_of(*trial_));
    load.id = id;
    return without_newline(wire::encode(load));
  }
  auto run = course::run_message(plan_, trial_->planned);
  run.id = id;
  trial_->requests = run.requests.size();
  return without_newline(wire::encode(run));
}

Result<OfflineRun::Heard> OfflineRun::answer(std::string_view line) {
  auto reply = wire::decode_reply(line);
  if (!reply) return fail("no message of an executor: " + reply.error().describe());
  auto const* const failure = std::get_if<protocol::Failure>(&*reply);
  bool const waiting = trial_ && trial_->sent;
  // An executor that could not read the message does not know its id either, and says 0.
  auto const id = failure != nullptr && failure->id == 0 && waiting ? last_id_ : id_of(*reply, 0);
  if (std::holds_alternative<protocol::HelloReply>(*reply) || id > last_id_)
    return fail("this is no answer to anything that was to be sent");
  if (id < last_id_ || !waiting) return Heard::more_to_come;   // of a trial that is over
  return std::visit(
      [this](auto& message) -> Result<Heard> {
        if constexpr (requires { on(message); })
          return on(message);
        else if constexpr (std::same_as<std::remove_cvref_t<decltype(message)>, protocol::Scored>)
          return fail("the executor sent 'scored', and was not asked to score");
        else
          return Heard::more_to_come;
      },
      *reply);
}

Result<OfflineRun::Heard> OfflineRun::on(protocol::Loaded const& loaded) {
  if (trial_->step != Step::load) return fail("the executor sent 'loaded', which is no answer to run");
  held_by(*trial_) = Held{needs_of(*trial_), loaded.model_bytes};
  trial_->step = Step::run;
  trial_->sent = false;
  return Heard::answered;
}

Result<OfflineRun::Heard> OfflineRun::on(protocol::TimelinePart& part) {
  if (trial_->step != Step::run) return fail("the executor sent 'timeline', which is no answer to load");
  wire::append(trial_->timeline, std::move(part.columns));
  return Heard::more_to_come;
}

Result<OfflineRun::Heard> OfflineRun::on(protocol::Done& done) {
  if (trial_->step != Step::run) return fail("the executor sent 'done', which is no answer to load");
  if (auto const fits = executor::check_timeline_of_run(trial_->timeline, trial_->requests); !fits) {
    take(course::troubled(trial_->planned, Status::failed, fits.error().describe()));
    return Heard::answered;
  }
  auto const& held = held_by(*trial_);
  take(course::judge(plan_, trial_->planned,
                     {.done = std::move(done),
                      .timeline = std::move(trial_->timeline),
                      .rss_peak_bytes = trial_->rss_peak_bytes,
                      .loaded_model_bytes = held ? held->model_bytes : std::nullopt}));
  return Heard::answered;
}

Result<OfflineRun::Heard> OfflineRun::on(protocol::Failure const& failure) {
  auto trouble = executor::trouble_of(failure, executor::Cancelled::no);
  if (trial_->step == Step::load) trouble.reason = course::while_loading(needs_of(*trial_), trouble.reason);
  take(course::troubled(trial_->planned, trouble.status, std::move(trouble.reason)));
  return Heard::answered;
}

void OfflineRun::take(TrialResult result) {
  result.started = trial_->started;
  result.wall_ms = static_cast<double>(to_ns(Clock::now() - trial_->sent_at)) / 1e6;
  answers_.add(result, result.timeline);
  last_ = result;
  record_.add(std::move(result));
  trial_.reset();
}

Result<void> OfflineRun::note_peak_memory(std::int64_t bytes) {
  if (!trial_) return fail("no trial is under way");
  if (bytes < 0) return fail(std::format("a peak of {} bytes: expected 0 or more", bytes));
  trial_->rss_peak_bytes = bytes;
  return {};
}

Result<void> OfflineRun::fail_trial(Status status, std::string reason) {
  if (!trial_) return fail("no trial is under way");
  held_by(*trial_).reset();
  if (status == Status::interrupted) {
    trial_.reset();
    schedule_.give_back();
    return {};
  }
  take(course::troubled(trial_->planned, status, std::move(reason)));
  return {};
}

Summary OfflineRun::summarised() const {
  Summary summary = stats::summarise(plan_, record_.trials());
  summary.started = started_;
  summary.ended = ended_;
  summary.stopped_because = ended_.empty() ? "not ended" : stopped_because_;
  course::add_findings(summary, plan_, record_.trials(), answers_.answers());
  return summary;
}

std::string OfflineRun::summary() const { return report::render_json(summarised()); }

std::string OfflineRun::table() const { return report::render_table_json(summarised()); }

}  // namespace edgelab::capi
