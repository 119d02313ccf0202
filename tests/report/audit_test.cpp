#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "golden/golden.hpp"
#include "report/audit_words.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"
#include "report/words.hpp"

namespace edgelab::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Audit, golden) {
  testing::expect_golden(EDGELAB_SOURCE_DIR "/tests/golden/audit.txt", render_audit(testing::sample_audit(), 110));
}

TEST(Audit, no_line_is_wider_than_the_terminal) {
  for (int columns = 50; columns <= 160; ++columns) {
    std::istringstream text(render_audit(testing::sample_audit(), columns));
    for (std::string line; std::getline(text, line);)
      EXPECT_LE(width_of(line), static_cast<std::size_t>(columns)) << line;
  }
}

TEST(Audit, one_that_does_not_apply_says_so_and_shows_no_figures) {
  auto summary = testing::sample_summary();
  summary.audit->differences = {"it was made on A, the run on B", "executor x was not audited"};
  auto const report = render_markdown(summary, "");
  EXPECT_THAT(report,
              HasSubstr("The audit of 2026-01-30T18:00:00.000Z **does not apply** to this run: it was made on A, the "
                        "run on B; executor x was not audited."));
  EXPECT_THAT(report, Not(HasSubstr("against itself")));
  EXPECT_EQ(audit_line(summary),
            "The audit of 2026-01-30 does not apply to this run: it was made on A, the run on B; executor x was not "
            "audited.");
}

TEST(Audit, without_one_the_reports_say_how_to_get_one) {
  auto const summary = testing::small_summary();
  EXPECT_THAT(render_markdown(summary, ""), HasSubstr("`edgelab audit` makes one"));
  EXPECT_THAT(render_terminal(summary, 100), HasSubstr("No audit of this machine: edgelab audit makes one."));
  EXPECT_THAT(render_json(summary), HasSubstr("\"audit\": null"));
}

TEST(Audit, false_times_are_shouted) {
  auto const summary = testing::sample_summary();
  EXPECT_THAT(render_markdown(summary, ""),
              HasSubstr("**Its times are not to be believed**: it reports its tokens before"));
  EXPECT_THAT(audit_line(summary), HasSubstr("mine REPORTS FALSE TIMES (early)"));
  EXPECT_THAT(render_audit(summary.audit->audit, 100), HasSubstr("DEFECT: times: early"));
}

TEST(MachineWords, say_what_matters_and_nothing_else) {
  EXPECT_THAT(machine_words({}), ElementsAre("nothing else was busy, and nothing was seen to change the clock"));
  MachineState state;
  state.others = {{"python3", 12, 0.8}, {"tiny", 13, 0.06}};
  state.busy_cores = 0.9;
  state.governor = "performance";
  state.mhz_fastest = state.mhz_max = 3000.0;
  state.temperature_c = 60.0;
  EXPECT_THAT(machine_words(state), ElementsAre("another process, python3 (12), takes 0.8 of a core"));
  state.busy_cores = 2.9;
  state.stolen_cores = 0.5;
  state.throttle_events = 1;
  state.temperature_c = 96.0;
  EXPECT_THAT(machine_words(state), ElementsAre(HasSubstr("python3"), HasSubstr("2.0 cores go to processes"),
                                                HasSubstr("its host takes 0.5 of a core"),
                                                HasSubstr("throttled 1 time while"), "it is at 96 °C"));
}

TEST(Audit, sees_the_smallest_effect_of_a_usual_run) {
  auto executor = testing::sample_audit().executors[0];
  EXPECT_EQ(sees(executor), "2 % of decode tok/s is found in 9 blocks (23 s)");
  executor.noise->metrics[0].efforts = {{0.1, 40, 400.0}, {0.05, 150, 1500.0}};
  EXPECT_EQ(sees(executor), "10 % of decode tok/s is found in 40 blocks (6 min 40 s)");
  executor.noise->metrics[0].efforts = {};
  EXPECT_EQ(sees(executor), "");
}

}  // namespace
}  // namespace edgelab::report
