// A device's models: files named by their SHA-256 in one folder. What comes over the bus never says where a file lies.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace edgelab::fleet {

// Why a model is not here.
struct NotHere : Error {
  bool damaged = false;  // what the hub has under its name is another file, or a part of it
};

class Cache {
 public:
  // Makes the folder, and holds it: fails where another agent does.
  [[nodiscard]] static Result<Cache> in(std::filesystem::path folder);

  // `digest`: 64 hexadecimal digits (fleet::digest_of); anything else is nowhere.
  [[nodiscard]] std::optional<std::filesystem::path> find(std::string_view digest) const;
  // "sha256:…" of a path that find() gave; nullopt for anything else.
  [[nodiscard]] std::optional<std::string> name_of(std::filesystem::path const& file) const;
  // Where a file that is not whole yet is kept.
  [[nodiscard]] std::filesystem::path part_of(std::string_view digest) const;
  // Moves the part to its place if its SHA-256 is the one in its name; otherwise it is deleted.
  [[nodiscard]] std::expected<std::filesystem::path, NotHere> admit(std::string_view digest) const;

 private:
  struct Hold;
  Cache(std::filesystem::path folder, std::shared_ptr<Hold> hold)
      : folder_(std::move(folder)), hold_(std::move(hold)) {}
  [[nodiscard]] std::filesystem::path path_of(std::string_view digest) const;
  std::filesystem::path folder_;
  std::shared_ptr<Hold> hold_;               // let go with the last copy
};

}  // namespace edgelab::fleet
