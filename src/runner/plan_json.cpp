#include "runner/plan_json.hpp"

#include <rfl.hpp>
#include <rfl/json.hpp>

namespace edgelab::runner {

std::string plan_to_json(Plan const& plan) { return rfl::json::write(plan); }

Result<Plan> plan_from_json(std::string const& json) {
  auto read = rfl::json::read<Plan, rfl::DefaultIfMissing>(json);
  if (!read) return fail("the plan in results.db cannot be read: " + read.error().what());
  return std::move(*read);
}

}  // namespace edgelab::runner
