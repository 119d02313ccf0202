#include "bridge/server/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <format>

#include "bridge/http.hpp"
#include "core/text.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kept_log_bytes = 1024 * 1024;
constexpr std::size_t last_bytes = 2048;
constexpr std::size_t last_lines = 8;
constexpr int tries = 3;                     // at a port
constexpr auto look_every = 20ms;            // whether it is ready
constexpr auto drain_look = 10s;             // whether its output is still wanted, if nobody says so
constexpr auto death_grace = 2s;             // between the end of its output and its own

// What it is called in its own list of models, so that another server on its port is not taken for it.
std::string alias_for(std::string const& origin) {
  return std::format("edgelab-{}-{}", ::getpid(), origin.substr(origin.rfind(':') + 1));
}

bool is_ours(HttpConnection& connection, std::string const& alias) {
  auto const reply = connection.get("/v1/models");
  if (!reply || reply->status != 200) return false;
  auto const json = wire::Json::parse(reply->body);
  return json && json->text("/data/0/id") == alias;
}

// Of a port that is taken, in the words of llama-server.
bool says_port_is_taken(std::string_view log) {
  return log.contains("couldn't bind") || log.contains("could not bind") || log.contains("Address already in use");
}

}  // namespace

std::optional<int> free_port() {
  int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bool const found = ::bind(socket, reinterpret_cast<sockaddr const*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  return found ? std::optional(ntohs(address.sin_port)) : std::nullopt;
}

Outcome<std::unique_ptr<Server>> Server::start(Options const& options, std::string const& key, Stop const& stop) {
  for (int attempt = 1;; ++attempt) {
    auto const port = options.port();
    if (!port) return refuse("failed", "no port of 127.0.0.1 is free for llama-server");
    std::unique_ptr<Server> server(new Server);
    if (auto launched = server->launch(options, *port); !launched) return std::unexpected(launched.error());
    auto const ready = server->wait_ready(key, stop);
    if (ready) return server;
    if (server->alive() || attempt == tries || !says_port_is_taken(server->log()))
      return std::unexpected(ready.error());
  }
}

Outcome<void> Server::launch(Options const& options, int port) {
  origin_ = std::format("http://127.0.0.1:{}", port);
  // Its log is its standard error: a shell joins the two, and becomes the server.
  std::vector<std::string> command{
      "/bin/sh",   "-c",     R"(exec "$0" "$@" 2>&1)", options.program, "--host",
      "127.0.0.1", "--port", std::to_string(port),     "--alias",       alias_for(origin_)};
  command.append_range(options.arguments);
  auto process = ChildProcess::start({.command = std::move(command), .stderr_file = {}});
  if (!process) return refuse("failed", process.error().describe());
  process_ = *std::move(process);
  drainer_ = std::thread([this] { drain(); });
  return {};
}

void Server::drain() {
  while (!leaving_) {
    auto const line = process_->read_line(Clock::now() + drain_look);
    if (!line) {
      using enum ChildProcess::NoLine;
      if (line.error() == deadline_passed || line.error() == woken) continue;
      std::scoped_lock const lock(mutex_);
      if (line.error() == too_long) last_lines_ += "a line longer than 1 MiB, at which it was given up\n";
      break;
    }
    std::scoped_lock const lock(mutex_);
    if (log_.size() + line->size() < kept_log_bytes) (log_ += *line) += '\n';
    (last_lines_ += *line) += '\n';
    if (last_lines_.size() > 2 * last_bytes) last_lines_.erase(0, last_lines_.size() - last_bytes);
    std::fwrite(line->data(), 1, line->size(), stderr);
    std::fputc('\n', stderr);
  }
  ended_ = true;
}

Outcome<void> Server::wait_ready(std::string const& key, Stop const& stop) {
  HttpConnection connection(origin_, key, 1s, 2s);      // who is silent on this port is somebody else
  for (;;) {
    if (!alive()) return std::unexpected(obituary("while it loaded the model"));
    if (stop.requested()) return refuse("cancelled", "cancelled while llama-server loaded the model");
    auto const reply = connection.get("/health");
    if (reply && reply->status == 200 && is_ours(connection, alias_for(origin_)) && alive()) return {};
    std::this_thread::sleep_for(look_every);
  }
}

Server::~Server() {
  leaving_ = true;
  if (process_) process_->wake();
  if (drainer_.joinable()) drainer_.join();
}

std::string Server::log() const {
  std::scoped_lock const lock(mutex_);
  return log_;
}

void Server::pause() {
  if (!paused_) process_->pause();
  paused_ = true;
}

void Server::resume() {
  if (paused_) process_->resume();
  paused_ = false;
}

Refusal Server::obituary(std::string const& during) {
  if (drainer_.joinable()) drainer_.join();
  auto const exit = process_->finish(std::chrono::duration_cast<std::chrono::milliseconds>(death_grace));
  auto const how = exit.killed_by_us ? "closed its output and was killed" : exit.describe();
  auto lines = split(trim(last_lines_), '\n');
  if (lines.size() > last_lines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(last_lines));
  return {exit.out_of_memory ? "oom" : "failed",
          std::format("llama-server {} {}; its log ended with:\n{}", how, during, join(lines, "\n"))};
}

}  // namespace edgelab::bridge
