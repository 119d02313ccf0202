// Time to the first token where prompts share their first thousand tokens, the prefix kept or not. The first request of a
// run is cold either way and is left out. llama-server's figure stands beside ours: prompt_ms, its own.
#include <algorithm>
#include <array>
#include <cstddef>
#include <format>
#include <string>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/ours.hpp"
#include "engine/prompts.hpp"
#include "peers/llama_server.hpp"
#include "stats/estimate.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

constexpr int shared_tokens = 1000;
constexpr int requests = 6;

// Prompts that begin alike for `shared_tokens` tokens and end in a question of their own.
Result<std::vector<Prompt>> prompts_of(LlamaServer& server) {
  EDGELAB_TRY(pieces, read_prompts("longqa", server));
  std::string shared;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EDGELAB_TRY(tokens, server.token_count(shared));
    if (tokens >= shared_tokens) break;
    shared += pieces[i].text;
  }
  EDGELAB_TRY(questions, read_prompts("rewrite", server));
  std::vector<Prompt> prompts;
  for (auto const& question : portion(questions, 0, requests))
    prompts.push_back({question.id, shared + question.text, 2, true});
  return prompts;
}

// Requests per second up to the first token, of all but the first: more is better.
Result<double> ours_answers(Ours& ours, std::vector<Prompt> const& prompts, std::string const& cache_prompt) {
  EDGELAB_TRY(ran, ours.run({{"cache-prompt", cache_prompt}}, prompts));
  auto const& timeline = ran.timeline;
  std::vector<double> rates;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) {
    if (row > 0) rates.push_back(1e9 / static_cast<double>(timeline.emissions.gap_ns[emission]));
    emission += static_cast<std::size_t>(timeline.requests.emissions[row]);
  }
  return stats::median(rates);
}

Result<double> server_answers(LlamaServer& server, std::vector<Prompt> const& prompts) {
  EDGELAB_TRY(found, server.first_token_ms(prompts));
  std::vector<double> rates;
  for (std::size_t i = 1; i < found.size(); ++i) rates.push_back(1e3 / found[i]);
  return stats::median(rates);
}

}  // namespace

Result<bool> prefix(Options const& options) {
  auto const title = std::format("first tokens per second, prefix of {} tokens", shared_tokens);
  if (!options.wants(title)) return true;
  auto const& model = options.wide;
  EDGELAB_TRY(ours, Ours::start(model));
  EDGELAB_TRY(server, LlamaServer::start({.model = model, .cache_prompt = true}));
  EDGELAB_TRY(prompts, prompts_of(*server));
  std::array const sides{Side{"cached", [&](int) { return ours_answers(*ours, prompts, "on"); }},
                         Side{"not cached", [&](int) { return ours_answers(*ours, prompts, "off"); }},
                         Side{"llama-server, cached", [&](int) { return server_answers(*server, prompts); }}};
  EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
  tell_ratio(title, columns[0], columns[1], {});
  tell_ratio(title, columns[0], columns[2], {});
  return true;
}

}  // namespace edgelab::bench
