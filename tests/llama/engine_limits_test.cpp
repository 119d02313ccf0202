// The engine at its limits: contexts that are too small, models that cannot, tiny batches; and sampling under speculation.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "llama/engine_fixture.hpp"

namespace edgelab::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

class EngineLimits : public EngineTest {};

// All of the contexts that a few slots can have of 256 cells each, or together.
TEST_F(EngineLimits, PromptsAsLongAsTheContext) {
  use_demo();
  for (Flags const& flags :
       {Flags{{"ctx-size", "256"}},
        Flags{{"ctx-size", "256"}, {"parallel", "3"}, {"kv-unified", "on"}, {"cont-batching", "on"}},
        Flags{{"ctx-size", "512"}, {"parallel", "2"}, {"kv-unified", "off"}},
        Flags{{"ctx-size", "256"}, {"parallel", "4"}, {"prompt-lookup", "on"}}}) {
    auto run = trial(flags, {synthetic("255+1", 255, 1), synthetic("255+2", 255, 2), synthetic("255+3", 255, 3),
                             synthetic("256+1", 256, 1), synthetic("256+2", 256, 2), synthetic("257+1", 257, 1),
                             synthetic("1+1", 1, 1), synthetic("1+256", 1, 256), synthetic("1+257", 1, 257)});
    run.concurrency = 9;
    auto const ran = executor.run(run);
    ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
    EXPECT_TRUE(wire::check(ran.timeline));
    auto const answers = answers_of(ran.timeline);
    auto const of = [&](std::string const& id) { return answers.at({id, 0}); };
    for (auto const& [id, tokens] :
         {std::pair{"255+1", 1U}, {"255+2", 2U}, {"256+1", 1U}, {"1+1", 1U}, {"1+256", 256U}}) {
      EXPECT_EQ(of(id).finish, "length") << id;
      EXPECT_EQ(of(id).tokens.size(), tokens) << id;
    }
    // The last token picked needs no cell: 257 fit.
    for (auto const& [id, tokens] : {std::pair{"255+3", 2U}, {"256+2", 1U}}) {
      EXPECT_THAT(of(id).finish, StartsWith("error: the KV cache is full: the request has 256 cells")) << id;
      EXPECT_EQ(of(id).tokens.size(), tokens) << id;
    }
    EXPECT_EQ(of("1+257").finish.substr(0, 6), "error:");
    EXPECT_EQ(of("1+257").tokens.size(), 256U);
    EXPECT_THAT(of("257+1").finish,
                AllOf(StartsWith("error: a prompt of 257 tokens does not fit"), HasSubstr("ctx-size")));
    EXPECT_TRUE(of("257+1").tokens.empty());
  }
}

TEST_F(EngineLimits, ARunOfPromptsThatDoNotFitEnds) {
  use_demo();
  auto run = trial({{"ctx-size", "256"}}, {synthetic("a", 300, 1), synthetic("b", 300, 1)});
  run.min_s = 1e6;
  EXPECT_THAT(executor.run(run).timeline.requests.finish,
              Each(StartsWith("error: a prompt of 300 tokens does not fit")));
}

// The slots share 256 cells, and three requests would need more: they wait for each other, and none fails.
TEST_F(EngineLimits, RequestsWaitForCells) {
  use_demo();
  for (Flags const& more :
       {Flags{}, Flags{{"cache-prompt", "on"}}, Flags{{"prompt-lookup", "on"}},
        Flags{{"speculative-decoding", "draft"}, {"draft-p-min", "0"}},
        Flags{{"speculative-decoding", "adaptive"}, {"cache-prompt", "on"}, {"prompt-lookup", "on"}}}) {
    auto flags = more;
    flags.insert({{"ctx-size", "256"}, {"parallel", "3"}, {"kv-unified", "on"}, {"cont-batching", "on"}});
    auto run = trial(flags, {});
    for (std::int32_t i = 0; i < 6; ++i) run.requests.push_back(synthetic(std::to_string(i), 120 + 15 * i, 20));
    run.concurrency = 6;
    auto const ran = executor.run(run);
    ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
    EXPECT_THAT(ran.timeline.requests.finish, Each(std::string("length")));
    EXPECT_EQ(ran.timeline.token_ids.size(), 120U);
  }
}

