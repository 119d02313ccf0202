#include <algorithm>

#include "wire/wire.hpp"
#include "wire/writer.hpp"

namespace edgelab::wire {

namespace {

// Length of the valid UTF-8 character that starts `text`, 0 if there is none (RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF).
std::size_t character_length(std::string_view text) {
  auto const at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const follows = [&](std::size_t i, unsigned low, unsigned high) { return at(i) >= low && at(i) <= high; };
  unsigned const lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    bool const second = follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    bool const second = follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

bool is_plain(char letter) {
  auto const byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

void write_control(std::string& out, char letter) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (letter) {
    case '"': out += R"(\")"; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  auto const byte = static_cast<unsigned char>(letter);
  out += "\\u00";
  out += hex[byte >> 4];
  out += hex[byte & 15];
}

template <typename T>
std::string line(T const& message) {
  std::string out = R"({"type":")";
  out += Described<T>::tag;
  out += '"';
  write_fields(out, message, false);
  out += "}\n";
  return out;
}

}  // namespace

void write_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    auto const plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    auto const length = character_length(text);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else if (length == 1)
      write_control(out, text.front());
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

std::string encode(protocol::Hello const& message) { return line(message); }
std::string encode(protocol::Load const& message) { return line(message); }
std::string encode(protocol::Run const& message) { return line(message); }
std::string encode(protocol::Score const& message) { return line(message); }
std::string encode(protocol::Cancel const& message) { return line(message); }
std::string encode(protocol::Bye const& message) { return line(message); }
std::string encode(protocol::HelloReply const& message) { return line(message); }
std::string encode(protocol::Loaded const& message) { return line(message); }
std::string encode(protocol::Progress const& message) { return line(message); }
std::string encode(protocol::Emission const& message) { return line(message); }
std::string encode(protocol::TimelinePart const& message) { return line(message); }
std::string encode(protocol::Done const& message) { return line(message); }
std::string encode(protocol::Scored const& message) { return line(message); }
std::string encode(protocol::Failure const& message) { return line(message); }

}  // namespace edgelab::wire
