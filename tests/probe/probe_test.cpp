#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "probe/environment.hpp"

namespace edgelab::probe {
namespace {

std::filesystem::path file_of(std::string const& text) {
  auto const file = std::filesystem::temp_directory_path() / ("edgelab-probe-test-" + std::to_string(getpid()));
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

TEST(Sha256, KnownAnswers) {
  // From FIPS 180-4's examples; the last one is of a million letters, more than one piece.
  EXPECT_EQ(sha256_of(file_of("")).value(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of(file_of("abc")).value(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  auto const file = file_of(std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of(file).value(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  auto const two_pieces = file_of(std::string((1 << 20) + 1, '\0'));
  EXPECT_EQ(sha256_of(two_pieces).value(), "2cb74edba754a81d121c9db6833704a8e7d417e5b13d1a19f4a52f007d644264");
  std::filesystem::remove(file);
  EXPECT_FALSE(sha256_of(file).has_value());
  EXPECT_FALSE(sha256_of(file.parent_path() / "no" / "such").has_value());
}

TEST(Environment, HasWhatTheSystemTells) {
  auto const environment = take_environment();
  EXPECT_FALSE(environment.cpu.model.empty());
  EXPECT_GE(environment.cpu.usable_cores, 1);
  EXPECT_LE(environment.cpu.usable_cores, environment.cpu.physical_cores);
  EXPECT_GE(environment.cpu.logical_cores, environment.cpu.physical_cores);
  EXPECT_GT(environment.memory.total_bytes, 0);
  EXPECT_FALSE(environment.os.kernel.empty());
  EXPECT_FALSE(environment.os.machine.empty());
  EXPECT_FALSE(environment.edgelab.version.empty());
  EXPECT_FALSE(environment.edgelab.compiler.empty());
}

TEST(Environment, ComesBackFromJson) {
  auto environment = take_environment();
  environment.executors.push_back({.id = "e", .name = "llama", .version = "1", .library = "llama.cpp 0.7.0 (abc)"});
  environment.models.push_back({.id = "m", .path = "/m.gguf", .bytes = 5, .sha256 = "00"});
  auto const back = from_json(to_json(environment));
  ASSERT_TRUE(back.has_value()) << back.error().describe();
  EXPECT_EQ(to_json(*back), to_json(environment));
  EXPECT_EQ(back->models.at(0).bytes, 5);
  EXPECT_FALSE(from_json("nonsense").has_value());
}

}  // namespace
}  // namespace edgelab::probe
