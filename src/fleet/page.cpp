#include "fleet/page.hpp"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <format>
#include <system_error>
#include <thread>
#include <utility>

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t threads = 4;

void answer(fs::path const& folder, httplib::Request const& request, httplib::Response& response) {
  auto const file = file_of(folder, request.path);
  if (!file) {
    response.status = httplib::StatusCode::NotFound_404;
    response.set_content("There is no such file.\n", "text/plain; charset=utf-8");
    return;
  }
  response.set_file_content(file->string(), std::string(content_type(*file)));
}

class Serving final : public Page {
 public:
  Serving(std::unique_ptr<httplib::Server> server, int port) : server_(std::move(server)), port_(port) {
    thread_ = std::jthread([this] { server_->listen_after_bind(); });
    server_->wait_until_ready();
  }
  ~Serving() override { server_->stop(); }
  [[nodiscard]] int port() const override { return port_; }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_;
  std::jthread thread_;
};

}  // namespace

std::optional<fs::path> file_of(fs::path const& folder, std::string_view path) {
  if (!path.starts_with('/') || path.contains('\0') || path.contains('\\')) return std::nullopt;
  auto relative = fs::path(path.substr(1)).lexically_normal();
  if (relative.empty() || path.ends_with('/')) relative /= "index.html";
  if (relative.is_absolute() || *relative.begin() == "..") return std::nullopt;
  std::error_code error;
  auto const root = fs::canonical(folder, error);
  if (error) return std::nullopt;
  auto file = fs::canonical(root / relative, error);
  if (error || !fs::is_regular_file(file, error)) return std::nullopt;
  auto const inside = std::ranges::mismatch(root, file);
  return inside.in1 == root.end() ? std::optional(std::move(file)) : std::nullopt;
}

std::string_view content_type(fs::path const& file) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> known{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".wasm", "application/wasm"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".map", "application/json"},
      {".gguf", "application/octet-stream"},
  }};
  auto const extension = file.extension().string();
  auto const* const found = std::ranges::find(known, extension, &std::pair<std::string_view, std::string_view>::first);
  return found == known.end() ? "application/octet-stream" : found->second;
}

Result<std::unique_ptr<Page>> Page::serve(fs::path const& folder, std::string const& listen, int port,
                                          std::optional<Certificate> const& tls) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return fail(std::format("{} is no folder to serve", folder.string()));
  std::unique_ptr<httplib::Server> server;
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
  if (tls) server = std::make_unique<httplib::SSLServer>(tls->chain.c_str(), tls->key.c_str());
#else
  if (tls)
    return fail(
        "this build's cpp-httplib serves no HTTPS: give --web without TLS, or put a server with TLS in front of it");
#endif
  if (!server) server = std::make_unique<httplib::Server>();
  if (!server->is_valid()) return fail("the certificate cannot be used for the page");
  server->new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server->set_default_headers({{"Cross-Origin-Opener-Policy", "same-origin"},
                               {"Cross-Origin-Embedder-Policy", "require-corp"},
                               {"Cross-Origin-Resource-Policy", "same-origin"},
                               {"X-Content-Type-Options", "nosniff"},
                               {"Cache-Control", "no-cache"}});
  server->Get(".*", [folder](httplib::Request const& request, httplib::Response& response) {
    answer(folder, request, response);
  });
  int const bound = port == 0 ? server->bind_to_any_port(listen) : (server->bind_to_port(listen, port) ? port : -1);
  if (bound < 0) return fail(std::format("port {} of {} cannot be listened on", port, listen));
  return std::make_unique<Serving>(std::move(server), bound);
}

}  // namespace edgelab::fleet
