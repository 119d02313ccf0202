// results.db as a SQLite session: making it, opening it, and turning what SQLite says into words.
#pragma once

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "store/store.hpp"

namespace edgelab::store {

// Why a SQLite call failed, for people.
[[nodiscard]] Error describe(std::exception const& exception, std::filesystem::path const& file);

// Calls `body`, which may throw what SOCI throws and returns a Result.
template <typename Body>
auto guarded(std::filesystem::path const& file, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (std::exception const& exception) {
    return std::unexpected(describe(exception, file));
  }
}

// `file` must not exist. It is written beside its place and then moved there, so that it is either whole or not there.
[[nodiscard]] Result<void> make_database(std::filesystem::path const& file, RunRecord const& run);

// A session on an existing file that has been checked: ours, of our version, whole.
[[nodiscard]] Result<std::unique_ptr<soci::session>> open_database(std::filesystem::path const& file,
                                                                   Store::Access access);

}  // namespace edgelab::store
