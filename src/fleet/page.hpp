// A folder of files served to browsers, cross-origin isolated so that WebAssembly may have threads.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "fleet/hub_server.hpp"

namespace edgelab::fleet {

// Serves until it goes. GET and HEAD only, nothing outside the folder, no lists of folders; "/" is index.html.
class Page {
 public:
  // `port` 0: a free one. With a certificate by HTTPS.
  [[nodiscard]] static Result<std::unique_ptr<Page>> serve(std::filesystem::path const& folder,
                                                           std::string const& listen, int port,
                                                           std::optional<Certificate> const& tls);
  virtual ~Page() = default;
  [[nodiscard]] virtual int port() const = 0;
};

// The file that a path of a URL (already decoded) names, links followed; nullopt: none inside the folder.
[[nodiscard]] std::optional<std::filesystem::path> file_of(std::filesystem::path const& folder, std::string_view path);
[[nodiscard]] std::string_view content_type(std::filesystem::path const& file);

}  // namespace edgelab::fleet
