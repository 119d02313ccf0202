// What gets through an agent, and what does not: nothing that comes over the bus names a path outside the store.
#include "fleet/guard.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "fleet/cache.hpp"
#include "fleet/names.hpp"
#include "wire/wire.hpp"

namespace edgelab::fleet {
namespace {

std::string const digest(64, 'a');

std::optional<std::filesystem::path> find(std::string_view asked) {
  return asked == digest ? std::optional<std::filesystem::path>("/cache/" + digest + ".gguf") : std::nullopt;
}

template <typename Message>
Message understood(std::variant<ToExecutor, ToCoordinator> const& passed) {
  auto const* const down = std::get_if<ToExecutor>(&passed);
  EXPECT_NE(down, nullptr);
  return down == nullptr ? Message{} : std::get<Message>(wire::decode_request(down->line).value());
}

TEST(Guard, PutsTheCachesPathInTheModelsPlace) {
  auto const load = understood<protocol::Load>(
      let_down(wire::encode(protocol::Load{
                   .id = 3, .model = "sha256:" + digest, .draft = "sha256:" + digest, .flags = {{"threads", "2"}, {"extra-args", "[]"}, {"rpc", ""}}}),
               find));
  EXPECT_EQ(load.model, "/cache/" + digest + ".gguf");
  EXPECT_EQ(load.draft, "/cache/" + digest + ".gguf");
  EXPECT_EQ(load.flags.at("threads"), "2");
}

TEST(Guard, ForwardsWhatItUnderstoodAndNothingElse) {
  auto const passed = let_down(R"({"type":"load","id":1,"model":"","path":"/etc/passwd","model":"/etc/shadow"})", find);
  auto const* const down = std::get_if<ToExecutor>(&passed);
  auto const& line = down != nullptr ? down->line : std::get<ToCoordinator>(passed).line;
  EXPECT_FALSE(line.contains("/etc")) << line;
  auto const unknown = let_down(R"({"type":"load","id":1,"model":"","path":"/etc/passwd"})", find);
  ASSERT_TRUE(std::holds_alternative<ToExecutor>(unknown));
  EXPECT_FALSE(std::get<ToExecutor>(unknown).line.contains("path")) << std::get<ToExecutor>(unknown).line;
}

TEST(Guard, KnowsWhenARunBegins) {
  auto const run = let_down(R"({"type":"run","id":2,"requests":[{"id":"a","prompt":"hi"}]})", find);
  EXPECT_TRUE(std::get<ToExecutor>(run).begins_run);
  EXPECT_FALSE(std::get<ToExecutor>(let_down(R"({"type":"bye"})", find)).begins_run);
}

struct Refused {
  std::string line;
  std::int64_t id;
  std::string kind;
};

class GuardRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(GuardRefuses, WithAReason) {
  auto const passed = let_down(GetParam().line, find);
  auto const* const back = std::get_if<ToCoordinator>(&passed);
  ASSERT_NE(back, nullptr) << GetParam().line;
  auto const failure = std::get<protocol::Failure>(wire::decode_reply(back->line).value());
  EXPECT_EQ(failure.id, GetParam().id);
  EXPECT_EQ(failure.kind, GetParam().kind);
  EXPECT_FALSE(failure.reason.empty());
  EXPECT_EQ(failure.reason, back->why);
}

std::string load_of(std::string const& model) {
  return wire::encode(protocol::Load{.id = 4, .model = model, .draft = {}, .flags = {}});
}
std::string load_with(std::string const& flag, std::string const& value) {
  return wire::encode(protocol::Load{.id = 4, .model = {}, .draft = {}, .flags = {{flag, value}}});
}

INSTANTIATE_TEST_SUITE_P(
    Guard, GuardRefuses,
    ::testing::Values(
        Refused{load_of("/etc/passwd"), 4, "bad-request"}, Refused{load_of("../../secret.gguf"), 4, "bad-request"},
        Refused{load_of("model.gguf"), 4, "bad-request"},
        Refused{load_of("sha256:../../../etc/passwd"), 4, "bad-request"},
        Refused{load_of("sha256:" + std::string(63, 'a') + "/"), 4, "bad-request"},
        Refused{load_of("sha256:" + std::string(64, 'A')), 4, "bad-request"},
        Refused{load_of("sha256:" + std::string(64, 'b')), 4, "failed"},
        Refused{wire::encode(protocol::Load{.id = 4, .model = {}, .draft = "/x", .flags = {}}), 4, "bad-request"},
        Refused{load_with("draft-model", "/models/d.gguf"), 4, "unsupported"},
        Refused{load_with("extra-args", "--log-file x"), 4, "unsupported"},
        Refused{load_with("rpc", "10.0.0.1:50052"), 4, "unsupported"},
        Refused{load_with("mine.file", "/etc/passwd"), 4, "unsupported"},
        Refused{load_with("mine.file", "..\\x"), 4, "unsupported"},
        Refused{R"({"type":"score","id":5,"text":"a","stream":"/tmp/socket"})", 5, "unsupported"},
        Refused{R"({"type":"score","id":5,"text":"a","against":{"extra-args":"--x"}})", 5, "unsupported"},
        Refused{R"({"type":"run","id":6,"flags":{"extra-args":"x"},"requests":[{"id":"a","prompt":"b"}]})", 6,
                "unsupported"},
        Refused{R"({"type":"rm","id":7})", 0, "bad-request"}, Refused{"no JSON", 0, "bad-request"},
        Refused{"", 0, "bad-request"}));

TEST(Guard, TellsTheMemoryThatTheExecutorDoesNotAndNoPathsOfItsOwn) {
  auto const name = [](std::string_view path) -> std::optional<std::string> {
    return path == "/cache/x.gguf" ? std::optional<std::string>("sha256:x") : std::nullopt;
  };
  auto const peak = [] { return std::optional<std::int64_t>(4'096); };
  protocol::Done done{.id = 9, .in_force = {{"draft-model", "/cache/x.gguf"}, {"threads", "2"}}, .memory = {}};
  auto const told = std::get<protocol::Done>(wire::decode_reply(let_up(wire::encode(done), name, peak)).value());
  EXPECT_EQ(told.memory.rss_peak_bytes, 4'096);
  EXPECT_EQ(told.in_force.at("draft-model"), "sha256:x");
  EXPECT_EQ(told.in_force.at("threads"), "2");
  done.memory.rss_peak_bytes = 7;
  EXPECT_EQ(std::get<protocol::Done>(wire::decode_reply(let_up(wire::encode(done), name, peak)).value())
                .memory.rss_peak_bytes,
            7);
  done.memory = {};
  done.memory.elsewhere = true;
  EXPECT_FALSE(std::get<protocol::Done>(wire::decode_reply(let_up(wire::encode(done), name, peak)).value())
                   .memory.rss_peak_bytes);
  auto const emission = wire::encode(protocol::Emission{.id = 1, .request = "\"done\"", .tokens = 1});
  EXPECT_EQ(let_up(emission, name, peak), emission);
}

class CacheTest : public ::testing::Test {
 protected:
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("edgelab-cache-test-" + std::to_string(getpid()));
  void TearDown() override { std::filesystem::remove_all(folder); }
};

TEST_F(CacheTest, IsHeldByOneAgentAtATime) {
  {
    auto const first = Cache::in(folder);
    ASSERT_TRUE(first);
    auto const copy = *first;
    auto const second = Cache::in(folder);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().describe().contains("--store")) << second.error().describe();
  }
  EXPECT_TRUE(Cache::in(folder));
}

TEST_F(CacheTest, AdmitsOnlyWhatIsWhatItIsCalled) {
  auto const cache = Cache::in(folder).value();
  // SHA-256 of "abc".
  std::string const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  std::ofstream(cache.part_of(abc)) << "abc";
  auto const file = cache.admit(abc);
  ASSERT_TRUE(file);
  EXPECT_EQ(cache.find(abc), *file);
  EXPECT_EQ(cache.name_of(*file), model_name(abc));
  EXPECT_FALSE(cache.name_of("/etc/passwd"));
  std::ofstream(cache.part_of(digest)) << "abc";
  auto const wrong = cache.admit(digest);
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().describe().contains(abc));
  EXPECT_FALSE(std::filesystem::exists(cache.part_of(digest)));
  EXPECT_FALSE(cache.find("../" + abc));
  EXPECT_FALSE(cache.find(""));
}

}  // namespace
}  // namespace edgelab::fleet
