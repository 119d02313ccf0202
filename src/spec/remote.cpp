#include "spec/remote.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "spec/endpoints.hpp"

namespace edgelab::spec {

namespace {

// As ids of devices and of what they offer stand in the fleet's subjects.
std::string lower_fleet_name(Lowering& to, document::Text const& written, std::string_view key) {
  auto const& name = written.value;
  auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  constexpr std::size_t longest = 63;
  bool const fits = !name.empty() && name.size() <= longest && is_letter(name.front()) &&
                    std::ranges::all_of(name, [&](char c) { return is_letter(c) || c == '-'; });
  if (!fits)
    to.error(
        written.mark,
        std::format("'{}' is no name for '{}': expected lower-case letters, digits and -, e.g. pixel-8", name, key));
  return name;
}

std::string lower_hub(Lowering& to, document::Text const& written) {
  constexpr std::array schemes{"nats://", "tls://", "edgelab://"};
  auto const& url = written.value;
  auto const scheme = std::ranges::find_if(schemes, [&](char const* begin) { return url.starts_with(begin); });
  if (scheme == schemes.end()) {
    to.error(written.mark,
             std::format(
                 "'{}' is no address of a hub: expected e.g. nats://192.168.1.20:4222, as edgelab hub prints it", url));
  } else if (url.contains('@') || url.contains("token=")) {
    to.error(written.mark,
             "an address with a token in it would be stored: expected key_env, the name of an environment variable");
  }
  return url;
}

DeviceBand lower_band(Lowering& to, document::DeviceBand const& from) {
  DeviceBand band;
  if (from.min_battery) band.min_battery_percent = from.min_battery->value;
  if (from.max_temp_c) band.max_temp_c = from.max_temp_c->value;
  if (from.min_clock) band.min_clock_share = from.min_clock->value;
  if (from.wait) band.wait_s = duration(to, *from.wait, "wait").value_or(band.wait_s);
  return band;
}

}  // namespace

void lower_remote(Lowering& to, document::Executor const& from, document::Mark mark, ExecutorSpec& spec) {
  auto const refuse = [&](auto const& value, std::string_view key) {
    if (value)
      to.error(mark, std::format("'{}' has no meaning for an executor of kind remote, which the device starts", key));
  };
  refuse(from.command, "command");
  refuse(from.model, "model");
  refuse(from.api, "api");
  refuse(from.retries, "retries");
  if (!from.device)
    to.error(mark, "an executor of kind remote needs the key 'device': its id in the fleet, as edgelab agent says it");
  else
    spec.device = lower_fleet_name(to, *from.device, "device");
  if (from.offers) spec.offers = lower_fleet_name(to, *from.offers, "offers");
  if (from.url) spec.url = lower_hub(to, *from.url);
  if (from.key_env) spec.key_env = lower_key_env(to, *from.key_env, "EDGELAB_HUB_TOKEN");
  if (from.band) spec.band = lower_band(to, *from.band);
}

void refuse_remote_keys(Lowering& to, document::Executor const& from) {
  auto const refuse = [&](document::Mark mark, std::string_view key) {
    to.error(mark, std::format("'{}' has no meaning for an executor of kind {}: it is a key of kind remote", key,
                               from.kind.value));
  };
  if (from.device) refuse(from.device->mark, "device");
  if (from.offers) refuse(from.offers->mark, "offers");
  if (from.band) refuse(from.kind.mark, "band");
}

}  // namespace edgelab::spec
