// One HTTP connection, kept open: requests one after the other, answers whole or as a stream of events.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "bridge/sse.hpp"
#include "core/result.hpp"

namespace edgelab::bridge {

// "http://host:80/v1" in two parts.
struct Url {
  std::string origin;    // "http://host:80"
  std::string path;      // "/v1", without a slash at its end
};
[[nodiscard]] Url url_of(std::string const& text);

// Used by one thread at a time, but for interrupt().
class HttpConnection {
 public:
  // `key`: sent as a bearer token; empty: none. Never in an error. `silence`: how long it may say nothing; how long a trial may
  // take is the coordinator's to say.
  HttpConnection(std::string const& origin, std::string key, std::chrono::milliseconds connect_timeout,
                 std::chrono::milliseconds silence = std::chrono::hours(1));
  ~HttpConnection();
  HttpConnection(HttpConnection const&) = delete;
  HttpConnection& operator=(HttpConnection const&) = delete;

  struct Reply {
    int status = 0;
    std::string body;  // of a stream only where the status is not 200, and then no more than 64 KiB
    std::string retry_after;  // the header; empty where there is none
    bool whole = true;  // false: a stream broke off before the server ended it
  };

  // Errors are those of the way: refused, reset, out of time.
  [[nodiscard]] Result<Reply> get(std::string const& path);
  [[nodiscard]] Result<Reply> post(std::string const& path, std::string const& body);
  // The data of each event as it arrives; false from `on_data` ends it well.
  [[nodiscard]] Result<Reply> stream(std::string const& path, std::string const& body,
                                     EventReader::OnData const& on_data);

  // The text with the key, should it stand in it, taken out: servers like to quote the key that they refuse.
  [[nodiscard]] std::string without_key(std::string text) const;

  // The request in flight ends with an error, soon. From any thread; without one in flight nothing happens.
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a server says went wrong, from an answer's body: the message of its JSON, else the beginning of the body.
[[nodiscard]] std::string message_in(std::string const& body);

}  // namespace edgelab::bridge
