// Distributions on their way from an executor, chunk by chunk: docs/PROTOCOL.md, "A stream of distributions".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/protocol.hpp"

namespace edgelab::executor {

// The coordinator's end: a Unix socket in the folder for temporary files, gone with the object. Whatever waits asks
// `wanted` a few times a second and fails when that says no.
class RowSocket {
 public:
  [[nodiscard]] static Result<RowSocket> make();
  RowSocket(RowSocket&& other) noexcept;
  RowSocket& operator=(RowSocket&&) = delete;
  ~RowSocket();

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

  using Wanted = std::function<bool()>;
  // Waits for the executor, and reads which text it has and how many rows there will be.
  [[nodiscard]] Result<void> accept(Wanted const& wanted);
  [[nodiscard]] protocol::StreamHead const& head() const { return head_; }
  [[nodiscard]] std::vector<std::int32_t> const& tokens() const { return tokens_; }

  // Asks for a chunk and reads it: rows after one another, n_vocab values each. At least one row.
  [[nodiscard]] Result<void> next(Wanted const& wanted);
  [[nodiscard]] std::size_t rows() const { return rows_.size() / head_.n_vocab; }   // of that chunk
  [[nodiscard]] std::span<float const> row(std::size_t i) const {
    return std::span(rows_).subspan(i * head_.n_vocab, head_.n_vocab);
  }

 private:
  RowSocket() = default;
  [[nodiscard]] Result<void> read(std::span<std::byte> into, Wanted const& wanted);

  std::filesystem::path path_;
  int listening_ = -1;
  int connected_ = -1;
  protocol::StreamHead head_;
  std::vector<std::int32_t> tokens_;
  std::vector<float> rows_;
  std::size_t left_ = 0;         // rows that are still to come
};

}  // namespace edgelab::executor
