// A device's side: announces itself, and lends its executors to one coordinator at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "fleet/bus.hpp"
#include "fleet/cache.hpp"
#include "fleet/messages.hpp"

namespace edgelab::fleet {

// A program that speaks the executor protocol.
struct LocalExecutor {
  std::string id;
  std::vector<std::string> command;
  std::string hello;                     // what it answers to hello, as a line; greet() finds out
};

struct AgentOptions {
  std::string device;
  std::string program;                   // for people: "edgelab 0.1.0"
  std::vector<LocalExecutor> executors;
  Cache cache;
  std::filesystem::path logs;            // a folder for the executors' standard error
  std::function<Facts()> facts;
  std::function<void(std::string_view)> log;
};

// Starts the program, asks for its hello, and ends it. REQUIRES a thread that outlives it.
[[nodiscard]] Result<std::string> greet(LocalExecutor const& executor, std::filesystem::path const& logs);

// Serves sessions until `stop`; every executor that it started has ended then. The calling thread must outlive it: on Linux
// executors die with it. Fails where it cannot subscribe, where another agent
// of the same name answers, and when the connection was given up for good.
[[nodiscard]] Result<void> serve(std::shared_ptr<Bus> bus, AgentOptions options, std::stop_token stop);

}  // namespace edgelab::fleet
