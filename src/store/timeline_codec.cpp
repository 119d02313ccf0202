#include "store/timeline_codec.hpp"

#include <cstdint>
#include <format>
#include <limits>
#include <utility>

namespace edgelab::store {

namespace {

constexpr std::string_view magic{"ELTL"};
constexpr char format = 2;
constexpr std::size_t head_bytes = magic.size() + 1;
constexpr std::size_t checksum_bytes = 8;

// The one list of columns, for writing and for reading. A new column is a new format number; it stands at the end.
template <typename SomeTimeline, typename Function>
void for_each_column(SomeTimeline& t, char in_format, Function&& column) {
  column(t.requests.id);
  column(t.requests.pass);
  column(t.requests.arrival_ns);
  column(t.requests.admitted_ns);
  column(t.requests.prefill_end_ns);
  column(t.requests.end_ns);
  column(t.requests.prompt_tokens);
  column(t.requests.cached_tokens);
  column(t.requests.emissions);
  column(t.requests.finish);
  column(t.requests.text);
  column(t.emissions.gap_ns);
  column(t.emissions.tokens);
  column(t.steps.start_ns);
  column(t.steps.duration_ns);
  column(t.steps.prefill_tokens);
  column(t.steps.decode_tokens);
  column(t.steps.drafted);
  column(t.steps.accepted);
  column(t.token_ids);
  if (in_format == 1) return;
  column(t.requests.server_prefill_ns);
  column(t.requests.server_decode_ns);
  column(t.requests.drafted);
  column(t.requests.accepted);
  column(t.requests.retries);
}

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char const byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {}

  void number(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
  }
  void value(std::string const& text) {
    number(text.size());
    bytes_ += text;
  }
  void value(std::int64_t signed_value) {
    number((static_cast<std::uint64_t>(signed_value) << 1) ^ static_cast<std::uint64_t>(signed_value >> 63));
  }

  template <typename T>
  void operator()(std::vector<T> const& column) {
    number(column.size());
    for (auto const& item : column) value(item);
  }

 private:
  std::string& bytes_;
};

// After the first thing that does not fit, everything reads as empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      auto const byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;    // more than 64 bits
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return refuse();
  }
  void value(std::string& text) {
    auto const length = number();
    if (length > rest_.size()) {
      refuse();
      return;
    }
    text = rest_.substr(0, length);
    rest_.remove_prefix(length);
  }
  void value(std::int64_t& signed_value) {
    auto const coded = number();
    signed_value = static_cast<std::int64_t>((coded >> 1) ^ (~(coded & 1) + 1));
  }
  void value(std::int32_t& small) {
    std::int64_t wide = 0;
    value(wide);
    if (!std::in_range<std::int32_t>(wide))
      refuse();
    else
      small = static_cast<std::int32_t>(wide);
  }

  template <typename T>
  void operator()(std::vector<T>& column) {
    auto const count = number();
    if (count > rest_.size()) {    // a value takes at least one byte: do not believe, and do not allocate, more
      refuse();
      return;
    }
    column.resize(count);
    for (auto& item : column) {
      if (!ok_) return;
      value(item);
    }
  }

 private:
  std::uint64_t refuse() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string encode(Timeline const& timeline) {
  std::string bytes(magic);
  bytes.push_back(format);
  // Typical: four bytes a gap, one a token count, two a token id.
  bytes.reserve(64 + 5 * timeline.emissions.gap_ns.size() + 2 * timeline.token_ids.size() +
                10 * timeline.steps.start_ns.size());
  for_each_column(timeline, format, Writer(bytes));
  auto hash = checksum(bytes);
  for (std::size_t i = 0; i < checksum_bytes; ++i, hash >>= 8) bytes.push_back(static_cast<char>(hash & 0xff));
  return bytes;
}

Result<Timeline> decode(std::string_view bytes) {
  if (!bytes.starts_with(magic)) return fail("a stored timeline does not begin as one");
  char const in_format = bytes.size() > magic.size() ? bytes[magic.size()] : '\0';
  if (in_format < 1 || in_format > format)
    return fail(std::format("a stored timeline has format {}, expected one from 1 to {}",
                            static_cast<int>(static_cast<unsigned char>(in_format)), static_cast<int>(format)));
  if (bytes.size() < head_bytes + checksum_bytes) return fail("a stored timeline is cut short");

  auto const content = bytes.substr(0, bytes.size() - checksum_bytes);
  std::uint64_t stored = 0;
  for (std::size_t i = checksum_bytes; i-- > 0;)
    stored = stored << 8 | static_cast<unsigned char>(bytes[content.size() + i]);
  if (stored != checksum(content)) return fail("a stored timeline is damaged: its checksum is wrong");

  Reader reader(content.substr(head_bytes));
  Timeline timeline;
  for_each_column(timeline, in_format, reader);
  if (!reader.ok() || !reader.at_end()) return fail("a stored timeline is damaged: its columns do not fit");
  return timeline;
}

}  // namespace edgelab::store
