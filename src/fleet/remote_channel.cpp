#include "fleet/remote_channel.hpp"

#include <format>
#include <utility>

#include "fleet/messages.hpp"
#include "types/protocol.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto goodbye_grace = 3s;          // the agent grants its executor 2
constexpr auto end_grace = 2s;              // for our own `end` to be acknowledged

}  // namespace

RemoteChannel::~RemoteChannel() {
  kill();
  watch_.reset();
}

void RemoteChannel::wake() {
  woken_ = true;
  session_->wake();
}

std::expected<std::string_view, RemoteChannel::NoLine> RemoteChannel::read_line(Clock::time_point deadline) {
  for (;;) {
    if (woken_.exchange(false)) return std::unexpected(NoLine::woken);
    if (ended_ || parted_) return std::unexpected(NoLine::closed);
    auto parcel = session_->receive(deadline);
    if (!parcel) {
      if (woken_.exchange(false)) return std::unexpected(NoLine::woken);
      if (session_->broken()) return std::unexpected(NoLine::closed);
      if (Clock::now() >= deadline) return std::unexpected(NoLine::deadline_passed);
      continue;
    }
    if (parcel->kind == "end") {
      ended_ = std::move(parcel->body);
      return std::unexpected(NoLine::closed);
    }
    if (breaks_a_rule(*parcel)) return std::unexpected(NoLine::closed);
    if (!parcel->kind.empty()) continue;        // of a transfer that is no longer waited for
    line_ = std::move(parcel->body);
    if (line_.size() >= protocol::max_line_bytes) return std::unexpected(NoLine::too_long);
    return line_;
  }
}

bool RemoteChannel::breaks_a_rule(Parcel const& parcel) {
  if (parcel.kind.empty()) return false;
  std::string why;
  if (parcel.kind != "fetching" && parcel.kind != "fetched") {
    why = std::format("it sent a frame of the kind '{}'", parcel.kind.substr(0, 40));
  } else if (auto const told = decode_fetch(parcel.body); !told) {
    why = std::format("it sent a '{}' that makes no sense: {}", parcel.kind, told.error().describe());
  } else {
    return false;
  }
  session_->send({"end", "the device broke a rule of the transport: " + why});
  session_->give_up(std::move(why));
  return true;
}

executor::Channel::Ending RemoteChannel::ending(std::string_view during) {
  if (ended_) {
    bool const memory = ended_->contains("ran out of memory");
    return {memory ? Status::oom : Status::failed,
            std::format("on {} ended during {}: {}", device_, during, ended_->substr(0, 4'000))};
  }
  return {Status::failed, std::format("on {} was lost during {}: {}", device_, during,
                                      session_->broken().value_or("the session was ended"))};
}

void RemoteChannel::kill() {
  if (std::exchange(parted_, true) || ended_ || session_->broken()) return;
  session_->send({"end", "the coordinator is done with it"});
  session_->deliver(Clock::now() + end_grace);
}

void RemoteChannel::part() {
  auto const deadline = Clock::now() + goodbye_grace;
  while (!ended_ && !session_->broken() && Clock::now() < deadline) (void)read_line(deadline);
  kill();
}

RemoteChannel::Fetched RemoteChannel::fetch(std::string const& model, std::int64_t bytes,
                                            std::chrono::milliseconds patience, std::string& why) {
  session_->send({"fetch", encode(Fetch{.model = model, .bytes = bytes, .reason = {}})});
  auto deadline = Clock::now() + patience;
  for (;;) {
    auto const parcel = session_->receive(deadline);
    if (!parcel) {
      if (woken_) return Fetched::woken;
      if (!session_->broken() && Clock::now() < deadline) continue;
      why = session_->broken().value_or("the device made no progress with fetching it");
      return Fetched::no;
    }
    if (parcel->kind == "end") {
      ended_ = parcel->body;
      why = parcel->body;
      return Fetched::no;
    }
    if (breaks_a_rule(*parcel)) {
      why = *session_->broken();
      return Fetched::no;
    }
    if (parcel->kind.empty()) continue;         // of an exchange that is no longer waited for
    auto const told = decode_fetch(parcel->body);
    if (!told || told->model != model) continue;
    if (parcel->kind == "fetched") {
      why = told->reason;
      if (told->damaged) return Fetched::damaged;
      return why.empty() ? Fetched::yes : Fetched::no;
    }
    deadline = Clock::now() + patience;      // it gives up by itself where it makes no progress
  }
}

}  // namespace edgelab::fleet
