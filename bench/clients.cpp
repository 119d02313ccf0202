// What asking over HTTP costs: what our client adds to a token that llama-server streams, by the server's own timings; what 64
// streams at once cost the bridge; how often servers are started in a run of ten blocks.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <print>
#include <string>
#include <vector>

#include "executor/executor.hpp"
#include "stats/estimate.hpp"
#include "support/openai_standin.hpp"
#include "support/scratch.hpp"
#include "support/tool.hpp"

namespace {

using namespace edgelab;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int turns = 10;
constexpr std::int32_t answer_tokens = 128;
constexpr int streams = 64;
constexpr auto token_every = 50ms;  // 20 tokens a second for each reader: faster than people read
constexpr std::chrono::milliseconds patience = 300s;

std::string program(std::string_view name) { return std::string(EDGELAB_BIN_DIR) + "/" + std::string(name); }

Result<std::unique_ptr<executor::Executor>> started(std::vector<std::string> const& command, fs::path const& log,
                                                    std::string const& model) {
  auto executor = executor::Executor::start(command, log, patience);
  if (!executor) return fail(executor.error().reason);
  protocol::Load load;
  load.model = model;
  if (auto const loaded = (*executor)->load(load, patience); !loaded) return fail(loaded.error().reason);
  return *std::move(executor);
}

protocol::Run run_of(int requests, std::int32_t tokens) {
  protocol::Run run;
  run.flags = {{"threads", "2"}, {"threads-batch", "2"}, {"parallel", "1"}};
  for (int i = 0; i < requests; ++i) {
    protocol::TrialRequest one;
    one.id = "r" + std::to_string(i);
    one.prompt = "Tell how the river rose, and what the people of the valley did, number " + std::to_string(i) + ".";
    one.max_tokens = tokens;
    one.ignore_eos = true;
    run.requests.push_back(std::move(one));
  }
  run.seed = 7;
  return run;
}

bool verdict(bool met, std::string_view goal) {
  std::println("  {} {}", met ? "goal" : "MISSED goal", goal);
  std::fflush(stdout);
  return met;
}

void print_interval(std::vector<double> const& found, std::string_view unit) {
  auto const interval = stats::mean_interval(found);
  std::print("median {:.3f} {} (mean {:.3f}, 95 % {:.3f} to {:.3f}), {} turns", stats::median(found), unit,
             interval.estimate, (*interval.ci95)[0], (*interval.ci95)[1], found.size());
}

// Milliseconds: of each gap between tokens, and of the whole answer from its arrival to its end, a token.
struct Added {
  double to_a_gap = 0.0;
  double to_an_answer = 0.0;
};

Added added_in(Timeline const& timeline) {
  auto const& rows = timeline.requests;
  double gaps = 0.0;
  double whole = 0.0;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    std::int64_t span = 0;
    for (std::int32_t k = 0; k < rows.emissions[row]; ++k, ++emission)
      if (k > 0) span += timeline.emissions.gap_ns[emission];
    gaps += static_cast<double>(span - rows.server_decode_ns[row]) / (answer_tokens - 1);
    whole += static_cast<double>(rows.end_ns[row] - rows.server_prefill_ns[row] - rows.server_decode_ns[row]) /
             answer_tokens;
  }
  auto const count = static_cast<double>(rows.id.size()) * 1e6;
  return {gaps / count, whole / count};
}

Result<bool> a_token(bench::Scratch const& scratch) {
  auto const model = std::string(EDGELAB_SOURCE_DIR) + "/models/demo/demo-f16.gguf";
  EDGELAB_TRY(server, started({program("edgelab-server")}, scratch / "server.log", model));
  std::vector<double> gaps;
  std::vector<double> answers;
  for (int turn = -1; turn < turns; ++turn) {  // the first is not counted
    auto const ran = server->run(run_of(4, answer_tokens), patience, {});
    if (!ran) return fail(ran.error().reason);
    if (turn < 0) continue;
    auto const added = added_in(ran->timeline);
    gaps.push_back(added.to_a_gap);
    answers.push_back(added.to_an_answer);
  }
  std::print("{:48} ", "added to a gap between two tokens");
  print_interval(gaps, "ms");
  std::println("  stated");
  std::print("{:48} ", "added to an answer, arrival to end, a token");
  print_interval(answers, "ms");
  return verdict(stats::median(answers) <= 0.2, "<= 0.2 ms");
}

