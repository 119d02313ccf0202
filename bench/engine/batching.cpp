// Several requests at once, 1, 2, 4 and 8 slots: generated tokens per second of the whole.
//
// equal     prompts of one length, as many tokens for each: against llama-server
// mixed     prompts of 60 to 500 tokens, 8 to 128 tokens for each, so that prefills come between: against llama-server
// lockstep  as many requests as slots, all at once, against llama-batched-bench, which has neither requests nor sampling
// static    mixed, continuous batching against batches that are admitted and end together
//
// Both sides keep one KV cache a slot and are asked by as many clients as there are slots, each sending its next request
// when it has the answer to the last. Ours is timed from the first arrival to the last end in the executor, where prompts
// are tokenised before the clock starts; llama-server by its client, with its HTTP and tokenising.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/ours.hpp"
#include "engine/prompts.hpp"
#include "peers/llama_batched_bench.hpp"
#include "peers/llama_server.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

constexpr int equal_prompt_tokens = 72;
constexpr int equal_generated = 64;
constexpr int lockstep_tokens = 64;
constexpr int longest_piece = 130;   // tokens; a prompt is made of up to four

Flags slots_flags(int slots, std::string_view continuous = "on") {
  return {{"parallel", std::to_string(slots)}, {"cont-batching", std::string(continuous)}, {"kv-unified", "off"}};
}

// The requests of a turn.
using Work = std::function<std::vector<Prompt>(int turn)>;

struct Pools {
  std::vector<Prompt> equal;  // within some tokens of one length
  std::vector<Prompt> pieces;  // to make prompts of all lengths of
};

Result<Pools> read_pools(LlamaServer& server) {
  Pools pools;
  for (std::string_view const name : {"extract", "rewrite", "longqa"}) {
    EDGELAB_TRY(prompts, read_prompts(name, server));
    for (auto const& prompt : prompts) {
      EDGELAB_TRY(tokens, server.token_count(prompt.text));
      if (std::abs(tokens - equal_prompt_tokens) <= 3) pools.equal.push_back(prompt);
      if (name == "longqa" && tokens <= longest_piece) pools.pieces.push_back(prompt);
    }
  }
  return pools;
}

Work equal_work(Pools const& pools, int requests) {
  return [&pools, requests](int turn) {
    auto prompts = portion(pools.equal, turn, requests);
    for (auto& prompt : prompts) prompt.max_tokens = equal_generated, prompt.ignore_eos = true;
    return prompts;
  };
}

Work mixed_work(Pools const& pools, int requests) {
  return [&pools, requests](int turn) {
    constexpr std::array<std::int32_t, 8> lengths{8, 96, 24, 64, 16, 128, 32, 48};
    std::mt19937_64 random(static_cast<std::uint64_t>(turn) + 1);
    std::vector<Prompt> prompts;
    for (int i = 0; i < requests; ++i) {
      auto& prompt = prompts.emplace_back(std::to_string(i));
      auto const pieces = 1 + random() % 4;
      for (std::uint64_t piece = 0; piece < pieces; ++piece)
        prompt.text += pools.pieces[random() % pools.pieces.size()].text;
      prompt.max_tokens = lengths[random() % lengths.size()];
      prompt.ignore_eos = true;
    }
    return prompts;
  };
}

class Batching {
 public:
  Batching(Options const& options, std::filesystem::path model, Ours& ours)
      : options_(options), model_(std::move(model)), ours_(ours) {}

  // As many tokens per second as ours makes with these flags.
  Side side_of_ours(std::string name, Flags flags, Work work, int clients, Agreement* agreement = nullptr) {
    return {name, [=, this](int turn) -> Result<double> {
              EDGELAB_TRY(ran, ours_.run(flags, work(turn), clients));
              if (agreement != nullptr) agreement->take(name, generations(ran.timeline));
              return metric(ran, "system_tps");
            }};
  }

