// Adaptive drafting against the better of plain decoding and drafts of one length, all ours: it must not lose where
// drafting does. On every workload, with the draft model alone and with prompt lookup before it.
#include <array>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/prompts.hpp"
#include "engine/writers.hpp"
#include "peers/settings.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

Flags drafting(std::string_view how, std::string_view lookup) {
  return {{"speculative-decoding", std::string(how)},
          {"prompt-lookup", std::string(lookup)},
          {"prompt-lookup-ngram", std::to_string(lookup_ngram)},
          {"draft-max", std::to_string(draft_max)}};
}

}  // namespace

Result<bool> adaptive(Options const& options) {
  auto const& model = options.wide;
  EDGELAB_TRY(ours, Ours::start(model, draft_model()));
  if (auto const reason = ours->cannot(drafting("adaptive", "on"))) return tell_missing("adaptive", *reason);
  EDGELAB_TRY(server, LlamaServer::start({.model = model}));   // to write out chats
  bool met = true;
  for (auto const workload : workload_names) {
    auto const title = std::format("adaptive, {}", workload);
    if (!options.wants(title)) continue;
    EDGELAB_TRY(prompts, read_prompts(workload, *server));
    Writing writing{.prompts = std::move(prompts)};
    std::array const sides{ours_writes("plain", writing, *ours, {}),
                           ours_writes("draft", writing, *ours, drafting("draft", "off")),
                           ours_writes("adaptive", writing, *ours, drafting("adaptive", "off")),
                           ours_writes("draft+lookup", writing, *ours, drafting("draft", "on")),
                           ours_writes("adaptive+lookup", writing, *ours, drafting("adaptive", "on"))};
    EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
    met &= tell_against_fastest(title, columns[2], std::array{columns[0], columns[1]}, 0.97);
    met &= tell_against_fastest(title, columns[4], std::array{columns[0], columns[3]}, 0.97);
    writing.agreement.tell(title, "plain");
  }
  return met;
}

}  // namespace edgelab::bench
