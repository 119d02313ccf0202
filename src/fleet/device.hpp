// What this machine tells of itself in an announcement.
#pragma once

#include <filesystem>

#include "fleet/messages.hpp"
#include "probe/temperature.hpp"

namespace edgelab::fleet {

// What never changes is found out once; `now` reads the rest, in some hundred microseconds. Below `root`, for tests.
class Machine {
 public:
  explicit Machine(std::filesystem::path root = "/");
  // Measures the memory's bandwidth: half a second of all cores.
  void measure();
  [[nodiscard]] Facts now() const;

 private:
  std::filesystem::path root_;
  Facts fixed_;
  std::vector<probe::TemperatureSensor> temperature_;
};

}  // namespace edgelab::fleet
