#include "store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cmath>
#include <set>

#include "store/samples.hpp"

namespace edgelab::store {
namespace {

namespace fs = std::filesystem;
using testing::expect_same;
using ::testing::HasSubstr;
using testing::sample_run;
using testing::sample_trial;
using testing::TemporaryFolder;

std::set<std::string> files_in(fs::path const& folder) {
  std::set<std::string> names;
  for (auto const& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

std::vector<TrialResult> read_all(fs::path const& folder) {
  auto const store = Store::open(folder, Store::Access::read);
  EXPECT_TRUE(store) << store.error().describe();
  auto trials = store->trials(Store::Timelines::load);
  EXPECT_TRUE(trials) << trials.error().describe();
  return trials ? *trials : std::vector<TrialResult>{};
}

TEST(Store, a_run_reads_back_as_it_was) {
  TemporaryFolder const folder;
  auto const run = sample_run();
  auto store = Store::create(folder.path(), run);
  ASSERT_TRUE(store) << store.error().describe();
  auto const read = store->run();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->experiment_yaml, run.experiment_yaml);
  EXPECT_EQ(read->experiment_path, run.experiment_path);
  EXPECT_EQ(read->plan_json, run.plan_json);
  EXPECT_EQ(read->environment_json, run.environment_json);
  EXPECT_EQ(read->started, run.started);
  EXPECT_EQ(read->ended, "");

  ASSERT_TRUE(store->finish("2026-01-31T13:00:00.000Z", "30 blocks"));
  EXPECT_EQ(store->run()->ended, "2026-01-31T13:00:00.000Z");
  EXPECT_EQ(store->run()->stopped_because, "30 blocks");
  ASSERT_TRUE(store->finish("", ""));
  EXPECT_EQ(store->run()->ended, "");
}

TEST(Store, passes_take_the_place_of_earlier_ones) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->passes()->empty());
  ASSERT_TRUE(store->save(PassResult{.kind = "choices",
                                     .cell = 2,
                                     .status = Status::failed,
                                     .reason = "died",
                                     .started = "then",
                                     .wall_ms = 1.5,
                                     .result = {}}));
  ASSERT_TRUE(store->save(PassResult{.kind = "choices", .cell = 0, .reason = {}, .started = "t", .result = "[1]"}));
  ASSERT_TRUE(store->save(PassResult{.kind = "choices", .cell = 2, .reason = {}, .started = "now", .result = "[2]"}));
  auto const passes = store->passes();
  ASSERT_TRUE(passes);
  ASSERT_EQ(passes->size(), 2u);
  EXPECT_EQ((*passes)[0].result, "[1]");
  EXPECT_EQ((*passes)[1].cell, 2u);
  EXPECT_EQ((*passes)[1].status, Status::ok);
  EXPECT_EQ((*passes)[1].reason, "");
  EXPECT_EQ((*passes)[1].result, "[2]");
}

// From before there were passes: it reads as one without any, and to write is to make room for them.
TEST(Store, one_without_passes_is_read_all_the_same) {
  TemporaryFolder const folder;
  ASSERT_TRUE(Store::create(folder.path(), sample_run()));
  {
    soci::session sql(soci::sqlite3, "dbname=" + (folder.path() / "results.db").string());
    sql << "drop table pass";
  }
  EXPECT_TRUE(Store::open(folder.path(), Store::Access::read)->passes()->empty());
  auto store = Store::open(folder.path(), Store::Access::write);
  EXPECT_TRUE(store->save(PassResult{.kind = "choices", .cell = 0, .reason = {}, .started = "t", .result = "[1]"}));
  EXPECT_EQ(store->passes()->size(), 1u);
}

TEST(Store, trials_read_back_exactly_and_in_order) {
  TemporaryFolder const folder;
  std::vector<TrialResult> trials;
  for (auto const cell : {4u, 0u, 2u}) trials.push_back(sample_trial(cell, 0));
  trials[1].planned.kind = TrialKind::memory;
  trials[1].memory = {};
  trials[2].planned.kind = TrialKind::warmup;
  for (auto const status : {Status::failed, Status::timeout, Status::oom, Status::unsupported, Status::interrupted}) {
    TrialResult bad;
    bad.planned.block = static_cast<std::int32_t>(trials.size());
    bad.status = status;
    bad.reason = "the executor said: \"no\"\nand died";
    trials.push_back(bad);
  }
  {
    auto store = Store::create(folder.path(), sample_run());
    ASSERT_TRUE(store) << store.error().describe();
    for (auto const& trial : trials) {
      auto const saved = store->save(trial);
      ASSERT_TRUE(saved) << saved.error().describe();
    }
  }
  auto const read = read_all(folder.path());
  ASSERT_EQ(read.size(), trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(read[i], trials[i]);
  }
}

TEST(Store, timelines_stay_out_unless_asked_for) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(store->save(sample_trial(0, 0)));
  auto const trials = store->trials(Store::Timelines::leave_out);
  ASSERT_TRUE(trials);
  EXPECT_TRUE(trials->at(0).timeline.requests.id.empty());
  EXPECT_EQ(trials->at(0).metrics.size(), 4u);
}

