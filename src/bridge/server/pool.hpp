// Servers that stay: one for each command line, those that nobody needs at the moment stopped where they are.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/server/server.hpp"

namespace edgelab::bridge {

// Rounds alternate in every block, and starting a server costs seconds. So they are kept, up to a number and as long as
// there is memory: before one more is started, as much must be free as the largest has needed and half of it again, else those
// that were used longest ago are ended.
class ServerPool {
 public:
  using FreeBytes = std::function<std::optional<std::int64_t>()>;  // of the machine; nullopt: not known, and no bound
  static constexpr std::size_t most_servers = 32;

  ServerPool(std::string program, std::string key, FreeBytes free_bytes, std::size_t most = most_servers)
      : program_(std::move(program)), key_(std::move(key)), free_bytes_(std::move(free_bytes)), most_(most) {}

  // A server with these arguments, running; all others are stopped. It is the pool's. One that has died is another's place.
  [[nodiscard]] Outcome<Server*> get(std::vector<std::string> const& arguments, Stop const& stop);
  // The arguments of one that is there and was started with those first, the most recent; empty: none was.
  [[nodiscard]] std::vector<std::string> one_that_begins(std::vector<std::string> const& first) const;
  void forget(Server const* server);

  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  [[nodiscard]] std::int64_t starts() const { return starts_; }  // so far

 private:
  struct Kept {
    std::vector<std::string> arguments;
    std::unique_ptr<Server> server;
  };
  void make_room();

  std::string program_;
  std::string key_;
  FreeBytes free_bytes_;
  std::size_t most_;
  std::list<Kept> servers_;  // used last, first
  std::int64_t largest_bytes_ = 0;  // resident, of any so far
  std::int64_t starts_ = 0;
};

// "MemAvailable" of /proc/meminfo; nullopt where there is none.
[[nodiscard]] std::optional<std::int64_t> available_memory();

}  // namespace edgelab::bridge
