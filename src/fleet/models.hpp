// Models on their way through the hub's object store: each once, and resumable from both ends (docs/FLEET.md, "Models").
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "fleet/bus.hpp"
#include "fleet/cache.hpp"

namespace edgelab::fleet {

// Told how many bytes are there, some times a second at most; false ends the transfer, which can be taken up again later.
using KeepOn = std::function<bool(std::int64_t bytes)>;

struct Transfer {
  // A transfer that makes no progress for so long is given up. A hub that is away meanwhile is waited for.
  std::chrono::milliseconds patience{60'000};
  KeepOn keep_on{};
};

// What a transfer moved itself: chunks that were there already are not counted.
struct Moved {
  std::int64_t bytes = 0;
  std::int64_t chunks = 0;
};

// Sees to it that the object is in the store, whole. REQUIRES that `digest` is the file's SHA-256. Two that offer the same at once
// share the work, and so does one that goes on where an earlier one stopped.
[[nodiscard]] Result<Moved> offer_model(Bus& bus, std::string_view digest, std::filesystem::path const& file,
                                        Transfer const& transfer);

// The same where the object is not what it is called, or has lost a part: it is compared with the file, and what differs is taken out
// first. Fails where the file itself is no longer what it was. An object that is right stays as it is.
[[nodiscard]] Result<Moved> repair_model(Bus& bus, std::string_view digest, std::filesystem::path const& file,
                                         Transfer const& transfer);

// Appends what is missing to `part`, whose progress is noted beside it (`part` + ".at"); it is whole afterwards, its digest not yet
// checked. Fails at once where the store has no such object, or one that is longer than `bytes`.
[[nodiscard]] std::expected<Moved, NotHere> fetch_model(Bus& bus, std::string_view digest, std::int64_t bytes,
                                                        std::filesystem::path const& part, Transfer const& transfer);

}  // namespace edgelab::fleet
