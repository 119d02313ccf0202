#include "fleet/coordinator.hpp"

#include <algorithm>
#include <format>
#include <system_error>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "fleet/band.hpp"
#include "fleet/names.hpp"
#include "fleet/remote_channel.hpp"
#include "fleet/remote_executor.hpp"
#include "probe/environment.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;
using executor::Outcome;
using executor::Trouble;

constexpr auto open_within = 5s;             // one try; the agent starts the executor meanwhile
constexpr auto ask_again = 250ms;
constexpr auto look_again = 1s;
// So long after the reply announcements from before it may still be on their way.
constexpr auto stale_within = 3s;

std::unexpected<Trouble> failed(std::string reason) { return std::unexpected(Trouble{Status::failed, std::move(reason), true}); }

Result<std::string> executor_of(ExecutorSpec const& spec, Announcement const& device) {
  std::vector<std::string> ids;
  for (auto const& offered : device.executors) ids.push_back(offered.id);
  if (spec.offers.empty() && ids.size() == 1) return ids.front();
  if (spec.offers.empty())
    return fail(std::format("the device {} offers several executors, {}: expected the key 'offers'", spec.device, join(ids, ", ")));
  if (!std::ranges::contains(ids, spec.offers))
    return fail(std::format("the device {} has no executor '{}': it offers {}", spec.device, spec.offers, join(ids, ", ")));
  return spec.offers;
}

// Gives the session up when the device says that it is another one, or in another session.
void watch_device(Roster& roster, RemoteChannel& channel, std::string device, std::string instance, std::string id) {
  auto const opened = Clock::now();
  auto& session = channel.session();
  channel.keep(roster.watch(std::move(device), [&session, opened, instance = std::move(instance), id = std::move(id)](Announcement const& said) {
    if (Clock::now() - opened < stale_within) return;
    if (said.instance != instance) session.give_up("the device's agent was started anew");
    else if (said.session != id) session.give_up("the device has ended the session");
  }));
}

}  // namespace

Result<std::shared_ptr<Coordinator>> Coordinator::at(HubAddress const& hub, CoordinatorOptions options) {
  EDGELAB_TRY(bus, Bus::connect(hub, "coordinator " + options.name, options.patience, {.connected_again = {}, .notice = options.notice}));
  std::shared_ptr<Coordinator> coordinator(new Coordinator(std::move(bus), std::move(options)));
  EDGELAB_TRY(roster, Roster::on(coordinator->bus_, coordinator->options_.notice));
  coordinator->roster_ = std::move(roster);
  return coordinator;
}

Outcome<std::unique_ptr<executor::Executor>> Coordinator::start(ExecutorSpec const& spec, std::chrono::milliseconds timeout) {
  auto const deadline = Clock::now() + timeout;
  std::string why = std::format("the device {} is not there", spec.device);
  for (bool first = true; first || Clock::now() < deadline; first = false) {
    auto const device = roster_->find(spec.device);
    if (!device) {
      // Those that are there answer at once; one that was never seen is not waited for as long as one that may come back.
      roster_->ask();
      roster_->wait(std::min<Clock::time_point>(deadline, Clock::now() + look_again), {});
      if (!roster_->find(spec.device)) why = std::format("the device {} is not there; there are: {}", spec.device, join(roster_->devices(), ", "));
      continue;
    }
    auto const id = executor_of(spec, *device);
    if (!id) return failed(id.error().describe());
    Open open{.session = random_hex(32), .executor = *id, .coordinator = options_.name, .lease = options_.lease, .replaces = {}};
    {
      std::scoped_lock const lock(mutex_);
      if (auto const ours = ours_.find(spec.device); ours != ours_.end()) open.replaces = ours->second;
    }
    auto session = Session::begin(bus_, up_subject(open.session), down_subject(open.session), open.lease);
    if (!session) return failed(session.error().describe());
    {
      std::scoped_lock const lock(mutex_);
      ours_[spec.device] = open.session;
    }
    auto const reply = bus_->request(open_subject(spec.device), encode(open), open_within);
    if (!reply) {
      why = std::format("the device {} does not answer", spec.device);
      std::this_thread::sleep_for(ask_again);
      continue;
    }
    auto const opened = decode_opened(*reply);
    if (!opened) {
      why = std::format("the device {} refuses a session: {}", spec.device, opened.error().reason);
      if (opened.error().kind != "busy" && opened.error().kind != "failed") return failed(std::move(why));
      std::this_thread::sleep_for(ask_again);
      continue;
    }
    auto channel = std::make_unique<RemoteChannel>(spec.device, *std::move(session));
    auto& line = *channel;
    watch_device(*roster_, line, spec.device, *opened, open.session);
    auto conversation = executor::converse_over(std::move(channel), std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()), 1'000ms));
    if (!conversation) return std::unexpected(conversation.error());
    auto const bandwidth = device->facts.bandwidth_gb_per_s;
    return std::make_unique<RemoteExecutor>(*this, *std::move(conversation), line,
                                            executor::OtherMachine{bandwidth ? std::optional(*bandwidth * 1e9) : std::nullopt});
  }
  return failed(std::move(why));
}

std::optional<std::string> Coordinator::unfit(ExecutorSpec const& spec) {
  auto const device = roster_->find(spec.device);
  if (!device) return "it is away";
  if (device->session) {
    std::scoped_lock const lock(mutex_);
    auto const ours = ours_.find(spec.device);
    if (ours == ours_.end() || ours->second != *device->session) return "another coordinator has it";
  }
  return spec.band ? outside_of(*spec.band, device->facts) : std::nullopt;
}

std::optional<std::string> Coordinator::await_fit(ExecutorSpec const& spec, std::stop_token const& stop, Roster::Notice const& notice) {
  auto const limit = std::chrono::duration<double>(spec.band.value_or(DeviceBand{}).wait_s);
  auto const deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  std::optional<std::string> told;
  while (!stop.stop_requested()) {
    auto why = unfit(spec);
    std::unique_lock lock(mutex_);
    if (!why) {
      in_vain_.erase(spec.device);
      lock.unlock();
      if (told && notice) notice(std::format("{} is fit again", spec.device));
      return std::nullopt;
    }
    bool const given_up = in_vain_.contains(spec.device);
    if (given_up || Clock::now() >= deadline) {
      in_vain_[spec.device] = *why;
      return std::format("the device {} was waited for in vain: {}", spec.device, *why);
    }
    lock.unlock();
    if (told != why && notice) notice(std::format("waits for {}: {}", spec.device, *why));
    told = std::move(why);
    roster_->wait(std::min<Clock::time_point>(deadline, Clock::now() + look_again), stop);
  }
  return std::nullopt;
}

Result<std::string> Coordinator::digest_of_file(std::filesystem::path const& file) {
  std::error_code error;
  auto const written = std::filesystem::last_write_time(file, error);
  auto const bytes = error ? 0 : std::filesystem::file_size(file, error);
  if (error) return fail(std::format("{} cannot be read: {}", file.string(), error.message()));
  {
    std::scoped_lock const lock(mutex_);
    auto const known = digests_.find(file);
    if (known != digests_.end() && known->second.written == written && known->second.bytes == bytes) return known->second.digest;
  }
  EDGELAB_TRY(digest, probe::sha256_of(file));
  std::scoped_lock const lock(mutex_);
  digests_.insert_or_assign(file, Digest{written, bytes, digest});
  return digest;
}

}  // namespace edgelab::fleet
