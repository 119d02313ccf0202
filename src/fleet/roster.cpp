#include "fleet/roster.hpp"

#include <format>
#include <utility>

#include "fleet/names.hpp"

namespace edgelab::fleet {

namespace {

constexpr auto away_after = std::chrono::seconds(35);
constexpr auto ask_again = std::chrono::milliseconds(200);      // every device answers: not more often

}  // namespace

struct Roster::Shared {
  struct Seen {
    Announcement announcement;
    Clock::time_point heard;
  };
  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, Seen> devices;
  std::set<std::string> refused;               // subjects that a notice was given of
  std::int64_t next = 0;
  std::map<std::int64_t, std::pair<std::string, OnAnnouncement>> watches;
  std::int64_t announcements = 0;
  Clock::time_point asked;
  Notice notice;

  void announced(Bus::Message const& message) {
    auto const device = announced_by(message.subject);
    auto said = decode_announcement(device, message.body);
    std::scoped_lock const lock(mutex);
    if (!said) {
      if (refused.size() < 1'000 && refused.emplace(message.subject).second && notice)
        notice(std::format("the announcement of '{}' is ignored: {}", device.substr(0, 64), said.error().describe()));
      return;
    }
    for (auto const& [number, watch] : watches)
      if (watch.first == said->device) watch.second(*said);
    auto const id = said->device;
    devices.insert_or_assign(id, Seen{*std::move(said), Clock::now()});
    ++announcements;
    changed.notify_all();
  }
};

Roster::Roster(std::shared_ptr<Bus> bus) : bus_(std::move(bus)), shared_(std::make_shared<Shared>()) {}

Result<std::unique_ptr<Roster>> Roster::on(std::shared_ptr<Bus> bus, Notice notice) {
  std::unique_ptr<Roster> roster(new Roster(std::move(bus)));
  auto const& self = *roster;
  self.shared_->notice = std::move(notice);
  EDGELAB_TRY(subscription,
              self.bus_->subscribe(all_announcements, [shared = self.shared_](Bus::Message const& message) {
                shared->announced(message);
              }));
  roster->subscription_ = std::move(subscription);
  roster->again_ = self.bus_->on_connected_again([bus = self.bus_.get()] { bus->publish(who_subject, ""); });
  self.bus_->publish(who_subject, "");
  return roster;
}

void Roster::forget(std::string const& device) {
  std::scoped_lock const lock(shared_->mutex);
  shared_->devices.erase(device);
}

std::optional<Announcement> Roster::find(std::string const& device) const {
  std::scoped_lock const lock(shared_->mutex);
  auto const found = shared_->devices.find(device);
  if (found == shared_->devices.end() || Clock::now() - found->second.heard > away_after) return std::nullopt;
  return found->second.announcement;
}

std::vector<std::string> Roster::devices() const {
  std::vector<std::string> names;
  std::scoped_lock const lock(shared_->mutex);
  for (auto const& [name, seen] : shared_->devices)
    if (Clock::now() - seen.heard <= away_after) names.push_back(name);
  return names;
}

std::shared_ptr<void> Roster::watch(std::string device, OnAnnouncement call) {
  std::scoped_lock const lock(shared_->mutex);
  auto const number = shared_->next++;
  shared_->watches.emplace(number, std::pair(std::move(device), std::move(call)));
  return {nullptr, [shared = shared_, number](void*) {
            std::scoped_lock const inner(shared->mutex);
            shared->watches.erase(number);
          }};
}

void Roster::wait(Clock::time_point deadline, std::stop_token const& stop, Ask ask) const {
  std::unique_lock lock(shared_->mutex);
  auto const before = shared_->announcements;
  if (ask == Ask::yes && Clock::now() - shared_->asked >= ask_again) {
    shared_->asked = Clock::now();
    lock.unlock();      // a hub that reads nothing holds up who publishes, and nobody else
    bus_->publish(who_subject, "");
    lock.lock();
  }
  shared_->changed.wait_until(lock, stop, deadline, [&] { return shared_->announcements != before; });
}

}  // namespace edgelab::fleet
