// The hub's store of models, as one connection sees it: an object store whose chunks are numbered by what they are chunks of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "fleet/bus.hpp"

namespace edgelab::fleet {

// Every chunk but an object's last has so many bytes.
inline constexpr std::size_t chunk_bytes = 131'072;

// Of a model with so many bytes.
[[nodiscard]] constexpr std::uint64_t chunks_in(std::int64_t bytes) {
  auto const each = static_cast<std::int64_t>(chunk_bytes);
  return static_cast<std::uint64_t>((bytes + each - 1) / each);
}

// Not thread-safe, and gone before the bus. `digest` is 64 hexadecimal digits throughout.
class ModelStore {
 public:
  [[nodiscard]] static Result<ModelStore> on(Bus& bus);

  // Makes the bucket where it is not there yet.
  bool make_bucket();

  enum class Answer : std::uint8_t { yes, no, trouble };

  // What is told of a whole object.
  struct Whole {
    std::int64_t bytes = 0;
    std::uint64_t sequence = 0;  // in the stream, as all sequences here
  };
  [[nodiscard]] std::pair<Answer, Whole> whole(std::string_view digest);

  struct Chunks {
    std::uint64_t count = 0;
    std::uint64_t last = 0;  // sequence
  };
  // Nullopt: trouble.
  [[nodiscard]] std::optional<Chunks> chunks_of(std::string_view digest);

  struct Chunk {
    std::string bytes;
    std::uint64_t sequence = 0;
  };
  // The first chunk at or after a sequence.
  [[nodiscard]] std::pair<Answer, Chunk> get(std::string_view digest, std::uint64_t from);

  // Puts a chunk if the last one is still `after` (0: there is none); its sequence, or nullopt.
  [[nodiscard]] std::optional<std::uint64_t> put(std::string_view digest, std::string_view chunk, std::uint64_t after);
  // Says that the object is whole.
  [[nodiscard]] bool put_whole(std::string_view digest, std::int64_t bytes);

  // Takes out what was there when these sequences were the last, and nothing that has come since. False: trouble.
  [[nodiscard]] bool remove(std::string_view digest, std::uint64_t whole, std::uint64_t last_chunk);

 private:
  explicit ModelStore(std::shared_ptr<void> js) : js_(std::move(js)) {}
  [[nodiscard]] std::optional<std::uint64_t> publish(std::string const& subject, std::string_view body,
                                                     char const* header, char const* value);
  [[nodiscard]] bool purge(std::string const& subject, std::uint64_t up_to);

  std::shared_ptr<void> js_;  // NATS's jsCtx
};

}  // namespace edgelab::fleet
