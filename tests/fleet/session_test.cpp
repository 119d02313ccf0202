// Sessions through a real hub: agent and coordinator in this process, the executor a process of its own.
#include "executor/executor.hpp"
#include "fleet/models.hpp"
#include "fleet/names.hpp"
#include "hub_fixture.hpp"
#include "probe/environment.hpp"
#include "wire/wire.hpp"

namespace edgelab::fleet {
namespace {

using namespace testing;

class SessionTest : public HubTest {
 protected:
  Heard notices;
  std::shared_ptr<Coordinator> coordinator(std::chrono::milliseconds lease = default_lease) {
    return Coordinator::at(address(), {.name = "test",
                                       .lease = lease,
                                       .patience = plenty,
                                       .notice = [this](std::string_view text) { notices.add(text); }})
        .value();
  }
};

std::string text_of(executor::Outcome<executor::Ran> const& ran) {
  return ran ? wire::encode_timeline(1, ran->timeline).front() : "failed: " + ran.error().reason;
}

TEST_F(SessionTest, RunsAsTheSameExecutorDoesHere) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  auto here = executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-null"}, folder.path / "here.log", plenty);
  ASSERT_TRUE(here);
  EXPECT_EQ((*there)->hello().name, "null");
  EXPECT_TRUE((*there)->other_machine());
  EXPECT_FALSE((*there)->process_id());
  for (auto* process : {&**there, &**here}) ASSERT_TRUE(process->load({}, plenty));
  for (int i = 0; i < 20; ++i) {
    auto const ran = (*there)->run(small_run(), plenty, {});
    EXPECT_EQ(text_of(ran), text_of((*here)->run(small_run(), plenty, {})));
    ASSERT_TRUE(ran);
    EXPECT_GT(ran->done.memory.rss_peak_bytes.value_or(0), 0) << "read where the executor is";
  }
}

TEST_F(SessionTest, CarriesLinesLongerThanAFrame) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  ASSERT_TRUE((*there)->load({}, plenty));
  auto run = small_run();
  run.requests.front().synthetic_tokens.reset();
  run.requests.front().prompt = std::string(3'000'000, 'x');
  auto const ran = (*there)->run(std::move(run), plenty, {});
  EXPECT_TRUE(ran) << ran.error().reason;
}

TEST_F(SessionTest, LendsToOneAtATimeAndToTheNextOnceItIsBack) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  auto const other = coordinator();
  auto first = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(first) << first.error().reason;
  auto const second = other->start(remote("pixel-8"), 5s);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().reason.contains("in a session with test")) << second.error().reason;
  first->reset();
  EXPECT_TRUE(other->start(remote("pixel-8"), plenty));
}

TEST_F(SessionTest, RefusesASecondAgentOfTheSameName) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  ASSERT_TRUE(lab->start(remote("pixel-8"), plenty)) << "it is there";
  Heard log;
  auto const second = serve(bus(),
                            {.device = "pixel-8",
                             .program = "test",
                             .executors = {null_executor()},
                             .cache = Cache::in(folder.path / "b/models").value(),
                             .logs = folder.path,
                             .facts = no_facts,
                             .log = [&](std::string_view text) { log.add(text); }},
                            {});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().describe().contains("another agent is called pixel-8")) << second.error().describe();
  EXPECT_TRUE(lab->start(remote("pixel-8"), plenty)) << "the first goes on";
}

TEST_F(SessionTest, SaysWhichDeviceOrExecutorIsNotThere) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor(), null_executor("second")});
  auto const lab = coordinator();
  ASSERT_TRUE(lab->start(remote("pixel-8", "second"), plenty));
  EXPECT_TRUE(lab->start(remote("pixel-9"), 100ms).error().reason.contains("there are: pixel-8"));
  EXPECT_TRUE(lab->start(remote("pixel-8", "third"), 5s).error().reason.contains("it offers null, second"));
  EXPECT_TRUE(lab->start(remote("pixel-8"), 5s).error().reason.contains("expected the key 'offers'"));
}

