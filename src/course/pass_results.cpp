#include "course/pass_results.hpp"

#include <rfl.hpp>
#include <rfl/json.hpp>
#include <utility>

namespace edgelab::course {

namespace {

struct Row {
  std::size_t request = 0;
  std::vector<double> logprobs;
};

}  // namespace

std::string choices_to_json(std::vector<ChoiceLikelihoods> const& found) {
  std::vector<Row> rows;
  for (auto const& one : found) rows.push_back({one.request, one.logprobs});
  return rfl::json::write(rows);
}

Result<std::vector<ChoiceLikelihoods>> choices_from_json(std::size_t cell, std::string const& json) {
  auto const rows = rfl::json::read<std::vector<Row>>(json);
  if (!rows) return fail("the likelihoods of choices in results.db cannot be read: " + rows.error().what());
  std::vector<ChoiceLikelihoods> found;
  for (auto const& row : *rows) found.push_back({.cell = cell, .request = row.request, .logprobs = row.logprobs});
  return found;
}

std::string judged_to_json(std::vector<Judged> const& rows) { return rfl::json::write(rows); }

Result<std::vector<Judged>> judged_from_json(std::string const& json) {
  auto rows = rfl::json::read<std::vector<Judged>>(json);
  if (!rows) return fail("the grades in results.db cannot be read: " + rows.error().what());
  return std::move(*rows);
}

}  // namespace edgelab::course
