// Lines to and from an executor on a device.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "executor/channel.hpp"
#include "fleet/session.hpp"

namespace edgelab::fleet {

class RemoteChannel final : public executor::Channel {
 public:
  RemoteChannel(std::string device, std::shared_ptr<Session> session)
      : device_(std::move(device)), session_(std::move(session)) {}
  ~RemoteChannel() override;

  void send(std::string line) override { session_->send({{}, std::move(line)}); }
  void wake() override;
  [[nodiscard]] std::expected<std::string_view, NoLine> read_line(Clock::time_point deadline) override;
  [[nodiscard]] Ending ending(std::string_view during) override;
  void kill() override;
  void part() override;
  [[nodiscard]] std::string last_words() const override { return {}; }     // they stand in the reason

  // Has the device fetch a model. Gives up when the device says nothing of it for `patience`. `damaged`: it
  // says that the hub's copy is not what it is called. `woken` is no end of it: wake() was called.
  enum class Fetched : std::uint8_t { yes, no, damaged, woken };
  [[nodiscard]] Fetched fetch(std::string const& model, std::int64_t bytes, std::chrono::milliseconds patience,
                              std::string& why);

  // Whether wake() was called and no read_line() has been told yet.
  [[nodiscard]] bool woken() const { return woken_; }
  [[nodiscard]] Session& session() { return *session_; }
  // Kept until the session is gone.
  void keep(std::shared_ptr<void> watch) { watch_ = std::move(watch); }

 private:
  // Whether a frame that is neither a line nor an end breaks a rule: the session is then ended, with the reason.
  bool breaks_a_rule(Parcel const& parcel);

  std::string device_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<void> watch_;  // goes before the session does
  std::string line_;
  std::optional<std::string> ended_;  // what the device's `end` said
  bool parted_ = false;
  std::atomic<bool> woken_ = false;
};

}  // namespace edgelab::fleet
