// The hub itself: who is let in, what is let through, how it ends.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <csignal>

#include "hub_fixture.hpp"

#include "core/process.hpp"
#include "fleet/names.hpp"

namespace edgelab::fleet {
namespace {

using namespace testing;

TEST_F(HubTest, RefusesAWrongTokenAndLogsIt) {
  for (auto const* wrong : {"", "another-token-than-it"}) {
    auto const refused = Bus::connect({.url = address().url, .token = wrong, .authority = {}}, "stranger", plenty);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().describe().contains("refuses the token")) << refused.error().describe();
  }
  EXPECT_TRUE(server_log().contains("authentication error")) << server_log();
}

// What the server answers to these bytes, until it closes the connection.
std::string said_to(int port, std::string const& bytes) {
  int const connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(connection, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  (void)::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string said;
  std::array<char, 4'096> piece{};
  for (ssize_t count = 0; (count = ::recv(connection, piece.data(), piece.size(), 0)) > 0;) said.append(piece.data(), static_cast<std::size_t>(count));
  ::close(connection);
  return said;
}

TEST_F(HubTest, ClosesTheConnectionOfWhoSendsTooMuchAndServesTheOthers) {
  auto const good = bus();
  Heard heard;
  auto const listening = good->subscribe("edgelab.v1.test", [&](Bus::Message const& message) { heard.add(std::to_string(message.body.size())); });
  auto const said = said_to(hub->options().port, "CONNECT {\"verbose\":false,\"auth_token\":\"" + token + "\"}\r\nPUB edgelab.v1.test 600000\r\n" +
                                                     std::string(600'000, 'x') + "\r\n");
  EXPECT_TRUE(said.contains("Maximum Payload Violation")) << said;
  EXPECT_TRUE(server_log().contains("maximum payload exceeded")) << server_log();
  good->publish("edgelab.v1.test", std::string(500'000, 'x'));
  EXPECT_TRUE(heard.hears("500000"));
  EXPECT_FALSE(heard.text().contains("600000"));
}

TEST_F(HubTest, IsReachedAgainAfterARestartOnItsPort) {
  Heard heard;
  auto const client =
      Bus::connect(address(), "client", plenty, {.connected_again = [&] { heard.add("again"); }, .notice = {}}).value();
  int const port = hub->options().port;
  hub.reset();
  start_hub(port);
  EXPECT_TRUE(heard.hears("again"));
  EXPECT_TRUE(client->connected());
}

TEST_F(HubTest, FailsWhereItsPortIsTaken) {
  auto const second =
      HubServer::start({.port = hub->options().port, .token = token, .store = folder.path / "second", .tls = {}});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().describe().contains("cannot be listened on"));
}

TEST_F(HubTest, SaysWhyItsServerEnded) {
  EXPECT_FALSE(hub->watch(Clock::now() + 20ms));
  ASSERT_EQ(::kill(static_cast<pid_t>(hub->process_id()), SIGKILL), 0);
  auto const why = hub->watch(Clock::now() + plenty);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->contains("SIGKILL") && why->contains("its log ended with")) << *why;
}

TEST_F(HubTest, LeavesNoProcess) {
  auto const process = static_cast<pid_t>(hub->process_id());
  ASSERT_EQ(::kill(process, 0), 0);
  hub.reset();
  EXPECT_EQ(::kill(process, 0), -1);
}

TEST_F(HubTest, SpeaksTlsWithACertificateOfItsOwn) {
  auto const made = self_made_certificate(folder.path / "tls", "127.0.0.1");
  ASSERT_TRUE(made) << made.error().describe();
  auto const secure = HubServer::start({.token = token, .store = folder.path / "secure", .tls = *made});
  ASSERT_TRUE(secure) << secure.error().describe();
  auto const url = (*secure)->url("127.0.0.1");
  EXPECT_TRUE(Bus::connect({.url = url, .token = token, .authority = made->chain}, "knows it", plenty));
  EXPECT_FALSE(Bus::connect({.url = url, .token = token, .authority = {}}, "does not", 0ms));
  // By hand: a NATS client that is told of no TLS goes over to it when the server asks.
  auto const said = said_to((*secure)->options().port,
                            "CONNECT {\"verbose\":true,\"auth_token\":\"" + token + "\"}\r\nPING\r\n");
  EXPECT_FALSE(said.contains("+OK") || said.contains("PONG")) << said;
  EXPECT_EQ(self_made_certificate(folder.path / "tls", "127.0.0.1")->chain, made->chain);
}

TEST(Tokens, AreMadeOnceAndKeptForTheirOwner) {
  Folder folder;
  auto const file = folder.path / "new/token";
  auto const first = kept_token(file).value();
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(kept_token(file).value(), first);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(read_token(folder.path / "nothing"));
}

}  // namespace
}  // namespace edgelab::fleet
