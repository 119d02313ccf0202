#include "judge/question.hpp"

#include <yyjson.h>

#include <boost/hash2/sha2.hpp>
#include <cmath>
#include <cstdlib>
#include <format>
#include <memory>

#include "core/text.hpp"

namespace edgelab::judge {

namespace {

struct Free {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
  void operator()(yyjson_mut_doc* document) const { yyjson_mut_doc_free(document); }
};
using Document = std::unique_ptr<yyjson_doc, Free>;

Document parse(std::string_view text, yyjson_read_flag flags = 0) {
  // yyjson writes only where YYJSON_READ_INSITU is set, which it is not.
  return Document(yyjson_read_opts(const_cast<char*>(text.data()), text.size(), flags, nullptr, nullptr));
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 200;
  auto const shown = trim(text);
  return shown.size() <= longest ? std::string(shown) : std::string(shown.substr(0, longest)) + "...";
}

}  // namespace

std::string body_of(Judge const& judge, Question const& question) {
  auto const system = std::format(
      "You grade an answer to a question. Grade it by this rubric, with a number from {0} (worst) to {1} (best):"
      "\n\n{2}\n\n"
      "Reply with one JSON object and nothing else: "
      "{{\"reason\": \"one sentence\", \"score\": a number from {0} to {1}}}",
      judge.lowest, judge.highest, judge.rubric);
  auto user = std::format("Question:\n{}\n\n", question.prompt);
  if (question.expected) user += std::format("A right answer:\n{}\n\n", *question.expected);
  user += std::format("The answer to grade:\n{}", question.answer);

  std::unique_ptr<yyjson_mut_doc, Free> const document(yyjson_mut_doc_new(nullptr));
  auto* const doc = document.get();
  auto* const root = yyjson_mut_obj(doc);
  yyjson_mut_doc_set_root(doc, root);
  yyjson_mut_obj_add_strncpy(doc, root, "model", judge.model.data(), judge.model.size());
  yyjson_mut_obj_add_int(doc, root, "temperature", 0);
  auto* const messages = yyjson_mut_obj_add_arr(doc, root, "messages");
  for (auto const& [role, content] : {std::pair<char const*, std::string const*>{"system", &system}, {"user", &user}}) {
    auto* const message = yyjson_mut_arr_add_obj(doc, messages);
    yyjson_mut_obj_add_str(doc, message, "role", role);
    yyjson_mut_obj_add_strncpy(doc, message, "content", content->data(), content->size());
  }
  std::size_t length = 0;
  // What a model generates may end inside a character.
  std::unique_ptr<char, decltype(&std::free)> const text{
      yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &length), &std::free};
  return text ? std::string(text.get(), length) : std::string{};
}

std::string hash_of(Judge const& judge, std::string const& body) {
  boost::hash2::sha2_256 hash;
  hash.update(judge.url.data(), judge.url.size());
  hash.update("\n", 1);
  hash.update(body.data(), body.size());
  std::string hex;
  for (unsigned char const byte : hash.result()) hex += std::format("{:02x}", byte);
  return hex;
}

Result<std::string> text_in(std::string_view reply) {
  auto const document = parse(reply);
  auto* const root = yyjson_doc_get_root(document.get());
  auto* const choice = yyjson_arr_get_first(yyjson_obj_get(root, "choices"));
  auto* const content = yyjson_obj_get(yyjson_obj_get(choice, "message"), "content");
  if (!yyjson_is_str(content))
    return fail(
        std::format("the judge's reply is no chat completion (choices[0].message.content): {}", excerpt(reply)));
  return std::string(yyjson_get_str(content), yyjson_get_len(content));
}

Result<double> grade_in(Judge const& judge, std::string_view text) {
  int tries = 100;    // each reads to where it goes wrong
  for (auto at = text.find('{'); at != std::string_view::npos && tries-- > 0; at = text.find('{', at + 1)) {
    auto const document = parse(text.substr(at), YYJSON_READ_STOP_WHEN_DONE);
    auto* const score = yyjson_obj_get(yyjson_doc_get_root(document.get()), "score");
    if (!yyjson_is_num(score)) continue;
    double const grade = yyjson_get_num(score);
    if (!(grade >= judge.lowest && grade <= judge.highest))
      return fail(
          std::format("the judge's score {} is not on the scale from {} to {}", grade, judge.lowest, judge.highest));
    return grade;
  }
  return fail(std::format("the judge gave no score (expected {{\"score\": a number}}): {}", excerpt(text)));
}

std::string message_in(std::string_view body) {
  auto const document = parse(body);
  auto* const error = yyjson_obj_get(yyjson_doc_get_root(document.get()), "error");
  auto* const message = yyjson_is_str(error) ? error : yyjson_obj_get(error, "message");
  if (yyjson_is_str(message)) return excerpt({yyjson_get_str(message), yyjson_get_len(message)});
  return body.empty() ? "an empty body" : excerpt(body);
}

}  // namespace edgelab::judge
