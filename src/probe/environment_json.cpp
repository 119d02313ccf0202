#include <rfl.hpp>
#include <rfl/json.hpp>

#include "probe/environment.hpp"

namespace edgelab::probe {

std::string to_json(Environment const& environment) {
  return rfl::json::write(environment, YYJSON_WRITE_PRETTY_TWO_SPACES) + "\n";
}

Result<Environment> from_json(std::string const& json) {
  auto read = rfl::json::read<Environment, rfl::DefaultIfMissing>(json);
  if (!read) return fail("the environment's JSON cannot be read: " + read.error().what());
  return std::move(*read);
}

}  // namespace edgelab::probe
