#include "bridge/http.hpp"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <format>
#include <utility>

#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

constexpr std::size_t kept_error_bytes = 64 * 1024;
constexpr std::size_t shown_error_bytes = 500;

}  // namespace

Url url_of(std::string const& text) {
  auto const begin = text.find("://");
  auto const slash = text.find('/', begin == std::string::npos ? 0 : begin + 3);
  Url url{.origin = text.substr(0, slash), .path = slash == std::string::npos ? "" : text.substr(slash)};
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

struct HttpConnection::Impl {
  httplib::Client client;
  httplib::Headers headers;
  std::string key;
  bool used = false;                           // it has answered before
  std::atomic<bool> interrupted = false;

  explicit Impl(std::string const& origin) : client(origin) {}

  [[nodiscard]] std::string without_key(std::string text) const {
    if (key.empty()) return text;
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at))
      text.replace(at, key.size(), "(the key)");
    return text;
  }

  [[nodiscard]] Result<Reply> reply_of(httplib::Result const& result) const {
    if (!result) return fail(httplib::to_string(result.error()));
    return Reply{.status = result->status,
                 .body = without_key(result->body),
                 .retry_after = result->get_header_value("Retry-After"),
                 .whole = true};
  }
};

HttpConnection::HttpConnection(std::string const& origin, std::string key, std::chrono::milliseconds connect_timeout,
                               std::chrono::milliseconds silence)
    : impl_(std::make_unique<Impl>(origin)) {
  auto& client = impl_->client;
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_connection_timeout(connect_timeout);
  client.set_read_timeout(silence);
  client.set_write_timeout(silence);
  if (!key.empty()) impl_->headers.emplace("Authorization", "Bearer " + key);
  impl_->key = std::move(key);
}

HttpConnection::~HttpConnection() = default;

Result<HttpConnection::Reply> HttpConnection::get(std::string const& path) {
  impl_->used = true;
  return impl_->reply_of(impl_->client.Get(path, impl_->headers));
}

Result<HttpConnection::Reply> HttpConnection::post(std::string const& path, std::string const& body) {
  return impl_->reply_of(impl_->client.Post(path, impl_->headers, body, "application/json"));
}

Result<HttpConnection::Reply> HttpConnection::stream(std::string const& path, std::string const& body,
                                                     EventReader::OnData const& on_data) {
  EventReader reader;
  Reply reply;
  std::string wrong;
  bool satisfied = false;
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.headers = impl_->headers;
  request.set_header("Content-Type", "application/json");
  request.set_header("Accept", "text/event-stream");
  request.set_header("Accept-Encoding", "identity");    // what is compressed comes late
  request.body = body;
  request.response_handler = [&](httplib::Response const& response) {
    reply.status = response.status;
    reply.retry_after = response.get_header_value("Retry-After");
    return true;
  };
  request.content_receiver = [&](char const* data, std::size_t size, std::size_t, std::size_t) {
    std::string_view const piece(data, size);
    if (reply.status != 200) {
      reply.body += piece.substr(0, kept_error_bytes - std::min(reply.body.size(), kept_error_bytes));
      return true;
    }
    auto const fed = reader.feed(piece, [&](std::string_view event) { return !(satisfied = !on_data(event)); });
    if (!fed) wrong = fed.error().describe();
    return fed.has_value() && !satisfied;
  };
  impl_->interrupted = false;
  auto result = impl_->client.send(request);
  // Servers end a connection after a stream without a word (llama-server always does). Who then asks on it is not heard, and
  // asks once more, on another.
  bool const unheard = !result && reply.status == 0 && result.error() != httplib::Error::Connection;
  if (unheard && impl_->used && !impl_->interrupted) result = impl_->client.send(request);
  impl_->used = true;
  if (!wrong.empty()) return fail(wrong);
  if (!result && !satisfied) {
    if (reply.status != 200) return fail(httplib::to_string(result.error()));
    reply.whole = false;
  }
  // A 200 that is no stream of events: its body says why, perhaps.
  if (reply.status == 200 && !satisfied) reply.body = std::string(reader.rest().substr(0, kept_error_bytes));
  reply.body = impl_->without_key(std::move(reply.body));
  return reply;
}

std::string HttpConnection::without_key(std::string text) const { return impl_->without_key(std::move(text)); }

void HttpConnection::interrupt() {
  impl_->interrupted = true;
  impl_->client.stop();
}

std::string message_in(std::string const& body) {
  if (auto const json = wire::Json::parse(body)) {
    for (auto const* place : {"/error/message", "/message", "/detail", "/error"})
      if (auto const text = json->text(place)) return *text;
  }
  if (body.empty()) return "an empty answer";
  return body.size() > shown_error_bytes ? body.substr(0, shown_error_bytes) + "..." : body;
}

}  // namespace edgelab::bridge
