// What an agent lets through: lines of a coordinator's on their way to an executor, and back. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "types/protocol.hpp"

namespace edgelab::fleet {

// The file of a model by its digest, where the cache has it.
using FindModel = std::function<std::optional<std::filesystem::path>(std::string_view digest)>;

struct ToExecutor {
  std::string line;                    // what was understood, written anew: nothing else of it gets through
  bool begins_run = false;
};
struct ToCoordinator {
  std::string line;                    // an `error`
  std::string why;                     // for the log
};
// A line of a coordinator's: models by name become paths in the cache; what would name a file, or is no message, is refused.
// Flags that are unset (empty, or the empty list `[]`) name none.
[[nodiscard]] std::variant<ToExecutor, ToCoordinator> let_down(std::string_view line, FindModel const& find);

// A model's name by its file in the cache; nullopt for any other text.
using NameModel = std::function<std::optional<std::string>(std::string_view path)>;

// A line of the executor's. In a `done`, paths of the cache become names again, and the peak of the executor's memory is put in
// where it does not tell that itself.
[[nodiscard]] std::string let_up(std::string_view line, NameModel const& name,
                                 std::function<std::optional<std::int64_t>()> const& peak_rss_bytes);

}  // namespace edgelab::fleet
