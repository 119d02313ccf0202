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

TEST(Commands, BridgesAreToldWhatTheyDrive) {
  testing::Folder folder;
  for (auto const* name : {"edgelab-server", "edgelab-openai", "edgelab-command", "edgelab-fllama"}) {
    ASSERT_TRUE(write_whole(folder.path / name, "#!/bin/sh\n").has_value());
    std::filesystem::permissions(folder.path / name, std::filesystem::perms::owner_all);
  }
  auto const words = [&](ExecutorSpec const& spec) {
    auto command = command_of(spec, folder.path);
    EXPECT_TRUE(command) << (command ? "" : command.error().describe());
    return command.value_or(std::vector<std::string>{});
  };
  auto const server = (folder.path / "edgelab-server").string();
  EXPECT_EQ(words({.id = "s", .kind = "llama-server", .command = {}}), std::vector{server});
  EXPECT_EQ(words({.id = "s", .kind = "llama-server", .command = {"/opt/new"}}), (std::vector{server, std::string("--program=/opt/new")}));
  ExecutorSpec far{.id = "o", .kind = "openai", .command = {}};
  far.url = "http://localhost/v1";
  far.key_env = "A_KEY";
  far.retries = 0;
  EXPECT_EQ(words(far), (std::vector<std::string>{folder.path / "edgelab-openai", "--url=http://localhost/v1", "--key-env=A_KEY", "--retries=0"}));
  ExecutorSpec app{.id = "a", .kind = "fllama", .command = {}};
  EXPECT_EQ(words(app), (std::vector<std::string>{folder.path / "edgelab-fllama"})) << "the environment names its library";
  app.library = "/opt/libfllama.so";
  EXPECT_EQ(words(app), (std::vector<std::string>{folder.path / "edgelab-fllama", "--library=/opt/libfllama.so"}));
  EXPECT_EQ(words({.id = "c", .kind = "exec", .command = {"tool", "{prompt}"}}),
            (std::vector<std::string>{folder.path / "edgelab-command", "tool", "{prompt}"}));
  EXPECT_EQ(words({.id = "c", .kind = "exec", .command = {"tool", "{other}"}}), (std::vector<std::string>{"tool", "{other}"}));
}

TEST(Commands, WhatIsNotThereIsSaidWithItsPlace) {
  ExecutorSpec absent{.id = "s", .kind = "llama-server", .command = {"no-such-server"}};
  absent.origin = {.file = "a.yaml", .line = 7, .column = 3};
  ExecutorSpec keyless{.id = "o", .kind = "openai", .command = {}};
  keyless.key_env = "EDGELAB_TEST_NO_SUCH_KEY";
  ExecutorSpec bookless{.id = "f", .kind = "fllama", .command = {}};
  bookless.library = "/no/such/libfllama.so";
  auto const wrong = check_executors({absent, keyless, bookless, {.id = "x", .kind = "exec", .command = {"sh"}}});
  ASSERT_EQ(wrong.size(), 3U);
  EXPECT_EQ(wrong[0].line, 7);
  EXPECT_THAT(wrong[0].message, HasSubstr("'no-such-server' along PATH"));
  EXPECT_THAT(wrong[1].message, HasSubstr("EDGELAB_TEST_NO_SUCH_KEY"));
  EXPECT_THAT(wrong[2].message, HasSubstr("there is no library /no/such/libfllama.so"));
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
