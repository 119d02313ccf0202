// A connection to the hub: publishing, subscriptions, requests. The only file that others of this folder see NATS through, but
// for `models`.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct __natsConnection;

namespace edgelab::fleet {

// How the hub is reached.
struct HubAddress {
  std::string url;  // nats://host:port, or tls://host:port
  std::string token;
  std::filesystem::path authority;  // PEM of who signed the hub's certificate; empty: the system's
  bool verify = true;  // false: any certificate will do. Only for a server that this program started
};

// What stands in join text or in an address: edgelab://, nats:// or tls://. A token in it is taken out of it.
[[nodiscard]] Result<HubAddress> hub_address(std::string_view text);

// Thread-safe. Reconnects for as long as it lives.
class Bus {
 public:
  struct Watch {
    std::function<void()> connected_again;  // called on a thread of NATS's: must be quick
    std::function<void(std::string_view)> notice;  // what people should know: disconnected, refused
  };
  // Waits for the connection up to `patience`; a wrong token is an error at once.
  [[nodiscard]] static Result<std::shared_ptr<Bus>> connect(HubAddress const& hub, std::string const& name,
                                                            std::chrono::milliseconds patience, Watch watch = {});
  ~Bus();
  Bus(Bus const&) = delete;
  Bus& operator=(Bus const&) = delete;

  // What cannot be sent now (no connection, and no room to keep it) is lost, as on any network.
  void publish(std::string const& subject, std::string_view body);

  struct Message {
    std::string_view subject;
    std::string_view body;
    std::string reply;  // where an answer goes; empty: none is wanted
    bool nobody_there = false;  // the hub's own: nobody listens where a request went
  };
  // Ends with the object: its destructor waits for a call that is under way. Calls of one come one after the other, on a thread of
  // NATS's; they must be quick.
  class Subscription;
  using OnMessage = std::function<void(Message const&)>;
  [[nodiscard]] Result<std::unique_ptr<Subscription>> subscribe(std::string const& subject, OnMessage on_message);

  // A stop ends it at once, as `late`.
  enum class NoAnswer : std::uint8_t { nobody_there, late, disconnected };
  [[nodiscard]] std::expected<std::string, NoAnswer> request(std::string const& subject, std::string_view body,
                                                             std::chrono::milliseconds timeout,
                                                             std::stop_token const& stop = {});

  [[nodiscard]] bool connected() const;
  // Why it will never be connected again; nullopt: it is, or it tries.
  [[nodiscard]] std::optional<std::string> closed() const;
  // Until what was published has left; not longer than `timeout`.
  void flush(std::chrono::milliseconds timeout);
  [[nodiscard]] __natsConnection* raw() const { return connection_; }  // for `models`

  // Called whenever the connection is there again, besides Watch; without the handle no more. It must be quick, and
  // neither add nor drop one.
  [[nodiscard]] std::shared_ptr<void> on_connected_again(std::function<void()> call);

 private:
  struct Hooks;
  Bus();
  std::shared_ptr<Hooks> hooks_;
  __natsConnection* connection_ = nullptr;
};

class Bus::Subscription {
 public:
  ~Subscription();
  Subscription(Subscription const&) = delete;
  Subscription& operator=(Subscription const&) = delete;

 private:
  friend class Bus;
  struct State;
  explicit Subscription(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace edgelab::fleet
