// What can be wrong with a folder of results: each is told apart, and nothing is overwritten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "store/samples.hpp"
#include "store/store.hpp"
#include "store/timeline_codec.hpp"

namespace edgelab::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::sample_run;
using testing::sample_trial;
using testing::TemporaryFolder;

std::string read_bytes(fs::path const& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

void write_bytes(fs::path const& file, std::string const& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

void make_store(fs::path const& folder, int trials = 1) {
  auto store = Store::create(folder, sample_run());
  ASSERT_TRUE(store) << store.error().describe();
  for (int block = 0; block < trials; ++block) ASSERT_TRUE(store->save(sample_trial(0, block)));
}

// Opening fails both ways with these words, and leaves the file as it was.
void expect_refused(fs::path const& folder, std::string const& words) {
  auto const before = read_bytes(folder / "results.db");
  for (auto const access : {Store::Access::read, Store::Access::write}) {
    auto const store = Store::open(folder, access);
    ASSERT_FALSE(store) << words;
    EXPECT_THAT(store.error().describe(), HasSubstr(words));
    EXPECT_THAT(store.error().describe(), HasSubstr((folder / "results.db").string()));
  }
  EXPECT_EQ(read_bytes(folder / "results.db"), before);
  EXPECT_FALSE(fs::exists(folder / "results.lock"));
}

TEST(StoreTrouble, creating_over_results) {
  TemporaryFolder const folder;
  make_store(folder.path());
  auto const before = read_bytes(folder.path() / "results.db");
  auto const store = Store::create(folder.path(), sample_run());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().describe(), HasSubstr("results.db: exists already"));
  EXPECT_EQ(read_bytes(folder.path() / "results.db"), before);
}

TEST(StoreTrouble, creating_where_a_file_stands) {
  TemporaryFolder const folder;
  write_bytes(folder.path(), "text");
  auto const store = Store::create(folder.path(), sample_run());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().describe(), HasSubstr("cannot be made a folder"));
  EXPECT_EQ(read_bytes(folder.path()), "text");
}

TEST(StoreTrouble, creating_beside_the_journal_of_a_lost_database) {
  TemporaryFolder const folder;
  write_bytes(folder.path() / "results.db-wal", "pages");
  auto const store = Store::create(folder.path(), sample_run());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().describe(), HasSubstr("results.db-wal: left behind"));
}

TEST(StoreTrouble, creating_after_an_attempt_that_was_killed) {
  TemporaryFolder const folder;
  write_bytes(folder.path() / "results.db.new", "half of a database");
  write_bytes(folder.path() / "results.lock", "12345");
  make_store(folder.path());
  EXPECT_TRUE(Store::open(folder.path(), Store::Access::read));
  EXPECT_FALSE(fs::exists(folder.path() / "results.db.new"));
}

TEST(StoreTrouble, missing) {
  TemporaryFolder const folder;
  expect_refused(folder.path(), "no such file");
  fs::create_directories(folder.path());
  expect_refused(folder.path(), "no such file");
  EXPECT_TRUE(fs::is_empty(folder.path()));
  fs::create_directories(folder.path() / "results.db");
  expect_refused(folder.path(), "not a file");
}

TEST(StoreTrouble, not_a_database) {
  TemporaryFolder const folder;
  for (auto const& bytes :
       {std::string{}, std::string("SQLite"), std::string("name: not a database\n"), std::string(5000, '\0')}) {
    write_bytes(folder.path() / "results.db", bytes);
    expect_refused(folder.path(), "not a SQLite database");
  }
}

TEST(StoreTrouble, a_database_of_something_else) {
  TemporaryFolder const folder;
  fs::create_directories(folder.path());
  soci::session(soci::sqlite3, "dbname=" + (folder.path() / "results.db").string())
      << "create table store (name text, version integer)";
  expect_refused(folder.path(), "not one of edgelab's results");
}

