#include "spec/prompts.hpp"

#include <yyjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <format>
#include <memory>
#include <unordered_map>

#include "core/text.hpp"
#include "spec/text_checks.hpp"

namespace edgelab::spec {

namespace {

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

class LineReader {
 public:
  LineReader(std::filesystem::path const& file, std::int32_t default_max_tokens)
      : file_(file), default_max_tokens_(default_max_tokens) {}

  void read(std::string_view line, int number) {
    line_ = number;
    auto const content = trim(line);
    if (content.empty()) return;
    auto const indent = static_cast<std::size_t>(content.data() - line.data());

    // yyjson writes only where YYJSON_READ_INSITU is set, which it is not.
    yyjson_read_err problem{};
    std::unique_ptr<yyjson_doc, FreeDocument> const document{
        yyjson_read_opts(const_cast<char*>(content.data()), content.size(), 0, nullptr, &problem)};
    if (!document) {
      return error(indent + problem.pos + 1, std::format("not JSON ({}): expected one object a line, e.g. "
                                                         R"({{"id": "q1", "prompt": "..."}})", problem.msg));
    }
    auto* const root = yyjson_doc_get_root(document.get());
    if (!yyjson_is_obj(root)) return error(indent + 1, R"(expected a JSON object, e.g. {"id": "q1", "prompt": "..."})");
    Request request;
    if (!fill(root, request)) return;
    auto const [first, is_new] = lines_of_ids_.try_emplace(request.id, number);
    if (!is_new) return error(1, std::format("the id '{}' stands in line {} already", request.id, first->second));
    requests_.push_back(std::move(request));
  }

  std::expected<std::vector<Request>, Diagnostics> finish() && {
    if (error_count_ == 0 && requests_.empty()) {
      return std::unexpected(Diagnostics{{file_, 0, 0, R"(no prompts in it: expected lines such as {"id": "q1", "prompt": "..."})"}});
    }
    if (error_count_ == 0) return std::move(requests_);
    if (error_count_ > errors_.size()) {
      errors_.push_back({file_, 0, 0, std::format("and {} more errors", error_count_ - errors_.size())});
    }
    return std::unexpected(std::move(errors_));
  }

  [[nodiscard]] std::size_t request_count() const { return requests_.size(); }

  void error(std::size_t column, std::string message) {
    constexpr std::size_t max_errors = 20;
    if (error_count_++ < max_errors) errors_.push_back({file_, line_, static_cast<int>(column), std::move(message)});
  }

 private:
  bool refuse(std::string message) {
    error(1, std::move(message));
    return false;
  }

  bool fill(yyjson_val* root, Request& request) {
    return fill_id(yyjson_obj_get(root, "id"), request) &&
           fill_text(yyjson_obj_get(root, "prompt"), yyjson_obj_get(root, "messages"), request) &&
           fill_max_tokens(yyjson_obj_get(root, "max_tokens"), request) &&
           fill_choices(yyjson_obj_get(root, "choices"), request) &&
           fill_expected(yyjson_obj_get(root, "expected"), request);
  }

  bool fill_choices(yyjson_val* choices, Request& request) {
    if (choices == nullptr || yyjson_is_null(choices)) return true;
    if (!yyjson_is_arr(choices) || yyjson_arr_size(choices) < 2) {
      return refuse(R"('choices' needs a list of at least two texts, e.g. [" yes", " no"])");
    }
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* choice = nullptr;
    yyjson_arr_foreach(choices, index, count, choice) {
      if (!yyjson_is_str(choice)) return refuse(std::format("choice {} is no text", index));
      if (yyjson_get_len(choice) == 0) return refuse(std::format("choice {} is empty", index));
      std::string text(text_of(choice));
      if (std::ranges::contains(request.choices, text))
        return refuse(std::format("the choice '{}' stands twice", text));
      request.choices.push_back(std::move(text));
    }
    return true;
  }

  // Which of the choices: by its place, counted from 0, or as it stands there.
  bool fill_right_choice(yyjson_val* expected, Request& request) {
    auto const& choices = request.choices;
    if (yyjson_is_uint(expected) && yyjson_get_uint(expected) < choices.size()) {
      request.expected = choices[yyjson_get_uint(expected)];
      return true;
    }
    if (yyjson_is_str(expected) && std::ranges::contains(choices, text_of(expected))) {
      request.expected = std::string(text_of(expected));
      return true;
    }
    return refuse(std::format(
        "'expected' is none of the {} choices: give the right one as it stands there, or its place from 0 "
        "to {}{}",
        choices.size(), choices.size() - 1, yyjson_is_str(expected) ? suggestion(text_of(expected), choices) : ""));
  }

