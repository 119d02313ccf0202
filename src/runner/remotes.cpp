#include "runner/remotes.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <format>
#include <utility>

#include "fleet/names.hpp"

namespace edgelab::runner {

namespace {

std::string variable(std::string const& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string name_of_this_program() {
  constexpr std::size_t longest = 64;
  char host[longest + 1] = {};
  (void)::gethostname(host, longest);
  return std::format("edgelab run on {} ({})", host, ::getpid());
}

// EDGELAB_HUB_LEASE_MS: how long a silent side of a session counts as there; tests shorten it.
std::chrono::milliseconds lease() {
  auto const text = variable("EDGELAB_HUB_LEASE_MS");
  std::int64_t ms = 0;
  auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  bool const fits = error == std::errc{} && ms >= fleet::shortest_lease.count() && ms <= fleet::longest_lease.count();
  return fits ? std::chrono::milliseconds(ms) : fleet::default_lease;
}

}  // namespace

Result<fleet::HubAddress> hub_of(ExecutorSpec const& spec) {
  auto const url = spec.url.empty() ? variable("EDGELAB_HUB") : spec.url;
  if (url.empty()) return fail("no hub is named: expected its key 'url', or the environment variable EDGELAB_HUB");
  auto hub = fleet::hub_address(url);
  if (!hub) return hub;
  if (auto token = variable(spec.key_env.empty() ? "EDGELAB_HUB_TOKEN" : spec.key_env); !token.empty())
    hub->token = std::move(token);
  hub->authority = variable("EDGELAB_HUB_CA");
  return hub;
}

Result<std::shared_ptr<fleet::Coordinator>> Remotes::coordinator_of(ExecutorSpec const& spec) {
  auto const hub = hub_of(spec);
  if (!hub) return std::unexpected(hub.error());
  std::scoped_lock const lock(mutex_);
  auto const known = hubs_.find({hub->url, hub->token});
  if (known != hubs_.end()) return known->second;
  auto const hear = [heard = heard_](std::string_view text) {
    constexpr std::size_t most = 100;      // nobody may be there to be told
    std::scoped_lock const inner(heard->mutex);
    if (heard->notices.size() < most) heard->notices.push_back(fleet::printable(text));
  };
  auto coordinator = fleet::Coordinator::at(*hub, {.name = name_of_this_program(), .lease = lease(), .notice = hear});
  if (!coordinator) return std::unexpected(coordinator.error());
  hubs_.emplace(std::pair(hub->url, hub->token), *coordinator);
  return coordinator;
}

executor::Outcome<std::unique_ptr<executor::Executor>> Remotes::start(ExecutorSpec const& spec,
                                                                      std::chrono::milliseconds timeout,
                                                                      std::stop_token const& stop) {
  auto const coordinator = coordinator_of(spec);
  if (!coordinator) return std::unexpected(executor::Trouble{Status::failed, coordinator.error().describe(), true});
  return (*coordinator)->start(spec, timeout, stop);
}

std::optional<std::string> Remotes::await_fit(ExecutorSpec const& spec, std::stop_token const& stop,
                                              Notice const& notice) {
  if (spec.kind != "remote") return std::nullopt;
  auto const coordinator = coordinator_of(spec);
  if (!coordinator) return coordinator.error().describe();
  std::vector<std::string> notices;
  {
    std::scoped_lock const lock(heard_->mutex);
    notices.swap(heard_->notices);
  }
  for (auto const& text : notices) notice(text);
  return (*coordinator)->await_fit(spec, stop, notice);
}

}  // namespace edgelab::runner
