#include "fleet/names.hpp"

#include <algorithm>
#include <format>
#include <random>

namespace edgelab::fleet {

namespace {

constexpr std::size_t longest_id = 63;
constexpr std::string_view device_prefix = "edgelab.v1.device.";
constexpr std::string_view announce_suffix = ".announce";
constexpr std::string_view model_prefix = "sha256:";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

bool is_id(std::string_view name) {
  return !name.empty() && name.size() <= longest_id && is_letter(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || c == '-'; });
}

bool is_session(std::string_view name) { return is_hex(name, 32); }
bool is_instance(std::string_view name) { return is_hex(name, 16); }

std::optional<std::string_view> digest_of(std::string_view model) {
  if (!model.starts_with(model_prefix)) return std::nullopt;
  model.remove_prefix(model_prefix.size());
  return is_hex(model, 64) ? std::optional(model) : std::nullopt;
}

std::string model_name(std::string_view digest) { return std::string(model_prefix) + std::string(digest); }

std::string random_hex(std::size_t digits) {
  std::random_device source;
  std::string text;
  while (text.size() < digits) text += std::format("{:08x}", source());
  text.resize(digits);
  return text;
}

std::string id_from(std::string_view text) {
  std::string id;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!is_letter(c)) c = '-';
    if (c == '-' && (id.empty() || id.back() == '-')) continue;
    id += c;
  }
  id.resize(std::min(id.size(), longest_id));
  while (id.ends_with('-')) id.pop_back();
  return id.empty() ? "device" : id;
}

std::string announce_subject(std::string_view device) {
  return std::format("{}{}{}", device_prefix, device, announce_suffix);
}
std::string open_subject(std::string_view device) { return std::format("{}{}.open", device_prefix, device); }
std::string down_subject(std::string_view session) { return std::format("edgelab.v1.session.{}.down", session); }
std::string up_subject(std::string_view session) { return std::format("edgelab.v1.session.{}.up", session); }

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    auto const next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    bool const c1 = byte == 0xc2 && next >= 0x80 && next <= 0x9f;  // U+0080 to U+009F in UTF-8: CSI is one of them
    bool const control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    shown += c1 || control ? '?' : text[i];
    if (c1) ++i;
  }
  return shown;
}

std::string_view announced_by(std::string_view subject) {
  if (!subject.starts_with(device_prefix) || !subject.ends_with(announce_suffix)) return {};
  subject.remove_prefix(device_prefix.size());
  if (subject.size() < announce_suffix.size()) return {};
  subject.remove_suffix(announce_suffix.size());
  return subject;
}

}  // namespace edgelab::fleet
