#include "core/text.hpp"
#include "quality/scorers.hpp"

namespace edgelab::quality {

Result<double> exact(std::string_view answer, std::string_view expected) {
  return trim(answer) == trim(expected) ? 1.0 : 0.0;
}

}  // namespace edgelab::quality
