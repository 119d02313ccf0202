// Drafting with a smaller model against llama-speculative-simple and llama-server's draft-simple, on every workload: the
// same draft model, the same longest draft, the same least probability. Beside it, what it gains over our own plain
// decoding.
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/drafters.hpp"
#include "engine/group.hpp"
#include "engine/models.hpp"
#include "peers/one_shot.hpp"
#include "peers/settings.hpp"

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
  DraftersContest const drafters{
      .group = "draft",
      .flags = draft_flags(),
      .server_name = "llama-server draft-simple",
      .program_name = "llama-speculative-simple",
      .program = [&](Prompt const& prompt) { return llama_speculative_simple(model, draft_model(), prompt); },
      .goal_of = [](std::string_view) { return std::optional(1.00); }};
  return contest(drafters, *ours, *server, options);
}

}  // namespace edgelab::bench
