#include "bridge/openai/stream.hpp"

#include <algorithm>
#include <format>

#include "bridge/http.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

std::string messages_of(protocol::TrialRequest const& request) {
  std::string list;
  if (request.prompt)
    return "[" + wire::JsonObject().text("role", "user").text("content", *request.prompt).done() + "]";
  for (auto const& message : request.messages) {
    wire::JsonObject one;
    for (auto const& [key, value] : message) one.text(key, value);
    list += (list.empty() ? "" : ",") + one.done();
  }
  return "[" + list + "]";
}

std::int64_t rounded(double value) { return static_cast<std::int64_t>(value + 0.5); }

}  // namespace

Outcome<std::string> openai_body(OpenAiSettings const& settings, BodyOptions const& options, protocol::Run const& run,
                                 protocol::TrialRequest const& request) {
  auto const unsupported = [&](std::string_view why) {
    return refuse("unsupported", std::format("request '{}': {}", request.id, why));
  };
  if (request.synthetic_tokens)
    return unsupported(
        "a prompt of an exact number of tokens cannot be made for an endpoint whose tokeniser nobody sees: "
        "expected a workload of prompts");
  if (settings.api == Api::completions && !request.prompt)
    return unsupported("/completions takes a prompt and no messages: expected `api: chat`, or prompts");
  wire::JsonObject body;
  body.text("model", settings.model);
  if (settings.api == Api::chat)
    body.raw("messages", messages_of(request));
  else
    body.text("prompt", *request.prompt);
  body.number(options.max_tokens_field, request.max_tokens)
      .number("temperature", run.temperature)
      .number("seed", static_cast<double>(run.seed & 0x7fffffffU))
      .truth("stream", true)
      .raw("stream_options", R"({"include_usage":true})");
  // Only where they say something: not every endpoint takes them.
  if (run.top_p < 1.0) body.number("top_p", run.top_p);
  if (run.top_k > 0 && run.temperature > 0.0) body.number("top_k", run.top_k);
  if (request.ignore_eos) body.truth("ignore_eos", true);
  auto text = body.done();
  if (!options.extra.empty()) text.insert(text.size() - 1, "," + options.extra);
  return text;
}

bool OpenAiReader::event(std::string_view data, Clock::time_point now) {
  auto& answer = asking_.answer;
  if (asking_.cancelled()) return false;
  if (data == "[DONE]") {
    done_ = true;
    return true;
  }
  auto const json = wire::Json::parse(data);
  if (!json || json->has("/error")) {
    answer.finish =
        "error: " + (json ? message_in(std::string(data)) : "the endpoint sent what is " + json.error().describe());
    return false;
  }
  std::string text;
  // What a model thinks before it answers is generated too, under one of two names.
  for (auto const* place : {"/choices/0/delta/reasoning_content", "/choices/0/delta/reasoning",
                            "/choices/0/delta/content", "/choices/0/text"})
    text += json->text(place).value_or("");
  if (!text.empty()) {
    answer.text += text;
    asking_.heard(now, 1);
  }
  if (auto const reason = json->text("/choices/0/finish_reason")) reason_ = *reason;
  if (auto const tokens = json->number("/usage/completion_tokens")) completion_tokens_ = rounded(*tokens);
  if (auto const tokens = json->number("/usage/prompt_tokens"))
    answer.prompt_tokens = static_cast<std::int32_t>(*tokens);
  if (auto const tokens = json->number("/usage/prompt_tokens_details/cached_tokens"))
    answer.cached_tokens = static_cast<std::int32_t>(*tokens);
  return true;
}

// The token that ends a text is counted by some endpoints, and seen by nobody.
void OpenAiReader::share_out() {
  auto& emissions = asking_.answer.emissions;
  if (!completion_tokens_ || emissions.empty()) return;
  auto const places = std::ssize(emissions);
  auto const seen = *completion_tokens_ - (reason_ == "stop" && *completion_tokens_ == places + 1 ? 1 : 0);
  if (seen < places) return;     // pieces of tokens: a piece counts as one
  for (std::ptrdiff_t i = 0; i < places; ++i) {
    auto const share = seen * (i + 1) / places - seen * i / places;
    emissions[static_cast<std::size_t>(i)].tokens = static_cast<std::int32_t>(share);
  }
}

void OpenAiReader::finish(protocol::TrialRequest const& request) {
  auto& answer = asking_.answer;
  if (!answer.finish.empty()) return;
  if (reason_.empty()) {
    answer.finish = done_ ? "error: the endpoint ended the answer without a finish_reason"
                          : "error: the stream was cut off before the answer ended";
    return;
  }
  if (answer.emissions.empty()) {
    answer.finish = std::format("error: an empty answer (finish_reason {})", reason_);
    return;
  }
  share_out();
  if (reason_ == "length")
    answer.finish = "length";
  else if (reason_ != "stop")
    answer.finish = std::format("error: finish_reason is '{}'; expected stop or length", reason_);
  else if (request.ignore_eos)
    answer.finish = "error: the endpoint ended the answer before its length: it does not know ignore_eos";
  else
    answer.finish = "stop";
}

}  // namespace edgelab::bridge
