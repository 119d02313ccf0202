#include "fleet/hub_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <format>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "fleet/bus.hpp"

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto start_within = 15s;
constexpr auto end_grace = 5s;
constexpr auto port_within = 3s;
constexpr int most_payload_bytes = 524'288;

struct Socket {
  int value = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port = 0;
  Socket() = default;
  ~Socket() {
    if (value >= 0) ::close(value);
  }
  Socket(Socket const&) = delete;
  Socket& operator=(Socket const&) = delete;
};
using Claimed = Result<std::unique_ptr<Socket>>;

// Whether a port can be listened on; 0 becomes a free one, which is nobody else's while the socket is held.
Claimed claim(std::string const& address, int port) {
  auto held = std::make_unique<Socket>();
  auto& probe = *held;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1)
    return fail(std::format(
        "'{}' is no address to listen on: expected e.g. 127.0.0.1, 0.0.0.0 or an address of this machine", address));
  int const again = 1;
  ::setsockopt(probe.value, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  auto* const plain = reinterpret_cast<sockaddr*>(&where);
  if (::bind(probe.value, plain, sizeof where) != 0 || ::listen(probe.value, 1) != 0)
    return fail(
        std::format("port {} of {} cannot be listened on: {}", port, address, std::generic_category().message(errno)));
  socklen_t size = sizeof where;
  ::getsockname(probe.value, plain, &size);
  probe.port = ntohs(where.sin_port);
  return held;
}

// A server that was killed a moment ago may still hold it.
Claimed claim_soon(std::string const& address, int port) {
  auto const deadline = Clock::now() + port_within;
  auto claimed = claim(address, port);
  while (!claimed && Clock::now() < deadline) {
    std::this_thread::sleep_for(100ms);
    claimed = claim(address, port);
  }
  return claimed;
}

// In double quotes, as nats-server's configuration has them.
Result<std::string> quoted(std::string const& text) {
  if (text.find_first_of("\"\\\n") != std::string::npos)
    return fail(std::format("'{}' cannot stand in nats-server's configuration", text));
  return '"' + text + '"';
}

// Its owner's alone from the start; one that is there already becomes so before anything is in it.
Result<void> write_private(fs::path const& file, std::string_view text) {
  int const out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool ok = out >= 0 && ::fchmod(out, S_IRUSR | S_IWUSR) == 0;
  while (ok && !text.empty()) {
    auto const count = ::write(out, text.data(), text.size());
    ok = count > 0;
    if (ok) text.remove_prefix(static_cast<std::size_t>(count));
  }
  auto const why = std::generic_category().message(errno);
  if (out >= 0) ::close(out);
  if (!ok) return fail(std::format("{} cannot be written: {}", file.string(), why));
  return {};
}

Result<std::string> tls_block(Certificate const& certificate) {
  EDGELAB_TRY(chain, quoted(fs::absolute(certificate.chain).string()));
  EDGELAB_TRY(key, quoted(fs::absolute(certificate.key).string()));
  return std::format("tls {{ cert_file: {}, key_file: {} }}", chain, key);
}

}  // namespace

Result<std::string> configuration(HubOptions const& options) {
  auto const fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  constexpr std::size_t shortest_token = 16;
  if (options.token.size() < shortest_token || !std::ranges::all_of(options.token, fits))
    return fail(std::format("a token has at least {} letters, digits, - or _", shortest_token));
  EDGELAB_TRY(host, quoted(options.listen));
  EDGELAB_TRY(store, quoted(fs::absolute(options.store / "jetstream").string()));
  std::string tls = "no_tls: true";
  if (options.tls) {
    EDGELAB_TRY(block, tls_block(*options.tls));
    tls = std::move(block);
  }
  return std::format(
      "server_name: edgelab-hub\nhost: {}\nport: {}\nmax_payload: {}\nping_interval: \"10s\"\nping_max: 2\n"
      "authorization {{ token: \"{}\", timeout: 5 }}\n{}"
      "jetstream {{ store_dir: {} }}\nwebsocket {{\n  host: {}\n  port: {}\n  compression: false\n  {}\n}}\n",
      host, options.port, most_payload_bytes, options.token, options.tls ? tls + "\n" : std::string{}, store, host,
      options.websocket_port, tls);
}

