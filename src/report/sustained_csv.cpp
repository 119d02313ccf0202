#include <format>

#include "report/csv_field.hpp"
#include "report/report.hpp"

namespace edgelab::report {

std::string render_sustained_csv(Summary const& summary) {
  auto const maybe = [](std::optional<double> const& value) { return value ? std::format("{}", *value) : ""; };
  std::string text = "cell,at_s,metric,unit,value,temp_c,cpu_mhz,power_w,throttled\n";
  for (auto const& cell : summary.sustained)
    for (auto const& point : cell.points)
      text += std::format("{},{},{},{},{},{},{},{},{}\n", csv_field(cell.cell), point.at_s, csv_field(cell.metric),
                          csv_field(cell.unit), point.value, maybe(point.temp_c), maybe(point.cpu_mhz),
                          maybe(point.power_w), point.throttled ? (*point.throttled ? "1" : "0") : "");
  return text;
}

}  // namespace edgelab::report
