// All JSON of the reports, in one file: the library is slow to compile.
#include <rfl.hpp>
#include <rfl/json.hpp>

#include <cmath>
#include <format>
#include <map>

#include "core/text.hpp"
#include "report/json_rows.hpp"
#include "report/report.hpp"
#include "report/words.hpp"
#include "types/names.hpp"

namespace edgelab::report {

namespace {

Flags valid(Flags const& flags) {
  Flags clean;
  for (auto const& [name, value] : flags) clean[valid_utf8(name)] = valid_utf8(value);
  return clean;
}

struct TrialLine {
  std::string cell;
  std::int32_t block = 0;
  std::string kind;
  bool warmup = false;
  std::string status;
  std::string reason;
  std::string started;
  double wall_ms = 0.0;
  std::map<std::string, double> metrics;
};

std::string scalar_text(rfl::Generic const& value, std::string_view key);

// "level 1, kind data"
std::string fields_text(rfl::Generic::Object const& object) {
  std::string text;
  for (auto const& [key, value] : object) {
    auto const item = scalar_text(value, key);
    if (!item.empty()) text += std::format("{}{} {}", text.empty() ? "" : ", ", key, item);
  }
  return text;
}

std::string number_text(double value, std::string_view key) {
  if (key.ends_with("bytes_per_s")) return format_bytes(value) + "/s";
  return key.ends_with("bytes") ? format_bytes(value) : std::format("{}", value);
}

// On one line, whatever it is; empty for null.
std::string scalar_text(rfl::Generic const& value, std::string_view key) {
  auto const as_text = [&](auto const& item) -> std::string {
    using T = std::remove_cvref_t<decltype(item)>;
    if constexpr (std::is_same_v<T, bool>) {
      return item ? "yes" : "no";
    } else if constexpr (std::is_arithmetic_v<T>) {
      return number_text(static_cast<double>(item), key);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return item;
    } else if constexpr (std::is_same_v<T, rfl::Generic::Object>) {
      return fields_text(item);
    } else if constexpr (std::is_same_v<T, rfl::Generic::Array>) {
      std::string text;
      for (auto const& element : item) text += (text.empty() ? "" : ", ") + scalar_text(element, key);
      return text;
    } else {
      return {};
    }
  };
  return std::visit(as_text, value.get());
}

void add_rows(std::vector<JsonRow>& rows, std::string const& key, rfl::Generic const& value) {
  if (auto const object = value.to_object()) {
    for (auto const& [name, item] : *object) add_rows(rows, key.empty() ? name : key + "." + name, item);
    return;
  }
  if (auto const array = value.to_array(); array && !array->empty() && array->front().to_object()) {
    for (auto const& item : *array) rows.push_back({key, scalar_text(item, key)});
    return;
  }
  if (auto text = scalar_text(value, key); !text.empty()) rows.push_back({key, std::move(text)});
}

}  // namespace

std::string render_json(Summary const& summary) {
  Summary clean = summary;
  for (auto& cell : clean.cells) {
    cell.reason = valid_utf8(cell.reason);
    cell.flags = {valid(cell.flags.asked), valid(cell.flags.in_force)};
  }
  // An interval that there is not is null, so that every metric has the same keys.
  return rfl::json::write<rfl::NoOptionals>(clean, YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_INF_AND_NAN_AS_NULL) +
         "\n";
}

std::string render_trial_line(std::string_view cell_id, TrialResult const& trial) {
  TrialLine line{.cell = valid_utf8(cell_id),
                 .block = trial.planned.block,
                 .kind = std::string(name_of(trial.planned.kind)),
                 .warmup = trial.planned.kind == TrialKind::warmup,
                 .status = std::string(name_of(trial.status)),
                 .reason = valid_utf8(trial.reason),
                 .started = trial.started,
                 .wall_ms = trial.wall_ms,
                 .metrics = {}};
  for (auto const& metric : trial.metrics)
    if (std::isfinite(metric.value)) line.metrics[metric.name] = metric.value;
  return rfl::json::write(line, YYJSON_WRITE_INF_AND_NAN_AS_NULL);
}

std::vector<JsonRow> json_rows(std::string const& json) {
  std::vector<JsonRow> rows;
  auto const document = rfl::json::read<rfl::Generic>(json);
  if (document && document->to_object()) add_rows(rows, "", *document);
  return rows;
}

}  // namespace edgelab::report