Result<std::unique_ptr<HubServer>> HubServer::start(HubOptions options) {
  std::error_code error;
  fs::create_directories(options.store, error);
  if (error) return fail(std::format("the folder {} cannot be made: {}", options.store.string(), error.message()));
  auto program = find_program("nats-server");
  if (!program) program = find_program("/usr/sbin/nats-server");  // where Debian has it, which users' PATH has not
  if (!program)
    return fail("nats-server is not installed: install it (Debian: nats-server), or name a running one with --url");
  {
    auto const port = claim_soon(options.listen, options.port);
    if (!port) return std::unexpected(port.error());
    auto const websocket_port = claim_soon(options.listen, options.websocket_port);
    if (!websocket_port) return std::unexpected(websocket_port.error());
    options.port = (*port)->port;
    options.websocket_port = (*websocket_port)->port;
  }
  EDGELAB_TRY(text, configuration(options));
  auto const file = options.store / "nats-server.conf";
  EDGELAB_CHECK(write_private(file, text));
  EDGELAB_TRY(child, ChildProcess::start({.command = {program->string(), "--config", file.string()},
                                          .stderr_file = options.store / "nats-server.log"}));
  std::unique_ptr<HubServer> server(new HubServer(std::move(options), std::move(child)));
  auto const address = server->own_address();
  auto const deadline = Clock::now() + start_within;
  for (;;) {
    if (auto const ended = server->watch(Clock::now() + 50ms)) return fail(std::format("nats-server {}", *ended));
    auto const reached = Bus::connect(address, "hub", 0ms);
    if (reached) return server;
    if (Clock::now() >= deadline) return std::unexpected(Error(reached.error()).within("waiting for nats-server"));
  }
}

HubServer::~HubServer() {
  if (ended_) return;                                 // its number may be another's by now
  ::kill(static_cast<pid_t>(child_->id()), SIGTERM);  // so that it closes its store in order
  (void)child_->finish(end_grace);
}

std::string HubServer::url(std::string const& host) const {
  return std::format("{}://{}:{}", options_.tls ? "tls" : "nats", host, options_.port);
}

HubAddress HubServer::own_address() const {
  auto const here = options_.listen == "0.0.0.0" ? std::string("127.0.0.1") : options_.listen;
  return {.url = url(here), .token = options_.token, .authority = {}, .verify = false};
}

std::optional<std::string> HubServer::watch(Clock::time_point deadline) {
  for (;;) {
    auto const line = child_->read_line(deadline);
    if (line) continue;  // it writes to its log
    if (line.error() != ChildProcess::NoLine::closed) return std::nullopt;
    auto const how = child_->finish(500ms);
    ended_ = true;
    return std::format("ended: {}; its log ended with:\n{}", how.describe(), child_->stderr_tail(4));
  }
}

bool is_loopback(std::string const& address) {
  return address == "localhost" || address.starts_with("127.") || address == "::1";
}

std::optional<std::string> outward_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return std::nullopt;
  std::optional<std::string> found;
  for (auto const* one = all; one != nullptr && !found; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    if ((one->ifa_flags & IFF_UP) == 0) continue;
    char text[INET_ADDRSTRLEN] = {};
    auto const* const address = reinterpret_cast<sockaddr_in const*>(one->ifa_addr);
    if (::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text) != nullptr) found = text;
  }
  ::freeifaddrs(all);
  return found;
}

Result<Certificate> self_made_certificate(fs::path const& folder, std::string const& host) {
  Certificate made{.chain = folder / ("certificate-" + host + ".pem"), .key = folder / ("key-" + host + ".pem")};
  std::error_code error;
  fs::create_directories(folder, error);
  if (fs::exists(made.chain, error) && fs::exists(made.key, error)) return made;
  EDGELAB_CHECK(write_private(made.key, ""));
  in_addr ignored{};
  bool const numeric = ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
  // Browsers look for an address among the addresses; some NATS clients, for whatever it is, among the names.
  auto const names = std::format("subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:127.0.0.1,DNS:{}{}", host,
                                 numeric ? ",IP:" + host : "");
  EDGELAB_TRY(child, ChildProcess::start({.command = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                                      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "825", "-subj",
                                                      "/CN=edgelab hub", "-addext", names, "-keyout", made.key.string(),
                                                      "-out", made.chain.string()},
                                          .stderr_file = folder / "openssl.log"}));
  auto const how = child->finish(30s);
  if (how.code != 0) {
    fs::remove(made.key, error);
    return fail(std::format("openssl made no certificate: {}: {}", how.describe(), child->stderr_tail(3)));
  }
  return made;
}

Result<std::string> read_token(fs::path const& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return fail(std::format("{} holds no token", file.string()));
  return std::string(trim(line));
}

Result<std::string> kept_token(fs::path const& file) {
  std::error_code error;
  if (fs::exists(file, error)) return read_token(file);
  fs::create_directories(file.parent_path(), error);
  std::ifstream source("/dev/urandom", std::ios::binary);
  constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_ABCDEF";
  std::string token(32, '\0');
  if (!source.read(token.data(), static_cast<std::streamsize>(token.size())))
    return fail("no token can be made: /dev/urandom cannot be read; give one with --token-file");
  for (auto& letter : token) letter = letters[static_cast<unsigned char>(letter) % letters.size()];
  EDGELAB_CHECK(write_private(file, token + "\n"));
  return token;
}

}  // namespace edgelab::fleet