TEST_F(EngineLimits, BatchesSmallerThanTheSlots) {
  use_demo();
  std::vector<protocol::TrialRequest> requests;
  for (std::size_t i = 0; i < 7; ++i) requests.push_back(request(std::to_string(i), prompt(i), 12));
  auto const plain = answers_of(executor.run(trial({}, requests)).timeline);
  for (auto const* batch : {"1", "2", "5"}) {
    for (auto const* unified : {"on", "off"}) {
      auto run = trial({{"parallel", "6"},
                        {"batch-size", batch},
                        {"kv-unified", unified},
                        {"cont-batching", "on"},
                        {"speculative-decoding", "adaptive"},
                        {"prompt-lookup", "on"}},
                       requests);
      run.concurrency = 7;
      auto const ran = executor.run(run);
      ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
      EXPECT_EQ(answers_of(ran.timeline), plain) << batch << unified;
    }
  }
}

TEST_F(EngineLimits, DraftsLongerThanTheContext) {
  use_demo();
  for (auto const* speculation : {"draft", "adaptive"}) {
    auto const ran =
        executor.run(trial({{"speculative-decoding", speculation}, {"prompt-lookup", "on"}, {"draft-max", "400"}},
                           {request("0", prompt(0), 30)}));
    ASSERT_TRUE(std::holds_alternative<protocol::Done>(ran.end)) << ran.failure().reason;
    EXPECT_EQ(answers_of(ran.timeline).at({"0", 0}), alone(request("0", prompt(0), 30)));
  }
}

