// A timeline as bytes: its columns one after another, small numbers in few bytes, with a checksum at the end.
//
//   "ELTL", format number (2; what has format 1 is without the last five columns)
//   integer column: count, then each value, as variable-length integers (7 bits a byte, low ones first; values
//                   zigzag-coded, so that small negative ones are short too)
//   text column:    count, then each value as length and bytes
//   FNV-1a of all that, 8 bytes, little-endian
//
// The columns stand in the order of for_each_column() in timeline_codec.cpp.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "types/timeline.hpp"

namespace edgelab::store {

[[nodiscard]] std::string encode(Timeline const& timeline);
[[nodiscard]] Result<Timeline> decode(std::string_view bytes);

}  // namespace edgelab::store
