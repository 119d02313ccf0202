// Small files of /proc and /sys, which are made anew for each reading: one open, one read, one close.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab::probe {

// All of it, 64 KiB at most; nullopt where it cannot be opened or read. The error is in errno.
[[nodiscard]] std::optional<std::string> read_small(std::filesystem::path const& file);

// The first line, trimmed.
[[nodiscard]] std::optional<std::string> first_line(std::filesystem::path const& file);

// A whole number, as far as `text` is nothing else.
[[nodiscard]] std::optional<std::int64_t> whole(std::string_view text);

// What the first line is, where that is a whole number.
[[nodiscard]] std::optional<std::int64_t> number_in(std::filesystem::path const& file);

// "KEY<separator>VALUE" lines, as in /proc/meminfo and /etc/os-release: the value of `key`, trimmed.
[[nodiscard]] std::optional<std::string> value_of(std::filesystem::path const& file, std::string_view key,
                                                  char separator);

// The same of a text that has been read, with ':' as in /proc/PID/status; points into it.
[[nodiscard]] std::optional<std::string_view> field_of(std::string_view text, std::string_view key);

// Where that is a number of kB ("VmHWM:   1784 kB"), in bytes.
[[nodiscard]] std::optional<std::int64_t> kib_of(std::string_view text, std::string_view key);

// Folders in `parent` whose names are `prefix` and a number (cpu0, thermal_zone3), by that number.
[[nodiscard]] std::vector<std::filesystem::path> numbered(std::filesystem::path const& parent, std::string_view prefix);

// Everything in `parent`, by name.
[[nodiscard]] std::vector<std::filesystem::path> entries_of(std::filesystem::path const& parent);

}  // namespace edgelab::probe
