#include "null/session.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "null/schedule.hpp"
#include "serve/message_check.hpp"
#include "wire/wire.hpp"

namespace edgelab::null {

namespace {

constexpr auto progress_every = std::chrono::milliseconds(100);

template <typename... Case>
struct Cases : Case... {
  using Case::operator()...;
};

void say(std::string const& lines) {
  std::fwrite(lines.data(), 1, lines.size(), stdout);
  std::fflush(stdout);
}

void refuse(std::int64_t id, std::string kind, std::string reason) {
  say(wire::encode(protocol::Failure{.id = id, .kind = std::move(kind), .reason = std::move(reason)}));
}

protocol::HelloReply introduction() {
  return {.protocol = protocol::version,
          .name = "null",
          .version = EDGELAB_VERSION,
          .library = "",
          .flags = {},
          .own_flags = own_flags(),
          .abilities = {"after"}};
}

struct Moment {
  std::int64_t at_ns = 0;   // after the trial's start
  std::size_t request = 0;  // its row
  std::int32_t tokens = 0;  // 0: the request ends
};

std::vector<Moment> moments_of(Timeline const& timeline) {
  std::vector<Moment> moments;
  moments.reserve(timeline.emissions.gap_ns.size() + timeline.requests.id.size());
  std::int64_t arrival = 0;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) {
    arrival += timeline.requests.arrival_ns[row];
    std::int64_t at = arrival;
    for (std::int32_t k = 0; k < timeline.requests.emissions[row]; ++k, ++emission) {
      at += timeline.emissions.gap_ns[emission];
      moments.push_back({at, row, timeline.emissions.tokens[emission]});
    }
    moments.push_back({arrival + timeline.requests.end_ns[row], row, 0});
  }
  std::ranges::stable_sort(moments, {}, &Moment::at_ns);
  return moments;
}

// Ends a row that has not ended by now, after the first `kept` of its emissions. False: it has.
bool cut(Timeline& timeline, std::size_t row, std::int32_t kept, std::int64_t now_ns) {
  auto& rows = timeline.requests;
  if (rows.finish[row] == "cancelled") return false;
  std::int64_t arrival = 0;
  std::ptrdiff_t emission = 0;
  std::ptrdiff_t token = 0;
  for (std::size_t before = 0; before < row; ++before) {
    arrival += rows.arrival_ns[before];
    for (std::int32_t k = 0; k < rows.emissions[before]; ++k)
      token += timeline.emissions.tokens[static_cast<std::size_t>(emission++)];
  }
  arrival += rows.arrival_ns[row];
  if (arrival + rows.end_ns[row] <= now_ns) return false;
  auto const whole = rows.emissions[row];
  std::int64_t last = 0;
  std::ptrdiff_t dropped = 0;
  for (std::int32_t k = 0; k < whole; ++k) {
    auto const at = static_cast<std::size_t>(emission + k);
    if (k < kept) {
      last += timeline.emissions.gap_ns[at];
      token += timeline.emissions.tokens[at];
    } else {
      dropped += timeline.emissions.tokens[at];
    }
  }
  auto const erase = [](auto& column, std::ptrdiff_t from, std::ptrdiff_t count) {
    column.erase(column.begin() + from, column.begin() + from + count);
  };
  erase(timeline.emissions.gap_ns, emission + kept, whole - kept);
  erase(timeline.emissions.tokens, emission + kept, whole - kept);
  erase(timeline.token_ids, token, dropped);
  rows.emissions[row] = kept;
  rows.end_ns[row] = std::max({now_ns - arrival, last, std::int64_t{0}});
  rows.admitted_ns[row] = std::min(rows.admitted_ns[row], rows.end_ns[row]);
  rows.prefill_end_ns[row] = std::min(rows.prefill_end_ns[row], rows.end_ns[row] - rows.admitted_ns[row]);
  rows.finish[row] = "cancelled";
  if (kept == 0) rows.text[row].clear();
  return true;
}

// What the two flags plant that audits must find. Times stay within their request.
void falsify(Timeline& timeline, Settings const& settings) {
  if (settings.clock_rate != 1.0) {
    auto& rows = timeline.requests;
    for (auto* const column : {&rows.arrival_ns, &rows.admitted_ns, &rows.prefill_end_ns, &rows.end_ns,
                               &timeline.emissions.gap_ns})
      for (auto& time : *column) time = static_cast<std::int64_t>(static_cast<double>(time) * settings.clock_rate);
  }
  auto const early = static_cast<std::int64_t>(settings.early_by_ms * 1e6);
  std::size_t emission = 0;
  for (auto const count : timeline.requests.emissions) {
    if (count > 0) {
      auto& first = timeline.emissions.gap_ns[emission];
      first -= std::min(first, early);
    }
    emission += static_cast<std::size_t>(count);
  }
}

}  // namespace

