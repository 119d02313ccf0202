#include "llama/row_stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace edgelab::llama {

namespace {

constexpr int look_every_ms = 100;   // whether the work is still wanted

}  // namespace

Outcome<RowStream> RowStream::connect(std::string const& path, Stop const& stop) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return refuse("bad-request", "stream: '" + path + "' is no path of a socket: it has to have 1 to " +
                                     std::to_string(sizeof address.sun_path - 1) + " bytes");
  path.copy(address.sun_path, path.size());
  int const descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return refuse("failed", std::string("stream: ") + std::strerror(errno));
  RowStream stream(descriptor, stop);
  if (::connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return refuse("failed", "stream: " + path + ": " + std::strerror(errno));
  return stream;
}

RowStream::~RowStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Outcome<void> RowStream::ready(short events) {
  for (;;) {
    if (stop_->requested()) return refuse("cancelled", "cancelled on request");
    pollfd waited{descriptor_, events, 0};
    if (::poll(&waited, 1, look_every_ms) > 0) return {};
  }
}

Outcome<void> RowStream::send(std::span<std::byte const> bytes) {
  while (!bytes.empty()) {
    if (auto waited = ready(POLLOUT); !waited) return waited;
    auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0)
      return refuse("failed", std::string("stream: the coordinator does not listen: ") + std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

Outcome<void> RowStream::begin(protocol::StreamHead const& head, std::span<std::int32_t const> tokens) {
  if (auto sent = send(std::as_bytes(std::span(&head, 1))); !sent) return sent;
  return send(std::as_bytes(tokens));
}

Outcome<void> RowStream::wait() {
  for (;;) {
    if (auto waited = ready(POLLIN); !waited) return waited;
    char asked = 0;
    auto const got = ::recv(descriptor_, &asked, 1, MSG_DONTWAIT);
    if (got == 1) return {};
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    return refuse("failed", "stream: the coordinator has hung up");
  }
}

Outcome<void> RowStream::chunk(std::uint32_t rows) { return send(std::as_bytes(std::span(&rows, 1))); }

Outcome<void> RowStream::row(std::span<float const> logarithms) { return send(std::as_bytes(logarithms)); }

}  // namespace edgelab::llama
