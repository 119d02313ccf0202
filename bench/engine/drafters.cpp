#include "engine/drafters.hpp"

#include <array>
#include <format>
#include <utility>
#include <vector>

#include "engine/group.hpp"
#include "engine/prompts.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

Result<bool> contest(DraftersContest const& contest, Ours& ours, LlamaServer& server, Options const& options) {
  auto const reason = ours.cannot(contest.flags);
  bool met = true;
  for (auto const workload : workload_names) {
    auto const title = std::format("{}, {}", contest.group, workload);
    if (!options.wants(title)) continue;
    EDGELAB_TRY(prompts, read_prompts(workload, server));
    Writing writing{.prompts = std::move(prompts)};
    std::vector sides{server_writes(contest.server_name, writing, server),
                      program_writes(contest.program_name, writing, contest.program),
                      ours_writes("plain", writing, ours, {})};
    if (!reason) sides.push_back(ours_writes("edgelab-llama", writing, ours, contest.flags));
    EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
    if (reason) {
      for (auto const& column : columns) tell_alone(title, column);
      met = tell_missing(title, *reason);
    } else {
      met &= tell_against_fastest(title, columns[3], std::array{columns[0], columns[1]}, contest.goal_of(workload));
      tell_ratio(title, columns[3], columns[2], {});
    }
    writing.agreement.tell(title, "plain");
  }
  return met;
}

}  // namespace edgelab::bench
