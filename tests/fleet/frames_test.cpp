// What breaks a rule of the transport ends the session, with the reason; what does not goes on: on a real hub, from both ends. The
// table is tests/fleet/frames.json, which the agents in other languages are held to as well.
#include "executor/executor.hpp"
#include "fleet/names.hpp"
#include "hub_fixture.hpp"
#include "wire/json.hpp"

namespace edgelab::fleet {
namespace {

using namespace testing;

struct Row {
  std::string what;
  std::vector<std::string> frames;
  std::optional<int> next;
};

std::vector<Row> table() {
  std::ifstream file(EDGELAB_SOURCE_DIR "/tests/fleet/frames.json");
  auto const json = wire::Json::parse(std::string(std::istreambuf_iterator<char>(file), {})).value();
  std::vector<Row> rows;
  for (std::size_t i = 0; i < json.length("/rows"); ++i) {
    auto const at = [&](char const* field) { return std::format("/rows/{}/{}", i, field); };
    rows.push_back(
        {.what = json.text(at("what").c_str()).value(),
         .frames = json.texts(at("frames").c_str()),
         .next = json.has(at("next").c_str()) ? std::optional(json.number(at("next").c_str()).value()) : std::nullopt});
  }
  return rows;
}

using FramesTest = HubTest;

TEST_F(FramesTest, ThatBreakARuleEndTheSessionOfAnAgentAndOthersDoNot) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const coordinator = bus();
  Open open{.session = {}, .executor = "null", .coordinator = "test", .lease = 60'000ms, .replaces = {}};
  auto const rows = table();
  ASSERT_GT(rows.size(), 40U);
  for (auto const& [what, frames, next] : rows) {
    SCOPED_TRACE(what);
    if (!open.session.empty()) open.replaces = open.session;
    open.session = random_hex(32);
    Heard up;
    auto const listening = coordinator->subscribe(up_subject(open.session), [&](Bus::Message const& message) {
      // Else it waits for that.
      if (message.body.contains(R"("kind":"end")")) coordinator->publish(down_subject(open.session), "{\"ack\":1}\n");
      up.add(message.body);
    });
    std::expected<std::string, Bus::NoAnswer> reply = std::unexpected(Bus::NoAnswer::late);
    for (auto const until = Clock::now() + plenty; !reply && Clock::now() < until;)
      reply = coordinator->request(open_subject("pixel-8"), encode(open), 5s);
    ASSERT_TRUE(reply);
    ASSERT_TRUE(decode_opened(*reply)) << *reply;
    for (auto const& frame : frames) coordinator->publish(down_subject(open.session), frame);
    if (!next) {
      EXPECT_TRUE(up.hears(R"("kind":"end")")) << up.text();
      continue;
    }
    coordinator->publish(down_subject(open.session),
                         std::format("{{\"seq\":{}}}\n{{\"type\":\"hello\",\"protocol\":1}}", *next));
    EXPECT_TRUE(up.hears(std::format("\"ack\":{}", *next))) << up.text();
    EXPECT_TRUE(up.hears(R"("name":"null")")) << up.text();
    EXPECT_FALSE(up.text().contains(R"("kind":"end")")) << up.text();
    coordinator->publish(down_subject(open.session), std::format("{{\"seq\":{},\"kind\":\"end\"}}\n", *next + 1));
  }
}

// A device that announces itself, agrees to every session, and answers the first line that comes with a frame.
struct Liar {
  Liar(std::shared_ptr<Bus> to, std::string const& frame) : bus(std::move(to)) {
    who = bus->subscribe(who_subject,
                         [this](Bus::Message const&) { bus->publish(announce_subject("liar"), announcement()); })
              .value();
    open = bus->subscribe(open_subject("liar"),
                          [this, frame](Bus::Message const& message) {
                            {
                              std::scoped_lock const lock(mutex);
                              if (session.empty()) listen(decode_open(message.body).value().session, frame);
                            }
                            bus->publish(message.reply, encode(Opened(instance)));
                          })
               .value();
    bus->publish(announce_subject("liar"), announcement());
  }

  std::shared_ptr<Bus> bus;
  std::string instance = std::string(16, 'a');
  std::mutex mutex;
  std::string session;
  Heard down;
  std::unique_ptr<Bus::Subscription> who, open, lines;

 private:
  [[nodiscard]] std::string announcement() {
    std::scoped_lock const lock(mutex);
    Announcement announcement;
    announcement.device = "liar";
    announcement.instance = instance;
    announcement.executors.push_back({.id = "null", .hello = "{}"});
    if (!session.empty()) announcement.session = session;
    return encode(announcement);
  }
  void listen(std::string const& id, std::string const& frame) {
    session = id;
    lines = bus->subscribe(down_subject(id),
                           [this, id, frame](Bus::Message const& message) {
                             down.add(message.body);
                             if (message.body.contains("hello")) bus->publish(up_subject(id), frame);
                           })
                .value();
  }
};

TEST_F(FramesTest, ThatBreakARuleEndTheSessionOfACoordinator) {
  for (auto const& [frame, why] :
       {std::pair{"{\"seq\":1,\"kind\":\"gossip\"}\n", "it sent a frame of the kind 'gossip'"},
        std::pair{"{\"seq\":1,\"kind\":\"fetch\"}\n", "it sent a frame of the kind 'fetch'"},
        std::pair{"{\"seq\":1,\"kind\":\"fetched\"}\n{\"model\":\"/etc/passwd\"}",
                  "it sent a 'fetched' that makes no sense"},
        std::pair{"{\"seq\":0}\n", "'seq' is no whole number from 1"}}) {
    SCOPED_TRACE(frame);
    Liar const liar(bus(), frame);
    auto const lab = Coordinator::at(address(), {.name = "test", .patience = plenty, .notice = {}}).value();
    auto const there = lab->start(remote("liar"), plenty);
    ASSERT_FALSE(there);
    EXPECT_TRUE(there.error().reason.contains(why)) << there.error().reason;
    EXPECT_TRUE(liar.down.hears(R"("kind":"end")")) << liar.down.text();
  }
}

}  // namespace
}  // namespace edgelab::fleet
