// Names of the fleet, and the subjects they stand in: docs/FLEET.md, "Names" and "Subjects". Pure but for the random ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgelab::fleet {

inline constexpr int transport_version = 1;
inline constexpr std::string_view models_bucket = "edgelab-models";

// What may stand in a subject: of a device, or of an executor on it.
[[nodiscard]] bool is_id(std::string_view name);
[[nodiscard]] bool is_session(std::string_view name);  // 32 hexadecimal digits
[[nodiscard]] bool is_instance(std::string_view name);  // 16 of them

// The 64 digits of "sha256:…"; nullopt for anything else.
[[nodiscard]] std::optional<std::string_view> digest_of(std::string_view model);
[[nodiscard]] std::string model_name(std::string_view digest);

[[nodiscard]] std::string random_hex(std::size_t digits);  // from the system's source of randomness

// The nearest id to any text: lower case, other letters become '-'; "device" where nothing is left.
[[nodiscard]] std::string id_from(std::string_view text);

inline constexpr auto who_subject = "edgelab.v1.who";
inline constexpr auto all_announcements = "edgelab.v1.device.*.announce";
[[nodiscard]] std::string announce_subject(std::string_view device);
[[nodiscard]] std::string open_subject(std::string_view device);
[[nodiscard]] std::string down_subject(std::string_view session);
[[nodiscard]] std::string up_subject(std::string_view session);

// Text of others as a line that a terminal takes as nothing but text: control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

// The device that a subject of an announcement names; empty where it is none.
[[nodiscard]] std::string_view announced_by(std::string_view subject);

}  // namespace edgelab::fleet
