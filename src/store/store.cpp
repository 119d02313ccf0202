#include "store/store.hpp"

#include <format>

#include "store/database.hpp"
#include "store/lock.hpp"
#include "store/passes.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/waits.hpp"

namespace edgelab::store {

namespace fs = std::filesystem;

// The lock comes first: it is let go of only when the session is closed.
struct Store::Impl {
  fs::path file;
  std::optional<FolderLock> lock;    // a writer's
  std::unique_ptr<soci::session> sql;
};

namespace {

fs::path file_in(fs::path const& folder) { return folder / "results.db"; }

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;

Store& Store::operator=(Store&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Store::~Store() {
  if (!impl_ || !impl_->lock || !impl_->sql) return;
  // Folds the write-ahead log into the file, so that a folder at rest holds one file that can be read from anywhere,
  // also where nothing can be written. With a reader there it stays as it is, which is just as good to read.
  try {
    int timeout_ms = 0;
    std::string mode;
    *impl_->sql << "pragma busy_timeout = 0", soci::into(timeout_ms);
    *impl_->sql << "pragma journal_mode = delete", soci::into(mode);
  } catch (std::exception const&) {}
}

Result<Store> Store::create(fs::path const& directory, RunRecord const& run) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!fs::is_directory(directory))
    return fail(std::format("{}: cannot be made a folder: {}", directory.string(),
                            error ? error.message() : "there is a file of that name"));
  auto impl = std::make_unique<Impl>();
  impl->file = file_in(directory);
  EDGELAB_TRY(lock, FolderLock::take(directory));
  impl->lock.emplace(std::move(lock));
  if (fs::exists(impl->file))
    return fail(std::format("{}: exists already; resume that run, or choose another folder", impl->file.string()));
  EDGELAB_CHECK(make_database(impl->file, run));
  EDGELAB_TRY(sql, open_database(impl->file, Access::write));
  impl->sql = std::move(sql);
  return Store(std::move(impl));
}

Result<Store> Store::open(fs::path const& directory, Access access) {
  auto impl = std::make_unique<Impl>();
  impl->file = file_in(directory);
  // Without a file there is nothing to keep others out of; open_database() says so.
  if (access == Access::write && fs::exists(impl->file)) {
    EDGELAB_TRY(lock, FolderLock::take(directory));
    impl->lock.emplace(std::move(lock));
  }
  EDGELAB_TRY(sql, open_database(impl->file, access));
  impl->sql = std::move(sql);
  return Store(std::move(impl));
}

Result<RunRecord> Store::run() const {
  return guarded(impl_->file, [&]() -> Result<RunRecord> {
    RunRecord run;
    *impl_->sql << "select experiment_yaml, experiment_path, plan_json, environment_json, started, ended, "
                   "stopped_because from run",
        soci::into(run.experiment_yaml), soci::into(run.experiment_path), soci::into(run.plan_json),
        soci::into(run.environment_json), soci::into(run.started), soci::into(run.ended),
        soci::into(run.stopped_because);
    return run;
  });
}

Result<void> Store::finish(std::string const& ended, std::string const& stopped_because) {
  return guarded(impl_->file, [&]() -> Result<void> {
    *impl_->sql << "update run set ended = :ended, stopped_because = :stopped", soci::use(ended),
        soci::use(stopped_because);
    return {};
  });
}

Result<void> Store::keep_audit(std::string const& audit_json) {
  return guarded(impl_->file, [&]() -> Result<void> {
    auto& sql = *impl_->sql;
    soci::transaction transaction(sql);
    sql << audit_table;
    sql << "delete from audit";
    if (!audit_json.empty()) sql << "insert into audit values (:audit)", soci::use(audit_json);
    transaction.commit();
    return {};
  });
}

Result<std::string> Store::audit() const {
  return guarded(impl_->file, [&]() -> Result<std::string> {
    auto& sql = *impl_->sql;
    int tables = 0;
    sql << "select count(*) from sqlite_master where type = 'table' and name = 'audit'", soci::into(tables);
    std::string audit_json;
    if (tables > 0) sql << "select audit_json from audit", soci::into(audit_json);
    return audit_json;
  });
}

Result<void> Store::save(TrialResult const& trial) {
  auto saved = guarded(impl_->file, [&] { return insert_trial(*impl_->sql, trial); });
  if (!saved) return std::unexpected(std::move(saved).error().within("saving a trial"));
  return {};
}

Result<void> Store::save(PassResult const& pass) {
  auto saved = guarded(impl_->file, [&] { return insert_pass(*impl_->sql, pass); });
  if (!saved) return std::unexpected(std::move(saved).error().within("saving a pass"));
  return {};
}

Result<std::vector<PassResult>> Store::passes() const {
  return guarded(impl_->file, [&] { return select_passes(*impl_->sql); });
}

Result<std::vector<TrialResult>> Store::trials(Timelines timelines) const {
  TakeTimeline const keep = [](TrialResult& trial, Timeline timeline) { trial.timeline = std::move(timeline); };
  return trials(timelines == Timelines::load ? keep : TakeTimeline{});
}

Result<std::vector<TrialResult>> Store::trials(TakeTimeline const& take) const {
  return guarded(impl_->file, [&] { return select_trials(*impl_->sql, take); });
}

Result<void> Store::save(CheckRecord const& check) {
  return guarded(impl_->file, [&]() -> Result<void> {
    insert_check(*impl_->sql, check);
    return {};
  });
}

Result<std::vector<CheckRecord>> Store::checks() const {
  return guarded(impl_->file, [&] { return select_checks(*impl_->sql); });
}

Result<void> Store::save(CoolDownWait const& wait) {
  return guarded(impl_->file, [&]() -> Result<void> {
    insert_wait(*impl_->sql, wait);
    return {};
  });
}

Result<std::vector<CoolDownWait>> Store::cool_downs() const {
  return guarded(impl_->file, [&]() -> Result<std::vector<CoolDownWait>> { return select_waits(*impl_->sql); });
}

}  // namespace edgelab::store
