#include "runner/check_json.hpp"

#include <rfl.hpp>
#include <rfl/json.hpp>

#include <algorithm>
#include <format>

namespace edgelab::runner {

namespace {

// As it is kept. Natural logarithms, nats and logits with the digits that single precision has.
struct TextContent {
  std::int32_t first = 1;
  std::vector<float> kld;
  std::vector<float> logprobs;
  std::vector<float> reference_logprobs;
  std::vector<std::int32_t> agree;
};

struct AnswerContent {
  std::string request;
  std::string answer;    // of 64 bits, more than JSON's numbers are good for
  std::vector<float> leads;
  std::optional<double> noise;
};

std::vector<float> narrow(std::vector<double> const& values) {
  std::vector<float> narrowed;
  for (double const value : values) narrowed.push_back(static_cast<float>(value));
  return narrowed;
}

std::vector<double> widened(std::vector<float> const& values) { return {values.begin(), values.end()}; }

template <typename Content>
Result<Content> read(store::CheckRecord const& check) {
  auto content = rfl::json::read<Content>(check.content);
  if (!content)
    return fail(std::format("the check {} of {} in results.db cannot be read: {}", check.kind, check.item,
                            content.error().what()));
  return *std::move(content);
}

}  // namespace

std::string to_json(ReadText const& text) {
  return rfl::json::write(TextContent{.first = text.first,
                                      .kld = narrow(text.kld),
                                      .logprobs = narrow(text.logprobs),
                                      .reference_logprobs = narrow(text.reference_logprobs),
                                      .agree = text.agree});
}

std::string to_json(JudgedAnswer const& answer) {
  return rfl::json::write(AnswerContent{.request = answer.request,
                                        .answer = std::to_string(answer.answer),
                                        .leads = narrow(answer.leads),
                                        .noise = answer.noise});
}

Result<ReadText> read_text_from(store::CheckRecord const& check) {
  ReadText text;
  text.cell = check.cell;
  text.id = check.item;
  text.status = check.status;
  text.reason = check.reason;
  if (check.status != Status::ok) return text;
  EDGELAB_TRY(content, read<TextContent>(check));
  auto const count = content.kld.size();
  if (content.logprobs.size() != count || content.reference_logprobs.size() != count || content.agree.size() != count)
    return fail(std::format("the check {} of {} in results.db has lists of different lengths", check.kind, check.item));
  text.first = content.first;
  text.kld = widened(content.kld);
  text.logprobs = widened(content.logprobs);
  text.reference_logprobs = widened(content.reference_logprobs);
  text.agree = std::move(content.agree);
  return text;
}

Result<JudgedAnswer> judged_answer_from(store::CheckRecord const& check) {
  JudgedAnswer answer;
  answer.cell = check.cell;
  answer.status = check.status;
  answer.reason = check.reason;
  if (check.status != Status::ok) return answer;
  EDGELAB_TRY(content, read<AnswerContent>(check));
  answer.request = std::move(content.request);
  answer.answer = std::strtoull(content.answer.c_str(), nullptr, 10);
  answer.leads = widened(content.leads);
  answer.noise = content.noise;
  return answer;
}

}  // namespace edgelab::runner
