#include "bridge/recording.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace edgelab::bridge {

namespace {

std::int64_t tokens_of(Answer const& answer) {
  return std::accumulate(answer.emissions.begin(), answer.emissions.end(), std::int64_t{0},
                         [](std::int64_t sum, Answer::Emission const& one) { return sum + one.tokens; });
}

// A column that nothing is known of is left out.
template <typename T>
void drop_unknown(std::vector<T>& column) {
  if (std::ranges::all_of(column, [](T value) { return value < 0; })) column.clear();
}

void add_admission(RequestRecord const& record, RequestColumns& out) {
  auto const& answer = record.answer;
  if (answer.server_prefill.count() < 0 || answer.emissions.empty()) {
    out.admitted_ns.push_back(-1);
    out.prefill_end_ns.push_back(-1);
    return;
  }
  auto const first = to_ns(answer.emissions.front().at - record.arrival);
  auto const prefill = std::min<std::int64_t>(answer.server_prefill.count(), first);
  out.admitted_ns.push_back(first - prefill);
  out.prefill_end_ns.push_back(prefill);
}

void add_emissions(RequestRecord const& record, Timeline& out) {
  auto before = record.arrival;
  for (auto const& emission : record.answer.emissions) {
    out.emissions.gap_ns.push_back(to_ns(emission.at - before));
    out.emissions.tokens.push_back(emission.tokens);
    before = emission.at;
  }
  out.requests.emissions.push_back(static_cast<std::int32_t>(record.answer.emissions.size()));
  out.token_ids.append_range(record.answer.token_ids);
}

}  // namespace

Timeline timeline_of(Recording recording) {
  Timeline out;
  auto& rows = out.requests;
  auto before = recording.start;
  bool every_token_has_an_id = true;
  for (auto& record : recording.requests) {
    auto& answer = record.answer;
    rows.id.push_back(std::move(record.id));
    rows.pass.push_back(record.pass);
    rows.arrival_ns.push_back(to_ns(record.arrival - before));
    before = record.arrival;
    add_admission(record, rows);
    rows.end_ns.push_back(to_ns(record.end - record.arrival));
    rows.prompt_tokens.push_back(answer.prompt_tokens);
    rows.cached_tokens.push_back(answer.cached_tokens);
    add_emissions(record, out);
    rows.finish.push_back(std::move(answer.finish));
    rows.text.push_back(std::move(answer.text));
    rows.server_prefill_ns.push_back(answer.server_prefill.count());
    rows.server_decode_ns.push_back(answer.server_decode.count());
    rows.drafted.push_back(answer.drafted);
    rows.accepted.push_back(answer.accepted);
    rows.retries.push_back(answer.retries);
    every_token_has_an_id = every_token_has_an_id && std::cmp_equal(answer.token_ids.size(), tokens_of(answer));
  }
  if (!every_token_has_an_id) out.token_ids.clear();
  drop_unknown(rows.server_prefill_ns);
  drop_unknown(rows.server_decode_ns);
  drop_unknown(rows.drafted);
  drop_unknown(rows.accepted);
  drop_unknown(rows.retries);
  return out;
}

}  // namespace edgelab::bridge
