#include "engine/prompts.hpp"

#include <cstddef>
#include <format>
#include <fstream>
#include <iterator>

#include "spec/prompts.hpp"
#include "wire/json.hpp"

namespace edgelab::bench {

Result<std::vector<Prompt>> read_prompts(std::string_view name, LlamaServer& server) {
  auto const path = std::format(EDGELAB_SOURCE_DIR "/workloads/{}.jsonl", name);
  std::ifstream file(path);
  std::string const text(std::istreambuf_iterator<char>(file), {});
  auto const requests = spec::parse_prompts(text, path, spec::PromptFormat::jsonl, {});
  if (!requests) return fail(requests.error().front().describe());
  std::vector<Prompt> prompts;
  for (auto const& request : *requests) {
    auto& prompt = prompts.emplace_back(request.id, request.prompt.value_or(""), request.max_tokens);
    if (request.prompt) continue;
    std::string messages;
    for (auto const& [role, content] : request.messages)
      messages += std::format("{}{{\"role\":{},\"content\":{}}}", messages.empty() ? "" : ",", wire::json_text(role),
                              wire::json_text(content));
    EDGELAB_TRY(written, server.render_chat("[" + messages + "]"));
    prompt.text = written;
  }
  return prompts;
}

std::vector<Prompt> portion(std::span<Prompt const> prompts, int turn, int count) {
  std::vector<Prompt> chosen;
  auto const first = static_cast<std::size_t>(turn) * static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    chosen.push_back(prompts[(first + i) % prompts.size()]);
  return chosen;
}

}  // namespace edgelab::bench
