#include "executor/row_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

namespace edgelab::executor {

namespace {

constexpr int look_every_ms = 50;                        // whether it is still wanted
constexpr std::uint32_t most_vocabulary = 16'777'216;    // what is beyond these is no head of ours
constexpr std::uint32_t most_tokens = 268'435'456;
constexpr std::uint64_t most_chunk_bytes = std::uint64_t{4} << 30U;

std::unexpected<Error> trouble(std::string_view what) {
  return fail(std::format("the stream of distributions: {}: {}", what, std::strerror(errno)));
}

}  // namespace

Result<RowSocket> RowSocket::make() {
  static std::atomic<int> number{0};
  RowSocket made;
  made.path_ = std::filesystem::temp_directory_path() / std::format("edgelab-rows-{}-{}", getpid(), number++);
  auto const name = made.path_.string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path)
    return fail(
        std::format("the stream of distributions: {} is too long a path for a socket; TMPDIR names the folder", name));
  name.copy(address.sun_path, name.size());
  ::unlink(name.c_str());    // of a process that had our number
  made.listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made.listening_ < 0) return trouble("no socket");
  if (::bind(made.listening_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
      ::listen(made.listening_, 1) != 0)
    return trouble(name);
  return made;
}

RowSocket::RowSocket(RowSocket&& other) noexcept
    : path_(std::move(other.path_)),
      listening_(std::exchange(other.listening_, -1)),
      connected_(std::exchange(other.connected_, -1)),
      head_(other.head_),
      tokens_(std::move(other.tokens_)),
      rows_(std::move(other.rows_)),
      left_(other.left_) {
  other.path_.clear();
}

RowSocket::~RowSocket() {
  if (connected_ >= 0) ::close(connected_);
  if (listening_ >= 0) ::close(listening_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> RowSocket::read(std::span<std::byte> into, Wanted const& wanted) {
  while (!into.empty()) {
    pollfd waited{connected_, POLLIN, 0};
    if (::poll(&waited, 1, look_every_ms) <= 0) {
      if (!wanted()) return fail("the stream of distributions has ended before its time");
      continue;
    }
    auto const got = ::recv(connected_, into.data(), into.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return trouble("cannot be read");
    if (got == 0) return fail("the stream of distributions has ended before its time");
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> RowSocket::accept(Wanted const& wanted) {
  for (;;) {
    pollfd waited{listening_, POLLIN, 0};
    if (::poll(&waited, 1, look_every_ms) > 0) break;
    if (!wanted()) return fail("no stream of distributions has come");
  }
  connected_ = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connected_ < 0) return trouble("no connection");
  EDGELAB_CHECK(read(std::as_writable_bytes(std::span(&head_, 1)), wanted));
  if (head_.magic != protocol::StreamHead{}.magic || head_.n_vocab == 0 || head_.n_vocab > most_vocabulary ||
      head_.n_tokens > most_tokens || head_.n_rows > head_.n_tokens)
    return fail("what the executor streams does not begin as a stream of distributions does");
  tokens_.resize(head_.n_tokens);
  left_ = head_.n_rows;
  return read(std::as_writable_bytes(std::span(tokens_)), wanted);
}

Result<void> RowSocket::next(Wanted const& wanted) {
  char const go = 1;
  if (::send(connected_, &go, 1, MSG_NOSIGNAL) != 1) return trouble("the executor does not listen");
  std::uint32_t count = 0;
  EDGELAB_CHECK(read(std::as_writable_bytes(std::span(&count, 1)), wanted));
  if (count == 0 || count > left_ || std::uint64_t{count} * head_.n_vocab * sizeof(float) > most_chunk_bytes)
    return fail(std::format("the executor streams a chunk of {} rows where {} are left", count, left_));
  left_ -= count;
  rows_.resize(std::size_t{count} * head_.n_vocab);
  return read(std::as_writable_bytes(std::span(rows_)), wanted);
}

}  // namespace edgelab::executor
