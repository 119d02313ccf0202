// The contract line by line: what a coordinator of ours would never send, and how a conversation ends.
#include <gmock/gmock.h>

#include <map>

#include "contract/subjects.hpp"
#include "core/process.hpp"
#include "wire/wire.hpp"

namespace edgelab::contract {
namespace {

class Lines : public Contract {
 protected:
  void SetUp() override {
    auto started = ChildProcess::start(
        {.command = GetParam().command, .stderr_file = log(), .max_line_bytes = protocol::max_line_bytes});
    ASSERT_TRUE(started) << started.error().describe();
    child_ = *std::move(started);
    child_->send(wire::encode(protocol::Hello{}));
    ASSERT_TRUE(next<protocol::HelloReply>());
    auto load = load_message();
    load.id = 1;
    child_->send(wire::encode(load));
    ASSERT_TRUE(next<protocol::Loaded>());
  }

  // The next message, if it is of this type.
  template <typename Message>
  std::optional<Message> next() {
    auto const line = child_->read_line(Clock::now() + plenty);
    if (!line) {
      ADD_FAILURE() << "no line: " << static_cast<int>(line.error()) << " " << child_->stderr_tail(5);
      return std::nullopt;
    }
    longest_line_ = std::max(longest_line_, line->size() + 1);
    ++lines_;
    auto const reply = wire::decode_reply(*line);
    auto const* message = reply ? std::get_if<Message>(&*reply) : nullptr;
    // Progress may come before anything else where a machine is slow.
    if (message == nullptr && reply && std::holds_alternative<protocol::Progress>(*reply)) return next<Message>();
    if (message == nullptr) {
      ADD_FAILURE() << "not what was expected: " << line->substr(0, 300);
      return std::nullopt;
    }
    return *message;
  }

  // Reads a run's answer up to its end.
  void read_run(std::int64_t id) {
    for (;;) {
      auto const line = child_->read_line(Clock::now() + plenty);
      ASSERT_TRUE(line) << child_->stderr_tail(5);
      longest_line_ = std::max(longest_line_, line->size() + 1);
      ++lines_;
      auto const reply = wire::decode_reply(*line);
      ASSERT_TRUE(reply) << reply.error().describe();
      if (auto const* done = std::get_if<protocol::Done>(&*reply)) {
        EXPECT_EQ(done->id, id);
        return;
      }
      ASSERT_FALSE(std::holds_alternative<protocol::Failure>(*reply)) << *line;
    }
  }

  void send_run(std::int64_t id, std::int32_t length = 5, std::int32_t min_tokens = 0) {
    auto run = run_of({request("a", length)});
    run.id = id;
    run.min_tokens = min_tokens;
    child_->send(wire::encode(run));
  }

  void send_endless_run(std::int64_t id) {
    auto run = run_of({request("a", 50)}, GetParam().slow);
    run.id = id;
    run.min_s = 3600;
    run.live = true;
    child_->send(wire::encode(run));
    if (GetParam().sees_tokens) {
      ASSERT_TRUE(next<protocol::Emission>()) << "it has begun";
    } else {
      ASSERT_TRUE(next<protocol::Progress>()) << "it has begun";
    }
  }

