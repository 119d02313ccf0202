// Prompts as JSON Lines.
#include <yyjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <format>
#include <iterator>
#include <memory>
#include <unordered_map>

#include "core/text.hpp"
#include "spec/conversations.hpp"
#include "spec/prompts.hpp"

namespace edgelab::spec {

namespace {

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

class LineReader {
 public:
  LineReader(std::filesystem::path const& file, PromptOptions const& options) : file_(file), options_(options) {}

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
    bool wanted = options_.tags.empty();
    if (!fill_tags(yyjson_obj_get(root, "tags"), wanted) || !fill(root, request)) return;
    auto const [first, is_new] = lines_of_ids_.try_emplace(request.id, number);
    if (!is_new) return error(1, std::format("the id '{}' stands in line {} already", request.id, first->second));
    if (!wanted) return;
    if (yyjson_obj_get(root, "conversation") == nullptr) return requests_.push_back(std::move(request));
    auto turns = turns_of(request, options_.max_turns);
    if (turns.empty()) return error(1, "the user says nothing in this conversation: expected a message with the role user");
    for (auto const& turn : turns)
      if (auto const [other, is_free] = lines_of_ids_.try_emplace(turn.id, number); !is_free)
        return error(1, std::format("a turn of it is named '{}', as what stands in line {}", turn.id, other->second));
    std::ranges::move(turns, std::back_inserter(requests_));
  }

  PromptsRead finish() && {
    if (error_count_ == 0 && requests_.empty() && !options_.tags.empty()) {
      return std::unexpected(Diagnostics{{file_, 0, 0, std::format("no line in it has one of the tags {}", join(options_.tags, ", "))}});
    }
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
           fill_text(root, request) &&
           fill_max_tokens(yyjson_obj_get(root, "max_tokens"), request) &&
           fill_choices(yyjson_obj_get(root, "choices"), request) &&
           fill_expected(yyjson_obj_get(root, "expected"), request) &&
           fill_schema(yyjson_obj_get(root, "schema"), request);
  }

  bool fill_tags(yyjson_val* tags, bool& wanted) {
    if (tags == nullptr) return true;
    if (!yyjson_is_arr(tags)) return refuse(R"('tags' needs a list of texts, e.g. ["easy"])");
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* tag = nullptr;
    yyjson_arr_foreach(tags, index, count, tag) {
      if (!yyjson_is_str(tag)) return refuse(std::format("tag {} is no text", index + 1));
      wanted = wanted || std::ranges::contains(options_.tags, text_of(tag));
    }
    return true;
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

  bool fill_text(yyjson_val* root, Request& request) {
    auto* const prompt = yyjson_obj_get(root, "prompt");
    auto* const conversation = yyjson_obj_get(root, "conversation");
    auto* const messages = conversation != nullptr ? conversation : yyjson_obj_get(root, "messages");
    auto const given = (prompt != nullptr) + (conversation != nullptr) + (yyjson_obj_get(root, "messages") != nullptr);
    if (given != 1) {
      return refuse(given == 0 ? "expected one of the keys 'prompt', 'messages' and 'conversation'"
                               : "'prompt', 'messages' and 'conversation' exclude each other: expected one of them");
    }
    if (prompt != nullptr) {
      if (!yyjson_is_str(prompt)) return refuse("'prompt' needs a text");
      if (yyjson_get_len(prompt) == 0) return refuse("'prompt' is empty");
      request.prompt = std::string(text_of(prompt));
      return true;
    }
    if (!yyjson_is_arr(messages) || yyjson_arr_size(messages) == 0) {
      return refuse(std::format(R"('{}' needs a list, e.g. [{{"role": "user", "content": "..."}}])",
                                conversation != nullptr ? "conversation" : "messages"));
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
    request.max_tokens = options_.max_tokens;
    if (max_tokens == nullptr) return true;
    auto const tokens = yyjson_is_int(max_tokens) ? yyjson_get_sint(max_tokens) : 0;
    if (tokens < 1 || tokens > most) return refuse(std::format("'max_tokens' needs a whole number from 1 to {}", most));
    request.max_tokens = static_cast<std::int32_t>(tokens);
    return true;
  }

  bool fill_schema(yyjson_val* schema, Request& request) {
    if (schema == nullptr || yyjson_is_null(schema)) return true;
    if (request.expected) return refuse("'expected' and 'schema' exclude each other: expected one of them");
    if (!yyjson_is_obj(schema)) return refuse(R"('schema' needs a JSON Schema, e.g. {"type": "object"})");
    request.expects_schema = true;
    return fill_expected(schema, request);
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
  PromptOptions const& options_;
  int line_ = 0;
  std::size_t error_count_ = 0;
  Diagnostics errors_;
  std::vector<Request> requests_;
  std::unordered_map<std::string, int> lines_of_ids_;
};

}  // namespace

PromptsRead parse_json_lines(std::string_view text, std::filesystem::path const& file, PromptOptions const& options) {
  LineReader reader(file, options);
  for (int number = 1; !text.empty(); ++number) {
    auto const end = text.find('\n');
    reader.read(text.substr(0, end), number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (reader.request_count() > max_requests) {
      reader.error(1, std::format("more than {} prompts", max_requests));
      break;
    }
  }
  return std::move(reader).finish();
}

}  // namespace edgelab::spec
