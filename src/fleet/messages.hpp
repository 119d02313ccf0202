// What devices and coordinators say of themselves, as JSON: docs/FLEET.md. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab::fleet {

inline constexpr std::chrono::milliseconds default_lease{30'000};
inline constexpr std::chrono::milliseconds shortest_lease{1'000};
inline constexpr std::chrono::milliseconds longest_lease{600'000};
inline constexpr std::size_t most_announced_bytes = 262'144;

// Of a device, now; what is not known is absent.
struct Facts {
  std::string os;
  std::string cpu;
  std::optional<std::int64_t> cores;
  std::optional<std::int64_t> memory_bytes;
  std::optional<double> bandwidth_gb_per_s;     // 10^9 bytes
  std::optional<double> battery_percent;
  std::optional<bool> charging;
  std::optional<double> temperature_c;
  std::string thermal;                          // nominal | fair | serious | critical; empty: not told
  std::optional<double> clock_share;
  std::optional<std::int64_t> time_ms;          // its wall clock, since 1970, UTC: for logs only
};

struct Offered {
  std::string id;
  std::string hello;                            // its answer to hello, one line of JSON
};

struct Announcement {
  std::string device;
  std::string instance;
  std::string agent;
  std::optional<std::string> session;
  bool fetch = false;
  std::vector<Offered> executors;               // where read: without their hello, which a session tells
  Facts facts;
};

[[nodiscard]] std::string encode(Announcement const& announcement);
// Of the device that the subject names: whatever breaks a rule is an error.
[[nodiscard]] Result<Announcement> decode_announcement(std::string_view device, std::string_view text);

struct Open {
  std::string session;
  std::string executor;
  std::string coordinator;
  std::chrono::milliseconds lease = default_lease;
  std::optional<std::string> replaces;
};

struct Refusal {
  std::string kind;                             // busy | version | unknown | bad-request | failed
  std::string reason;
};

[[nodiscard]] std::string encode(Open const& open);
[[nodiscard]] std::expected<Open, Refusal> decode_open(std::string_view text);

// The answer to it: the device's instance, or why not.
using Opened = std::expected<std::string, Refusal>;
[[nodiscard]] std::string encode(Opened const& opened);
[[nodiscard]] Opened decode_opened(std::string_view text);

// Bodies of `fetch`, `fetching` and `fetched`.
struct Fetch {
  std::string model;                            // sha256:…
  std::optional<std::int64_t> bytes;            // fetch: of the file; fetching: so many are there
  std::string reason;                           // fetched: why not; empty: it is there
  bool damaged = false;                         // fetched: since the hub's copy is not what it is called
};
[[nodiscard]] std::string encode(Fetch const& fetch);
[[nodiscard]] Result<Fetch> decode_fetch(std::string_view text);

}  // namespace edgelab::fleet