  std::unique_ptr<ChildProcess> child_;
  std::size_t longest_line_ = 0;
  std::size_t lines_ = 0;
};

TEST_P(Lines, WhatIsNoMessageIsAnsweredAndForgotten) {
  for (std::string const line : {"", "garbage", "{", "[]", "42", "null", "\"run\"", "{}", R"({"type":5})",
                                 R"({"type":"no-such-message","id":9})", R"({"type":{}})", "\xff\xfe{}"}) {
    child_->send(line + "\n");
    auto const error = next<protocol::Failure>();
    ASSERT_TRUE(error) << line;
    EXPECT_EQ(error->kind, "bad-request") << line;
    EXPECT_FALSE(error->reason.empty()) << line;
  }
  send_run(2);
  read_run(2);
}

TEST_P(Lines, FieldsOfALaterVersionAreIgnored) {
  child_->send(R"({"type":"hello","protocol":1,"new":{"deep":[1,2]}})"
               "\n");
  EXPECT_TRUE(next<protocol::HelloReply>());
}

TEST_P(Lines, ACancelOfWhatIsOverIsIgnored) {
  send_run(2);
  read_run(2);
  child_->send(wire::encode(protocol::Cancel{2}));
  child_->send(wire::encode(protocol::Cancel{77}));
  send_run(3);
  read_run(3);
}

TEST_P(Lines, NoLineIsLongerThanAllowed) {
  longest_line_ = lines_ = 0;
  send_run(2, GetParam().long_request, GetParam().many_tokens);
  read_run(2);
  EXPECT_LE(longest_line_, protocol::max_line_bytes);
  EXPECT_GT(lines_, 2U) << "the test means a timeline in several parts";
}

TEST_P(Lines, NothingIsSaidUnasked) {
  send_run(2);
  read_run(2);
  child_->send(wire::encode(protocol::Hello{}));
  EXPECT_TRUE(next<protocol::HelloReply>()) << "the next line is the next answer";
}

TEST_P(Lines, ByeEndsIt) {
  child_->send(wire::encode(protocol::Bye{}));
  auto const line = child_->read_line(Clock::now() + plenty);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error(), ChildProcess::NoLine::closed);
  auto const exit = child_->finish(plenty);
  EXPECT_EQ(exit.code, 0) << exit.describe() << child_->stderr_tail(5);
}

TEST_P(Lines, SoDoesTheEndOfItsInput) {
  auto const exit = child_->finish(plenty);
  EXPECT_EQ(exit.code, 0) << exit.describe() << child_->stderr_tail(5);
}

TEST_P(Lines, AlsoInTheMiddleOfARun) {
  send_endless_run(2);
  auto const exit = child_->finish(plenty);
  EXPECT_FALSE(exit.killed_by_us);
  EXPECT_EQ(exit.code, 0) << exit.describe() << child_->stderr_tail(5);
}

TEST_P(Lines, ACancelledRunEndsInAnError) {
  send_endless_run(2);
  child_->send(wire::encode(protocol::Cancel{2}));
  for (;;) {
    auto const line = child_->read_line(Clock::now() + plenty);
    ASSERT_TRUE(line);
    auto const reply = wire::decode_reply(*line);
    ASSERT_TRUE(reply) << reply.error().describe();
    if (auto const* error = std::get_if<protocol::Failure>(&*reply)) {
      EXPECT_EQ(error->id, 2);
      EXPECT_EQ(error->kind, "cancelled");
      break;
    }
  }
  send_run(3);
  read_run(3);
}

// Or the whole run, where the executor cannot do better.
TEST_P(Lines, ACancelledRequestEndsAloneOrWithItsRun) {
  if (!GetParam().sees_tokens) GTEST_SKIP() << "nobody hears when it is in the middle of an answer";
  auto run = run_of({request("a", 1500), request("b", 20)}, GetParam().slow);
  run.id = 2;
  run.concurrency = 2;
  run.live = true;
  child_->send(wire::encode(run));
  auto const first = next<protocol::Emission>();
  ASSERT_TRUE(first);
  child_->send(wire::encode(protocol::Cancel{2, "nobody"}));
  child_->send(wire::encode(protocol::Cancel{3, "b"}));
  child_->send(wire::encode(protocol::Cancel{2, "a"}));
  Timeline timeline;
  std::map<std::string, std::int32_t> heard{{first->request, first->tokens}};
  for (bool over = false; !over;) {
    auto const line = child_->read_line(Clock::now() + plenty);
    ASSERT_TRUE(line) << child_->stderr_tail(5);
    auto reply = wire::decode_reply(*line);
    ASSERT_TRUE(reply) << reply.error().describe();
    if (auto const* error = std::get_if<protocol::Failure>(&*reply)) {
      EXPECT_EQ(error->kind, "cancelled");
      EXPECT_FALSE(GetParam().cancels_requests);
      return;
    }
    if (auto const* emission = std::get_if<protocol::Emission>(&*reply)) heard[emission->request] += emission->tokens;
    if (auto* part = std::get_if<protocol::TimelinePart>(&*reply)) wire::append(timeline, std::move(part->columns));
    over = std::holds_alternative<protocol::Done>(*reply);
  }
  auto const fits = wire::check(timeline);
  ASSERT_TRUE(fits) << fits.error().describe();
  EXPECT_EQ(timeline.requests.id, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(timeline.requests.finish, (std::vector<std::string>{"cancelled", "length"}));
  EXPECT_LT(heard["a"], 1500);
  EXPECT_EQ(heard["b"], 20);
  std::int32_t tokens = 0;
  for (auto const count : timeline.emissions.tokens) tokens += count;
  EXPECT_EQ(tokens, heard["a"] + 20) << "what was heard is in the timeline, and nothing else";
  send_run(3);
  read_run(3);
}

INSTANTIATE_TEST_SUITE_P(Executors, Lines, ::testing::ValuesIn(subjects()),
                         [](auto const& one) { return test_name(one.param); });

}  // namespace
}  // namespace edgelab::contract
