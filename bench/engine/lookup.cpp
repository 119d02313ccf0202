// Prompt lookup against llama-lookup and llama-server's ngram-simple, on every workload; the goal is of the two in which
// the answer repeats the prompt. Beside it, what lookup gains over our own plain decoding.
//
// All draft at most as many tokens. The n-grams: ours 3 or 2, llama-server 3, llama-lookup 1 to 4, which it does not let
// one choose.
#include <array>
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
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

Flags lookup_flags() {
  return {{"prompt-lookup", "on"},
          {"prompt-lookup-ngram", std::to_string(lookup_ngram)},
          {"draft-max", std::to_string(draft_max)}};
}

Result<std::unique_ptr<LlamaServer>> ngram_server(std::filesystem::path const& model) {
  return LlamaServer::start(
      {.model = model,
       .more = {"--spec-type", "ngram-simple", "--spec-ngram-simple-size-n", std::to_string(lookup_ngram),
                "--spec-ngram-simple-size-m", std::to_string(draft_max)}});
}

}  // namespace

Result<bool> lookup(Options const& options) {
  auto const& model = options.wide;
  EDGELAB_TRY(ours, Ours::start(model));
  EDGELAB_TRY(server, ngram_server(model));
  auto const reason = ours->cannot(lookup_flags());
  bool met = true;
  for (auto const workload : workload_names) {
    auto const title = std::format("lookup, {}", workload);
    EDGELAB_TRY(prompts, read_prompts(workload, *server));
    Writing writing{.prompts = std::move(prompts)};
    std::vector sides{
        server_writes("llama-server ngram-simple", writing, *server),
        program_writes("llama-lookup", writing, [&](Prompt const& prompt) { return llama_lookup(model, prompt); }),
        ours_writes("plain", writing, *ours, {})};
    if (!reason) sides.push_back(ours_writes("edgelab-llama", writing, *ours, lookup_flags()));
    EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
    std::array const rivals{columns[0], columns[1]};
    if (reason) {
      for (auto const& column : columns) tell_alone(title, column);
      met = tell_missing(title, *reason);
    } else {
      bool const has_goal = workload == "extract" || workload == "rewrite";
      met &= tell_against_fastest(title, columns[3], rivals, has_goal ? std::optional(1.00) : std::nullopt);
      tell_ratio(title, columns[3], columns[2], {});
    }
    writing.agreement.tell(title, "plain");
  }
  return met;
}

}  // namespace edgelab::bench
