#include "fleet/link.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "wire/json.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto resend_after = 1s;
constexpr auto ack_within = 100ms;
constexpr int most_owed = 8;
constexpr double largest_seq = 9.0e15;

struct Header {
  std::int64_t seq = 0;      // 0: it has none
  std::int64_t ack = 0;
  bool more = false;
  std::string kind;          // empty: a line's
};

// A whole number from `lowest`; 0 where there is none.
Result<std::int64_t> whole(wire::Json const& json, char const* name, std::int64_t lowest) {
  auto const pointer = std::format("/{}", name);
  if (json.type(pointer.c_str()) == wire::Json::Type::absent) return 0;
  auto const number = json.number(pointer.c_str());
  if (!number || *number < static_cast<double>(lowest) || *number > largest_seq || std::floor(*number) != *number)
    return fail(std::format("'{}' is no whole number from {}", name, lowest));
  return static_cast<std::int64_t>(*number);
}

Result<Header> decode_header(std::string_view written) {
  using enum wire::Json::Type;
  auto const json = wire::Json::parse(written);
  if (!json || json->type("") != object) return fail("no JSON object");
  EDGELAB_TRY(seq, whole(*json, "seq", 1));
  EDGELAB_TRY(ack, whole(*json, "ack", 0));
  auto const more = json->type("/more");
  if (more != absent && more != truth) return fail("'more' is neither true nor false");
  auto kind = json->text("/kind").value_or("");
  if (json->type("/kind") != absent && kind.empty()) return fail("'kind' is no name");
  return Header{.seq = seq, .ack = ack, .more = json->truth("/more"), .kind = std::move(kind)};
}

}  // namespace

Link::Link(std::chrono::milliseconds lease, Clock::time_point now) : lease_(lease), heard_(now), said_(now) {}

void Link::send(Parcel parcel) {
  std::string_view rest = parcel.body;
  if (parcel.kind.empty() && rest.ends_with('\n')) rest.remove_suffix(1);
  do {
    auto const piece = rest.substr(0, most_body_bytes);
    rest.remove_prefix(piece.size());
    queued_bytes_ += piece.size();
    waiting_.push_back({.seq = next_seq_++, .more = !rest.empty(), .kind = parcel.kind, .body = std::string(piece)});
  } while (!rest.empty());
}

void Link::receive(std::string_view frame, Clock::time_point now, bool room) {
  if (broken_) return;
  heard_ = now;
  auto const end = frame.find('\n');
  if (end == std::string_view::npos || end > most_header_bytes)
    return break_rule(std::format("a frame without a header of at most {} bytes", most_header_bytes));
  auto const body = frame.substr(end + 1);
  if (body.size() > most_body_bytes) return break_rule(std::format("a body of more than {} bytes", most_body_bytes));
  auto header = decode_header(frame.substr(0, end));
  if (!header) return break_rule(std::format("a header that makes no sense: {}", header.error().describe()));
  acknowledged(header->ack, now);
  if (broken_ || header->seq == 0 || !room) return;
  if (header->seq != taken_ + 1) {
    owes_now_ = true;      // it was taken before, or one before it is missing
    return;
  }
  taken_ = header->seq;
  if (owed_++ == 0) owes_at_ = now + ack_within;
  if (owed_ >= most_owed) owes_now_ = true;
  take({.seq = header->seq, .more = header->more, .kind = std::move(header->kind), .body = std::string(body)});
}

void Link::take(Frame frame) {
  if (!frame.kind.empty()) {
    if (in_line_) return break_rule("a frame of a kind in the middle of a line");
    if (frame.more) return break_rule("a frame of a kind that goes on in the next");
    if (frame.kind == "end") owes_now_ = true;
    come_.push_back({std::move(frame.kind), std::move(frame.body)});
    return;
  }
  if (partial_.size() + frame.body.size() > most_line_bytes)
    return break_rule(std::format("a line of more than {} bytes", most_line_bytes));
  partial_ += frame.body;
  in_line_ = frame.more;
  if (!in_line_) come_.push_back({{}, std::exchange(partial_, {})});
}

void Link::acknowledged(std::int64_t ack, Clock::time_point now) {
  if (ack >= next_seq_ - static_cast<std::int64_t>(waiting_.size()))
    return break_rule("an 'ack' of what was never sent");
  bool progress = false;
  while (!unacknowledged_.empty() && unacknowledged_.front().seq <= ack) {
    queued_bytes_ -= unacknowledged_.front().body.size();
    unacknowledged_.pop_front();
    progress = true;
  }
  if (unacknowledged_.empty())
    resend_at_ = Clock::time_point::max();
  else if (progress)
    resend_at_ = now + resend_after;
}

std::optional<Parcel> Link::next() {
  if (come_.empty()) return std::nullopt;
  auto parcel = std::move(come_.front());
  come_.pop_front();
  return parcel;
}

std::string Link::written(Frame const* frame) {
  owed_ = 0;
  owes_now_ = false;
  owes_at_ = Clock::time_point::max();
  if (frame == nullptr) return std::format("{{\"ack\":{}}}\n", taken_);
  return std::format("{{\"seq\":{},\"ack\":{}{}{}}}\n{}", frame->seq, taken_, frame->more ? R"(,"more":true)" : "",
                     frame->kind.empty() ? "" : ",\"kind\":" + wire::json_text(frame->kind), frame->body);
}

std::vector<std::string> Link::due(Clock::time_point now) {
  std::vector<std::string> frames;
  lapse(now);
  if (auto const farewell = std::exchange(farewell_, std::nullopt)) frames.push_back(written(&*farewell));
  if (broken_) return frames;
  if (now >= resend_at_) {
    for (auto const& frame : unacknowledged_) frames.push_back(written(&frame));
    resend_at_ = unacknowledged_.empty() ? Clock::time_point::max() : now + resend_after;
  }
  while (!waiting_.empty() && unacknowledged_.size() < most_on_the_way) {
    frames.push_back(written(&waiting_.front()));
    unacknowledged_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    resend_at_ = std::min(resend_at_, now + resend_after);
  }
  bool const silent = now - said_ >= lease_ / 4;
  if (frames.empty() && (owes_now_ || now >= owes_at_ || silent)) frames.push_back(written(nullptr));
  if (!frames.empty()) said_ = now;
  return frames;
}

Clock::time_point Link::due_again() const {
  if (broken_) return farewell_ ? Clock::time_point::min() : Clock::time_point::max();
  if (owes_now_ || (!waiting_.empty() && unacknowledged_.size() < most_on_the_way)) return Clock::time_point::min();
  return std::min({resend_at_, owes_at_, said_ + lease_ / 4, heard_ + lease_});
}

void Link::lapse(Clock::time_point now) {
  if (now >= lapses_at()) break_with(std::format("nothing was heard for {} ms", lease_.count()));
}

void Link::break_with(std::string reason) {
  if (!broken_) broken_ = std::move(reason);
}

// What waits is never sent, so the `end` follows what was.
void Link::break_rule(std::string reason) {
  if (broken_) return;
  farewell_ = Frame{.seq = next_seq_ - static_cast<std::int64_t>(waiting_.size()),
                    .more = false,
                    .kind = "end",
                    .body = "the other side broke a rule of the transport: " + reason};
  break_with(std::move(reason));
}

}  // namespace edgelab::fleet
