#include "store/passes.hpp"

#include <cmath>
#include <format>

#include "types/names.hpp"

namespace edgelab::store {

Result<void> insert_pass(soci::session& sql, PassResult const& pass) {
  if (!std::isfinite(pass.wall_ms)) return fail("wall_ms is not a finite number");
  auto const cell = static_cast<std::int64_t>(pass.cell);
  std::string const status(name_of(pass.status));
  sql << "insert or replace into pass values (:kind, :cell, :status, :reason, :started, :wall, :result)",
      soci::use(pass.kind), soci::use(cell), soci::use(status), soci::use(pass.reason), soci::use(pass.started),
      soci::use(pass.wall_ms), soci::use(pass.result);
  return {};
}

Result<std::vector<PassResult>> select_passes(soci::session& sql) {
  std::vector<PassResult> passes;
  int tables = 0;
  sql << "select count(*) from sqlite_master where type = 'table' and name = 'pass'", soci::into(tables);
  if (tables == 0) return passes;
  PassResult pass;
  std::int64_t cell = 0;
  std::string status;
  soci::statement select =
      (sql.prepare << "select kind, cell, status, reason, started, wall_ms, result from pass order by kind, cell",
       soci::into(pass.kind), soci::into(cell), soci::into(status), soci::into(pass.reason), soci::into(pass.started),
       soci::into(pass.wall_ms), soci::into(pass.result));
  select.execute();
  while (select.fetch()) {
    auto const known = status_from(status);
    if (!known || cell < 0) return fail(std::format("a pass has the status '{}' and the cell {}", status, cell));
    pass.status = *known;
    pass.cell = static_cast<std::size_t>(cell);
    passes.push_back(pass);
  }
  return passes;
}

}  // namespace edgelab::store
