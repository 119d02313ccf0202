#include "probe/frequency.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "core/text.hpp"
#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

FrequencySource frequency_source(fs::path const& root) {
  FrequencySource source;
  for (auto const& cpu : numbered(root / "sys/devices/system/cpu", "cpu"))
    if (auto file = cpu / "cpufreq/scaling_cur_freq"; number_in(file)) source.cores.push_back(std::move(file));
  if (!source.cores.empty()) return source;
  auto const cpuinfo = root / "proc/cpuinfo";
  auto const flags = " " + value_of(cpuinfo, "flags", ':').value_or("") + " ";
  if (value_of(cpuinfo, "cpu MHz", ':') && flags.contains(" aperfmperf "))
    source.cpuinfo = cpuinfo;
  else
    source.why_absent = "the kernel scales no frequency, and the processor does not tell its own";
  return source;
}

std::optional<double> fastest_mhz(FrequencySource const& source) {
  std::optional<double> fastest;
  auto const take = [&](double mhz) {
    if (mhz > 0.0) fastest = std::max(fastest.value_or(0.0), mhz);
  };
  for (auto const& core : source.cores)
    if (auto const khz = number_in(core)) take(static_cast<double>(*khz) / 1000.0);
  if (!source.cpuinfo) return fastest;
  std::ifstream in(*source.cpuinfo);
  for (std::string line; std::getline(in, line);)
    if (auto const at = line.find(':'); line.starts_with("cpu MHz") && at != std::string::npos)
      take(std::atof(line.c_str() + at + 1));
  return fastest;
}

}  // namespace edgelab::probe
