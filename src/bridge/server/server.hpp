// One llama-server process: started, found ready, stopped where it is while nobody needs it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bridge/backend.hpp"
#include "core/process.hpp"

namespace edgelab::bridge {

// A port of 127.0.0.1 that nobody listens on at the moment.
[[nodiscard]] std::optional<int> free_port();

class Server {
 public:
  struct Options {
    std::string program;
    std::vector<std::string> arguments;      // without address
    std::function<std::optional<int>()> port = free_port;
  };

  // Starts it and waits until it says that it is ready. Its output goes line by line to the standard error, and its beginning
  // is kept. Where the port is taken before it gets there, another one is tried. The key of its API is in the environment
  // (LLAMA_API_KEY), so in no command line. REQUIRES that the calling thread outlives it (core/process.hpp).
  [[nodiscard]] static Outcome<std::unique_ptr<Server>> start(Options const& options, std::string const& key,
                                                              Stop const& stop);
  ~Server();
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  [[nodiscard]] std::string const& origin() const { return origin_; }  // "http://127.0.0.1:4711"
  [[nodiscard]] bool alive() const { return !ended_.load(); }
  [[nodiscard]] std::string log() const;  // what it has said while loading, at most 1 MiB
  [[nodiscard]] std::optional<std::int64_t> peak_rss_bytes() const { return process_->peak_rss_bytes(); }
  void pause();  // costs nothing until resume()
  void resume();
  [[nodiscard]] bool paused() const { return paused_; }

  // What became of it, and the end of its log. REQUIRES !alive().
  [[nodiscard]] Refusal obituary(std::string const& during);

 private:
  Server() = default;
  [[nodiscard]] Outcome<void> launch(Options const& options, int port);
  [[nodiscard]] Outcome<void> wait_ready(std::string const& key, Stop const& stop);
  void drain();  // on a thread of its own, until its output ends

  std::string origin_;
  std::unique_ptr<ChildProcess> process_;
  std::atomic<bool> leaving_ = false;
  std::atomic<bool> ended_ = false;
  bool paused_ = false;
  mutable std::mutex mutex_;
  std::string log_;  // its beginning
  std::string last_lines_;
  std::thread drainer_;
};

}  // namespace edgelab::bridge
