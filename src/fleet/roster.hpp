// The devices that announce themselves, as a coordinator sees them.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "fleet/bus.hpp"
#include "fleet/messages.hpp"

namespace edgelab::fleet {

// Thread-safe.
class Roster {
 public:
  using Notice = std::function<void(std::string_view)>;
  // Asks who is there, now and whenever the hub is there again. `notice` is told of announcements that are refused.
  [[nodiscard]] static Result<std::unique_ptr<Roster>> on(std::shared_ptr<Bus> bus, Notice notice);

  // What it last said; nullopt: it is away.
  [[nodiscard]] std::optional<Announcement> find(std::string const& device) const;
  [[nodiscard]] std::vector<std::string> devices() const;

  // Called with each announcement of the device, until the handle goes. It must be quick and neither watch nor unwatch.
  using OnAnnouncement = std::function<void(Announcement const&)>;
  [[nodiscard]] std::shared_ptr<void> watch(std::string device, OnAnnouncement call);

  // What it said is no longer believed: it is away until it announces itself again, which it does at once when asked.
  void forget(std::string const& device);
  // Until something was announced, or the deadline, or stopped. With `Ask::yes` every device is asked to announce itself first.
  enum class Ask : bool { no, yes };
  void wait(Clock::time_point deadline, std::stop_token const& stop, Ask ask) const;

 private:
  struct Shared;
  explicit Roster(std::shared_ptr<Bus> bus);
  std::shared_ptr<Bus> bus_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<void> again_;
  std::unique_ptr<Bus::Subscription> subscription_;
};

}  // namespace edgelab::fleet
