// Layers on other machines: two servers of ggml's RPC backend on this one, which answer as the model does here.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "core/process.hpp"
#include "llama/answers.hpp"
#include "llama/judge.hpp"

namespace edgelab::test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string free_port() {
  int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bool const bound = ::bind(socket, reinterpret_cast<sockaddr const*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  EXPECT_TRUE(bound);
  return std::to_string(ntohs(address.sin_port));
}

// Debian keeps it out of PATH.
std::string rpc_server() {
  if (auto const program = find_program("ggml-rpc-server")) return program->string();
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator("/usr/libexec", ignored))
    if (auto const program = entry.path() / "llama/bin/ggml-rpc-server"; std::filesystem::exists(program, ignored))
      return program.string();
  return {};
}

class RpcServer {
 public:
  RpcServer() : address_("127.0.0.1:" + free_port()) {
    auto const log = std::filesystem::path(::testing::TempDir()) / ("rpc-" + address_ + "-" + std::to_string(getpid()));
    auto started = ChildProcess::start(
        {.command = {rpc_server(), "-d", "CPU", "-t", "1", "-p", address_.substr(address_.find(':') + 1)},
         .stderr_file = log});
    if (!started) throw std::runtime_error(started.error().describe());
    process_ = *std::move(started);
    for (auto const end = Clock::now() + 60s; Clock::now() < end;) {
      auto const line = process_->read_line(Clock::now() + 1s);
      if (line && line->contains("transport")) break;     // the last that it says before it listens
      if (!line && line.error() == ChildProcess::NoLine::closed) throw std::runtime_error(process_->stderr_tail(5));
    }
    std::filesystem::remove(log);
  }
  [[nodiscard]] std::string const& address() const { return address_; }

 private:
  std::string address_;
  std::unique_ptr<ChildProcess> process_;
};

std::map<std::string, std::vector<std::int32_t>> tokens_of(std::map<std::string, Answer> const& answers) {
  std::map<std::string, std::vector<std::int32_t>> tokens;
  for (auto const& [id, answer] : answers) tokens[id].assign(answer.tokens.begin(), answer.tokens.end());
  return tokens;
}

class Rpc : public ::testing::Test {
 protected:
  void SetUp() override {
    if (rpc_server().empty()) GTEST_SKIP() << "there is no ggml-rpc-server here";
    if (Respondent().hello().flags.at("rpc").support != "yes") GTEST_SKIP() << "llama.cpp has no RPC backend here";
  }
};

// A port may be taken between its being found and its being used, and connecting to a server that does not listen yet is tried again.
std::map<std::string, Answer> answers_of(Respondent& respondent, std::vector<protocol::TrialRequest> const& requests,
                                         Flags const& flags, Judge const& judge) {
  for (auto const end = Clock::now() + 60s;; std::this_thread::sleep_for(100ms)) {
    try {
      return respondent.answers(requests, flags, judge);
    } catch (std::exception const& error) {
      if (!std::string_view(error.what()).contains("Connection refused") || Clock::now() > end) throw;
    }
  }
}

TEST_F(Rpc, TwoServersAnswerAsTheModelDoesHere) {
  RpcServer const one;
  RpcServer const other;
  Judge const judge(demo_model);
  auto const requests = held_out_prompts(1, 6);
  // A server computes with the weights as they are.
  Respondent respondent;
  auto const here = respondent.answers(requests, {{"repack", "off"}}, judge);
  Flags const flags{{"rpc", one.address() + "," + other.address()}, {"n-gpu-layers", "all"}};
  auto const there = answers_of(respondent, requests, flags, judge);
  EXPECT_EQ(tokens_of(there), tokens_of(here));
  EXPECT_EQ(respondent.in_force().at("rpc"), flags.at("rpc")) << "each holds some of it";
  EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "5");
  auto const partly =
      answers_of(respondent, requests, {{"rpc", one.address()}, {"n-gpu-layers", "2"}, {"repack", "off"}}, judge);
  EXPECT_EQ(tokens_of(partly), tokens_of(here));
  EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "2");
  EXPECT_EQ(respondent.in_force().at("rpc"), one.address());
  (void)respondent.answers(requests, {}, judge);
  EXPECT_FALSE(respondent.in_force().contains("rpc")) << "a server that was once named takes part no more";
  EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "0");
}

TEST_F(Rpc, AServerThatIsNotThereIsSaidByItsAddress) {
  auto const nobody = "127.0.0.1:" + free_port();
  LlamaProcess process;
  auto const load = [&](std::int64_t id, Flags const& flags) {
    process.send(wire::encode(protocol::Load{id, demo_model, {}, flags}));
    auto const reply = process.receive();
    auto const* const failure = std::get_if<protocol::Failure>(&reply);
    return failure == nullptr ? std::string{} : failure->reason;
  };
  EXPECT_THAT(
      load(1, {{"rpc", nobody}, {"n-gpu-layers", "all"}}),
      HasSubstr("no server of ggml's RPC backend answers at " + nobody + ": Connection refused. Start one there"));
  EXPECT_THAT(load(2, {{"rpc", nobody}}), HasSubstr("rpc needs n-gpu-layers above 0"));
  EXPECT_EQ(load(3, {}), "") << "and the executor goes on";
}

}  // namespace
}  // namespace edgelab::test
