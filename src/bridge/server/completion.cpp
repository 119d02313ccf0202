#include "bridge/server/completion.hpp"

#include <algorithm>
#include <cmath>
#include <format>

#include "bridge/http.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

std::chrono::nanoseconds from_ms(double ms) { return std::chrono::nanoseconds(std::llround(ms * 1e6)); }

std::int32_t whole(Result<double> const& number, std::int32_t otherwise) {
  return number ? static_cast<std::int32_t>(*number) : otherwise;
}

}  // namespace

void read_timings(wire::Json const& json, std::string const& place, bool by_end_token, Answer& answer) {
  auto const at = [&](std::string_view name) { return json.number((place + std::string(name)).c_str()); };
  if (auto const ms = at("/prompt_ms")) answer.server_prefill = from_ms(*ms);
  auto const ms = at("/predicted_ms");
  auto const made = at("/predicted_n");
  if (ms && made && *made > 1) {
    double const seen = *made - (by_end_token ? 1 : 0);
    answer.server_decode = from_ms(*ms * std::max(seen - 1, 0.0) / (*made - 1));
  }
  answer.drafted = whole(at("/draft_n"), -1);
  answer.accepted = whole(at("/draft_n_accepted"), -1);
  auto const cached = whole(at("/cache_n"), -1);
  auto const evaluated = whole(at("/prompt_n"), -1);
  answer.cached_tokens = cached;
  answer.prompt_tokens =
      cached >= 0 && evaluated >= 0 ? cached + evaluated : whole(json.number("/tokens_evaluated"), -1);
}

std::string completion_body(protocol::Run const& run, protocol::TrialRequest const& request,
                            std::vector<std::int32_t> const& prompt, std::uint64_t seed, bool cache_prompt) {
  wire::JsonObject body;
  body.integers("prompt", prompt)
      .number("n_predict", request.max_tokens)
      .truth("ignore_eos", request.ignore_eos)
      .truth("cache_prompt", cache_prompt)
      .truth("stream", true)
      .truth("return_tokens", true)
      .number("seed", static_cast<double>(seed & 0x7fffffffU));
  if (run.temperature <= 0.0) {
    body.number("temperature", 0).number("top_k", 1).raw("samplers", R"(["top_k"])");
  } else {
    body.number("temperature", run.temperature)
        .number("top_k", run.top_k)
        .number("top_p", run.top_p)
        .raw("samplers", R"(["top_k","top_p","temperature"])");
  }
  return body.done();
}

void CompletionReader::tell_held() {
  if (held_.tokens == 0) return;
  asking_.answer.token_ids.append_range(held_.ids);
  asking_.heard(held_.at, held_.tokens);
  held_ = {};
}

bool CompletionReader::event(std::string_view data, Clock::time_point now) {
  auto& answer = asking_.answer;
  if (asking_.cancelled()) return false;
  if (ended_) return true;
  auto const json = wire::Json::parse(data);
  if (!json || json->has("/error")) {
    answer.finish =
        "error: " + (json ? message_in(std::string(data)) : "llama-server sent what is " + json.error().describe());
    return false;
  }
  auto const text = json->text("/content").value_or("");
  auto const ids = json->integers("/tokens");
  auto const made = static_cast<std::int64_t>(json->number("/tokens_predicted").value_or(0.0));
  answer.text += text;
  if (!json->truth("/stop")) {
    // A character that ends in a later token is sent with that: its tokens come together, without the ids of the first.
    auto const tokens = static_cast<std::int32_t>(std::max(made - counted_, std::int64_t{0}));
    if (tokens == 0) return true;
    tell_held();
    counted_ = made;
    held_ = {now, tokens, ids};
    if (!text.empty()) tell_held();
    return true;
  }
  ended_ = true;
  auto const stop = json->text("/stop_type").value_or("");
  bool const by_end_token = stop == "eos";
  auto const rest = static_cast<std::int32_t>(std::max(made - counted_, std::int64_t{0}));
  if (by_end_token && held_.tokens > 0 && rest == 0) {
    held_.tokens -= 1;
    if (!held_.ids.empty()) held_.ids.pop_back();
    tell_held();
  } else {
    tell_held();
    if (auto const unseen = rest - (by_end_token ? 1 : 0); unseen > 0) asking_.heard(now, unseen);
  }
  read_timings(*json, "/timings", by_end_token, answer);
  settings_ = json->scalars("/generation_settings");
  if (json->truth("/truncated"))
    answer.finish = "error: its context was full before the answer ended";
  else if (stop == "limit")
    answer.finish = "length";
  else if (by_end_token || stop == "word")
    answer.finish = "stop";
  else
    answer.finish = std::format("error: llama-server ended it with stop_type '{}'; expected limit, eos or word", stop);
  return true;
}

}  // namespace edgelab::bridge
