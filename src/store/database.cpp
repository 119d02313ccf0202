#include "store/database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>

#include "store/schema.hpp"

namespace edgelab::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view sqlite_header{"SQLite format 3\0", 16};

// SQLite's primary result codes that deserve words of their own.
constexpr int sqlite_busy = 5;
constexpr int sqlite_readonly = 8;
constexpr int sqlite_corrupt = 11;
constexpr int sqlite_full = 13;
constexpr int sqlite_notadb = 26;

std::unique_ptr<soci::session> connect(fs::path const& file, Store::Access access) {
  soci::connection_parameters parameters(*soci::factory_sqlite3(), "");
  parameters.set_option("dbname", file.string());
  parameters.set_option("timeout", "10");
  if (access == Store::Access::read) parameters.set_option("readonly", "1");
  return std::make_unique<soci::session>(parameters);
}

// Makes a rename durable.
void sync_folder(fs::path const& folder) {
  int const descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

Result<void> check_file(fs::path const& file) {
  std::error_code error;
  auto const status = fs::status(file, error);
  if (!fs::exists(status))
    return fail(std::format("{}: no such file, expected the results of an earlier run in that folder", file.string()));
  if (!fs::is_regular_file(status)) return fail(std::format("{}: not a file", file.string()));

  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(std::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  std::array<char, sqlite_header.size()> head{};
  stream.read(head.data(), head.size());
  if (std::string_view(head.data(), static_cast<std::size_t>(stream.gcount())) != sqlite_header)
    return fail(std::format("{}: not a SQLite database, expected the results of an earlier run", file.string()));
  return {};
}

Result<void> check_writable(fs::path const& file) {
  for (auto const& path : {file, file.parent_path()})
    if (::access(path.c_str(), W_OK) != 0)
      return fail(std::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
  return {};
}

Result<void> check_version(soci::session& sql, fs::path const& file) {
  int tables = 0;
  sql << "select count(*) from sqlite_master where type = 'table' and name = 'store'", soci::into(tables);
  std::string name;
  int found = 0;
  if (tables > 0) sql << "select name, version from store", soci::into(name), soci::into(found);
  if (name != store_name)
    return fail(std::format("{}: a SQLite database, but not one of edgelab's results", file.string()));
  if (found != version)
    return fail(std::format("{}: store version {}, expected {}: it was written by {} edgelab", file.string(), found,
                            version, found > version ? "a newer" : "an older"));
  return {};
}

Result<void> check_whole(soci::session& sql, fs::path const& file) {
  std::string verdict;
  sql << "pragma quick_check(1)", soci::into(verdict);
  if (verdict != "ok") return fail(std::format("{}: damaged: {}", file.string(), verdict));
  return {};
}

}  // namespace

Error describe(std::exception const& exception, fs::path const& file) {
  auto const* error = dynamic_cast<soci::sqlite3_soci_error const*>(&exception);
  auto const* any = dynamic_cast<soci::soci_error const*>(&exception);
  std::string const what = any != nullptr ? any->get_error_message() : exception.what();
  auto const says = [&](std::string_view words) {
    return Error{std::format("{}: {} ({})", file.string(), words, what), {}};
  };
  switch (error != nullptr ? error->result() : 0) {
    case sqlite_busy: return says("in use by another program");
    case sqlite_readonly: return says("cannot be written");
    case sqlite_corrupt: return says("damaged");
    case sqlite_notadb: return says("not a SQLite database");
    case sqlite_full: return says("the disk is full");
    default: return Error{std::format("{}: {}", file.string(), what), {}};
  }
}

Result<void> make_database(fs::path const& file, RunRecord const& run) {
  // SQLite would take a journal that some lost database left behind for this one's, and play it back.
  for (char const* suffix : {"-wal", "-journal", "-shm"}) {
    fs::path const journal = file.string() + suffix;
    if (fs::exists(journal))
      return fail(std::format("{}: left behind by a database that is gone; remove it, or choose another folder",
                              journal.string()));
  }
  fs::path const fresh = file.string() + ".new";
  std::error_code error;
  fs::remove(fresh, error);
  fs::remove(fresh.string() + "-journal", error);
  return guarded(fresh, [&]() -> Result<void> {
    {
      auto const sql = connect(fresh, Store::Access::write);
      soci::transaction transaction(*sql);
      for (char const* statement : schema) *sql << statement;
      for (char const* statement : later) *sql << statement;
      std::string const name = store_name;
      *sql << "insert into store (name, version) values (:name, :version)", soci::use(name), soci::use(version);
      *sql << "insert into run values (:yaml, :path, :plan, :environment, :started, :ended, :stopped)",
          soci::use(run.experiment_yaml), soci::use(run.experiment_path), soci::use(run.plan_json),
          soci::use(run.environment_json), soci::use(run.started), soci::use(run.ended), soci::use(run.stopped_because);
      transaction.commit();
    }
    fs::rename(fresh, file);
    sync_folder(file.parent_path());
    return {};
  });
}

Result<std::unique_ptr<soci::session>> open_database(fs::path const& file, Store::Access access) {
  EDGELAB_CHECK(check_file(file));
  if (access == Store::Access::write) EDGELAB_CHECK(check_writable(file));
  return guarded(file, [&]() -> Result<std::unique_ptr<soci::session>> {
    auto sql = connect(file, access);
    EDGELAB_CHECK(check_version(*sql, file));
    EDGELAB_CHECK(check_whole(*sql, file));
    if (access == Store::Access::write) {
      // A write-ahead log lets reports be read while a run writes, and a commit is one append. With `full` it is on
      // the disk when save() returns: one fsync a trial, outside all timing, buys that not even a power cut loses one.
      std::string mode;
      *sql << "pragma journal_mode = wal", soci::into(mode);
      *sql << "pragma synchronous = full";
      *sql << "pragma foreign_keys = on";
      for (char const* statement : later) *sql << statement;
    }
    return sql;
  });
}

}  // namespace edgelab::store
