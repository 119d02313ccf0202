// Running average power limit: counters of microjoules that wrap around.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <format>
#include <utility>

#include "core/text.hpp"
#include "probe/energy.hpp"
#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

struct Domain {
  fs::path counter;
  std::int64_t range_uj = 0;              // the counter's largest value; 0: not told
  std::int64_t last_uj = 0;
};

class Rapl final : public EnergyMeter {
 public:
  explicit Rapl(std::vector<Domain> domains) : domains_(std::move(domains)) {}

  std::optional<double> joules(Clock::time_point /*now*/) override {
    for (auto& domain : domains_) {
      auto const now_uj = number_in(domain.counter);
      if (!now_uj) return std::nullopt;
      // A package of 500 W takes minutes to wrap a counter of 2^38 microjoules around, so it did so once at most.
      auto const passed = *now_uj - domain.last_uj;
      total_uj_ += passed >= 0 ? passed : std::max<std::int64_t>(0, passed + domain.range_uj);
      domain.last_uj = *now_uj;
    }
    return static_cast<double>(total_uj_) / 1e6;
  }

 private:
  std::vector<Domain> domains_;
  std::int64_t total_uj_ = 0;
};

}  // namespace

FoundMeter rapl_meter(fs::path const& root) {
  FoundMeter found{.meter = nullptr,
                   .fact = {.name = "energy: processor (RAPL)", .source = {}, .unit = "J", .rate = {}, .absent = {}}};
  auto const tree = root / "sys/class/powercap";
  std::vector<Domain> domains;
  std::vector<std::string> names;
  std::vector<std::string> refused;
  for (auto const& folder : numbered(tree, "intel-rapl:")) {  // intel-rapl:0:1 is a part of intel-rapl:0
    auto const name = first_line(folder / "name").value_or("");
    if (!name.starts_with("package")) continue;  // psys would count the packages once more
    auto const counter = folder / "energy_uj";
    errno = 0;
    auto const now_uj = number_in(counter);
    if (!now_uj) {
      refused.push_back(std::format("{}: {}", counter.string(), errno != 0 ? std::strerror(errno) : "no number"));
      continue;
    }
    domains.push_back(
        {.counter = counter, .range_uj = number_in(folder / "max_energy_range_uj").value_or(0), .last_uj = *now_uj});
    names.push_back(counter.string());
  }
  // One package that cannot be read would make the sum a part of it.
  if (!refused.empty()) {
    found.fact.absent = join(refused, "; ");
  } else if (domains.empty()) {
    found.fact.absent = "no package in " + tree.string();
  } else {
    found.fact.source = join(names, ", ");
    found.meter = std::make_unique<Rapl>(std::move(domains));
  }
  return found;
}

}  // namespace edgelab::probe
