// NVIDIA's management library, loaded while the program runs: it comes with the driver, and only machines with such a board
// have it. The few functions that are needed are declared here as nvml.h has them.
#include <dlfcn.h>

#include <format>
#include <memory>
#include <utility>

#include "probe/energy.hpp"

namespace edgelab::probe {

namespace {

using Status = int;  // nvmlReturn_t: 0 is success
using Device = struct Board*;  // nvmlDevice_t, opaque

struct CloseLibrary {
  void operator()(void* handle) const { ::dlclose(handle); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

struct Functions {
  Status (*init)() = nullptr;
  Status (*shutdown)() = nullptr;
  Status (*count)(unsigned*) = nullptr;
  Status (*device)(unsigned, Device*) = nullptr;
  Status (*energy_mj)(Device, unsigned long long*) = nullptr;  // from Volta on
  Status (*power_mw)(Device, unsigned*) = nullptr;
  char const* (*error)(Status) = nullptr;

  [[nodiscard]] bool complete() const { return init && shutdown && count && device && energy_mj && power_mw && error; }
};

template <typename Function>
void find(void* library, char const* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));  // NOLINT(*-reinterpret-cast): what dlsym is for
}

Functions functions_of(void* library) {
  Functions f;
  find(library, "nvmlInit_v2", f.init);
  find(library, "nvmlShutdown", f.shutdown);
  find(library, "nvmlDeviceGetCount_v2", f.count);
  find(library, "nvmlDeviceGetHandleByIndex_v2", f.device);
  find(library, "nvmlDeviceGetTotalEnergyConsumption", f.energy_mj);
  find(library, "nvmlDeviceGetPowerUsage", f.power_mw);
  find(library, "nvmlErrorString", f.error);
  return f;
}

class Nvml final : public EnergyMeter {
 public:
  Nvml(Library library, Functions functions) : library_(std::move(library)), functions_(functions) {}
  ~Nvml() override { functions_.shutdown(); }
  Nvml(Nvml const&) = delete;
  Nvml& operator=(Nvml const&) = delete;

  // What is wrong, or nothing.
  std::optional<std::string> find_boards() {
    unsigned count = 0;
    if (auto const status = functions_.count(&count); status != 0) return functions_.error(status);
    for (unsigned i = 0; i < count; ++i) {
      Device device = nullptr;
      if (auto const status = functions_.device(i, &device); status != 0)
        return std::format("board {}: {}", i, functions_.error(status));
      unsigned long long energy = 0;
      unsigned power = 0;
      bool const counts = functions_.energy_mj(device, &energy) == 0;
      if (!counts)
        if (auto const status = functions_.power_mw(device, &power); status != 0)
          return std::format("board {} tells neither energy nor power: {}", i, functions_.error(status));
      boards_.push_back({.device = device, .counts = counts, .integral = {}});
    }
    return boards_.empty() ? std::optional<std::string>("no board") : std::nullopt;
  }

  [[nodiscard]] std::size_t boards() const { return boards_.size(); }

  std::optional<double> joules(Clock::time_point now) override {
    double sum = 0.0;
    for (auto& board : boards_) {
      if (board.counts) {
        unsigned long long millijoules = 0;
        if (functions_.energy_mj(board.device, &millijoules) != 0) return std::nullopt;
        sum += static_cast<double>(millijoules) / 1e3;
      } else {
        unsigned milliwatts = 0;
        if (functions_.power_mw(board.device, &milliwatts) != 0) return std::nullopt;
        sum += board.integral.add(now, milliwatts / 1e3);
      }
    }
    return sum;
  }

 private:
  struct Counted {
    Device device = nullptr;
    bool counts = false;  // energy; else power, which is integrated
    PowerIntegral integral;
  };

  Library library_;  // closed after the destructor's call into it
  Functions functions_;
  std::vector<Counted> boards_;
};

}  // namespace

FoundMeter nvml_meter(std::string const& library) {
  FoundMeter found{.meter = nullptr,
                   .fact = {.name = "energy: boards (NVML)", .source = {}, .unit = "J", .rate = {}, .absent = {}}};
  Library handle(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle) {
    found.fact.absent = library + " is not here";
    return found;
  }
  auto const functions = functions_of(handle.get());
  if (!functions.complete()) {
    found.fact.absent = library + " is too old: it lacks a function";
    return found;
  }
  if (auto const status = functions.init(); status != 0) {
    found.fact.absent = std::format("{}: {}", library, functions.error(status));
    return found;
  }
  auto meter = std::make_unique<Nvml>(std::move(handle), functions);
  if (auto const wrong = meter->find_boards()) {
    found.fact.absent = std::format("{}: {}", library, *wrong);
    return found;
  }
  found.fact.source = std::format("{}, {} board{}", library, meter->boards(), meter->boards() == 1 ? "" : "s");
  found.meter = std::move(meter);
  return found;
}

}  // namespace edgelab::probe
