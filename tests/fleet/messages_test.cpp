#include "fleet/messages.hpp"

#include <gtest/gtest.h>

#include "fleet/band.hpp"
#include "fleet/bus.hpp"
#include "fleet/hub_server.hpp"
#include "fleet/join_text.hpp"
#include "fleet/names.hpp"

namespace edgelab::fleet {
namespace {

Announcement announcement() {
  return {.device = "pixel-8",
          .instance = "0123456789abcdef",
          .agent = "edgelab 1",
          .session = std::string(32, 'f'),
          .fetch = true,
          .executors = {{.id = "llama", .hello = R"({"type":"hello","protocol":1,"name":"llama"})"}},
          .facts = {.os = "Android",
                    .cpu = "Tensor",
                    .cores = 9,
                    .memory_bytes = 12'000'000'000,
                    .bandwidth_gb_per_s = 31.5,
                    .battery_percent = 83,
                    .charging = true,
                    .temperature_c = 38.5,
                    .thermal = "nominal",
                    .clock_share = 0.97,
                    .time_ms = 1'767'225'600'000}};
}

TEST(Announcements, ComeThrough) {
  auto const read = decode_announcement("pixel-8", encode(announcement())).value();
  EXPECT_EQ(read.session, std::string(32, 'f'));
  EXPECT_EQ(read.executors.front().id, "llama");
  EXPECT_EQ(read.facts.memory_bytes, 12'000'000'000);
  EXPECT_EQ(read.facts.charging, true);
  EXPECT_EQ(read.facts.clock_share, 0.97);
  EXPECT_EQ(read.facts.time_ms, 1'767'225'600'000);
  auto bare = announcement();
  bare.session.reset();
  bare.facts = {};
  EXPECT_FALSE(decode_announcement("pixel-8", encode(bare)).value().session);
  EXPECT_FALSE(decode_announcement("pixel-8", encode(bare)).value().facts.battery_percent);
}

TEST(Announcements, ThatBreakARuleAreRefusedWithAReason) {
  auto const refused = [](std::string_view device, std::string const& text) {
    auto const read = decode_announcement(device, text);
    EXPECT_FALSE(read) << text;
    return read ? std::string{} : read.error().describe();
  };
  EXPECT_TRUE(refused("other", encode(announcement())).contains("subject"));
  EXPECT_TRUE(refused("pixel-8", R"({"transport":2,"device":"pixel-8"})").contains("transport 2"));
  EXPECT_TRUE(refused("pixel-8", "nonsense").contains("JSON"));
  EXPECT_TRUE(refused("pixel-8", std::string(most_announced_bytes + 1, ' ')).contains("longer"));
  for (auto const& [from, to] :
       {std::pair{"pixel-8", "../pixel"}, std::pair{"0123456789abcdef", "0123"}, std::pair{"ffffffffffff", "gggg"},
        std::pair{"\"id\":\"llama\"", "\"id\":\"../llama\""}}) {
    auto text = encode(announcement());
    text.replace(text.find(from), std::string_view(from).size(), to);
    (void)refused("pixel-8", text);
  }
}

TEST(Opening, TakesNullForAbsent) {
  auto text = encode(Open{.session = std::string(32, 'a'), .executor = "null", .coordinator = "lab", .replaces = {}});
  text.replace(text.find("30000"), 5, "null");
  auto const read = decode_open(text);
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(read->lease, default_lease);
}

TEST(Fetching, ComesThroughAndRefusesTheSenseless) {
  auto const model = "sha256:" + std::string(64, 'a');
  auto const read = decode_fetch(encode(Fetch{.model = model, .bytes = 0, .reason = {}})).value();
  EXPECT_EQ(read.model, model);
  EXPECT_EQ(read.bytes, 0) << "an empty file has its bytes told too";
  auto const refused =
      decode_fetch(encode(Fetch{.model = model, .bytes = {}, .reason = "gone", .damaged = true})).value();
  EXPECT_FALSE(refused.bytes);
  EXPECT_EQ(refused.reason, "gone");
  EXPECT_TRUE(refused.damaged);
  EXPECT_FALSE(read.damaged);
  for (auto const* bytes : {"-1", "1.5", "\"1\"", "[]"})
    EXPECT_FALSE(decode_fetch("{\"model\":\"" + model + "\",\"bytes\":" + bytes + "}")) << bytes;
  EXPECT_TRUE(decode_fetch("{\"model\":\"" + model + "\",\"bytes\":null}"));
}

TEST(Opening, ComesThroughAndRefusesTheSenseless) {
  Open const open{.session = std::string(32, 'a'),
                  .executor = "null",
                  .coordinator = "lab",
                  .lease = std::chrono::milliseconds(5'000),
                  .replaces = std::string(32, 'b')};
  auto const read = decode_open(encode(open)).value();
  EXPECT_EQ(read.session, open.session);
  EXPECT_EQ(read.lease, open.lease);
  EXPECT_EQ(read.replaces, open.replaces);
  auto const kind = [](std::string const& text) { return decode_open(text).error().kind; };
  EXPECT_EQ(kind("x"), "bad-request");
  EXPECT_EQ(kind(R"({"transport":9})"), "version");
  EXPECT_EQ(kind(R"({"session":"a"})"), "version");
  EXPECT_EQ(kind(R"({"transport":1,"session":"*","executor":"null"})"), "bad-request");
  EXPECT_EQ(kind(R"({"transport":1,"session":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","executor":"../null"})"),
            "bad-request");
  EXPECT_EQ(kind(R"({"transport":1,"session":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","executor":"null","lease_ms":1})"),
            "bad-request");
  EXPECT_EQ(decode_opened(encode(Opened("0123456789abcdef"))).value(), "0123456789abcdef");
  EXPECT_EQ(decode_opened(encode(Opened(std::unexpected(Refusal{"busy", "why"})))).error().reason, "why");
}

TEST(Names, AreWhatMayStandInASubject) {
  for (auto const* good : {"a", "pixel-8", "0x"}) EXPECT_TRUE(is_id(good)) << good;
  for (auto const* bad : {"", "-a", "A", "a.b", "a*", "a>", "a/b", "a b", "ü"}) EXPECT_FALSE(is_id(bad)) << bad;
  EXPECT_EQ(id_from("Böb's Phone.local"), "b-b-s-phone-local");
  EXPECT_EQ(id_from("---"), "device");
  EXPECT_EQ(announced_by(announce_subject("pixel-8")), "pixel-8");
  EXPECT_EQ(announced_by("edgelab.v1.device.pixel-8.open"), "");
  EXPECT_NE(random_hex(32), random_hex(32));
  EXPECT_TRUE(is_session(random_hex(32)));
}

TEST(Bands, AreAboutWhatADeviceTells) {
  DeviceBand band;
  band.min_battery_percent = 20;
  band.max_temp_c = 40;
  band.min_clock_share = 0.9;
  auto const why = [&](auto const& tell) {
    Facts facts;
    tell(facts);
    return outside_of(band, facts);
  };
  EXPECT_FALSE(outside_of(band, {}));
  EXPECT_TRUE(why([](Facts& told) { told.battery_percent = 8; }));
  EXPECT_FALSE(why([](Facts& told) { told.battery_percent = 20; }));
  EXPECT_FALSE(why([](Facts& told) {
    told.battery_percent = 8;
    told.charging = true;
  }));
  EXPECT_EQ(why([](Facts& told) { told.temperature_c = 41.5; }), "it has 41.5 degrees Celsius, above 40");
  EXPECT_TRUE(why([](Facts& told) { told.thermal = "serious"; }));
  EXPECT_FALSE(why([](Facts& told) {
    told.thermal = "serious";
    told.temperature_c = 39;
  })) << "a temperature tells more than a word";
  EXPECT_TRUE(why([](Facts& told) { told.clock_share = 0.5; }));
  band = {};
  EXPECT_FALSE(why([](Facts& told) {
    told.battery_percent = 1;
    told.temperature_c = 99;
    told.clock_share = 0.1;
  }));
}

TEST(Printable, LetsNoControlCharacterThrough) {
  EXPECT_EQ(printable("a\x1b[2Jb\rc\x7f\n\tü"), "a?[2Jb?c?\n\tü");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J\xc2\xa0"),
            "?2J\xc2\xa0");
}

TEST(HubAddress, IsReadFromEverythingThatTheHubPrints) {
  JoinFacts facts{.host = "192.168.1.5",
                  .port = 4222,
                  .websocket_port = 4223,
                  .tls = true,
                  .page_port = 4224,
                  .page_tls = true,
                  .token = "secret-token-1234"};
  auto const joined = hub_address(join_text(facts)).value();
  EXPECT_EQ(joined.url, "tls://192.168.1.5:4222");
  EXPECT_EQ(joined.token, facts.token);
  EXPECT_EQ(page_address(facts), "https://192.168.1.5:4224/#token=secret-token-1234&ws=4223&tls=1");
  facts.page_tls = false;
  EXPECT_EQ(page_address(facts), "http://192.168.1.5:4224/#token=secret-token-1234&ws=4223&tls=1");
  facts.tls = false;
  EXPECT_EQ(hub_address(join_text(facts)).value().url, "nats://192.168.1.5:4222");
  auto const with_token = hub_address("nats://abc@host:1").value();
  EXPECT_EQ(with_token.url, "nats://host:1");
  EXPECT_EQ(with_token.token, "abc");
  EXPECT_FALSE(hub_address("http://host"));
  EXPECT_TRUE(qr_code(join_text(facts)).value().contains("█"));
}

TEST(HubConfiguration, HoldsNothingThatCouldBeMoreThanItsValue) {
  HubOptions options{.token = "0123456789abcdef", .store = "/tmp/store", .tls = {}};
  EXPECT_TRUE(configuration(options).value().contains("max_payload: 524288"));
  EXPECT_TRUE(configuration(options).value().contains("no_tls: true"));
  options.token = "short";
  EXPECT_FALSE(configuration(options));
  options.token = "0123456789abcdef\"}";
  EXPECT_FALSE(configuration(options));
  options.token = "0123456789abcdef";
  options.store = "/tmp/\" }";
  EXPECT_FALSE(configuration(options));
  options.store = "/tmp/store";
  options.tls = Certificate{.chain = "/c.pem", .key = "/k.pem"};
  EXPECT_FALSE(configuration(options).value().contains("no_tls"));
}

}  // namespace
}  // namespace edgelab::fleet
