// How others find the hub: text, and the same as a QR code. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace edgelab::fleet {

struct JoinFacts {
  std::string host;
  int port = 0;
  int websocket_port = 0;
  bool tls = false;
  std::optional<int> page_port;
  bool page_tls = false;                       // the page's own: it may come from elsewhere than the hub
  std::string token;
};

[[nodiscard]] std::string join_text(JoinFacts const& facts);
// The page's address, with what it needs behind the #, which browsers do not send.
[[nodiscard]] std::string page_address(JoinFacts const& facts);

// In half blocks for a terminal, dark on light whatever its colours; ends with a newline.
[[nodiscard]] Result<std::string> qr_code(std::string const& text);

}  // namespace edgelab::fleet
