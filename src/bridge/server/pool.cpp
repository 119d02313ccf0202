#include "bridge/server/pool.hpp"

#include <algorithm>
#include <cstdio>
#include <format>
#include <fstream>

namespace edgelab::bridge {

std::optional<std::int64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    long long kibibytes = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %lld kB", &kibibytes) == 1) return kibibytes * 1024;
  }
  return std::nullopt;
}

Outcome<Server*> ServerPool::get(std::vector<std::string> const& arguments, Stop const& stop) {
  std::erase_if(servers_, [](Kept const& kept) { return !kept.server->alive(); });
  auto const found = std::ranges::find(servers_, arguments, &Kept::arguments);
  if (found != servers_.end()) {
    servers_.splice(servers_.begin(), servers_, found);
  } else {
    make_room();
    for (auto& kept : servers_) kept.server->pause();      // loading is not to be shared with anybody either
    auto started = Server::start({.program = program_, .arguments = arguments}, key_, stop);
    if (!started) return std::unexpected(started.error());
    ++starts_;
    std::fputs(
        std::format("edgelab-server: start {} of a llama-server; {} are kept\n", starts_, servers_.size() + 1).c_str(),
        stderr);
    servers_.push_front({arguments, *std::move(started)});
    largest_bytes_ = std::max(largest_bytes_, servers_.front().server->peak_rss_bytes().value_or(0));
  }
  for (auto kept = std::next(servers_.begin()); kept != servers_.end(); ++kept) kept->server->pause();
  auto* const server = servers_.front().server.get();
  server->resume();
  return server;
}

void ServerPool::make_room() {
  auto const is_full = [this] {
    if (servers_.size() >= most_) return true;
    auto const free = free_bytes_();
    return free && *free < largest_bytes_ + largest_bytes_ / 2;
  };
  while (!servers_.empty() && is_full()) {
    std::fputs("edgelab-server: a llama-server is ended to make room for another\n", stderr);
    servers_.pop_back();
  }
}

std::vector<std::string> ServerPool::one_that_begins(std::vector<std::string> const& first) const {
  auto const found = std::ranges::find_if(servers_, [&](Kept const& kept) {
    return kept.server->alive() && std::ranges::starts_with(kept.arguments, first);
  });
  return found == servers_.end() ? std::vector<std::string>{} : found->arguments;
}

void ServerPool::forget(Server const* server) {
  std::erase_if(servers_, [server](Kept const& kept) { return kept.server.get() == server; });
}

}  // namespace edgelab::bridge
