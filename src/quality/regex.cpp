// Boost's, since libstdc++'s std::regex recurses once a character and overflows the stack on long answers.
#include <boost/regex.hpp>

#include "quality/scorers.hpp"

namespace edgelab::quality {

Result<double> regex(std::string_view answer, std::string_view expected) {
  try {
    boost::regex const pattern(expected.begin(), expected.end());
    try {
      return boost::regex_search(answer.begin(), answer.end(), pattern) ? 1.0 : 0.0;
    } catch (std::runtime_error const&) {
      return 0.0;    // it gave up: the pattern needs more steps on this answer than anyone would wait for
    }
  } catch (boost::regex_error const& error) {
    return fail("'" + std::string(expected) + "' is no regular expression: " + error.what());
  }
}

}  // namespace edgelab::quality
