// The executor protocol as JSON Lines: one message, one line. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "types/protocol.hpp"
#include "types/timeline.hpp"

namespace edgelab::wire {

// What a coordinator says, and what an executor answers.
using Request =
    std::variant<protocol::Hello, protocol::Load, protocol::Run, protocol::Score, protocol::Cancel, protocol::Bye>;
using Reply = std::variant<protocol::HelloReply, protocol::Loaded, protocol::Progress, protocol::Emission,
                           protocol::TimelinePart, protocol::Done, protocol::Scored, protocol::Failure>;

// One line, its "\n" included. Absent optionals and empty lists are left out. Text that is not valid UTF-8
// gets U+FFFD in place of the bytes that are not.
[[nodiscard]] std::string encode(protocol::Hello const& message);
[[nodiscard]] std::string encode(protocol::Load const& message);
[[nodiscard]] std::string encode(protocol::Run const& message);
[[nodiscard]] std::string encode(protocol::Score const& message);
[[nodiscard]] std::string encode(protocol::Cancel const& message);
[[nodiscard]] std::string encode(protocol::Bye const& message);
[[nodiscard]] std::string encode(protocol::HelloReply const& message);
[[nodiscard]] std::string encode(protocol::Loaded const& message);
[[nodiscard]] std::string encode(protocol::Progress const& message);
[[nodiscard]] std::string encode(protocol::Emission const& message);
[[nodiscard]] std::string encode(protocol::TimelinePart const& message);
[[nodiscard]] std::string encode(protocol::Done const& message);
[[nodiscard]] std::string encode(protocol::Scored const& message);
[[nodiscard]] std::string encode(protocol::Failure const& message);

// A line, with or without its "\n". Absent and null fields keep their defaults; unknown fields are ignored.
// Errors say what is wrong where ("run.requests[2].max_tokens: expected an integer, not text"); the lines of an
// executor are bounded by protocol::max_line_bytes, which is for who reads the pipe to enforce.
[[nodiscard]] Result<Request> decode_request(std::string_view line);
[[nodiscard]] Result<Reply> decode_reply(std::string_view line);

// A whole timeline as "timeline" lines of at most `limit` bytes each, "\n" included; at least one line. Parts cut
// columns wherever a line is full: only together are the columns of equal length. One text or finish reason that
// does not fit into a line by itself is cut (its tokens are still all in token_ids). REQUIRES: limit >= 512.
[[nodiscard]] std::vector<std::string> encode_timeline(std::int64_t id, Timeline const& timeline,
                                                       std::size_t limit = protocol::max_line_bytes);

// A score as "scored" lines in the same manner; all but the last have more = true.
[[nodiscard]] std::vector<std::string> encode_scored(protocol::Scored const& scored,
                                                     std::size_t limit = protocol::max_line_bytes);

// Appends each column of `part` to that of `whole`.
void append(Timeline& whole, Timeline&& part);

// Whether the columns of a complete timeline fit together: equal lengths within each table, as many emissions
// as the requests say, token_ids empty or as many as the emissions say.
[[nodiscard]] Result<void> check(Timeline const& timeline);

}  // namespace edgelab::wire
