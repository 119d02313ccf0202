#include "runner/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/fakes.hpp"
#include "runner/files.hpp"

namespace edgelab::runner {
namespace {

using ::testing::HasSubstr;

TEST(Commands, KindsAndTheirPrograms) {
  testing::Folder folder;
  auto const program = folder.path / "edgelab-null";
  ASSERT_TRUE(write_whole(program, "#!/bin/sh\n").has_value());
  auto const missing = command_of({.id = "n", .kind = "null", .command = {}}, folder.path);
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("EDGELAB_EXECUTOR_DIR"));
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  EXPECT_EQ(command_of({.id = "n", .kind = "null", .command = {}}, folder.path).value(), std::vector{program.string()});
  EXPECT_EQ(command_of({.id = "mine", .kind = "exec", .command = {"python3", "x.py"}}, folder.path).value(),
            (std::vector<std::string>{"python3", "x.py"}));
  EXPECT_EQ(command_of({.id = "patched", .kind = "null", .command = {"/opt/null"}}, folder.path).value(),
            std::vector<std::string>{"/opt/null"});
  EXPECT_FALSE(command_of({.id = "mine", .kind = "exec", .command = {}}, folder.path).has_value());
  EXPECT_FALSE(command_of({.id = "mine", .kind = "magic", .command = {}}, folder.path).has_value());
}

TEST(Files, AreWholeOrAbsent) {
  testing::Folder folder;
  auto const file = folder.path / "a.txt";
  ASSERT_TRUE(write_whole(file, "first").has_value());
  ASSERT_TRUE(write_whole(file, std::string("second\0!", 8)).has_value());
  EXPECT_EQ(read_whole(file).value(), std::string("second\0!", 8));
  EXPECT_FALSE(write_whole(folder.path / "none" / "a.txt", "x").has_value());
  EXPECT_FALSE(read_whole(folder.path / "b.txt").has_value());
  // A folder in the file's place: nothing is left behind.
  std::filesystem::create_directories(folder.path / "taken" / "in");
  EXPECT_FALSE(write_whole(folder.path / "taken", "x").has_value());
}

}  // namespace
}  // namespace edgelab::runner
