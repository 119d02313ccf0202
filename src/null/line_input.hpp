// Lines of standard input, with a way to stop waiting for one.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "core/clock.hpp"

namespace edgelab::null {

class LineInput {
 public:
  enum class None : std::uint8_t { ended, deadline };
  // The next line without its newline. No deadline: waits as long as it takes.
  [[nodiscard]] std::expected<std::string, None> next(std::optional<Clock::time_point> deadline = std::nullopt);

 private:
  std::string buffer_;
  std::size_t scanned_ = 0;
};

}  // namespace edgelab::null
