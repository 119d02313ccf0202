// Prompt lookup against llama-lookup and llama-server's ngram-simple, on every workload; the goal is of the two in which
// the answer repeats the prompt. Beside it, what lookup gains over our own plain decoding.
//
// All draft at most as many tokens. The n-grams: ours 3 or 2, llama-server 3, llama-lookup 1 to 4, which it does not let
// one choose.
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
  DraftersContest const drafters{
      .group = "lookup",
      .flags = lookup_flags(),
      .server_name = "llama-server ngram-simple",
      .program_name = "llama-lookup",
      .program = [&](Prompt const& prompt) { return llama_lookup(model, prompt); },
      .goal_of = [](std::string_view workload) {
        bool const repeats_the_prompt = workload == "extract" || workload == "rewrite";
        return repeats_the_prompt ? std::optional(1.00) : std::nullopt;
      }};
  return contest(drafters, *ours, *server, options);
}

}  // namespace edgelab::bench
