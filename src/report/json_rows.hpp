// A JSON document as a table of two columns.
#pragma once

#include <string>
#include <vector>

namespace edgelab::report {

struct JsonRow {
  std::string key;     // "cpu.model"
  std::string value;   // a list of things is a row each, written as "level 1, kind data"
};

// Empty for what is no JSON object. Absent values are left out; sizes in bytes are made readable.
[[nodiscard]] std::vector<JsonRow> json_rows(std::string const& json);

}  // namespace edgelab::report
