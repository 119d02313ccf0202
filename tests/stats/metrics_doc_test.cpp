// docs/METRICS.md holds the table of metrics between two markers. EDGELAB_BLESS=1 rewrites it.
#include <gtest/gtest.h>

#include "golden/golden.hpp"
#include "stats/metrics.hpp"

namespace edgelab::stats {
namespace {

TEST(MetricsDoc, has_the_table_as_it_is_in_the_code) {
  std::filesystem::path const path = EDGELAB_SOURCE_DIR "/docs/METRICS.md";
  std::string const begin = "<!-- metrics: generated, do not edit -->\n";
  std::string const end = "<!-- metrics: end -->\n";
  auto const text = testing::read_text(path);
  auto const from = text.find(begin);
  auto const to = text.find(end);
  ASSERT_NE(from, std::string::npos) << path << " lacks the line " << begin;
  ASSERT_NE(to, std::string::npos) << path << " lacks the line " << end;
  testing::expect_golden(path, text.substr(0, from + begin.size()) + render_metric_table() + text.substr(to));
}

}  // namespace
}  // namespace edgelab::stats
