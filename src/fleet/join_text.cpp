#include "fleet/join_text.hpp"

#include <qrencode.h>

#include <format>
#include <memory>

namespace edgelab::fleet {

std::string join_text(JoinFacts const& facts) {
  auto text = std::format("edgelab://{}:{}/?token={}&ws={}&tls={}", facts.host, facts.port, facts.token,
                          facts.websocket_port, facts.tls ? 1 : 0);
  if (facts.page_port) text += std::format("&page={}", *facts.page_port);
  return text;
}

std::string page_address(JoinFacts const& facts) {
  return std::format("{}://{}:{}/#token={}&ws={}&tls={}", facts.page_tls ? "https" : "http", facts.host,
                     facts.page_port.value_or(0), facts.token, facts.websocket_port, facts.tls ? 1 : 0);
}

Result<std::string> qr_code(std::string const& text) {
  std::unique_ptr<QRcode, decltype(&QRcode_free)> const code(
      QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), &QRcode_free);
  if (!code) return fail("the text is too long for a QR code");
  constexpr int margin = 2;                    // light modules around it, which scanners want
  int const width = code->width;
  auto const dark = [&](int x, int y) {
    bool const inside = x >= 0 && y >= 0 && x < width && y < width;
    return inside && (code->data[y * width + x] & 1) != 0;
  };
  std::string drawn;
  for (int y = -margin; y < width + margin; y += 2) {
    drawn += "\x1b[30;107m";
    for (int x = -margin; x < width + margin; ++x) {
      bool const upper = dark(x, y);
      bool const lower = dark(x, y + 1);
      drawn += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    drawn += "\x1b[0m\n";
  }
  return drawn;
}

}  // namespace edgelab::fleet
