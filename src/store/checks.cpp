// What was found out beside the trials, as rows.
#include <format>
#include <string>

#include "store/rows.hpp"
#include "types/names.hpp"

namespace edgelab::store {

void insert_check(soci::session& sql, CheckRecord const& check) {
  auto const cell = static_cast<std::int64_t>(check.cell);
  std::string const status(name_of(check.status));
  sql << "insert into quality_check (kind, cell, item, status, reason, started, wall_ms, content) values (:kind, :cell, "
         ":item, :status, :reason, :started, :wall_ms, :content)",
      soci::use(check.kind), soci::use(cell), soci::use(check.item), soci::use(status), soci::use(check.reason),
      soci::use(check.started), soci::use(check.wall_ms), soci::use(check.content);
}

Result<std::vector<CheckRecord>> select_checks(soci::session& sql) {
  int tables = 0;
  sql << "select count(*) from sqlite_master where type = 'table' and name = 'quality_check'", soci::into(tables);
  std::vector<CheckRecord> checks;
  if (tables == 0) return checks;
  CheckRecord row;
  std::int64_t cell = 0;
  std::string status;
  soci::statement select =
      (sql.prepare
           << "select kind, cell, item, status, reason, started, wall_ms, content from quality_check order by id",
       soci::into(row.kind), soci::into(cell), soci::into(row.item), soci::into(status), soci::into(row.reason),
       soci::into(row.started), soci::into(row.wall_ms), soci::into(row.content));
  select.execute();
  while (select.fetch()) {
    auto const known = status_from(status);
    if (!known || cell < 0)
      return fail(std::format("a check of kind {}: unknown status '{}' or cell {}", row.kind, status, cell));
    row.status = *known;
    row.cell = static_cast<std::size_t>(cell);
    checks.push_back(row);
  }
  return checks;
}

}  // namespace edgelab::store
