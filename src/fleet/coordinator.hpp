// The coordinator's side: executors on devices, as if they were here.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "executor/executor.hpp"
#include "fleet/bus.hpp"
#include "fleet/roster.hpp"
#include "fleet/session.hpp"
#include "types/experiment.hpp"

namespace edgelab::fleet {

struct CoordinatorOptions {
  std::string name;                                     // for people on the other side
  std::chrono::milliseconds lease = default_lease;
  std::chrono::milliseconds patience{5'000};            // for the hub, and for devices that were never seen
  Roster::Notice notice;
};

// Thread-safe: devices are waited for, opened and used at the same time, and none of it holds a lock that another device's needs. Of one
// device, by one thread at a time. Executors that it started must not outlive it.
class Coordinator {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Coordinator>> at(HubAddress const& hub, CoordinatorOptions options);

  // A session with the executor that the spec (of kind remote) names. Waits for a device that is away or has another coordinator up to
  // `timeout`, or until a stop, which ends it at once.
  [[nodiscard]] executor::Outcome<std::unique_ptr<executor::Executor>> start(ExecutorSpec const& spec,
                                                                             std::chrono::milliseconds timeout,
                                                                             std::stop_token const& stop = {});

  // Waits until the device is there, has no other coordinator, and is within the spec's band; up to the band's limit, but not
  // again for a device that was waited for in vain and has not been seen since. Nullopt: it is fit, or `stop` asked for an end.
  [[nodiscard]] std::optional<std::string> await_fit(ExecutorSpec const& spec, std::stop_token const& stop,
                                                     Roster::Notice const& notice);

  // Used by its executors.
  [[nodiscard]] Bus& bus() { return *bus_; }
  [[nodiscard]] CoordinatorOptions const& options() const { return options_; }
  // The SHA-256 of a file, computed once for as long as the file is not written to.
  [[nodiscard]] Result<std::string> digest_of_file(std::filesystem::path const& file);

 private:
  Coordinator(std::shared_ptr<Bus> bus, CoordinatorOptions options)
      : bus_(std::move(bus)), options_(std::move(options)) {}
  struct Lease {
    std::shared_ptr<Session> session;
    std::string instance;
    std::optional<double> bandwidth_gb_per_s;
  };
  struct NotYet {
    std::string why;
    bool never = false;  // trying again would be of no use
    bool unanswered = false;  // the session may be open
  };
  // One try; what the device offers is put into `open`.
  [[nodiscard]] std::expected<Lease, NotYet> try_open(ExecutorSpec const& spec, Open& open,
                                                      std::stop_token const& stop);
  void not_opened(std::string const& device, Open const& open);
  [[nodiscard]] std::optional<std::string> unfit(ExecutorSpec const& spec);
  [[nodiscard]] bool in_session(std::string const& device);

  std::shared_ptr<Bus> bus_;
  CoordinatorOptions options_;
  std::unique_ptr<Roster> roster_;
  std::mutex mutex_;
  struct Digest {
    std::filesystem::file_time_type written;
    std::uintmax_t bytes = 0;
    std::string digest;
  };
  std::map<std::filesystem::path, Digest> digests_;
  std::map<std::string, std::string> ours_;  // device → the session that this coordinator opened last, or may have
  std::map<std::string, std::weak_ptr<Session>> live_;  // device → that session, while an executor holds it
  std::set<std::string> in_vain_;  // devices that were waited for in vain
};

}  // namespace edgelab::fleet