TEST(StoreTrouble, another_version) {
  TemporaryFolder const folder;
  make_store(folder.path());
  auto const set_version = [&](int number) {
    soci::session sql(soci::sqlite3, "dbname=" + (folder.path() / "results.db").string());
    sql << "update store set version = :v", soci::use(number);
  };
  set_version(version + 1);
  expect_refused(folder.path(), "store version 2, expected 1: it was written by a newer edgelab");
  set_version(0);
  expect_refused(folder.path(), "store version 0, expected 1: it was written by an older edgelab");
}

TEST(StoreTrouble, cut_short) {
  TemporaryFolder const folder;
  make_store(folder.path(), 20);
  auto const whole = read_bytes(folder.path() / "results.db");
  for (std::size_t const size : {whole.size() / 2, whole.size() - 4096, std::size_t{4096}, std::size_t{100}}) {
    write_bytes(folder.path() / "results.db", whole.substr(0, size));
    expect_refused(folder.path(), "results.db");
  }
}

TEST(StoreTrouble, damaged_pages) {
  TemporaryFolder const folder;
  make_store(folder.path(), 20);
  auto bytes = read_bytes(folder.path() / "results.db");
  ASSERT_GT(bytes.size(), 10u * 4096u);
  for (std::size_t i = 4096; i < bytes.size(); i += 4096) bytes.replace(i, 64, std::string(64, '\xff'));
  write_bytes(folder.path() / "results.db", bytes);
  expect_refused(folder.path(), "damaged");
}

TEST(StoreTrouble, a_flipped_bit_in_a_timeline) {
  TemporaryFolder const folder;
  make_store(folder.path());
  auto bytes = read_bytes(folder.path() / "results.db");
  auto const at = bytes.find(encode(sample_trial(0, 0).timeline));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 1);
  write_bytes(folder.path() / "results.db", bytes);

  auto const store = Store::open(folder.path(), Store::Access::read);
  ASSERT_TRUE(store);    // SQLite has no checksums of its own
  EXPECT_TRUE(store->trials(Store::Timelines::leave_out));
  auto const trials = store->trials(Store::Timelines::load);
  ASSERT_FALSE(trials);
  EXPECT_THAT(trials.error().describe(), HasSubstr("reading trial 1: a stored timeline is damaged"));
}

TEST(StoreTrouble, two_writers) {
  TemporaryFolder const folder;
  auto first = Store::create(folder.path(), sample_run());
  ASSERT_TRUE(first);
  std::string const words = "another run (process " + std::to_string(::getpid()) + ") is writing there";
  auto const resumed = Store::open(folder.path(), Store::Access::write);
  ASSERT_FALSE(resumed);
  EXPECT_THAT(resumed.error().describe(), HasSubstr(words));
  auto const created = Store::create(folder.path(), sample_run());
  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().describe(), HasSubstr(words));
  EXPECT_TRUE(first->save(sample_trial(0, 0)));

  { auto const gone = std::move(*first); }
  EXPECT_TRUE(Store::open(folder.path(), Store::Access::write));
}

// As an ordinary user, root being allowed to write anywhere: a child process gives its privileges up and tries.
TEST(StoreTrouble, a_folder_that_cannot_be_written) {
  TemporaryFolder const folder;
  make_store(folder.path());
  fs::permissions(folder.path() / "results.db", fs::perms::owner_read);
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0) ::_exit(10);
    auto const write = Store::open(folder.path(), Store::Access::write);
    if (write) ::_exit(1);
    if (!write.error().describe().contains("cannot be written")) ::_exit(2);
    if (Store::create(folder.path(), sample_run())) ::_exit(3);
    auto const read = Store::open(folder.path(), Store::Access::read);
    if (!read) ::_exit(4);
    auto const trials = read->trials(Store::Timelines::load);
    ::_exit(trials && trials->size() == 1 ? 0 : 5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  fs::permissions(folder.path(), fs::perms::owner_all);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace edgelab::store