TEST(Store, a_resumed_run_adds_to_what_is_there) {
  TemporaryFolder const folder;
  for (int session = 0; session < 3; ++session) {
    auto store =
        session == 0 ? Store::create(folder.path(), sample_run()) : Store::open(folder.path(), Store::Access::write);
    ASSERT_TRUE(store) << store.error().describe();
    ASSERT_TRUE(store->save(sample_trial(0, session)));
  }
  auto const read = read_all(folder.path());
  ASSERT_EQ(read.size(), 3u);
  for (int block = 0; block < 3; ++block) EXPECT_EQ(read[static_cast<std::size_t>(block)].planned.block, block);
}

TEST(Store, a_trial_that_ended_is_there_once) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  auto interrupted = sample_trial(1, 0);
  interrupted.status = Status::interrupted;
  ASSERT_TRUE(store->save(interrupted));
  ASSERT_TRUE(store->save(interrupted));
  ASSERT_TRUE(store->save(sample_trial(1, 0)));
  auto again = sample_trial(1, 0);
  again.wall_ms = 99.0;
  auto const saved = store->save(again);
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().describe(), HasSubstr("the timed trial of cell 1 in block 0 is there already"));

  // A refusal leaves nothing behind, and the store goes on.
  ASSERT_TRUE(store->save(sample_trial(1, 1)));
  auto other_kind = sample_trial(1, 1);
  other_kind.planned.kind = TrialKind::memory;
  ASSERT_TRUE(store->save(other_kind));
  auto const trials = store->trials(Store::Timelines::leave_out);
  ASSERT_EQ(trials->size(), 5u);
  EXPECT_EQ(trials->at(2).wall_ms, sample_trial(1, 0).wall_ms);
}

TEST(Store, what_is_no_number_is_refused) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  auto trial = sample_trial(0, 0);
  trial.metrics.push_back({"bad", std::nan("")});
  EXPECT_THAT(store->save(trial).error().describe(), HasSubstr("metric bad is not a finite number"));
  trial = sample_trial(0, 0);
  trial.wall_ms = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(store->save(trial));
  EXPECT_TRUE(store->trials(Store::Timelines::leave_out)->empty());
}

TEST(Store, reading_beside_a_run_that_writes) {
  TemporaryFolder const folder;
  auto writer = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(writer->save(sample_trial(0, 0)));
  auto reader = Store::open(folder.path(), Store::Access::read);
  ASSERT_TRUE(reader) << reader.error().describe();
  for (int block = 1; block < 20; ++block) {
    auto const saved = writer->save(sample_trial(0, block));
    ASSERT_TRUE(saved) << saved.error().describe();
    auto const seen = reader->trials(Store::Timelines::load);
    ASSERT_TRUE(seen) << seen.error().describe();
    EXPECT_EQ(seen->size(), static_cast<std::size_t>(block) + 1);
  }
  EXPECT_FALSE(reader->save(sample_trial(0, 99)));
}

TEST(Store, a_folder_at_rest_holds_one_file) {
  TemporaryFolder const folder;
  {
    auto store = Store::create(folder.path(), sample_run());
    ASSERT_TRUE(store->save(sample_trial(0, 0)));
  }
  EXPECT_EQ(files_in(folder.path()), std::set<std::string>{"results.db"});
  EXPECT_EQ(read_all(folder.path()).size(), 1u);
  EXPECT_EQ(files_in(folder.path()), std::set<std::string>{"results.db"});
}

TEST(Store, keeps_the_audit_of_the_last_end) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(store);
  EXPECT_EQ(store->audit().value(), "") << "as in results of before there were audits: the table is not there";
  ASSERT_TRUE(store->keep_audit(R"({"it's": "ü"})"));
  EXPECT_EQ(store->audit().value(), R"({"it's": "ü"})");
  ASSERT_TRUE(store->keep_audit("second"));
  EXPECT_EQ(store->audit().value(), "second");
  ASSERT_TRUE(store->keep_audit(""));
  EXPECT_EQ(store->audit().value(), "");
  ASSERT_TRUE(store->keep_audit("third"));
  store = Store::open(folder.path(), Store::Access::read);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->audit().value(), "third");
  EXPECT_FALSE(store->keep_audit("fourth"));
}

TEST(Store, names_of_folders_are_taken_as_they_are) {
  for (auto const* name :
       {"with space", "a=b", "quo\"te", "it's", "ünï", "semi;colon", "deep/er", "per%cent", "q?x#y"}) {
    TemporaryFolder const folder(name);
    {
      auto store = Store::create(folder.path(), sample_run());
      ASSERT_TRUE(store) << name << ": " << store.error().describe();
      ASSERT_TRUE(store->save(sample_trial(0, 0))) << name;
    }
    EXPECT_TRUE(fs::exists(folder.path() / "results.db")) << name;
    EXPECT_EQ(read_all(folder.path()).size(), 1u) << name;
  }
}

TEST(Store, a_million_emissions) {
  TemporaryFolder const folder;
  auto trial = sample_trial(0, 0);
  trial.timeline = testing::sample_timeline(1, 1'000'000);
  {
    auto store = Store::create(folder.path(), sample_run());
    ASSERT_TRUE(store->save(trial));
  }
  auto const read = read_all(folder.path());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].timeline.emissions.gap_ns, trial.timeline.emissions.gap_ns);
  EXPECT_EQ(read[0].timeline.token_ids, trial.timeline.token_ids);
  EXPECT_LT(fs::file_size(folder.path() / "results.db"), 9'000'000u);
}

