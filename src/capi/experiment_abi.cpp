// The experiment half of edgelab.h.
#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capi/boundary.hpp"
#include "capi/offline_run.hpp"
#include "capi/options.hpp"
#include "core/text.hpp"
#include "course/experiment.hpp"
#include "spec/parse.hpp"
#include "types/names.hpp"

struct edgelab_experiment {
  std::mutex mutex;
  edgelab::capi::OfflineRun run;
};

using namespace edgelab;
using namespace edgelab::capi;

namespace {

spec::Overrides overrides_of(ExperimentOptions const& options, std::span<edgelab_file const> files) {
  spec::Overrides overrides;
  for (auto const& [id, path] : options.models) overrides.models[id] = path;
  for (auto const& file : files) {
    need(file.path, "the path of a file");
    if (file.length > 0) need(file.bytes, "the bytes of a file");
    overrides.files[file.path] = file.length > 0 ? std::string(file.bytes, file.length) : std::string{};
  }
  overrides.only_rounds = options.only;
  overrides.seed = options.seed;
  overrides.blocks = options.blocks;
  overrides.time_budget_s = options.time_budget_s;
  overrides.more_checks = course::check_answers;
  return course::with_known_names(std::move(overrides));
}

Plan plan_from(char const* path, std::optional<std::string> const& text, spec::Overrides const& overrides,
               std::optional<std::int32_t> physical_cores) {
  auto experiment = text ? spec::parse(*text, path, overrides) : spec::load(path, overrides);
  if (!experiment) {
    std::vector<std::string> lines;
    for (auto const& diagnostic : experiment.error()) lines.push_back(diagnostic.describe());
    throw Refusal{EDGELAB_REFUSED, join(lines, "\n")};
  }
  auto const cores =
      physical_cores.value_or(static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency())));
  return value_or_refuse(course::plan_of(std::move(*experiment), cores));
}

// Runs `work` on the run of a handle, for which it has it alone.
template <typename Work>
edgelab_status on_run(edgelab_experiment* experiment, char** error, Work&& work) noexcept {
  return guarded(error, [&] {
    need(experiment, "experiment");
    std::scoped_lock const lock(experiment->mutex);
    std::forward<Work>(work)(experiment->run);
  });
}

// The same where the work hands out a text, or none.
template <typename Work>
edgelab_status hand_out(edgelab_experiment* experiment, char** text, char const* name, char** error,
                        Work&& work) noexcept {
  if (text != nullptr) *text = nullptr;
  return on_run(experiment, error, [&](OfflineRun& run) {
    need(text, name);
    std::optional<std::string> const found = std::forward<Work>(work)(run);
    if (found) *text = handed_out(*found);
  });
}

}  // namespace

edgelab_status edgelab_experiment_open(char const* path, char const* text, size_t text_length,
                                       edgelab_file const* files, size_t file_count, char const* options,
                                       edgelab_experiment** experiment, char** error) {
  if (experiment != nullptr) *experiment = nullptr;
  return guarded(error, [&] {
    need(experiment, "experiment");
    need(path, "path");
    if (file_count > 0) need(files, "files");
    auto const read = value_or_refuse(experiment_options(options));
    auto const overrides = overrides_of(read, {files, file_count});
    auto const given = text == nullptr ? std::nullopt : std::optional(std::string(text, text_length));
    auto plan = plan_from(path, given, overrides, read.physical_cores);
    *experiment = new edgelab_experiment{.mutex = {}, .run = OfflineRun(std::move(plan))};
  });
}

edgelab_status edgelab_experiment_greet(edgelab_experiment* experiment, char const* executor, char const* hello,
                                        size_t length, char** error) {
  return on_run(experiment, error, [&](OfflineRun& run) {
    need(executor, "executor");
    need(hello, "hello");
    value_or_refuse(run.greet(executor, {hello, length}));
  });
}

edgelab_status edgelab_experiment_plan(edgelab_experiment* experiment, char** plan, char** error) {
  return hand_out(experiment, plan, "plan", error, [](OfflineRun& run) { return run.plan_text(); });
}

edgelab_status edgelab_experiment_next(edgelab_experiment* experiment, char** trial, char** error) {
  return hand_out(experiment, trial, "trial", error,
                  [](OfflineRun& run) { return value_or_refuse(run.next(), EDGELAB_BAD_ARGUMENT); });
}

edgelab_status edgelab_experiment_message(edgelab_experiment* experiment, char** message, char** error) {
  return hand_out(experiment, message, "message", error,
                  [](OfflineRun& run) { return value_or_refuse(run.message(), EDGELAB_BAD_ARGUMENT); });
}

edgelab_status edgelab_experiment_answer(edgelab_experiment* experiment, char const* message, size_t length,
                                         int32_t* answered, char** error) {
  if (answered != nullptr) *answered = 0;
  return on_run(experiment, error, [&](OfflineRun& run) {
    need(message, "message");
    need(answered, "answered");
    *answered = value_or_refuse(run.answer({message, length})) == OfflineRun::Heard::answered ? 1 : 0;
  });
}

edgelab_status edgelab_experiment_peak_memory(edgelab_experiment* experiment, int64_t bytes, char** error) {
  return on_run(experiment, error,
                [&](OfflineRun& run) { value_or_refuse(run.note_peak_memory(bytes), EDGELAB_BAD_ARGUMENT); });
}

edgelab_status edgelab_experiment_fail(edgelab_experiment* experiment, char const* status, char const* reason,
                                       char** error) {
  return on_run(experiment, error, [&](OfflineRun& run) {
    need(status, "status");
    need(reason, "reason");
    auto const known = status_from(status);
    if (!known || *known == Status::ok || *known == Status::unsupported)
      throw Refusal{EDGELAB_BAD_ARGUMENT, "the status of a trial without an answer is '" + std::string(status) +
                                              "': expected timeout, oom, failed or interrupted"};
    value_or_refuse(run.fail_trial(*known, reason), EDGELAB_BAD_ARGUMENT);
  });
}

edgelab_status edgelab_experiment_row(edgelab_experiment* experiment, char** row, char** error) {
  return hand_out(experiment, row, "row", error, [](OfflineRun& run) { return run.last_row(); });
}

edgelab_status edgelab_experiment_restore(edgelab_experiment* experiment, char const* row, size_t length,
                                          char** error) {
  return on_run(experiment, error, [&](OfflineRun& run) {
    need(row, "row");
    value_or_refuse(run.restore({row, length}));
  });
}

edgelab_status edgelab_experiment_summary(edgelab_experiment* experiment, char** summary, char** error) {
  return hand_out(experiment, summary, "summary", error, [](OfflineRun& run) { return run.summary(); });
}

edgelab_status edgelab_experiment_table(edgelab_experiment* experiment, char** table, char** error) {
  return hand_out(experiment, table, "table", error, [](OfflineRun& run) { return run.table(); });
}

void edgelab_experiment_close(edgelab_experiment* experiment) {
  (void)guarded(nullptr, [&] { delete experiment; });
}
