// What every executor of ours makes of a message, before and after its own part.
#include "serve/session.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace edgelab::serve {
namespace {

class MadeUp final : public Session {
 public:
  explicit MadeUp(Stop& stop) : Session([this](std::string_view line) { said.emplace_back(line); }, stop) {}

  std::vector<std::string> said;
  std::function<Outcome<void>()> on_run = [] { return Outcome<void>(); };
  int runs = 0;

  // What is answered to one message, without the newline.
  std::string ask(std::string_view line) {
    said.clear();
    EXPECT_TRUE(answer(wire::decode_request(line)));
    if (said.size() != 1) return std::to_string(said.size()) + " answers";
    return said.front().substr(0, said.front().find('\n'));
  }

 private:
  Outcome<protocol::HelloReply> hello() override {
    protocol::HelloReply reply;
    reply.name = "made up";
    return reply;
  }
  Outcome<protocol::Loaded> load(protocol::Load const& message) override {
    if (message.model.empty()) return refuse("bad-request", "no model");
    return protocol::Loaded{{}, 7, {}, {}};
  }
  Outcome<void> run(protocol::Run const& message) override {
    ++runs;
    if (auto outcome = on_run(); !outcome) return outcome;
    send(wire::encode(protocol::Done{message.id, {}, {}}));
    return {};
  }
  Outcome<void> score(protocol::Score const&) override { return refuse("unsupported", "no scores"); }
};

constexpr auto run = R"({"type":"run","id":5,"flags":{},"requests":[]})";

bool has(std::string const& line, std::string_view part) { return line.contains(part); }

TEST(Session, AnswersEachMessageByItsId) {
  Stop stop;
  MadeUp session(stop);
  EXPECT_TRUE(has(session.ask(R"({"type":"hello","protocol":1})"), "made up"));
  auto const loaded = session.ask(R"({"type":"load","id":4,"model":"m","flags":{}})");
  EXPECT_TRUE(has(loaded, R"("type":"loaded")") && has(loaded, R"("id":4)") && has(loaded, R"("model_bytes":7)"))
      << loaded;
  auto const done = session.ask(run);
  EXPECT_TRUE(has(done, R"("type":"done")") && has(done, R"("id":5)")) << done;
  auto const score = session.ask(R"({"type":"score","id":6,"flags":{},"text":"x"})");
  EXPECT_TRUE(has(score, "unsupported") && has(score, R"("id":6)")) << score;
  EXPECT_FALSE(session.answer(wire::decode_request(R"({"type":"bye"})")));
}

TEST(Session, RefusesWhatMakesNoSense) {
  Stop stop;
  MadeUp session(stop);
  EXPECT_TRUE(has(session.ask("garbage"), "bad-request"));
  EXPECT_TRUE(has(session.ask(R"({"type":"hello","protocol":2})"), "speaks protocol 1, not 2"));
  auto const load = session.ask(R"({"type":"load","id":4,"model":"","flags":{}})");
  EXPECT_TRUE(has(load, "bad-request") && has(load, R"("id":4)")) << load;
}

TEST(Session, AnswersWhatIsThrown) {
  Stop stop;
  MadeUp session(stop);
  session.on_run = []() -> Outcome<void> { throw std::bad_alloc(); };
  EXPECT_TRUE(has(session.ask(run), R"("kind":"oom")"));
  session.on_run = []() -> Outcome<void> { throw std::runtime_error("no thread can be had"); };
  auto const failed = session.ask(run);
  EXPECT_TRUE(has(failed, R"("kind":"failed")") && has(failed, "no thread can be had")) << failed;
}

TEST(Session, DoesNoWorkThatWasCancelledBeforeItBegan) {
  Stop stop;
  MadeUp session(stop);
  stop.cancel(5);
  EXPECT_TRUE(has(session.ask(run), "cancelled"));
  EXPECT_EQ(session.runs, 0);
  EXPECT_TRUE(has(session.ask(R"({"type":"run","id":6,"flags":{},"requests":[]})"), "done"));
}

}  // namespace
}  // namespace edgelab::serve
