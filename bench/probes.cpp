// What it costs to read the machine's sensors while a trial runs: decode_tps with the sampler and without, in interleaved
// pairs; and the CPU time of one reading of each source, of which sensors.hpp chooses the rates.
#include <ctime>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <print>
#include <string_view>
#include <vector>

#include "engine/models.hpp"
#include "engine/ours.hpp"
#include "probe/frequency.hpp"
#include "probe/load.hpp"
#include "probe/process_memory.hpp"
#include "probe/sampler.hpp"
#include "probe/throttling.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace {

using namespace edgelab;

constexpr double goal = 0.995;
constexpr int tokens = 128;

double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void tell_cost(std::string_view source, std::string_view rate, std::function<void()> const& read) {
  constexpr int readings = 200;
  read();
  double const before = thread_cpu_s();
  for (int i = 0; i < readings; ++i) read();
  std::println("{:44} {:8.1f} us of CPU a reading  {}", source, (thread_cpu_s() - before) * 1e6 / readings, rate);
}

void tell_costs(probe::Sensors& sensors, std::int64_t pid) {
  auto const tree = probe::process_tree(pid);
  std::println("sensors of this machine, with an executor of {} process(es):", tree.size());
  auto const timed = std::format("{}/s", probe::samples_per_s);
  auto const slow = std::format("{}/s", probe::slow_samples_per_s);
  tell_cost("which processes belong to the tree", slow, [&] { (void)probe::process_tree(pid); });
  tell_cost("CPU time, faults, resident set", timed, [&] { (void)probe::tree_use(tree, sensors.units); });
  tell_cost("load of others", timed, [] { (void)probe::core_ticks(); });
  tell_cost("temperature", timed, [&] { (void)probe::hottest_c(sensors.temperature); });
  tell_cost("energy", timed, [&] { (void)sensors.energy.joules(Clock::now()); });
  tell_cost("frequency", slow, [&] { (void)probe::fastest_mhz(sensors.frequency); });
  tell_cost("cooling devices", slow, [&] { (void)probe::is_cooled(sensors.cooling); });
  tell_cost("throttle counters", "begin and end", [&] { (void)probe::throttle_count(sensors.throttling); });
  tell_cost("context switches", "begin and end", [&] { (void)probe::tree_switches(tree); });
  tell_cost("swap", "memory trials", [&] { (void)probe::swap_bytes(tree); });
  tell_cost("proportional set size", "memory trials", [&] { (void)probe::pss_bytes(tree); });
}

protocol::Run decoding() {
  protocol::Run run;
  auto& request = run.requests.emplace_back();
  request.id = "r";
  request.synthetic_tokens = 16;
  request.max_tokens = tokens;
  request.ignore_eos = true;
  return run;
}

Result<bool> measure(int pairs) {
  auto const model = bench::wide_model();
  if (!std::filesystem::exists(model)) return fail(model.string() + " is missing; `./lab bench probes` makes it");
  EDGELAB_TRY(ours, bench::Ours::start(model));
  auto const pid = ours->process_id();
  if (!pid) return fail("edgelab-llama has no process");
  auto sensors = probe::find_sensors();
  probe::Sampler sampler(sensors);
  auto const decode_tps = [&](bool sampled) {
    return [&ours, &sampler, pid, sampled](int) -> Result<double> {
      if (sampled) sampler.begin(pid, probe::SampledFor::timing);
      auto const ran = ours->run(decoding());
      if (sampled) (void)sampler.end();
      if (!ran) return std::unexpected(ran.error());
      return bench::metric(*ran, "decode_tps");
    };
  };
  std::vector<bench::Side> const sides{{"sampled", decode_tps(true)}, {"not sampled", decode_tps(false)}};
  EDGELAB_TRY(columns, bench::take_turns("probes", sides, pairs));
  bool const met = bench::tell_ratio(std::format("decode_tps, {} tokens", tokens), columns[0], columns[1], goal);
  tell_costs(sensors, *pid);
  return met;
}

}  // namespace

int main(int argc, char** argv) {
  auto const met = measure(argc > 1 ? std::max(2, std::atoi(argv[1])) : 40);
  if (!met) {
    std::println(stderr, "{}", met.error().describe());
    return 2;
  }
  return *met ? 0 : 1;
}
