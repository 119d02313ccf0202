#include <format>

#include "report/csv_field.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

std::string interval(std::optional<std::array<double, 2>> const& ci95) {
  return ci95 ? std::format("{},{}", (*ci95)[0], (*ci95)[1]) : ",";
}

std::string maybe(std::optional<double> const& value) { return value ? std::format("{}", *value) : ""; }

std::string metric_fields(CellSummary const& cell, MetricSummary const& metric) {
  std::string ratio = ",,,";
  std::string more = ",,,,";
  for (auto const& r : cell.vs_baseline)
    if (r.name == metric.name) {
      ratio = std::format("{},{},{}", r.ratio, interval(r.ci95), r.n);
      more =
          std::format("{},{},{},{}", interval(r.ci95_bootstrap), maybe(r.p), maybe(r.p_adjusted), maybe(r.detectable));
    }
  return std::format("{},{},{},{},{},{},{},{},{},{}", csv_field(metric.name), csv_field(metric.unit),
                     csv_field(metric.better), metric.mean, metric.median, interval(metric.ci95), metric.n, ratio,
                     interval(metric.median_ci95), more);
}

}  // namespace

// Lines end with a line feed alone, as text files do here.
std::string csv_field(std::string_view text) {
  auto const value = valid_utf8(text);
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (char const c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string render_csv(Summary const& summary) {
  std::string text =
      "cell,model,executor,workload,round,category,status,reason,trials_ok,trials_failed,trials_warmup,"
      "metric,unit,better,mean,median,ci95_low,ci95_high,n,"
      "vs_baseline,vs_baseline_ci95_low,vs_baseline_ci95_high,vs_baseline_n,"
      "median_ci95_low,median_ci95_high,vs_baseline_bootstrap_low,vs_baseline_bootstrap_high,vs_baseline_p,"
      "vs_baseline_p_adjusted,vs_baseline_detectable\n";
  for (auto const& cell : summary.cells) {
    auto const head = std::format("{},{},{},{},{},{},{},{},{},{},{}", csv_field(cell.id), csv_field(cell.model),
                                  csv_field(cell.executor), csv_field(cell.workload), csv_field(cell.round),
                                  csv_field(cell.category), csv_field(cell.status), csv_field(cell.reason),
                                  cell.trials.ok, cell.trials.failed, cell.trials.warmup);
    for (auto const& metric : cell.metrics) text += std::format("{},{}\n", head, metric_fields(cell, metric));
    // A cell without numbers is a row all the same.
    if (cell.metrics.empty()) text += head + ",,,,,,,,,,,,,,,,,,,\n";
  }
  return text;
}

}  // namespace edgelab::report
