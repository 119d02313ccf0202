#include "null/line_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace edgelab::null {

std::expected<std::string, LineInput::None> LineInput::next(std::optional<Clock::time_point> deadline) {
  std::array<char, 64 * 1024> chunk{};
  for (;;) {
    if (auto const newline = buffer_.find('\n', scanned_); newline != std::string::npos) {
      auto line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      scanned_ = 0;
      return line;
    }
    scanned_ = buffer_.size();
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    timespec wait{};
    if (deadline) {
      auto const left = std::max<std::int64_t>(to_ns(*deadline - Clock::now()), 0);
      wait = {.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
    }
#ifdef __linux__
    int const ready = ::ppoll(&input, 1, deadline ? &wait : nullptr, nullptr);
#else
    int const ready = ::poll(&input, 1, deadline ? static_cast<int>(wait.tv_sec * 1000 + wait.tv_nsec / 1'000'000) : -1);
#endif
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return std::unexpected(None::deadline);
    auto const count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(None::ended);
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace edgelab::null