TEST_F(EngineLimits, AnEmptyPromptIsTheModelsFirstTokenOrNone) {
  use_demo();
  auto const with_first = executor.run(trial({}, {request("a", "", 4)}));
  EXPECT_EQ(with_first.timeline.requests.prompt_tokens[0], 1);
  EXPECT_EQ(executor.run(trial({}, {synthetic("one", 1, 4)})).timeline.token_ids.size(), 4U);

  // The same model, that adds no first token.
  std::ifstream in(demo, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::string const key = "tokenizer.ggml.add_bos_token";
  auto const at = bytes.find(key);
  ASSERT_NE(at, std::string::npos);
  bytes[at + key.size() + 4] = 0;  // after the type of the value
  auto const file = testing::TempDir() + "edgelab-no-bos-" + std::to_string(getpid()) + ".gguf";
  std::ofstream(file, std::ios::binary) << bytes;
  EXPECT_EQ(load(file).index(), 0U);
  auto const without = executor.run(trial({}, {request("a", "", 4)}));
  EXPECT_EQ(without.failure().kind, "bad-request");
  EXPECT_THAT(without.failure().reason, AllOf(HasSubstr("request 'a'"), HasSubstr("empty")));
  EXPECT_EQ(executor.run(trial({}, {request("a", "x", 4)})).done().id, 2);
  std::filesystem::remove(file);
}

TEST_F(EngineLimits, RecurrentModelsCannotTakeDraftsBack) {
  ASSERT_EQ(load(model("tiny-mamba")).index(), 0U);
  auto const ran = executor.run(trial({{"prompt-lookup", "on"}}, {request("a", "Hello", 4)}));
  EXPECT_EQ(ran.failure().kind, "unsupported");
  EXPECT_THAT(ran.failure().reason, AllOf(StartsWith("prompt-lookup"), HasSubstr("recurrent")));
  // Several slots they have.
  auto run = trial({{"parallel", "3"}, {"cont-batching", "on"}}, {});
  for (auto const* id : {"a", "b", "c", "d"}) run.requests.push_back(request(id, std::string("Hello ") + id, 12));
  run.concurrency = 4;
  auto plain = run;
  plain.flags = {{"threads", "1"}, {"threads-batch", "1"}};
  EXPECT_EQ(answers_of(executor.run(run).timeline).size(), 4U);
  EXPECT_TRUE(std::holds_alternative<protocol::Done>(executor.run(plain).end));
}

TEST_F(EngineLimits, SlidingWindowsNeedTheirFullSizeForDrafts) {
  ASSERT_EQ(load(model("tiny-gemma2")).index(), 0U);
  auto const one = request("a", "Hello Hello Hello Hello", 24);
  auto const refused = executor.run(trial({{"prompt-lookup", "on"}}, {one}));
  EXPECT_EQ(refused.failure().kind, "unsupported");
  EXPECT_THAT(refused.failure().reason, AllOf(StartsWith("prompt-lookup"), HasSubstr("swa-full")));
  auto const plain = executor.run(trial({{"swa-full", "on"}}, {one}));
  auto const lookup = executor.run(trial({{"swa-full", "on"}, {"prompt-lookup", "on"}}, {one}));
  EXPECT_EQ(lookup.timeline.token_ids, plain.timeline.token_ids);
  EXPECT_GT(sum(lookup.timeline.steps.drafted), 0);
  // A cache of the window's size cannot be shifted along with the other one.
  auto const reuse = executor.run(
      trial({{"cache-prompt", "on"}, {"cache-reuse", "8"}, {"ctx-size", "2048"}, {"ubatch-size", "32"}}, {one}));
  EXPECT_EQ(reuse.failure().kind, "unsupported");
  EXPECT_THAT(reuse.failure().reason, HasSubstr("cache-reuse"));
}

TEST_F(EngineLimits, ADraftModelOfAnotherVocabularyIsRefusedWhenLoading) {
  auto const reply = load_pair(demo, model("tiny-llama"));
  ASSERT_TRUE(std::holds_alternative<protocol::Failure>(reply));
  EXPECT_EQ(std::get<protocol::Failure>(reply).kind, "unsupported");
  EXPECT_THAT(std::get<protocol::Failure>(reply).reason, HasSubstr("another vocabulary"));
  auto const missing = load_pair(demo, "/nowhere/draft.gguf");
  EXPECT_EQ(std::get<protocol::Failure>(missing).kind, "failed");
  use_demo();
  EXPECT_EQ(executor.run(trial({}, {request("a", prompt(0), 3)})).timeline.token_ids.size(), 3U);
}

TEST_F(EngineLimits, TheDraftsMemoryIsApart) {
  use_demo();
  auto const plain = executor.run(trial({}, {request("a", prompt(0), 8)})).done().memory;
  EXPECT_FALSE(plain.draft_model_bytes || plain.draft_kv_cache_bytes || plain.draft_compute_bytes);
  auto const drafted =
      executor.run(trial({{"speculative-decoding", "draft"}}, {request("a", prompt(0), 8)})).done().memory;
  ASSERT_TRUE(drafted.draft_model_bytes && drafted.draft_kv_cache_bytes && drafted.draft_compute_bytes);
  EXPECT_GT(*drafted.draft_model_bytes, 0);
  EXPECT_LT(*drafted.draft_model_bytes, *drafted.model_bytes);
  EXPECT_GT(*drafted.draft_kv_cache_bytes, 0);
  EXPECT_LT(*drafted.draft_kv_cache_bytes, *drafted.kv_cache_bytes);
  EXPECT_EQ(drafted.model_bytes, plain.model_bytes);
  EXPECT_EQ(drafted.kv_cache_bytes, plain.kv_cache_bytes);
}

class SampledSpeculation : public EngineTest {
 protected:
  // Three tokens each of many requests alike but for their seeds.
  [[nodiscard]] std::map<std::vector<std::int32_t>, int> counts(Flags flags, std::uint64_t seed, int requests) {
    flags.insert({{"parallel", "6"}, {"cont-batching", "on"}, {"cache-prompt", "on"}});
    auto run = trial(std::move(flags), {});
    for (int i = 0; i < requests; ++i)
      run.requests.push_back(request(std::to_string(i), "One", 3));
    run.concurrency = 6;
    run.temperature = 1.0;
    run.top_k = 5;
    run.seed = seed;
    auto const ran = executor.run(run);
    EXPECT_TRUE(std::holds_alternative<protocol::Done>(ran.end));
    drafted += sum(ran.timeline.steps.drafted);
    accepted += sum(ran.timeline.steps.accepted);
    std::map<std::vector<std::int32_t>, int> seen;
    for (auto const& [key, answer] : answers_of(ran.timeline)) ++seen[answer.tokens];
    return seen;
  }

  // Whether two samples are of one distribution: Pearson's statistic, as a normal deviate (Wilson and Hilferty). What is
  // rare is taken together.
  static double deviate(std::map<std::vector<std::int32_t>, int> a, std::map<std::vector<std::int32_t>, int> const& b) {
    for (auto const& [tokens, count] : b) a[tokens] += 0;
    double all_a = 0;
    double all_b = 0;
    for (auto const& [tokens, count] : a) all_a += count;
    for (auto const& [tokens, count] : b) all_b += count;
    double statistic = 0;
    double cells = 0;
    double rare_a = 0;
    double rare_b = 0;
    auto const add = [&](double x, double y) {
      if (x + y == 0) return;
      auto const d = x * std::sqrt(all_b / all_a) - y * std::sqrt(all_a / all_b);
      statistic += d * d / (x + y);
      ++cells;
    };
    for (auto const& [tokens, count] : a) {
      auto const other = b.contains(tokens) ? b.at(tokens) : 0;
      if (count + other >= 20) {
        add(count, other);
      } else {
        rare_a += count;
        rare_b += other;
      }
    }
    add(rare_a, rare_b);
    auto const k = cells - 1;
    EXPECT_GT(k, 3);
    return (std::cbrt(statistic / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
  }

  std::int64_t drafted = 0;
  std::int64_t accepted = 0;
};

TEST_F(SampledSpeculation, WithADraftModelTheDistributionIsThePlainOne) {
  use_demo();
  constexpr int requests = 1500;
  auto const plain = counts({}, 1, requests);
  EXPECT_EQ(drafted, 0);
  auto const speculative = counts({{"speculative-decoding", "draft"}, {"draft-p-min", "0"}}, 2, requests);
  EXPECT_GT(accepted, requests / 20);
  EXPECT_LT(accepted, drafted) << "the test means some of both";
  EXPECT_LT(deviate(speculative, plain), 3.7);
  EXPECT_GT(plain.size(), 20U);
  auto bent = speculative;  // the test itself: every tenth of the commonest answer is another one
  auto const most = std::ranges::max_element(bent, {}, [](auto const& one) { return one.second; });
  auto const moved = most->second / 3;
  most->second -= moved;
  std::ranges::min_element(bent, {}, [](auto const& one) { return one.second; })->second += moved;
  EXPECT_GT(deviate(bent, plain), 3.7);
}

// What is looked up is certain: the very tokens are the plain ones, not their distribution alone.
TEST_F(SampledSpeculation, WithLookupTheTokensAreThePlainOnes) {
  use_demo();
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    auto run = trial({}, {});
    for (std::size_t i = 0; i < 6; ++i) run.requests.push_back(request(std::to_string(i), prompt(i), 40));
    run.temperature = 0.8;
    run.top_p = 0.95;
    run.seed = seed;
    auto lookup = run;
    lookup.flags.insert({{"prompt-lookup", "on"}, {"parallel", "3"}, {"cont-batching", "on"}});
    lookup.concurrency = 6;
    auto const ran = executor.run(lookup);
    EXPECT_EQ(answers_of(ran.timeline), answers_of(executor.run(run).timeline));
    EXPECT_GT(sum(ran.timeline.steps.accepted), 10);
  }
}

}  // namespace
}  // namespace edgelab::test
