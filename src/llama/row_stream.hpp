// Distributions on their way to the coordinator, chunk by chunk: docs/PROTOCOL.md, "A stream of distributions".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "llama/refusal.hpp"
#include "serve/stop.hpp"
#include "types/protocol.hpp"

namespace edgelab::llama {

using serve::Stop;

// The executor's end. `stop` outlives it; when it is requested, whatever waits ends as cancelled.
class RowStream {
 public:
  [[nodiscard]] static Outcome<RowStream> connect(std::string const& path, Stop const& stop);
  RowStream(RowStream&& other) noexcept : descriptor_(other.descriptor_), stop_(other.stop_) { other.descriptor_ = -1; }
  RowStream& operator=(RowStream&&) = delete;
  ~RowStream();

  [[nodiscard]] Outcome<void> begin(protocol::StreamHead const& head, std::span<std::int32_t const> tokens);
  // Returns when the coordinator asks for a chunk.
  [[nodiscard]] Outcome<void> wait();
  // A chunk begins, of so many rows; each is then sent by itself.
  [[nodiscard]] Outcome<void> chunk(std::uint32_t rows);
  [[nodiscard]] Outcome<void> row(std::span<float const> logarithms);

 private:
  RowStream(int descriptor, Stop const& stop) : descriptor_(descriptor), stop_(&stop) {}
  [[nodiscard]] Outcome<void> ready(short events);
  [[nodiscard]] Outcome<void> send(std::span<std::byte const> bytes);

  int descriptor_;
  Stop const* stop_;
};

}  // namespace edgelab::llama
