#include "null/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <functional>
#include <numbers>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "wire/arrivals.hpp"

namespace edgelab::null {

namespace {

constexpr std::int64_t most_tokens = 20'000'000;   // of one trial
constexpr std::size_t most_requests = 1'000'000;
constexpr std::int32_t token_id_cycle = 1000;

// splitmix64 (Steele, Lea, Flood 2014): the same everywhere, unlike the distributions of <random>.
std::uint64_t mixed(std::uint64_t state) {
  state += 0x9E3779B97F4A7C15U;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31);
}

// Standard normal, by Box and Muller.
double normal(std::uint64_t seed) {
  auto const uniform = [](std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; };
  double const radius = std::sqrt(-2.0 * std::log(uniform(mixed(seed))));
  return radius * std::cos(2.0 * std::numbers::pi * uniform(mixed(seed + 1)));
}

double time_factor(protocol::Run const& run, Settings const& settings) {
  double const common = settings.block_noise * normal(mixed(run.seed));
  double const own = settings.noise * normal(mixed(run.seed ^ mixed(static_cast<std::uint64_t>(run.id))));
  return std::exp(common + own) / settings.speedup;
}

// FNV-1a.
std::uint64_t hashed(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (char const letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
  return hash;
}

std::int32_t words(std::string_view text) {
  std::int32_t count = 0;
  bool inside = false;
  for (char const letter : text) {
    bool const blank = letter == ' ' || letter == '\n' || letter == '\t';
    if (!blank && !inside) ++count;
    inside = !blank;
  }
  return count;
}

std::int32_t prompt_tokens(protocol::TrialRequest const& request) {
  if (request.synthetic_tokens) return *request.synthetic_tokens;
  std::int32_t count = request.prompt ? words(*request.prompt) : 0;
  for (auto const& message : request.messages)
    for (auto const& [key, value] : message)
      if (key == "content") count += words(value);
  return count;
}

class Scheduler {
 public:
  Scheduler(protocol::Run const& run, std::vector<wire::ArrivalRule> rules, Settings const& settings)
      : run_(run),
        rules_(std::move(rules)),
        settings_(settings),
        factor_(time_factor(run, settings)),
        slots_(static_cast<std::size_t>(std::max(run.concurrency, 1))) {}

  Result<Timeline> all_passes() {
    auto const min_ns = static_cast<std::int64_t>(run_.min_s * 1e9);
    for (std::int32_t pass = 0;; ++pass) {
      std::int64_t const ended_before = ended_;
      std::int64_t const tokens_before = tokens_;
      one_pass(pass);
      if (ended_ >= min_ns && tokens_ >= run_.min_tokens) return std::move(timeline_);
      bool const stuck = (ended_ < min_ns && ended_ == ended_before) ||
                         (tokens_ < run_.min_tokens && tokens_ == tokens_before);
      if (stuck || tokens_ > most_tokens || timeline_.requests.id.size() > most_requests) {
        return fail(std::format("with these timings {} tokens took {}, and the trial has to take {} and {} tokens",
                                tokens_, format_duration(static_cast<double>(ended_) * 1e-9),
                                format_duration(run_.min_s), run_.min_tokens));
      }
    }
  }

 private:
  struct Slot {
    std::string before;          // the request that it served last; empty: none
  };

  [[nodiscard]] std::int64_t ns(double ms) const { return std::llround(ms * factor_ * 1e6); }

  // A request arrives, or ends and leaves its slot. What happens at one moment: ends before arrivals.
  struct Event {
    std::int64_t at_ns = 0;
    bool arrives = true;
    std::size_t request = 0;
    std::size_t slot = 0;
    bool operator>(Event const& other) const {
      return std::tie(at_ns, arrives, request) > std::tie(other.at_ns, other.arrives, other.request);
    }
  };

  void one_pass(std::int32_t pass) {
    std::int64_t const start = ended_;     // a pass begins when the one before is over
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
    std::queue<std::size_t> for_a_slot;
    std::vector<std::optional<std::size_t>> follower(rules_.size());
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i].after) {
        follower[*rules_[i].after] = i;
      } else if (rules_[i].at_us) {
        events.push({start + *rules_[i].at_us * 1000, true, i, 0});
      } else {
        for_a_slot.push(i);
      }
    }
    auto const next_in = [&](std::size_t slot, std::int64_t at_ns) {
      if (for_a_slot.empty()) return;
      events.push({at_ns, true, for_a_slot.front(), slot});
      for_a_slot.pop();
    };
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) next_in(slot, start);
    while (!events.empty()) {
      auto const [at_ns, arrives, request, slot] = events.top();
      events.pop();
      if (arrives) {
        auto const end_ns = serve(run_.requests[request], pass, at_ns, slots_[slot]);
        events.push({end_ns, false, request, slot});
      } else if (follower[request]) {
        events.push({at_ns, true, *follower[request], slot});
      } else {
        next_in(slot, at_ns);
      }
    }
  }

  // The token at a place of an answer: its place, but for the defects asked for.
  std::int32_t token_at(std::int32_t place, std::string const& before) {
    std::int32_t token = place % token_id_cycle;
    if (settings_.leak && place == 0 && !before.empty())
      token = 1 + static_cast<std::int32_t>(hashed(before) % (token_id_cycle - 1));
    if (settings_.wrong_token > 0 && ++made_ % settings_.wrong_token == 0) token = (token + 1) % token_id_cycle;
    return token;
  }

  // Adds a request's rows; returns when it ends.
  std::int64_t serve(protocol::TrialRequest const& request, std::int32_t pass, std::int64_t arrival, Slot& slot) {
    auto const most = std::max(request.max_tokens, 0);
    bool const until_limit = request.ignore_eos || settings_.tokens == 0 || settings_.tokens >= most;
    auto const count = until_limit ? most : static_cast<std::int32_t>(settings_.tokens);
    std::int64_t end = ns(settings_.queue_ms) + ns(settings_.ttft_ms);
    std::int32_t emissions = 0;
    for (std::int32_t made = 0; made < count; ++emissions) {
      auto const group = made == 0 ? 1 : static_cast<std::int32_t>(
                                             std::min<std::int64_t>(settings_.tokens_per_emission, count - made));
      auto const gap = made == 0 ? end : ns(settings_.tpot_ms * group);
      if (made > 0) end += gap;
      timeline_.emissions.gap_ns.push_back(gap);
      timeline_.emissions.tokens.push_back(group);
      for (std::int32_t k = 0; k < group; ++k) timeline_.token_ids.push_back(token_at(made + k, slot.before));
      made += group;
    }
    auto& rows = timeline_.requests;
    rows.id.push_back(request.id);
    rows.pass.push_back(pass);
    rows.arrival_ns.push_back(arrival - last_arrival_);
    rows.admitted_ns.push_back(ns(settings_.queue_ms));
    rows.prefill_end_ns.push_back(ns(settings_.ttft_ms));
    rows.end_ns.push_back(end);
    rows.prompt_tokens.push_back(prompt_tokens(request));
    rows.cached_tokens.push_back(0);
    rows.emissions.push_back(emissions);
    rows.finish.push_back(until_limit ? "length" : "stop");
    rows.text.push_back(count == 0 ? std::string{} : settings_.text);
    last_arrival_ = arrival;
    slot.before = request.id;
    tokens_ += count;
    ended_ = std::max(ended_, arrival + end);
    return arrival + end;
  }

  protocol::Run const& run_;
  std::vector<wire::ArrivalRule> rules_;
  Settings const& settings_;
  double factor_;
  Timeline timeline_;
  std::vector<Slot> slots_;
  std::int64_t last_arrival_ = 0;
  std::int64_t ended_ = 0;
  std::int64_t tokens_ = 0;
  std::int64_t made_ = 0;             // tokens so far, where defects are counted out
};

}  // namespace

Result<Timeline> schedule(protocol::Run const& run, Settings const& settings) {
  EDGELAB_TRY(rules, wire::arrival_rules(run.requests));
  return Scheduler(run, std::move(rules), settings).all_passes();
}

}  // namespace edgelab::null