  bool fill_id(yyjson_val* id, Request& request) {
    if (id == nullptr) request.id = std::to_string(line_);
    else if (yyjson_is_str(id)) request.id = text_of(id);
    else if (yyjson_is_uint(id)) request.id = std::to_string(yyjson_get_uint(id));
    else return refuse("'id' needs a text");
    if (request.id.empty()) return refuse("'id' is empty");
    return true;
  }

  bool fill_text(yyjson_val* prompt, yyjson_val* messages, Request& request) {
    if ((prompt == nullptr) == (messages == nullptr)) {
      return refuse(prompt == nullptr ? "expected the key 'prompt' or the key 'messages'"
                                      : "'prompt' and 'messages' exclude each other: expected one of them");
    }
    if (prompt != nullptr) {
      if (!yyjson_is_str(prompt)) return refuse("'prompt' needs a text");
      if (yyjson_get_len(prompt) == 0) return refuse("'prompt' is empty");
      request.prompt = std::string(text_of(prompt));
      return true;
    }
    if (!yyjson_is_arr(messages) || yyjson_arr_size(messages) == 0) {
      return refuse(R"('messages' needs a list, e.g. [{"role": "user", "content": "..."}])");
    }
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* message = nullptr;
    yyjson_arr_foreach(messages, index, count, message) {
      auto* const role = yyjson_obj_get(message, "role");
      auto* const content = yyjson_obj_get(message, "content");
      if (!yyjson_is_str(role) || !yyjson_is_str(content)) {
        return refuse(std::format("message {} needs 'role' and 'content', both texts", index + 1));
      }
      auto const name = text_of(role);
      if (name != "system" && name != "user" && name != "assistant") {
        return refuse(std::format("'{}' is no role: expected system, user or assistant", name));
      }
      request.messages.push_back({std::string(name), std::string(text_of(content))});
    }
    return true;
  }

  bool fill_max_tokens(yyjson_val* max_tokens, Request& request) {
    constexpr std::int64_t most = 1'000'000;
    request.max_tokens = default_max_tokens_;
    if (max_tokens == nullptr) return true;
    auto const tokens = yyjson_is_int(max_tokens) ? yyjson_get_sint(max_tokens) : 0;
    if (tokens < 1 || tokens > most) return refuse(std::format("'max_tokens' needs a whole number from 1 to {}", most));
    request.max_tokens = static_cast<std::int32_t>(tokens);
    return true;
  }

  // An answer that is not a text is kept as the JSON it is.
  bool fill_expected(yyjson_val* expected, Request& request) {
    if (expected == nullptr || yyjson_is_null(expected)) return true;
    if (!request.choices.empty()) return fill_right_choice(expected, request);
    if (yyjson_is_str(expected)) {
      request.expected = std::string(text_of(expected));
      return true;
    }
    std::size_t length = 0;
    std::unique_ptr<char, decltype(&std::free)> const text{yyjson_val_write(expected, 0, &length), &std::free};
    if (!text) return refuse("'expected' cannot be kept");
    request.expected = std::string(text.get(), length);
    return true;
  }

  std::filesystem::path const& file_;
  std::int32_t default_max_tokens_;
  int line_ = 0;
  std::size_t error_count_ = 0;
  Diagnostics errors_;
  std::vector<Request> requests_;
  std::unordered_map<std::string, int> lines_of_ids_;
};

}  // namespace

std::expected<std::vector<Request>, Diagnostics> parse_prompts(std::string_view text,
                                                               std::filesystem::path const& file,
                                                               std::int32_t default_max_tokens) {
  if (auto bad = not_text(text, file)) return std::unexpected(Diagnostics{*std::move(bad)});
  LineReader reader(file, default_max_tokens);
  auto rest = without_bom(text);
  for (int number = 1; !rest.empty(); ++number) {
    auto const end = rest.find('\n');
    reader.read(rest.substr(0, end), number);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (reader.request_count() > max_requests) {
      reader.error(1, std::format("more than {} prompts", max_requests));
      break;
    }
  }
  return std::move(reader).finish();
}

}  // namespace edgelab::spec