TEST_F(SessionTest, TellsHowAnExecutorEnded) {
  LocalExecutor const dying{
      .id = "dying",
      .command = {"sh", "-c",
                  R"(read x; echo '{"type":"hello","protocol":1,"name":"d"}'; read x; echo gone >&2; exit 3)"},
      .hello = "{}"};
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {dying});
  auto const lab = coordinator();
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  auto const loaded = (*there)->load({}, plenty);
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().process_lost);
  EXPECT_TRUE(loaded.error().reason.contains("ended during load: exited with status 3")) << loaded.error().reason;
  EXPECT_TRUE(loaded.error().reason.contains("gone"));
}

TEST_F(SessionTest, RefusesAnExecutorOfAnotherProtocolVersion) {
  LocalExecutor const old{
      .id = "old",
      .command = {"sh", "-c", R"(read x; echo '{"type":"hello","protocol":9,"name":"old"}'; read x)"},
      .hello = "{}"};
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {old});
  auto const lab = coordinator();
  auto const there = lab->start(remote("pixel-8"), plenty);
  ASSERT_FALSE(there);
  EXPECT_TRUE(there.error().reason.contains("speaks protocol 9")) << there.error().reason;
}

TEST_F(SessionTest, EndsAVanishedDevicesSessionAndGoesOnWhenItIsBack) {
  auto agent = std::make_unique<AgentThread>(address(), "pixel-8", folder.path / "a", std::vector{null_executor()});
  auto const lab = coordinator(1'000ms);
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  ASSERT_TRUE((*there)->load({}, plenty));
  agent.reset();
  auto const lost = (*there)->run(small_run(), plenty, {});
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().process_lost);
  EXPECT_TRUE(lost.error().reason.contains("on pixel-8")) << lost.error().reason;
  agent = std::make_unique<AgentThread>(address(), "pixel-8", folder.path / "a", std::vector{null_executor()});
  auto again = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(again) << again.error().reason;
  ASSERT_TRUE((*again)->load({}, plenty));
  EXPECT_TRUE((*again)->run(small_run(), plenty, {}));
}

TEST_F(SessionTest, KillsTheExecutorWhenItsCoordinatorIsGone) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  // A coordinator that says nothing after `open`, as one does that was killed.
  auto const mute = bus();
  Open const open{
      .session = random_hex(32), .executor = "null", .coordinator = "mute", .lease = 1'000ms, .replaces = {}};
  std::expected<std::string, Bus::NoAnswer> reply = std::unexpected(Bus::NoAnswer::late);
  for (auto const until = Clock::now() + plenty; !reply && Clock::now() < until;)
    reply = mute->request(open_subject("pixel-8"), encode(open), 5s);
  ASSERT_TRUE(reply);
  ASSERT_TRUE(decode_opened(*reply)) << *reply;
  EXPECT_TRUE(agent.log.hears("null is back: nothing was heard for 1000 ms")) << agent.log.text();
  auto const lab = coordinator();
  EXPECT_TRUE(lab->start(remote("pixel-8"), plenty));
}

TEST_F(SessionTest, SurvivesAHubThatIsRestartedInTheMiddle) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  ASSERT_TRUE((*there)->load({}, plenty));
  int const port = hub->options().port;
  hub.reset();
  start_hub(port);
  for (int i = 0; i < 5; ++i) {
    auto const ran = (*there)->run(small_run(), plenty, {});
    EXPECT_TRUE(ran) << ran.error().reason;
  }
}

