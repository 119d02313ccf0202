#include "store/waits.hpp"

namespace edgelab::store {

void insert_wait(soci::session& sql, CoolDownWait const& wait) {
  int const reached = wait.reached ? 1 : 0;
  sql << "insert into cool_down (block, position, started, waited_s, from_c, to_c, target_c, reached) values (:block, "
         ":position, :started, :waited_s, :from_c, :to_c, :target_c, :reached)",
      soci::use(wait.block), soci::use(wait.position), soci::use(wait.started), soci::use(wait.waited_s),
      soci::use(wait.from_c), soci::use(wait.to_c), soci::use(wait.target_c), soci::use(reached);
}

std::vector<CoolDownWait> select_waits(soci::session& sql) {
  std::vector<CoolDownWait> waits;
  int tables = 0;
  sql << "select count(*) from sqlite_master where type = 'table' and name = 'cool_down'", soci::into(tables);
  if (tables == 0) return waits;
  CoolDownWait wait;
  int reached = 0;
  soci::statement select =
      (sql.prepare
           << "select block, position, started, waited_s, from_c, to_c, target_c, reached from cool_down order by id",
       soci::into(wait.block), soci::into(wait.position), soci::into(wait.started), soci::into(wait.waited_s),
       soci::into(wait.from_c), soci::into(wait.to_c), soci::into(wait.target_c), soci::into(reached));
  select.execute();
  while (select.fetch()) {
    wait.reached = reached != 0;
    waits.push_back(wait);
  }
  return waits;
}

}  // namespace edgelab::store