  Result<bool> against_server(std::string_view title, LlamaServer& server, int slots, Work const& work, double goal) {
    if (!options_.wants(title)) return true;
    Agreement agreement;
    std::vector<Side> sides;
    auto const reason = ours_.cannot(slots_flags(slots));
    if (!reason) sides.push_back(side_of_ours("edgelab-llama", slots_flags(slots), work, slots, &agreement));
    sides.push_back({"llama-server", [&](int turn) -> Result<double> {
                       EDGELAB_TRY(served, server.serve(work(turn), slots));
                       agreement.take("llama-server", served.generations);
                       return served.tokens / served.seconds;
                     }});
    EDGELAB_TRY(columns, take_turns(title, sides, options_.pairs));
    if (reason) {
      tell_alone(title, columns[0]);
      return tell_missing(title, *reason);
    }
    bool const met = tell_ratio(title, columns[0], columns[1], goal);
    agreement.tell(title, "edgelab-llama");
    return met;
  }

  // The first token comes out of the prefill: ours makes one more, so that both sides make as many steps.
  Result<bool> against_lockstep(int slots) {
    auto const title = std::format("lockstep, {} slots", slots);
    if (!options_.wants(title)) return true;
    std::vector<Side> sides;
    auto const reason = ours_.cannot(slots_flags(slots));
    if (!reason)
      sides.push_back({"edgelab-llama", [&](int) -> Result<double> {
                         protocol::Run run;
                         run.flags = slots_flags(slots);
                         run.concurrency = slots;
                         for (int i = 0; i < slots; ++i) {
                           auto& request = run.requests.emplace_back();
                           request.id = std::to_string(i);
                           request.synthetic_tokens = lockstep_tokens;
                           request.max_tokens = lockstep_tokens + 1;
                           request.ignore_eos = true;
                         }
                         EDGELAB_TRY(ran, ours_.run(std::move(run)));
                         return slots * lockstep_tokens / makespan_s(ran.timeline);
                       }});
    sides.push_back({"llama-batched-bench",
                     [&](int) { return llama_batched_bench(model_, slots, lockstep_tokens, lockstep_tokens); },
                     WarmUp::none});
    EDGELAB_TRY(columns, take_turns(title, sides, options_.pairs));
    if (!reason) return tell_ratio(title, columns[0], columns[1], 0.97);
    tell_alone(title, columns[0]);
    return tell_missing(title, *reason);
  }

  Result<bool> against_static(int slots, Work const& work) {
    auto const title = std::format("continuous / static, {} slots", slots);
    if (!options_.wants(title)) return true;
    if (auto const reason = ours_.cannot(slots_flags(slots))) return tell_missing(title, *reason);
    std::array const sides{side_of_ours("continuous", slots_flags(slots), work, slots),
                           side_of_ours("static", slots_flags(slots, "off"), work, slots)};
    EDGELAB_TRY(columns, take_turns(title, sides, options_.pairs));
    return tell_ratio(title, columns[0], columns[1], {});
  }

 private:
  Options options_;
  std::filesystem::path model_;
  Ours& ours_;
};

}  // namespace

Result<bool> batching(Options const& options) {
  auto const& model = options.wide;
  EDGELAB_TRY(ours, Ours::start(model));
  Batching bench(options, model, *ours);
  bool met = true;
  Pools pools;
  for (int const slots : {1, 2, 4, 8}) {
    EDGELAB_TRY(server, LlamaServer::start({.model = model, .slots = slots}));
    if (pools.equal.empty()) {
      EDGELAB_TRY(read, read_pools(*server));
      pools = std::move(read);
    }
    EDGELAB_TRY(equal, bench.against_server(std::format("equal lengths, {} slots", slots), *server, slots,
                                            equal_work(pools, std::max(4, 2 * slots)), 1.00));
    met &= equal;
    // With one slot no prefill meets another request's decoding.
    if (slots == 1) continue;
    EDGELAB_TRY(mixed, bench.against_server(std::format("mixed, {} slots", slots), *server, slots,
                                            mixed_work(pools, 3 * slots), 1.10));
    met &= mixed;
  }
  for (int const slots : {1, 2, 4, 8}) {
    EDGELAB_TRY(lockstep, bench.against_lockstep(slots));
    met &= lockstep;
  }
  for (int const slots : {4, 8}) {
    EDGELAB_TRY(against_static, bench.against_static(slots, mixed_work(pools, 3 * slots)));
    met &= against_static;
  }
  return met;
}

}  // namespace edgelab::bench
