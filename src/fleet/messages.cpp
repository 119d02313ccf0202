#include "fleet/messages.hpp"

#include <cmath>
#include <format>

#include "fleet/names.hpp"
#include "wire/json.hpp"

namespace edgelab::fleet {

namespace {

using wire::Json;
using wire::JsonObject;

constexpr std::size_t most_executors = 16;
constexpr double largest_integer = 9.0e15;      // beyond it a double skips some

std::optional<std::int64_t> integer(Json const& json, char const* pointer) {
  auto const number = json.number(pointer);
  if (!number || std::floor(*number) != *number || std::abs(*number) > largest_integer) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<double> number(Json const& json, char const* pointer) {
  auto const found = json.number(pointer);
  return found ? std::optional(*found) : std::nullopt;
}

std::string text(Json const& json, char const* pointer) { return json.text(pointer).value_or(""); }

std::string encode(Facts const& facts) {
  JsonObject object;
  auto const add = [&](std::string_view name, auto const& value) {
    if (value) object.number(name, static_cast<double>(*value));
  };
  if (!facts.os.empty()) object.text("os", facts.os);
  if (!facts.cpu.empty()) object.text("cpu", facts.cpu);
  add("cores", facts.cores);
  add("memory_bytes", facts.memory_bytes);
  add("bandwidth_gb_per_s", facts.bandwidth_gb_per_s);
  add("battery_percent", facts.battery_percent);
  if (facts.charging) object.truth("charging", *facts.charging);
  add("temperature_c", facts.temperature_c);
  if (!facts.thermal.empty()) object.text("thermal", facts.thermal);
  add("clock_share", facts.clock_share);
  add("time_ms", facts.time_ms);
  return object.done();
}

Facts decode_facts(Json const& json) {
  Facts facts{.os = text(json, "/facts/os"),
              .cpu = text(json, "/facts/cpu"),
              .cores = integer(json, "/facts/cores"),
              .memory_bytes = integer(json, "/facts/memory_bytes"),
              .bandwidth_gb_per_s = number(json, "/facts/bandwidth_gb_per_s"),
              .battery_percent = number(json, "/facts/battery_percent"),
              .charging = {},
              .temperature_c = number(json, "/facts/temperature_c"),
              .thermal = text(json, "/facts/thermal"),
              .clock_share = number(json, "/facts/clock_share"),
              .time_ms = integer(json, "/facts/time_ms")};
  if (json.type("/facts/charging") == Json::Type::truth) facts.charging = json.truth("/facts/charging");
  return facts;
}

std::string encode(std::vector<Offered> const& executors) {
  std::string list = "[";
  for (auto const& offered : executors) {
    if (list.size() > 1) list += ',';
    list += JsonObject().text("id", offered.id).raw("hello", offered.hello).done();
  }
  return list + "]";
}

}  // namespace

std::string encode(Announcement const& announcement) {
  JsonObject object;
  object.number("transport", transport_version)
      .text("device", announcement.device)
      .text("instance", announcement.instance)
      .text("agent", announcement.agent);
  if (announcement.session) object.text("session", *announcement.session);
  return object.truth("fetch", announcement.fetch)
      .raw("executors", encode(announcement.executors))
      .raw("facts", encode(announcement.facts))
      .done();
}

Result<Announcement> decode_announcement(std::string_view device, std::string_view written) {
  if (written.size() > most_announced_bytes)
    return fail(std::format("it is longer than {} bytes", most_announced_bytes));
  EDGELAB_TRY(json, Json::parse(written));
  if (auto const transport = integer(json, "/transport"); transport != transport_version)
    return fail(
        std::format("it speaks transport {}, this program speaks {}", transport.value_or(0), transport_version));
  Announcement announcement{.device = text(json, "/device"),
                            .instance = text(json, "/instance"),
                            .agent = text(json, "/agent"),
                            .session = {},
                            .fetch = json.truth("/fetch"),
                            .executors = {},
                            .facts = decode_facts(json)};
  if (!is_id(announcement.device)) return fail("its device id breaks the rule for ids");
  if (announcement.device != device)
    return fail(std::format("it says that it is '{}' on the subject of '{}'", announcement.device, device));
  if (!is_instance(announcement.instance)) return fail("its instance is not 16 hexadecimal digits");
  if (auto session = json.text("/session")) {
    if (!is_session(*session)) return fail("its session is not 32 hexadecimal digits");
    announcement.session = *std::move(session);
  }
  for (std::size_t i = 0; i < std::min(json.length("/executors"), most_executors); ++i) {
    auto id = text(json, std::format("/executors/{}/id", i).c_str());
    if (!is_id(id)) return fail("the id of one of its executors breaks the rule for ids");
    announcement.executors.push_back({.id = std::move(id), .hello = {}});
  }
  return announcement;
}

std::string encode(Open const& open) {
  JsonObject object;
  object.number("transport", transport_version)
      .text("session", open.session)
      .text("executor", open.executor)
      .text("coordinator", open.coordinator)
      .number("lease_ms", static_cast<double>(open.lease.count()));
  if (open.replaces) object.text("replaces", *open.replaces);
  return object.done();
}

std::expected<Open, Refusal> decode_open(std::string_view written) {
  auto const bad = [](std::string reason) { return std::unexpected(Refusal{"bad-request", std::move(reason)}); };
  auto const json = Json::parse(written);
  if (!json) return bad("it is no JSON");
  if (auto const transport = integer(*json, "/transport"); transport != transport_version)
    return std::unexpected(Refusal{"version", std::format("the coordinator speaks transport {}, this agent speaks {}",
                                                          transport.value_or(0), transport_version)});
  Open open{.session = text(*json, "/session"),
            .executor = text(*json, "/executor"),
            .coordinator = text(*json, "/coordinator").substr(0, 200),
            .lease = default_lease,
            .replaces = {}};
  if (!is_session(open.session)) return bad("'session' is not 32 hexadecimal digits");
  if (!is_id(open.executor)) return bad("'executor' breaks the rule for ids");
  if (json->type("/lease_ms") != Json::Type::absent) {
    auto const lease = integer(*json, "/lease_ms");
    if (!lease || *lease < shortest_lease.count() || *lease > longest_lease.count())
      return bad(std::format("'lease_ms' is not {} to {}", shortest_lease.count(), longest_lease.count()));
    open.lease = std::chrono::milliseconds(*lease);
  }
  if (auto replaces = json->text("/replaces")) {
    if (!is_session(*replaces)) return bad("'replaces' is not 32 hexadecimal digits");
    open.replaces = *std::move(replaces);
  }
  return open;
}

std::string encode(Opened const& opened) {
  if (opened) return JsonObject().truth("ok", true).text("instance", *opened).done();
  return JsonObject().truth("ok", false).text("kind", opened.error().kind).text("reason", opened.error().reason).done();
}

Opened decode_opened(std::string_view written) {
  auto const senseless = [](std::string reason) { return std::unexpected(Refusal{"failed", std::move(reason)}); };
  auto const json = Json::parse(written);
  if (!json) return senseless("the agent's reply is no JSON");
  if (!json->truth("/ok")) return std::unexpected(Refusal{text(*json, "/kind"), text(*json, "/reason")});
  auto instance = text(*json, "/instance");
  if (!is_instance(instance)) return senseless("the agent's reply has no instance");
  return instance;
}

std::string encode(Fetch const& fetch) {
  JsonObject object;
  object.text("model", fetch.model);
  if (fetch.bytes) object.number("bytes", static_cast<double>(*fetch.bytes));
  if (!fetch.reason.empty()) object.text("reason", fetch.reason);
  if (fetch.damaged) object.truth("damaged", true);
  return object.done();
}

Result<Fetch> decode_fetch(std::string_view written) {
  EDGELAB_TRY(json, Json::parse(written));
  Fetch fetch{.model = text(json, "/model"),
              .bytes = integer(json, "/bytes"),
              .reason = text(json, "/reason"),
              .damaged = json.truth("/damaged")};
  if (!digest_of(fetch.model)) return fail("'model' is not sha256: and 64 hexadecimal digits");
  if (json.type("/bytes") != Json::Type::absent && fetch.bytes.value_or(-1) < 0)
    return fail("'bytes' is no whole number from 0");
  return fetch;
}

}  // namespace edgelab::fleet
