// Messages there and back, and what is said of lines that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "wire/wire.hpp"

namespace edgelab::wire {
namespace {

using testing::HasSubstr;

template <typename T>
T request_again(T const& message) {
  auto decoded = decode_request(encode(message));
  EXPECT_TRUE(decoded) << decoded.error().describe();
  return std::get<T>(*decoded);
}

template <typename T>
T reply_again(T const& message) {
  auto decoded = decode_reply(encode(message));
  EXPECT_TRUE(decoded) << decoded.error().describe();
  return std::get<T>(*decoded);
}

TEST(Messages, ALineEndsWithItsOnlyNewline) {
  protocol::Score score;
  score.text = "two\nlines\r\n";
  auto const line = encode(score);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(request_again(score).text, score.text);
}

TEST(Messages, RunComesBackWhole) {
  protocol::Run run;
  run.id = std::numeric_limits<std::int64_t>::min();
  run.flags = {{"cache-type-k", "q8_0"}, {"extra-args", R"(["--a","b c"])"}};
  run.requests.resize(3);
  run.requests[0].id = "a";
  run.requests[0].prompt = "Grüße \"quoted\" \\ \t \x01 \xF0\x9F\x98\x80";
  run.requests[1].messages = {{{"role", "user"}, {"content", "hi"}}};
  run.requests[1].max_tokens = 7;
  run.requests[1].arrival_us = 0;
  run.requests[2].synthetic_tokens = 512;
  run.requests[2].ignore_eos = true;
  run.concurrency = 4;
  run.temperature = 0.1;
  run.top_k = 40;
  run.top_p = 0.95;
  run.seed = std::numeric_limits<std::uint64_t>::max();
  run.min_s = 1e-3;
  run.min_tokens = 64;
  run.live = true;

  auto const again = request_again(run);
  EXPECT_EQ(again.id, run.id);
  EXPECT_EQ(again.flags, run.flags);
  ASSERT_EQ(again.requests.size(), 3U);
  EXPECT_EQ(again.requests[0].prompt, run.requests[0].prompt);
  EXPECT_FALSE(again.requests[0].arrival_us);
  EXPECT_EQ(again.requests[1].messages, run.requests[1].messages);
  EXPECT_EQ(again.requests[1].arrival_us, 0);
  EXPECT_FALSE(again.requests[1].prompt);
  EXPECT_EQ(again.requests[2].synthetic_tokens, 512);
  EXPECT_TRUE(again.requests[2].ignore_eos);
  EXPECT_EQ(again.concurrency, 4);
  EXPECT_EQ(again.temperature, 0.1);
  EXPECT_EQ(again.top_k, 40);
  EXPECT_EQ(again.top_p, 0.95);
  EXPECT_EQ(again.seed, run.seed);
  EXPECT_EQ(again.min_s, 1e-3);
  EXPECT_EQ(again.min_tokens, 64);
  EXPECT_TRUE(again.live);
}

TEST(Messages, OtherRequestsComeBack) {
  EXPECT_EQ(request_again(protocol::Hello{}).protocol, protocol::version);
  auto const load = request_again(protocol::Load{3, "/m.gguf", "/d.gguf", {{"threads", "2"}}});
  EXPECT_EQ(load.model, "/m.gguf");
  EXPECT_EQ(load.draft, "/d.gguf");
  EXPECT_EQ(load.flags.at("threads"), "2");
  EXPECT_EQ(request_again(protocol::Cancel{9}).id, 9);
  EXPECT_FALSE(request_again(protocol::Cancel{9}).request);
  EXPECT_EQ(request_again(protocol::Cancel{9, "q1"}).request, "q1");
  (void)request_again(protocol::Bye{});
}

TEST(Messages, RepliesComeBack) {
  protocol::HelloReply hello;
  hello.name = "llama";
  hello.flags["parallel"] = {"values", {"1"}, "not yet"};
  hello.flags["kv-cache"] = {};
  hello.own_flags.push_back({"knob", "choice", {"a", "b"}, "a", "request", "exact", "turns"});
  auto const again = reply_again(hello);
  EXPECT_EQ(again.flags.at("parallel").support, "values");
  EXPECT_EQ(again.flags.at("parallel").values, std::vector<std::string>{"1"});
  EXPECT_EQ(again.flags.at("kv-cache").support, "yes");
  EXPECT_FALSE(again.flags.at("kv-cache").reason);
  ASSERT_EQ(again.own_flags.size(), 1U);
  EXPECT_EQ(again.own_flags[0].values.size(), 2U);

  protocol::Loaded loaded;
  loaded.id = 4;
  loaded.model_bytes = 1LL << 40;
  EXPECT_EQ(reply_again(loaded).model_bytes, 1LL << 40);
  EXPECT_FALSE(reply_again(loaded).n_vocab);
  EXPECT_EQ(reply_again(protocol::Progress{1, 2, 3}).tokens, 3);
  EXPECT_EQ(reply_again(protocol::Emission{1, "r", 2}).request, "r");
  protocol::Done done;
  done.in_force = {{"flash-attn", "on"}};
  done.memory.kv_cache_bytes = 77;
  EXPECT_EQ(reply_again(done).in_force, done.in_force);
  EXPECT_EQ(reply_again(done).memory.kv_cache_bytes, 77);
  EXPECT_FALSE(reply_again(done).memory.compute_bytes);
  EXPECT_FALSE(reply_again(done).memory.draft_model_bytes);
  done.memory.draft_model_bytes = 1;
  done.memory.draft_kv_cache_bytes = 2;
  done.memory.draft_compute_bytes = 3;
  EXPECT_EQ(reply_again(done).memory.draft_model_bytes, 1);
  EXPECT_EQ(reply_again(done).memory.draft_kv_cache_bytes, 2);
  EXPECT_EQ(reply_again(done).memory.draft_compute_bytes, 3);
  auto const failure = reply_again(protocol::Failure{5, "oom", "no room"});
  EXPECT_EQ(failure.kind, "oom");
  EXPECT_EQ(failure.reason, "no room");
}

TEST(Messages, TextThatIsNotUtf8IsMadeSo) {
  struct Row {
    std::string_view bytes, expected;
  };
  for (auto const& [bytes, expected] :
       {Row{"a\xC3", "a\uFFFD"}, Row{"\xC3(", "\uFFFD("}, Row{"\xE2\x82", "\uFFFD\uFFFD"},
        Row{"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"}, Row{"\xC0\xAF", "\uFFFD\uFFFD"},
        Row{"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, Row{"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
        Row{"\x7F", "\x7F"}}) {
    protocol::Failure failure;
    failure.reason = bytes;
    EXPECT_EQ(reply_again(failure).reason, expected);
  }
}

TEST(Messages, AbsentAndNullFieldsKeepDefaultsAndUnknownOnesAreIgnored) {
  auto const decoded = decode_request(
      R"( {"later":{"x":[1]}, "type":"run","requests":[{"prompt":"p","max_tokens":null,"arrival_us":null}]} )");
  ASSERT_TRUE(decoded) << decoded.error().describe();
  auto const& run = std::get<protocol::Run>(*decoded);
  EXPECT_EQ(run.concurrency, 1);
  EXPECT_EQ(run.top_p, 1.0);
  ASSERT_EQ(run.requests.size(), 1U);
  EXPECT_EQ(run.requests[0].max_tokens, 128);
  EXPECT_FALSE(run.requests[0].arrival_us);
}

TEST(Messages, WhatIsWrongIsSaidAndWhere) {
  struct Row {
    std::string_view line, message;
  };
  for (auto const& [line, message] :
       {Row{"", "empty line"}, Row{"  \n", "empty line"}, Row{"hello", "not JSON at byte 1"},
        Row{R"({"type":"run")", "not JSON at byte 14"}, Row{"[1]", "expected a JSON object, not a list"},
        Row{"{}", "expected \"type\", one of hello, load"}, Row{R"({"type":3})", "expected \"type\""},
        Row{R"({"type":"lod"})", "unknown message type 'lod' (did you mean 'load'?)"},
        Row{R"({"type":"loaded"})", "unknown message type 'loaded'"},
        Row{R"({"type":"load","id":"1"})", "load.id: expected an integer, not text"},
        Row{R"({"type":"load","id":1.5})", "load.id: expected an integer, not 1.5"},
        Row{R"({"type":"load","flags":{"fa":true}})", "load.flags.fa: expected text, not true"},
        Row{R"({"type":"load","flags":[]})", "load.flags: expected an object, not a list"},
        Row{R"({"type":"run","requests":[{},{"max_tokens":3000000000}]})",
            "run.requests[1].max_tokens: expected an integer of 32 bits, not 3000000000"},
        Row{R"({"type":"run","seed":-1})", "run.seed: expected an integer from 0 of 64 bits, not -1"},
        Row{R"({"type":"run","min_s":"1"})", "run.min_s: expected a number, not text"},
        Row{R"({"type":"run","requests":[{"messages":[{"role":1}]}]})",
            "run.requests[0].messages[0].role: expected text, not 1"}}) {
    auto const decoded = decode_request(line);
    ASSERT_FALSE(decoded) << line;
    EXPECT_THAT(decoded.error().describe(), HasSubstr(message)) << line;
  }
}

}  // namespace
}  // namespace edgelab::wire
