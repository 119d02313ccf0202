// Which kind of prompt file it is, and those that are plain text.
#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "core/text.hpp"
#include "spec/prompts.hpp"
#include "spec/text_checks.hpp"

namespace edgelab::spec {

namespace {

constexpr std::array<std::pair<std::string_view, PromptFormat>, 4> names{{{"jsonl", PromptFormat::jsonl},
                                                                          {"sharegpt", PromptFormat::sharegpt},
                                                                          {"lines", PromptFormat::lines},
                                                                          {"text", PromptFormat::text}}};

Request plain(std::string id, std::string_view prompt, PromptOptions const& options) {
  Request request;
  request.id = std::move(id);
  request.prompt = std::string(prompt);
  request.max_tokens = options.max_tokens;
  return request;
}

PromptsRead nothing_in(std::filesystem::path const& file) {
  return std::unexpected(Diagnostics{{file, 0, 0, "there is no text in it: expected a prompt"}});
}

PromptsRead parse_lines(std::string_view text, std::filesystem::path const& file, PromptOptions const& options) {
  std::vector<Request> requests;
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    requests.push_back(plain(std::to_string(number), line, options));
    if (requests.size() > max_requests)
      return std::unexpected(Diagnostics{{file, number, 1, std::format("more than {} prompts", max_requests)}});
  }
  if (requests.empty()) return nothing_in(file);
  return requests;
}

}  // namespace

std::optional<PromptFormat> prompt_format(std::string_view name) {
  auto const* const found = std::ranges::find(names, name, &std::pair<std::string_view, PromptFormat>::first);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

PromptFormat format_of(std::filesystem::path const& file) {
  if (file.extension() == ".json") return PromptFormat::sharegpt;
  if (file.extension() == ".txt") return PromptFormat::lines;
  return PromptFormat::jsonl;
}

PromptsRead parse_prompts(std::string_view text, std::filesystem::path const& file, PromptFormat format,
                          PromptOptions const& options) {
  if (auto bad = not_text(text, file)) return std::unexpected(Diagnostics{*std::move(bad)});
  auto const content = without_bom(text);
  switch (format) {
    case PromptFormat::jsonl: return parse_json_lines(content, file, options);
    case PromptFormat::sharegpt: return parse_sharegpt(content, file, options);
    case PromptFormat::lines: return parse_lines(content, file, options);
    case PromptFormat::text: break;
  }
  if (trim(content).empty()) return nothing_in(file);
  return std::vector{plain("1", content, options)};
}

}  // namespace edgelab::spec