TEST_F(SessionTest, RefusesHostileMessagesAndSaysWhy) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const stranger = bus();
  auto const ask = [&](std::string const& text) {
    std::expected<std::string, Bus::NoAnswer> reply = std::unexpected(Bus::NoAnswer::late);
    for (auto const until = Clock::now() + plenty; !reply && Clock::now() < until;)
      reply = stranger->request(open_subject("pixel-8"), text, 5s);
    return reply ? decode_opened(*reply) : Opened("none");
  };
  EXPECT_EQ(ask("garbage").error().kind, "bad-request");
  EXPECT_EQ(ask(R"({"transport":2,"session":"x"})").error().kind, "version");
  EXPECT_TRUE(agent.log.hears("speaks transport 2, this agent speaks 1"));
  auto const session = random_hex(32);
  EXPECT_EQ(
      ask(encode(Open{.session = session, .executor = "none", .coordinator = "x", .lease = 5'000ms, .replaces = {}}))
          .error()
          .kind,
      "unknown");
  ASSERT_TRUE(
      ask(encode(Open{.session = session, .executor = "null", .coordinator = "x", .lease = 60'000ms, .replaces = {}})));
  Heard up;
  auto const listening =
      stranger->subscribe(up_subject(session), [&](Bus::Message const& message) { up.add(message.body); });
  stranger->publish(down_subject(session),
                    "{\"seq\":1,\"ack\":0}\n"
                    R"({"type":"load","id":1,"model":"/etc/passwd"})");
  EXPECT_TRUE(up.hears("not by a path"));
  EXPECT_TRUE(agent.log.hears("refused a message"));
  stranger->publish(down_subject(session),
                    "{\"seq\":2,\"ack\":0,\"kind\":\"fetch\"}\n"
                    R"({"model":"sha256:../../../etc/passwd","bytes":1})");
  EXPECT_TRUE(agent.log.hears("refused to fetch"));
  EXPECT_TRUE(agent.log.hears("null is back"));
}

TEST_F(SessionTest, IgnoresAnnouncementsThatBreakARuleAndSaysSo) {
  auto const lab = coordinator();
  auto const stranger = bus();
  stranger->publish(announce_subject("liar"), R"({"transport":1,"device":"pixel-8","instance":"0123456789abcdef"})");
  EXPECT_TRUE(notices.hears("the announcement of 'liar' is ignored"));
  stranger->publish(announce_subject("old"), R"({"transport":0,"device":"old"})");
  EXPECT_TRUE(notices.hears("speaks transport 0"));
  EXPECT_FALSE(lab->start(remote("pixel-8"), 1s));
}

TEST_F(SessionTest, BringsAModelToTheDeviceOnceAndNamesItBack) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const file = folder.path / "model.gguf";
  std::ofstream(file) << std::string(300'000, 'm');
  auto const lab = coordinator();
  for (int i = 0; i < 2; ++i) {
    auto there = lab->start(remote("pixel-8"), plenty);
    ASSERT_TRUE(there) << there.error().reason;
    protocol::Load load;
    load.model = file.string();
    auto const loaded = (*there)->load(load, plenty);
    EXPECT_TRUE(loaded) << loaded.error().reason;
  }
  auto const log = agent.log.text();
  // Asked for twice: when nobody had offered it, and when it was there. The second session finds it in the cache.
  std::size_t fetches = 0;
  for (auto at = log.find("fetches sha256:"); at != std::string::npos; at = log.find("fetches sha256:", at + 1))
    ++fetches;
  EXPECT_EQ(fetches, 2U) << log;
}

TEST_F(SessionTest, PutsAnewWhatTheHubHasUnderAModelsNameAndIsNot) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const file = folder.path / "model.gguf";
  std::ofstream(file) << std::string(300'000, 'm');
  std::ofstream(folder.path / "other.gguf") << std::string(300'000, 'x');
  auto const digest = probe::sha256_of(file).value();
  ASSERT_TRUE(offer_model(*bus(), digest, folder.path / "other.gguf", {}));
  auto const lab = coordinator();
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  protocol::Load load;
  load.model = file.string();
  auto const loaded = (*there)->load(load, plenty);
  EXPECT_TRUE(loaded) << loaded.error().reason;
  EXPECT_TRUE(agent.log.text().contains("has the SHA-256")) << agent.log.text();
  EXPECT_TRUE(notices.text().contains("the hub's copy of " + model_name(digest) + " was damaged")) << notices.text();
  auto const next = fetch_model(*bus(), digest, 300'000, folder.path / "next.part", {});
  ASSERT_TRUE(next) << next.error().describe();
  EXPECT_EQ(probe::sha256_of(folder.path / "next.part").value(), digest);
}

TEST_F(SessionTest, WaitsForADeviceThatIsOutsideItsBandWithALimit) {
  std::atomic<double> battery = 8;
  auto const facts = [&] {
    Facts told;
    told.battery_percent = battery.load();
    return told;
  };
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()}, facts);
  auto const lab = coordinator();
  ASSERT_TRUE(lab->start(remote("pixel-8"), plenty));
  auto spec = remote("pixel-8");
  spec.band.emplace().min_battery_percent = 20;
  spec.band->wait_s = 2;
  Heard told;
  auto const notice = [&](std::string_view text) { told.add(text); };
  auto const why = lab->await_fit(spec, {}, notice);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->contains("waited for in vain: its battery has 8 %, below 20 %")) << *why;
  EXPECT_TRUE(told.text().contains("waits for pixel-8"));
  EXPECT_TRUE(lab->await_fit(spec, {}, notice)) << "at once, the second time";
  battery = 50;
  spec.band->wait_s = 60;
  for (auto const until = Clock::now() + plenty; Clock::now() < until; std::this_thread::sleep_for(50ms)) {
    bus()->publish(who_subject, "");
    if (!lab->await_fit(spec, {}, notice)) return;
  }
  FAIL() << "it is never fit again";
}

TEST_F(SessionTest, AStopEndsTheOpeningAtOnce) {
  LocalExecutor const silent{.id = "silent", .command = {"sh", "-c", "sleep 100000"}, .hello = "{}"};
  AgentThread const agent(address(), "silent", folder.path / "a", {silent});
  auto const lab = coordinator();
  auto const stranger = bus();
  Announcement mute;
  mute.device = "mute";
  mute.instance = random_hex(16);
  mute.agent = "test";
  mute.executors.push_back({"null", R"({"type":"hello","protocol":1,"name":"null"})"});
  auto const opening = [&](std::string const& device, std::stop_token const& stop) {
    auto const there = lab->start(remote(device), std::chrono::hours(1), stop);
    ASSERT_FALSE(there);
    EXPECT_EQ(there.error().status, Status::interrupted) << there.error().reason;
  };
  {
    std::stop_source stop;      // while nobody is there
    auto const who = stranger->subscribe(who_subject, [&](Bus::Message const&) { stop.request_stop(); });
    opening("nobody", stop.get_token());
  }
  {
    std::stop_source stop;      // while it does not answer
    auto const asked = stranger->subscribe(open_subject("mute"), [&](Bus::Message const&) { stop.request_stop(); });
    stranger->publish(announce_subject("mute"), encode(mute));
    opening("mute", stop.get_token());
  }
  {
    std::stop_source stop;      // while its executor says nothing
    std::jthread const person([&] {
      EXPECT_TRUE(agent.log.hears("lends silent"));
      stop.request_stop();
    });
    opening("silent", stop.get_token());
    EXPECT_TRUE(agent.log.hears("silent is back")) << agent.log.text();
  }
  std::stop_source before;
  before.request_stop();
  opening("silent", before.get_token());
}

TEST_F(SessionTest, ADeviceThatIsWaitedForHoldsNoOtherUp) {
  AgentThread const agent(address(), "pixel-8", folder.path / "a", {null_executor()});
  auto const lab = coordinator();
  auto away = remote("pixel-9");
  away.band.emplace().wait_s = 3600;
  Heard told;
  std::jthread const waiting(
      [&](std::stop_token const& stop) { EXPECT_FALSE(lab->await_fit(away, stop, [&](std::string_view text) { told.add(text); })); });
  ASSERT_TRUE(told.hears("waits for pixel-9: it is away"));
  auto there = lab->start(remote("pixel-8"), plenty);
  ASSERT_TRUE(there) << there.error().reason;
  ASSERT_TRUE((*there)->load({}, plenty));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(lab->await_fit(remote("pixel-8"), {}, {}));
    EXPECT_TRUE((*there)->run(small_run(), plenty, {}));
  }
}

// Every device answers `who`, those that measure as well.
TEST_F(SessionTest, ADeviceThatIsWaitedForIsAskedForSeldom) {
  auto const stranger = bus();
  std::atomic<int> asked = 0;
  auto const who = stranger->subscribe(who_subject, [&](Bus::Message const&) { ++asked; });
  ASSERT_TRUE(who);
  stranger->flush(plenty);
  auto const lab = coordinator();
  auto away = remote("pixel-9");
  away.band.emplace().wait_s = 4;
  EXPECT_TRUE(lab->await_fit(away, {}, {}));
  EXPECT_LE(asked, 1 + 5);
}

}  // namespace
}  // namespace edgelab::fleet
