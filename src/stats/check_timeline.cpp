#include <algorithm>
#include <format>
#include <limits>
#include <utility>

#include "stats/metrics.hpp"

namespace edgelab::stats {

namespace {

constexpr std::int64_t longest_ns = std::numeric_limits<std::int64_t>::max();

Result<void> same_length(std::string_view table, std::string_view column, std::size_t rows, std::size_t expected) {
  if (rows == expected) return {};
  return fail(std::format("timeline: column {}.{} has {} rows, expected {} as in the first column of {}", table, column,
                          rows, expected, table));
}

Result<void> check_lengths(Timeline const& timeline) {
  auto const& r = timeline.requests;
  auto const& s = timeline.steps;
  for (auto const& [column, rows] : {std::pair{"pass", r.pass.size()},
                                     {"arrival_ns", r.arrival_ns.size()},
                                     {"admitted_ns", r.admitted_ns.size()},
                                     {"prefill_end_ns", r.prefill_end_ns.size()},
                                     {"end_ns", r.end_ns.size()},
                                     {"prompt_tokens", r.prompt_tokens.size()},
                                     {"cached_tokens", r.cached_tokens.size()},
                                     {"emissions", r.emissions.size()},
                                     {"finish", r.finish.size()},
                                     {"text", r.text.size()}})
    EDGELAB_CHECK(same_length("requests", column, rows, r.id.size()));
  for (auto const& [column, rows] : {std::pair{"server_prefill_ns", r.server_prefill_ns.size()},
                                     {"server_decode_ns", r.server_decode_ns.size()},
                                     {"drafted", r.drafted.size()},
                                     {"accepted", r.accepted.size()},
                                     {"retries", r.retries.size()}})
    if (rows > 0) EDGELAB_CHECK(same_length("requests", column, rows, r.id.size()));
  EDGELAB_CHECK(same_length("emissions", "tokens", timeline.emissions.tokens.size(), timeline.emissions.gap_ns.size()));
  for (auto const& [column, rows] : {std::pair{"duration_ns", s.duration_ns.size()},
                                     {"prefill_tokens", s.prefill_tokens.size()},
                                     {"decode_tokens", s.decode_tokens.size()},
                                     {"drafted", s.drafted.size()},
                                     {"accepted", s.accepted.size()}})
    EDGELAB_CHECK(same_length("steps", column, rows, s.start_ns.size()));
  return {};
}

// The emissions of request `row`, whose first is at `first`. Returns the tokens they brought.
Result<std::int64_t> check_emissions(Timeline const& timeline, std::size_t row, std::size_t first) {
  auto const& id = timeline.requests.id[row];
  std::int64_t left = timeline.requests.end_ns[row];
  std::int64_t tokens = 0;
  auto const end = first + static_cast<std::size_t>(timeline.requests.emissions[row]);
  for (std::size_t i = first; i < end; ++i) {
    auto const gap = timeline.emissions.gap_ns[i];
    if (gap < 0) return fail(std::format("timeline: request '{}': emission {} has a gap of {} ns", id, i - first, gap));
    if (gap > left)
      return fail(std::format("timeline: request '{}': emission {} comes after the request's end", id, i - first));
    left -= gap;
    if (timeline.emissions.tokens[i] < 1)
      return fail(std::format("timeline: request '{}': emission {} has {} tokens, expected at least 1", id, i - first,
                              timeline.emissions.tokens[i]));
    tokens += timeline.emissions.tokens[i];
  }
  return tokens;
}

Result<void> check_request(RequestColumns const& r, std::size_t row) {
  auto const wrong = [&](std::string what) {
    return fail(std::format("timeline: request '{}' (row {}): {}", r.id[row], row, what));
  };
  auto const& finish = r.finish[row];
  if (finish.starts_with("error"))
    return wrong(finish.size() > 7 ? "ended in an error: " + finish.substr(7) : "ended in an error");
  if (finish == "cancelled") return wrong("was cancelled");
  if (finish != "stop" && finish != "length")
    return wrong(std::format("finish is '{}', expected stop, length, cancelled or error: REASON", finish));

  for (auto const& [column, value] : {std::pair<char const*, std::int64_t>{"arrival_ns", r.arrival_ns[row]},
                                      {"end_ns", r.end_ns[row]},
                                      {"pass", r.pass[row]},
                                      {"emissions", r.emissions[row]}})
    if (value < 0) return wrong(std::format("{} is {}, expected 0 or more", column, value));
  auto const of = [row](auto const& column) { return column.empty() ? std::int64_t{0} : std::int64_t{column[row]}; };
  for (auto const& [column, value] : {std::pair<char const*, std::int64_t>{"admitted_ns", r.admitted_ns[row]},
                                      {"prefill_end_ns", r.prefill_end_ns[row]},
                                      {"prompt_tokens", r.prompt_tokens[row]},
                                      {"cached_tokens", r.cached_tokens[row]},
                                      {"server_prefill_ns", of(r.server_prefill_ns)},
                                      {"server_decode_ns", of(r.server_decode_ns)},
                                      {"drafted", of(r.drafted)},
                                      {"accepted", of(r.accepted)},
                                      {"retries", of(r.retries)}})
    if (value < -1) return wrong(std::format("{} is {}, expected 0 or more, or -1 for what is not known", column, value));

  auto const admitted = std::max<std::int64_t>(r.admitted_ns[row], 0);
  if (admitted > r.end_ns[row] || r.prefill_end_ns[row] > r.end_ns[row] - admitted)
    return wrong("its prompt is ready after the request's end");
  if (of(r.accepted) > std::max<std::int64_t>(of(r.drafted), 0))
    return wrong(std::format("{} accepted of {} drafted tokens", of(r.accepted), of(r.drafted)));
  if (r.prompt_tokens[row] >= 0 && r.cached_tokens[row] > r.prompt_tokens[row])
    return wrong(std::format("{} cached tokens of a prompt of {}", r.cached_tokens[row], r.prompt_tokens[row]));
  return {};
}

Result<std::int64_t> check_requests(Timeline const& timeline) {
  auto const& r = timeline.requests;
  std::size_t emission = 0;
  std::int64_t arrival = 0;
  std::int64_t tokens = 0;
  for (std::size_t row = 0; row < r.id.size(); ++row) {
    EDGELAB_CHECK(check_request(r, row));
    if (r.arrival_ns[row] > longest_ns - arrival || r.end_ns[row] > longest_ns - arrival - r.arrival_ns[row])
      return fail("timeline: the times of the requests add up to more than a clock can hold");
    arrival += r.arrival_ns[row];
    if (std::cmp_greater(r.emissions[row], timeline.emissions.gap_ns.size() - emission))
      return fail(std::format("timeline: the requests claim more emissions than the {} there are",
                              timeline.emissions.gap_ns.size()));
    EDGELAB_TRY(brought, check_emissions(timeline, row, emission));
    tokens += brought;
    emission += static_cast<std::size_t>(r.emissions[row]);
  }
  if (emission != timeline.emissions.gap_ns.size())
    return fail(
        std::format("timeline: {} emissions, but the requests claim {}", timeline.emissions.gap_ns.size(), emission));
  return tokens;
}

Result<void> check_steps(StepColumns const& s) {
  std::int64_t total_ns = 0;
  for (std::size_t row = 0; row < s.start_ns.size(); ++row) {
    for (auto const& [column, value] : {std::pair<char const*, std::int64_t>{"start_ns", s.start_ns[row]},
                                        {"duration_ns", s.duration_ns[row]},
                                        {"prefill_tokens", s.prefill_tokens[row]},
                                        {"decode_tokens", s.decode_tokens[row]},
                                        {"drafted", s.drafted[row]},
                                        {"accepted", s.accepted[row]}})
      if (value < 0) return fail(std::format("timeline: step {}: {} is {}, expected 0 or more", row, column, value));
    if (s.accepted[row] > s.drafted[row])
      return fail(
          std::format("timeline: step {}: {} accepted of {} drafted tokens", row, s.accepted[row], s.drafted[row]));
    if (s.duration_ns[row] > longest_ns - total_ns)
      return fail("timeline: the times of the steps add up to more than a clock can hold");
    total_ns += s.duration_ns[row];
  }
  return {};
}

}  // namespace

Result<void> check_timeline(Timeline const& timeline) {
  EDGELAB_CHECK(check_lengths(timeline));
  if (timeline.requests.id.empty()) return fail("timeline: no requests");
  EDGELAB_TRY(tokens, check_requests(timeline));
  EDGELAB_CHECK(check_steps(timeline.steps));
  if (!timeline.token_ids.empty() && std::cmp_not_equal(timeline.token_ids.size(), tokens))
    return fail(
        std::format("timeline: {} token ids, but the emissions have {} tokens", timeline.token_ids.size(), tokens));
  return {};
}

}  // namespace edgelab::stats
