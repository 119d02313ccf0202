// An executor that misbehaves on demand. Between faults it answers like the null executor.
//
//   faulty_executor [HELLO-FAULT]
//
// Faults of a run come by its own flags: "faulty.fault" names one, "faulty.after" says how many runs of this
// process go well before. Faults of hello are named on the command line.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <format>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "null/schedule.hpp"
#include "wire/wire.hpp"

namespace {

using namespace edgelab;

template <typename... Case>
struct Cases : Case... {
  using Case::operator()...;
};

std::vector<std::string> const faults{
    "none",       "exit",     "abort",     "sigkill",     "hang",   "stop",     "garbage",  "long-line",
    "wrong-id",   "late",     "wrong-type", "uneven",     "empty",  "close",    "orphan",   "unasked-live",
    "oom",        "unsupported", "failed", "bad-request", "cancelled", "no-reason", "grow", "leave", "deaf",
    "other-flag", "quick-error", "quick-nothing"};

void say(std::string const& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

protocol::HelloReply introduction() {
  auto const own = [](std::string name, std::string type, std::vector<std::string> values, std::string value) {
    return protocol::OwnFlag{std::move(name), std::move(type), std::move(values), std::move(value), "request", "exact", ""};
  };
  return {.protocol = protocol::version, .name = "faulty", .version = "1", .library = "", .flags = {},
          .own_flags = {own("fault", "choice", faults, "none"), own("after", "int", {}, "0")},
          .abilities = {}};
}

void misbehave_at_hello(std::string const& fault) {
  auto hello = introduction();
  if (fault == "wrong-version") hello.protocol = protocol::version + 1;
  if (fault == "no-name") hello.name = "";
  if (fault == "bad-support") hello.flags["threads"] = {.support = "perhaps", .values = {}, .reason = {}};
  if (fault == "banner") say("Loading the model, please wait\n");
  if (fault == "silent") sleep_for_ever();
  if (fault == "refuse") return say(wire::encode(protocol::Failure{0, "failed", "not today"}));
  if (fault == "die") {
    std::fputs("cannot find libmagic.so\n", stderr);
    std::exit(3);
  }
  say(wire::encode(hello));
}

void answer_well(protocol::Run const& run, Flags in_force = {}) {
  auto const timeline = null::schedule(run, null::Settings{});
  if (!timeline) return say(wire::encode(protocol::Failure{run.id, "failed", timeline.error().describe()}));
  for (auto const& line : wire::encode_timeline(run.id, *timeline)) say(line);
  say(wire::encode(protocol::Done{run.id, std::move(in_force), {}}));
}

// A sound timeline, faster than any: each request ends after a microsecond, with nothing generated.
void answer_at_once(protocol::Run const& run, std::string const& finish) {
  Timeline timeline;
  auto& rows = timeline.requests;
  for (auto const& request : run.requests) {
    rows.id.push_back(request.id);
    rows.pass.push_back(0);
    rows.arrival_ns.push_back(rows.arrival_ns.empty() ? 0 : 1000);
    rows.admitted_ns.push_back(0);
    rows.prefill_end_ns.push_back(500);
    rows.end_ns.push_back(1000);
    rows.prompt_tokens.push_back(1);
    rows.cached_tokens.push_back(0);
    rows.emissions.push_back(0);
    rows.finish.push_back(finish);
    rows.text.emplace_back();
  }
  for (auto const& line : wire::encode_timeline(run.id, timeline)) say(line);
  say(wire::encode(protocol::Done{run.id, {}, {}}));
}

// By the system's own means: an allocator may keep what is freed.
void grow_and_shrink() {
  constexpr std::size_t bytes = 96 << 20;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
}

void misbehave(std::string const& fault, protocol::Run const& run) {
  std::fputs(std::format("about to {}\n", fault).c_str(), stderr);
  if (fault == "exit") std::exit(3);
  if (fault == "abort") std::abort();
  if (fault == "sigkill") std::raise(SIGKILL);
  if (fault == "hang") sleep_for_ever();
  if (fault == "deaf") {
    say(wire::encode(protocol::Progress{run.id, 0, 0}));
    sleep_for_ever();
  }
  if (fault == "stop") std::raise(SIGSTOP);
  if (fault == "garbage") return say("Segmentation fault (core dumped)\n");
  if (fault == "long-line") {
    std::string const piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) say(piece);
    sleep_for_ever();
  }
  if (fault == "wrong-id") return say(wire::encode(protocol::Done{run.id + 1, {}, {}}));
  if (fault == "late") {
    answer_well(run);
    return say(wire::encode(protocol::Emission{run.id, "late", 1}));
  }
  if (fault == "leave") {   // as if nothing were wrong, and then it is gone
    answer_well(run);
    std::exit(6);
  }
  if (fault == "wrong-type") return say(wire::encode(protocol::Loaded{run.id, {}, {}, {}}));
  if (fault == "uneven") {
    Timeline timeline;
    timeline.requests.id = {"a", "b"};
    timeline.requests.pass = {0};
    say(wire::encode(protocol::TimelinePart{run.id, timeline}));
  }
  if (fault == "uneven" || fault == "empty") return say(wire::encode(protocol::Done{run.id, {}, {}}));
  if (fault == "close") {
    ::close(STDOUT_FILENO);
    sleep_for_ever();
  }
  if (fault == "orphan") {   // dies, but what it started keeps its pipes open
    if (::fork() == 0) sleep_for_ever();
    ::_exit(4);
  }
  if (fault == "unasked-live") return say(wire::encode(protocol::Emission{run.id, "x", 1}));
  if (fault == "no-reason") return say(wire::encode(protocol::Failure{run.id, "failed", ""}));
  if (fault == "other-flag") return answer_well(run, {{"faulty.fault", "none"}});   // it had its own way, and says so
  if (fault == "quick-error" || fault == "quick-nothing") {
    auto const finish = fault == "quick-error" ? "error: out of slots" : "stop";
    return answer_at_once(run, finish);
  }
  if (fault == "grow") {
    grow_and_shrink();
    return answer_well(run);
  }
  say(wire::encode(protocol::Failure{run.id, fault, "as asked"}));
}

}  // namespace

int main(int argc, char** argv) {
  std::string const hello_fault = argc > 1 ? argv[1] : "";
  int runs = 0;
  for (std::string line; std::getline(std::cin, line);) {
    auto const request = wire::decode_request(line);
    if (!request) {
      say(wire::encode(protocol::Failure{0, "bad-request", request.error().describe()}));
      continue;
    }
    std::visit(Cases{[&](protocol::Hello const&) { misbehave_at_hello(hello_fault); },
                     [](protocol::Load const& load) { say(wire::encode(protocol::Loaded{load.id, {}, {}, {}})); },
                     [&](protocol::Run const& run) {
                       auto const fault = run.flags.find("faulty.fault");
                       auto const after = run.flags.find("faulty.after");
                       bool const due = after == run.flags.end() || runs >= std::stoi(after->second);
                       ++runs;
                       if (due && fault != run.flags.end() && fault->second != "none") misbehave(fault->second, run);
                       else answer_well(run);
                     },
                     [](protocol::Score const& score) {   // two parts, as a long one has
                       say(wire::encode(protocol::Scored{.id = score.id, .tokens = {1, 2}, .logprobs = {-0.5}, .more = true}));
                       say(wire::encode(protocol::Scored{.id = score.id, .tokens = {3}, .logprobs = {-0.25}, .more = false}));
                     },
                     [](protocol::Cancel const&) {}, [](protocol::Bye const&) { std::exit(0); }},
               *request);
  }
}
