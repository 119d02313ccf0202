#include "runner/audit.hpp"

#include <algorithm>
#include <format>
#include <rfl.hpp>
#include <rfl/json.hpp>

#include "core/text.hpp"
#include "report/words.hpp"

namespace edgelab::runner {

namespace {

std::string described(std::string const& name, std::string const& version, std::string const& library) {
  return library.empty() ? name + " " + version : library;
}

}  // namespace

std::string audit_to_json(Audit const& audit) {
  Audit clean = audit;
  for (auto& process : clean.state.others) process.name = report::valid_utf8(process.name);
  for (auto& executor : clean.executors) {
    executor.problem = report::valid_utf8(executor.problem);
    executor.live.reason = report::valid_utf8(executor.live.reason);
  }
  // A figure that there is not is null, so that every audit has the same keys.
  return rfl::json::write<rfl::NoOptionals>(clean, YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_INF_AND_NAN_AS_NULL) +
         "\n";
}

Result<Audit> audit_from_json(std::string const& json) {
  auto read = rfl::json::read<Audit, rfl::DefaultIfMissing>(json);
  if (!read) return fail("not an audit: " + read.error().what());
  if (auto const expected = Audit{}.schema; read->schema != expected)
    return fail(std::format("not an audit of this edgelab: its schema is '{}', expected '{}'", read->schema, expected));
  return std::move(*read);
}

AuditedMachine audited_machine(probe::Environment const& environment) {
  return {.cpu = environment.cpu.model,
          .physical_cores = environment.cpu.physical_cores,
          .usable_cores = environment.cpu.usable_cores,
          .memory_bytes = environment.memory.total_bytes,
          .edgelab = environment.edgelab.version + " (" + environment.edgelab.commit + ")",
          .build_type = environment.edgelab.build_type};
}

std::vector<std::string> differences(Audit const& audit, probe::Environment const& run) {
  std::vector<std::string> found;
  auto const now = audited_machine(run);
  auto const& then = audit.machine;
  if (then.cpu != now.cpu) found.push_back(std::format("it was made on {}, the run on {}", then.cpu, now.cpu));
  if (then.usable_cores != now.usable_cores)
    found.push_back(std::format("it had {} core{}, the run {}", then.usable_cores, then.usable_cores == 1 ? "" : "s",
                                now.usable_cores));
  if (then.build_type != now.build_type)
    found.push_back(
        std::format("it was made by a {} build of edgelab, the run by a {} one", then.build_type, now.build_type));
  for (auto const& executor : run.executors) {
    auto const same_name = [&](AuditedExecutor const& audited) { return audited.name == executor.name; };
    auto const exact = [&](AuditedExecutor const& audited) {
      return same_name(audited) && audited.library == executor.library && audited.version == executor.version;
    };
    if (std::ranges::any_of(audit.executors, exact)) continue;
    auto const other = std::ranges::find_if(audit.executors, same_name);
    if (other == audit.executors.end())
      found.push_back(std::format("executor {} was not audited", executor.id));
    else
      found.push_back(std::format("executor {} was audited with {}, and run with {}", executor.id,
                                  described(other->name, other->version, other->library),
                                  described(executor.name, executor.version, executor.library)));
  }
  return found;
}

}  // namespace edgelab::runner