Result<bool> many_streams(bench::Scratch const& scratch) {
  testing::OpenAiStandIn const endpoint({.key = {}, .pause = token_every, .fault = {}});
  EDGELAB_TRY(client, started({program("edgelab-openai"), "--url=" + endpoint.url()}, scratch / "openai.log", ""));
  std::vector<double> shares;
  auto run = run_of(streams, answer_tokens);
  run.concurrency = streams;
  for (int turn = 0; turn < 3; ++turn) {
    auto const ran = client->run(run, patience, {});
    if (!ran) return fail(ran.error().reason);
    if (!ran->cpu_s) return fail("this system does not tell the CPU time of a process");
    auto const& rows = ran->timeline.requests;
    auto const wall_s = static_cast<double>(*std::ranges::max_element(rows.end_ns)) / 1e9;
    shares.push_back(100.0 * *ran->cpu_s / wall_s);
  }
  std::print("{:48} median {:.1f} % of a core at {:.0f} tokens a second", "64 streams at once", stats::median(shares),
             streams * 1000.0 / static_cast<double>(token_every.count()));
  return verdict(stats::median(shares) < 50.0, "< 50 %");
}

// "start 9 of a llama-server; 8 are kept": the last of a log.
std::pair<int, int> last_start(fs::path const& log) {
  std::ifstream file(log);
  std::pair<int, int> found{0, 0};
  for (std::string line; std::getline(file, line);) {
    int start = 0;
    int kept = 0;
    if (std::sscanf(line.c_str(), "edgelab-server: start %d of a llama-server; %d are kept", &start, &kept) == 2)
      found = {start, std::max(kept, found.second)};
  }
  return found;
}

// Memory trials ask for a server of their own, in an executor of its own: the shared one is the one with most starts.
Result<bool> server_starts(bench::Scratch const& scratch) {
  auto const file = std::string(EDGELAB_SOURCE_DIR) + "/experiments/servers.yaml";
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  auto const replace = [&](std::string_view what, std::string const& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
      text.replace(at, what.size(), with);
  };
  replace("../", std::string(EDGELAB_SOURCE_DIR) + "/");
  replace("  - llama\n", "");
  replace("seed: 7", "seed: 7\n  trial: {min_seconds: 0.1, min_tokens: 16}");
  auto const experiment = scratch.file("servers.yaml", text);
  auto const out = (scratch / "out").string();
  (void)bench::run_tool({program("edgelab"), "run", experiment.string(), "--blocks", "10", "--time-budget", "1h",
                         "--out", out, "--quiet"},
                        3600s);
  auto const [starts, sets] = last_start(fs::path(out) / "llama-server.log");
  if (starts == 0) return fail("the run started no server: " + out);
  std::print("{:48} {} starts of {} servers in ten blocks", "servers", starts, sets);
  return verdict(starts * 10 <= sets * 12, "starts <= different servers + 20 %");
}

}  // namespace

int main() {
  ::setenv("EDGELAB_EXECUTOR_DIR", EDGELAB_BIN_DIR, 0);
  bench::Scratch const scratch("clients");
  bool met = true;
  for (auto const& measure : {a_token, many_streams, server_starts}) {
    auto const result = measure(scratch);
    if (!result) {
      std::println(stderr, "{}", result.error().describe());
      return 2;
    }
    met &= *result;
  }
  return met ? 0 : 1;
}
