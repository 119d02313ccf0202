// Drafting with a smaller model against llama-speculative-simple and llama-server's draft-simple, on every workload: the
// same draft model, the same longest draft, the same least probability. Beside it, what it gains over our own plain
// decoding.
#include <array>
#include <filesystem>
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/prompts.hpp"
#include "engine/writers.hpp"
#include "peers/one_shot.hpp"
#include "peers/settings.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

Flags draft_flags() {
  return {{"speculative-decoding", "draft"},
          {"draft-max", std::to_string(draft_max)},
          {"draft-min", "0"},
          {"draft-p-min", std::format("{}", draft_p_min)}};
}

Result<std::unique_ptr<LlamaServer>> draft_server(std::filesystem::path const& model) {
  auto const t = std::to_string(threads);
  return LlamaServer::start(
      {.model = model,
       .more = {"--spec-type", "draft-simple", "-md", draft_model().string(), "-td", t, "-tbd", t, "-ngld", "0",
                "--spec-draft-n-max", std::to_string(draft_max), "--spec-draft-n-min", "0", "--spec-draft-p-min",
                std::format("{}", draft_p_min)}});
}

}  // namespace

Result<bool> draft(Options const& options) {
  auto const& model = options.wide;
  EDGELAB_TRY(ours, Ours::start(model, draft_model()));
  EDGELAB_TRY(server, draft_server(model));
  auto const reason = ours->cannot(draft_flags());
  bool met = true;
  for (auto const workload : workload_names) {
    auto const title = std::format("draft, {}", workload);
    EDGELAB_TRY(prompts, read_prompts(workload, *server));
    Writing writing{.prompts = std::move(prompts)};
    std::vector sides{
        server_writes("llama-server draft-simple", writing, *server),
        program_writes("llama-speculative-simple", writing,
                       [&](Prompt const& prompt) { return llama_speculative_simple(model, draft_model(), prompt); }),
        ours_writes("plain", writing, *ours, {})};
    if (!reason) sides.push_back(ours_writes("edgelab-llama", writing, *ours, draft_flags()));
    EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
    std::array const rivals{columns[0], columns[1]};
    if (reason) {
      for (auto const& column : columns) tell_alone(title, column);
      met = tell_missing(title, *reason);
    } else {
      met &= tell_against_fastest(title, columns[3], rivals, 1.00);
      tell_ratio(title, columns[3], columns[2], {});
    }
    writing.agreement.tell(title, "plain");
  }
  return met;
}

}  // namespace edgelab::bench
