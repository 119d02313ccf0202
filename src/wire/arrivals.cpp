#include "wire/arrivals.hpp"

#include <format>
#include <map>
#include <set>
#include <string_view>

namespace edgelab::wire {

Result<std::vector<ArrivalRule>> arrival_rules(std::vector<protocol::TrialRequest> const& requests) {
  std::vector<ArrivalRule> rules;
  std::map<std::string_view, std::size_t> earlier;
  std::set<std::size_t> followed;
  std::optional<bool> timed;
  for (auto const& request : requests) {
    ArrivalRule rule;
    if (request.after) {
      auto const found = earlier.find(*request.after);
      if (found == earlier.end())
        return fail(std::format("request '{}' comes after '{}', and no request before it has that id", request.id, *request.after));
      if (!followed.insert(found->second).second)
        return fail(std::format("request '{}' comes after '{}', and so does another: expected one at most", request.id, *request.after));
      if (request.arrival_us)
        return fail(std::format("request '{}' has both 'after' and 'arrival_us': expected one of them", request.id));
      rule.after = found->second;
    } else {
      if (timed.value_or(request.arrival_us.has_value()) != request.arrival_us.has_value())
        return fail("arrival_us is given for some requests only; expected for all or for none");
      timed = request.arrival_us.has_value();
      rule.at_us = request.arrival_us;
    }
    earlier.emplace(request.id, rules.size());
    rules.push_back(rule);
  }
  return rules;
}

}  // namespace edgelab::wire
