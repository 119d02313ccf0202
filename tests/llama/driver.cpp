#include "llama/driver.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace edgelab::test {

LlamaProcess::LlamaProcess(std::vector<std::string> const& command) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<char*> words;
  for (auto const& word : command) words.push_back(const_cast<char*>(word.c_str()));   // execv changes none of them
  words.push_back(nullptr);
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  process_ = fork();
  if (process_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execv(words.front(), words.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
}

LlamaProcess::~LlamaProcess() {
  close_input();
  if (process_ > 0) (void)wait();
  std::fclose(from_);
}

void LlamaProcess::send(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), to_);
  if (!line.ends_with('\n')) std::fputc('\n', to_);
  std::fflush(to_);
}

wire::Reply LlamaProcess::receive() {
  char* line = nullptr;
  std::size_t room = 0;
  auto const length = getline(&line, &room, from_);
  std::string const text(line == nullptr || length < 0 ? "" : line);
  std::free(line);
  if (length < 0) throw std::runtime_error("edgelab-llama has closed its output");
  if (text.size() > protocol::max_line_bytes) throw std::runtime_error("a line is too long");
  auto reply = wire::decode_reply(text);
  if (!reply) throw std::runtime_error(reply.error().describe() + ": " + text);
  return *std::move(reply);
}

void LlamaProcess::close_input() {
  if (to_ != nullptr) std::fclose(to_);
  to_ = nullptr;
}

int LlamaProcess::wait() {
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

LlamaProcess::Ran LlamaProcess::run(protocol::Run const& run) {
  send(wire::encode(run));
  return finish_run();
}

LlamaProcess::Ran LlamaProcess::finish_run() {
  Ran ran;
  while (std::holds_alternative<std::monostate>(ran.end)) {
    auto reply = receive();
    if (auto* part = std::get_if<protocol::TimelinePart>(&reply))
      wire::append(ran.timeline, std::move(part->columns));
    else if (auto* emission = std::get_if<protocol::Emission>(&reply))
      ran.emissions.push_back(std::move(*emission));
    else if (std::holds_alternative<protocol::Progress>(reply))
      ++ran.progress;
    else if (auto* done = std::get_if<protocol::Done>(&reply))
      ran.end = std::move(*done);
    else if (auto* failure = std::get_if<protocol::Failure>(&reply))
      ran.end = std::move(*failure);
    else
      throw std::runtime_error("a message that belongs to no run");
  }
  return ran;
}

}  // namespace edgelab::test
