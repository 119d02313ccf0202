// A nats-server of our own, as docs/FLEET.md wants a hub to be.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/process.hpp"
#include "core/result.hpp"
#include "fleet/bus.hpp"

namespace edgelab::fleet {

struct Certificate {
  std::filesystem::path chain;           // PEM
  std::filesystem::path key;
};

struct HubOptions {
  std::string listen = "127.0.0.1";      // an address of this machine
  int port = 0;                          // 0: a free one
  int websocket_port = 0;                // likewise
  std::string token;                     // at least 16 letters, digits, - or _
  std::filesystem::path store;           // a folder: the server's configuration, log, models
  std::optional<Certificate> tls;        // absent: without
};

// A process that ends with the object; on Linux also with the thread that started it, however that ends.
class HubServer {
 public:
  // Returns when it can be connected to. Fails where a port is taken, or nats-server is not installed.
  [[nodiscard]] static Result<std::unique_ptr<HubServer>> start(HubOptions options);
  ~HubServer();                          // asks it to end, kills it after a grace
  HubServer(HubServer const&) = delete;
  HubServer& operator=(HubServer const&) = delete;

  [[nodiscard]] HubOptions const& options() const { return options_; }     // with the ports that it has
  [[nodiscard]] std::string url(std::string const& host) const;            // nats://host:port or tls://
  // For this machine: who it is that answers is known, whatever name its certificate has.
  [[nodiscard]] HubAddress own_address() const;
  // Waits until the deadline; why it has ended, if it has.
  [[nodiscard]] std::optional<std::string> watch(Clock::time_point deadline);
  [[nodiscard]] std::int64_t process_id() const { return child_->id(); }

 private:
  HubServer(HubOptions options, std::unique_ptr<ChildProcess> child)
      : options_(std::move(options)), child_(std::move(child)) {}
  HubOptions options_;
  std::unique_ptr<ChildProcess> child_;
  bool ended_ = false;                   // and reaped
};

// The configuration as nats-server reads it. Pure. A path or token that it cannot hold is an error.
[[nodiscard]] Result<std::string> configuration(HubOptions const& options);

// Whether only programs of this machine reach that address.
[[nodiscard]] bool is_loopback(std::string const& address);
// An address of this machine that others can reach, for a hub that listens on all of them; nullopt: there is none.
[[nodiscard]] std::optional<std::string> outward_address();

// A certificate for these hosts, signed by itself, in `folder`; the one that is there already if it is for the same hosts. By the
// program openssl.
[[nodiscard]] Result<Certificate> self_made_certificate(std::filesystem::path const& folder, std::string const& host);

// A token kept in a file that only its owner may read: the one that is there, or a new one.
[[nodiscard]] Result<std::string> kept_token(std::filesystem::path const& file);
[[nodiscard]] Result<std::string> read_token(std::filesystem::path const& file);

}  // namespace edgelab::fleet
