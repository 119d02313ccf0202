// A field of a CSV file.
#pragma once

#include <string>
#include <string_view>

namespace edgelab::report {

// Quoted where RFC 4180 asks for it; valid UTF-8.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace edgelab::report
