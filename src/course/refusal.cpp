#include "course/refusal.hpp"

#include <algorithm>
#include <format>

#include "executor/capability.hpp"
#include "course/ledger.hpp"

namespace edgelab::course {

std::optional<std::string> refusal_of(Plan const& plan, Cell const& cell, protocol::HelloReply const& hello) {
  if (cell.refused) return cell.refused;
  auto const& workload = plan.experiment.workloads[cell.workload];
  if (std::ranges::any_of(workload.requests, &Request::follows) && !std::ranges::contains(hello.abilities, "after"))
    return std::format("workload {} has conversations, and {} cannot let a turn wait for the one before", workload.id, hello.name);
  return executor::unsupported(hello, asked_of(plan, cell));
}

}  // namespace edgelab::course