void Session::serve() {
  bool leaving = false;
  while (!leaving) {
    std::string line;
    if (!kept_.empty()) {
      line = std::move(kept_.front());
      kept_.pop_front();
    } else if (auto next = input_.next()) {
      line = *std::move(next);
    } else {
      return;
    }
    auto const request = wire::decode_request(line);
    if (!request) {
      refuse(0, "bad-request", request.error().describe());
      continue;
    }
    std::visit(Cases{[](protocol::Hello const& hello) {
                       if (auto fault = serve::fault_in(hello)) return refuse(0, "bad-request", *std::move(fault));
                       say(wire::encode(introduction()));
                     },
                     [](protocol::Load const& load) {
                       if (auto const settings = settings_from(load.flags); !settings) {
                         refuse(load.id, "bad-request", settings.error().describe());
                       } else {
                         say(wire::encode(protocol::Loaded{.id = load.id, .model_bytes = {}, .n_ctx_train = {}, .n_vocab = {}}));
                       }
                     },
                     [this](protocol::Run const& run) { answer(run); },
                     [](protocol::Score const& score) {
                       refuse(score.id, "unsupported", "the null executor has no model to score with");
                     },
                     [](protocol::Cancel const&) {},   // of a run that has ended already
                     [&](protocol::Bye const&) { leaving = true; }},
               *request);
  }
}

void Session::answer(protocol::Run const& run) {
  auto const settings = settings_from(run.flags);
  if (!settings) return refuse(run.id, "bad-request", settings.error().describe());
  if (auto fault = serve::fault_in(run)) return refuse(run.id, "bad-request", *std::move(fault));
  auto timeline = schedule(run, *settings);
  if (!timeline) return refuse(run.id, "failed", timeline.error().describe());
  if (settings->real_time) {
    switch (play(run, *timeline)) {
      case Play::to_the_end: break;
      case Play::cancelled: return refuse(run.id, "cancelled", "cancelled");
      case Play::input_ended: return;
    }
  } else if (run.live) {
    for (auto const& moment : moments_of(*timeline)) {
      if (moment.tokens == 0) continue;
      say(wire::encode(protocol::Emission{
          .id = run.id, .request = timeline->requests.id[moment.request], .tokens = moment.tokens}));
    }
  }
  falsify(*timeline, *settings);
  for (auto const& line : wire::encode_timeline(run.id, *timeline)) say(line);
  say(wire::encode(protocol::Done{.id = run.id, .in_force = in_force(*settings), .memory = {}}));
}

Session::Play Session::play(protocol::Run const& run, Timeline& timeline) {
  auto const start = Clock::now();
  auto next_progress = start + progress_every;
  protocol::Progress progress{.id = run.id, .requests_done = 0, .tokens = 0};
  std::set<std::size_t> cut_off;
  std::vector<std::int32_t> played(timeline.requests.id.size(), 0);   // emissions of each row
  auto const cancel_request = [&](std::string const& id) {
    auto const now = to_ns(Clock::now() - start);
    for (std::size_t row = 0; row < played.size(); ++row)
      if (timeline.requests.id[row] == id && cut(timeline, row, played[row], now)) cut_off.insert(row);
  };
  for (auto const& moment : moments_of(timeline)) {
    for (auto const due = start + std::chrono::nanoseconds(moment.at_ns); !cut_off.contains(moment.request);) {
      auto line = input_.next(due);
      if (!line && line.error() == LineInput::None::ended) return Play::input_ended;
      if (!line) break;
      auto const request = wire::decode_request(*line);
      auto const* cancel = request ? std::get_if<protocol::Cancel>(&*request) : nullptr;
      if (cancel != nullptr && cancel->id == run.id) {
        if (!cancel->request) return Play::cancelled;
        cancel_request(*cancel->request);
        continue;
      }
      kept_.push_back(*std::move(line));
    }
    if (cut_off.contains(moment.request)) {
      if (moment.tokens == 0) ++progress.requests_done;
      continue;
    }
    played[moment.request] += moment.tokens > 0 ? 1 : 0;
    progress.tokens += moment.tokens;
    if (moment.tokens == 0) ++progress.requests_done;
    else if (run.live) {
      say(wire::encode(protocol::Emission{
          .id = run.id, .request = timeline.requests.id[moment.request], .tokens = moment.tokens}));
    }
    if (Clock::now() >= next_progress) {
      next_progress += progress_every;
      say(wire::encode(progress));
    }
  }
  return Play::to_the_end;
}

}  // namespace edgelab::null
