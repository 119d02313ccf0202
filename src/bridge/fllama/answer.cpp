#include "bridge/fllama/answer.hpp"

#include <algorithm>
#include <format>
#include <optional>

#include "wire/json.hpp"

namespace edgelab::bridge::fllama {

void AnswerReader::hear(Heard const& heard) {
  auto& finish = asking_.answer.finish;
  if (heard.done) done_ = true;
  if (asking_.cancelled() || !finish.empty()) return;
  if (heard.done && heard.json.empty()) {
    finish = std::format("error: fllama: {}", heard.text.empty() ? "it ended without a word" : heard.text);
    return;
  }
  if (form_ == Form::chat) return hear_chat(heard);
  std::optional<wire::Json> json;
  if (auto parsed = wire::Json::parse(heard.json); heard.done && parsed) json = *std::move(parsed);
  if (json && !json->truth("/stop")) return hear_lost_end(heard, *json);
  (void)completion_.event(heard.json, heard.at);
  if (json) slot_ = static_cast<std::int32_t>(json->number("/id_slot").value_or(-1.0));
}

// Its own reading of the answer as a chat failed, and with it the last message was lost: it says once more what it said last.
void AnswerReader::hear_lost_end(Heard const& heard, wire::Json const& json) {
  auto& answer = asking_.answer;
  auto const made = static_cast<std::int32_t>(json.number("/tokens_predicted").value_or(0.0));
  if (made < max_tokens_) {
    answer.finish = "error: fllama lost the end of its answer";
    return;
  }
  auto const told =
      std::ranges::fold_left(answer.emissions, 0, [](int sum, auto const& one) { return sum + one.tokens; });
  if (max_tokens_ > told) asking_.heard(heard.at, max_tokens_ - told);
  answer.text = heard.text;
  answer.finish = "length";
  answer.prompt_tokens = static_cast<std::int32_t>(json.number("/tokens_evaluated").value_or(-1.0));
}

void AnswerReader::hear_chat(Heard const& heard) {
  auto& answer = asking_.answer;
  if (heard.text.size() > text_bytes_) {
    text_bytes_ = heard.text.size();
    answer.text = heard.text;
    last_ = heard.at;
    if (!heard.done) {
      ++counted_;
      asking_.heard(heard.at, 1);
    }
  }
  if (!heard.done) return;
  auto const json = wire::Json::parse(heard.json);
  if (json)
    end_chat(*json);
  else
    answer.finish = "error: fllama sent what is " + json.error().describe();
}

void AnswerReader::end_chat(wire::Json const& json) {
  auto& answer = asking_.answer;
  auto const last = json.length("") == 0 ? 0 : json.length("") - 1;
  auto const at = [&](std::string_view member) { return std::format("/{}{}", last, member); };
  auto const reason = json.text(at("/choices/0/finish_reason").c_str());
  if (!reason) {
    answer.finish = counted_ < max_tokens_ ? "error: fllama lost the end of its answer" : "length";
    return;
  }
  bool const ended_by_model = *reason != "length";
  read_timings(json, at("/timings"), ended_by_model, answer);
  auto const made = static_cast<std::int32_t>(json.number(at("/timings/predicted_n").c_str()).value_or(counted_));
  auto const visible = std::clamp(made - (ended_by_model ? 1 : 0), 0, max_tokens_);
  if (visible > counted_) asking_.heard(std::max(last_, Clock::now()), visible - counted_);
  if (ended_by_model)
    answer.finish = "stop";
  else if (made < max_tokens_)
    answer.finish = "error: its context was full before the answer ended";
  else
    answer.finish = "length";
}

void AnswerReader::end() {
  auto& finish = asking_.answer.finish;
  if (!done_ && finish.empty() && !asking_.cancelled())
    finish = "error: fllama came back without an answer, or answered on another thread than it was asked on";
}

}  // namespace edgelab::bridge::fllama