TEST(Store, checks_read_back_and_are_kept_once) {
  TemporaryFolder const folder;
  CheckRecord check{.kind = "kld", .cell = 2, .item = "a 'text'"};
  check.status = Status::failed;
  check.reason = "too long";
  check.started = "then";
  check.wall_ms = 1.5;
  check.content = R"({"kld":[0.5]})";
  {
    auto store = Store::create(folder.path(), sample_run());
    ASSERT_TRUE(store);
    EXPECT_TRUE(store->checks().value().empty());
    ASSERT_TRUE(store->save(check));
    EXPECT_FALSE(store->save(check));
    check.item = "another";
    ASSERT_TRUE(store->save(check));
  }
  auto const checks = Store::open(folder.path(), Store::Access::read)->checks().value();
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].item, "a 'text'");
  EXPECT_EQ(checks[0].cell, 2U);
  EXPECT_EQ(checks[0].status, Status::failed);
  EXPECT_EQ(checks[0].reason, "too long");
  EXPECT_EQ(checks[0].wall_ms, 1.5);
  EXPECT_EQ(checks[1].content, check.content);
}

TEST(Store, waits_read_back_in_their_order) {
  TemporaryFolder const folder;
  auto store = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->cool_downs()->empty());
  ASSERT_TRUE(store->save(CoolDownWait{.block = 4,
                                       .position = 2,
                                       .started = "2026-01-31T12:00:01.000Z",
                                       .waited_s = 1.0 / 3.0,
                                       .from_c = 81.5,
                                       .to_c = 60.25,
                                       .target_c = 60.5,
                                       .reached = true}));
  ASSERT_TRUE(store->save(
      CoolDownWait{.block = 4, .started = {}, .waited_s = 120.0, .from_c = 90.0, .to_c = 70.0, .target_c = 60.5}));
  auto const waits = store->cool_downs();
  ASSERT_TRUE(waits);
  ASSERT_EQ(waits->size(), 2u);
  EXPECT_EQ((*waits)[0].block, 4);
  EXPECT_EQ((*waits)[0].position, 2);
  EXPECT_EQ((*waits)[0].started, "2026-01-31T12:00:01.000Z");
  EXPECT_EQ((*waits)[0].waited_s, 1.0 / 3.0);
  EXPECT_EQ((*waits)[0].from_c, 81.5);
  EXPECT_EQ((*waits)[0].to_c, 60.25);
  EXPECT_EQ((*waits)[0].target_c, 60.5);
  EXPECT_TRUE((*waits)[0].reached);
  EXPECT_FALSE((*waits)[1].reached);
}

// From before there were waits, and sustained trials.
TEST(Store, one_without_waits_is_read_all_the_same) {
  TemporaryFolder const folder;
  { ASSERT_TRUE(Store::create(folder.path(), sample_run())); }
  {
    soci::session sql(*soci::factory_sqlite3(), (folder.path() / "results.db").string());
    sql << "drop table cool_down";
  }
  EXPECT_TRUE(Store::open(folder.path(), Store::Access::read)->cool_downs()->empty());
  auto store = Store::open(folder.path(), Store::Access::write);
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->save(CoolDownWait{.block = 1, .started = {}}));
  auto trial = sample_trial(0, 0);
  trial.planned.kind = TrialKind::sustained;
  ASSERT_TRUE(store->save(trial));
  EXPECT_EQ(store->trials(Store::Timelines::leave_out)->at(0).planned.kind, TrialKind::sustained);
}

// A run of before there were any.
TEST(Store, a_run_without_checks_has_none_and_takes_them_when_it_goes_on) {
  TemporaryFolder const folder;
  { ASSERT_TRUE(Store::create(folder.path(), sample_run())); }
  {
    soci::session sql(*soci::factory_sqlite3(), (folder.path() / "results.db").string());
    sql << "drop table quality_check";
  }
  EXPECT_TRUE(Store::open(folder.path(), Store::Access::read)->checks().value().empty());
  auto store = Store::open(folder.path(), Store::Access::write);
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->save(CheckRecord{.kind = "kld", .cell = 0, .item = "a"}));
}

}  // namespace
}  // namespace edgelab::store
