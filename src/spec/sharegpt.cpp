// Conversations as ShareGPT's exports have them.
#include <yyjson.h>

#include <algorithm>
#include <array>
#include <format>
#include <memory>
#include <string>
#include <unordered_map>

#include "spec/conversations.hpp"
#include "spec/prompts.hpp"

namespace edgelab::spec {

namespace {

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

yyjson_val* first_of(yyjson_val* object, std::initializer_list<char const*> keys) {
  for (auto const* key : keys)
    if (auto* const found = yyjson_obj_get(object, key)) return found;
  return nullptr;
}

// As exports call them -> as chat templates do.
std::optional<std::string> role_of(std::string_view speaker) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> roles{{{"human", "user"},
                                                                                {"user", "user"},
                                                                                {"gpt", "assistant"},
                                                                                {"chatgpt", "assistant"},
                                                                                {"bing", "assistant"},
                                                                                {"bard", "assistant"},
                                                                                {"assistant", "assistant"},
                                                                                {"system", "system"}}};
  for (auto const& [name, role] : roles)
    if (name == speaker) return std::string(role);
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view text, std::filesystem::path const& file, PromptOptions const& options)
      : file_(file), options_(options), text_(text) {}

  PromptsRead read() && {
    // Parsed in a copy where texts stay where they are, so that an address tells a place.
    copy_ = std::string(text_);
    copy_.append(YYJSON_PADDING_SIZE, '\0');
    yyjson_read_err problem{};
    std::unique_ptr<yyjson_doc, FreeDocument> const document{
        yyjson_read_opts(copy_.data(), text_.size(), YYJSON_READ_INSITU, nullptr, &problem)};
    if (!document) {
      error(place_at(problem.pos), std::format("not JSON ({}): expected a list of conversations", problem.msg));
      return std::unexpected(std::move(errors_));
    }
    auto* const root = yyjson_doc_get_root(document.get());
    if (!yyjson_is_arr(root)) {
      error({1, 1}, R"(expected a list of conversations, e.g. [{"id": "c1", "conversations": [{"from": "human", "value": "..."}]}])");
      return std::unexpected(std::move(errors_));
    }
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* entry = nullptr;
    yyjson_arr_foreach(root, index, count, entry) {
      take(entry, index);
      if (requests_.size() <= max_requests) continue;
      error(place_of(entry), std::format("more than {} prompts", max_requests));
      break;
    }
    if (error_count_ > errors_.size()) errors_.push_back({file_, 0, 0, std::format("and {} more errors", error_count_ - errors_.size())});
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    if (requests_.empty()) return std::unexpected(Diagnostics{{file_, 0, 0, "no conversation in it has a question of the user's"}});
    return std::move(requests_);
  }

 private:
  void take(yyjson_val* entry, std::size_t index) {
    auto const name = std::format("conversation {}", index + 1);
    auto* const list = first_of(entry, {"conversations", "conversation", "messages", "items"});
    if (!yyjson_is_obj(entry) || !yyjson_is_arr(list))
      return error(place_of(entry), name + ": expected a map with the key 'conversations', a list of what was said");
    Request conversation;
    conversation.max_tokens = options_.max_tokens;
    auto* const id = yyjson_obj_get(entry, "id");
    conversation.id = yyjson_is_str(id) ? std::string(text_of(id)) : std::to_string(index + 1);
    std::size_t at = 0;
    std::size_t count = 0;
    yyjson_val* message = nullptr;
    yyjson_arr_foreach(list, at, count, message) {
      auto* const speaker = first_of(message, {"from", "role"});
      auto* const said = first_of(message, {"value", "content", "text"});
      if (!yyjson_is_str(speaker) || !yyjson_is_str(said))
        return error(place_of(message), std::format("{}, message {}: expected 'from' and 'value', both texts", name, at + 1));
      auto const role = role_of(text_of(speaker));
      if (!role)
        return error(place_of(message), std::format("{}, message {}: '{}' is nobody known: expected human, gpt or system", name,
                                                   at + 1, text_of(speaker)));
      bool const begun = std::ranges::contains(conversation.messages, "user", &Message::role);
      if (*role == "assistant" && !begun) continue;
      conversation.messages.push_back({*role, std::string(text_of(said))});
    }
    auto const [first, is_new] = entries_.try_emplace(conversation.id, index + 1);
    if (!is_new) return error(place_of(entry), std::format("{}: conversation {} has the id '{}' already", name, first->second, conversation.id));
    std::ranges::move(turns_of(conversation, options_.max_turns), std::back_inserter(requests_));
  }

  struct Place {
    int line = 0;      // 0: none
    int column = 0;
  };

  [[nodiscard]] Place place_at(std::size_t offset) const {
    auto const before = text_.substr(0, offset);
    auto const newline = before.rfind('\n');
    auto const column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
    return {1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(column)};
  }

  // Where a map begins, told by its first key: nothing else in a document has a place.
  [[nodiscard]] Place place_of(yyjson_val* value) const {
    if (!yyjson_is_obj(value) || yyjson_obj_size(value) == 0) return {};
    yyjson_obj_iter entries;
    yyjson_obj_iter_init(value, &entries);
    auto const* const key = yyjson_get_str(yyjson_obj_iter_next(&entries));
    return place_at(static_cast<std::size_t>(key - copy_.data()));
  }

  void error(Place place, std::string message) {
    constexpr std::size_t max_errors = 20;
    if (error_count_++ < max_errors) errors_.push_back({file_, place.line, place.column, std::move(message)});
  }

  std::filesystem::path const& file_;
  PromptOptions const& options_;
  std::string_view text_;
  std::string copy_;
  std::size_t error_count_ = 0;
  Diagnostics errors_;
  std::vector<Request> requests_;
  std::unordered_map<std::string, std::size_t> entries_;
};

}  // namespace

PromptsRead parse_sharegpt(std::string_view text, std::filesystem::path const& file, PromptOptions const& options) {
  return Reader(text, file, options).read();
}

}  // namespace edgelab::spec
