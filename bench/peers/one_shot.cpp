#include "peers/one_shot.hpp"

#include <chrono>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "peers/settings.hpp"
#include "support/tool.hpp"

namespace edgelab::bench {

namespace {

// llama-lookup prints the token that ends a text too, llama-speculative-simple leaves it out. The demo models' are written
// "<|eos|>" and, in a chat, "<|im_end|>"; no answer of theirs has such a thing in it.
std::string_view without_end_token(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (auto const begin = text.rfind("<|"); begin != std::string_view::npos && text.ends_with("|>"))
    text.remove_suffix(text.size() - begin);
  return text;
}

constexpr std::chrono::seconds limit(120);
constexpr auto last_line = "decoded ";  // printed at once with the figures in it

// What all of these programs take. They stop when *more* than -n tokens have come, so one less is asked for.
std::vector<std::string> common_arguments(std::string const& program, std::filesystem::path const& model,
                                          Prompt const& prompt) {
  auto const t = std::to_string(threads);
  return {program, "-m", model.string(), "-t", t, "-tb", t, "-fa", "off", "-ngl", "0", "-c", "2048", "-n",
          std::to_string(prompt.max_tokens - 1), "--temp", "0", "--top-k", "1", "--samplers", "top_k", "--color", "off",
          // As it is: with --file the last line end would be dropped, with escapes a backslash would be one.
          "--no-escape", "-p", prompt.text, "--spec-draft-n-max", std::to_string(draft_max)};
}

struct Decoded {
  double tokens = 0.0;  // that of the end of the text among them
  double seconds = 0.0;
};

// "decoded   46 tokens in    0.071 seconds, speed:  652.269 t/s": the speed has more digits than the time.
Result<Decoded> decoded(ToolOutput const& output) {
  EDGELAB_TRY(tokens, number_after(output.err, "decoded"));
  EDGELAB_TRY(speed, number_after(output.err, "speed:"));
  if (speed <= 0.0) return fail("no speed in: " + output.err);
  return Decoded{tokens, tokens / speed};
}

// Standard output is the prompt, after the token that begins it, then what was generated.
Result<Generation> generation_of(Prompt const& prompt, ToolOutput const& output, Decoded const& all) {
  Generation generation;
  generation.id = prompt.id;
  auto const at = output.out.find(prompt.text);
  if (at == std::string::npos) return fail(std::format("the prompt is not in what was printed: {}", output.out));
  generation.text = without_end_token(std::string_view(output.out).substr(at + prompt.text.size()));
  generation.ended = all.tokens < prompt.max_tokens;
  generation.seconds = all.seconds;
  return generation;
}

}  // namespace

Result<Generation> llama_lookup(std::filesystem::path const& model, Prompt const& prompt) {
  EDGELAB_TRY(output, run_tool_to_the_last_line(common_arguments("llama-lookup", model, prompt), limit, last_line));
  EDGELAB_TRY(all, decoded(output));
  EDGELAB_TRY(generation, generation_of(prompt, output, all));
  // Its clock starts when the prompt has been evaluated: the first token comes for nothing.
  generation.tokens = all.tokens - 1.0;
  return generation;
}

Result<Generation> llama_speculative_simple(std::filesystem::path const& model, std::filesystem::path const& draft,
                                            Prompt const& prompt) {
  auto command = common_arguments("llama-speculative-simple", model, prompt);
  for (auto const& argument : std::vector<std::string>{
           "-md", draft.string(), "--spec-type", "draft-simple", "-td", std::to_string(threads), "-tbd",
           std::to_string(threads), "-ngld", "0", "--spec-draft-p-min", std::format("{}", draft_p_min)})
    command.push_back(argument);
  EDGELAB_TRY(output, run_tool_to_the_last_line(command, limit, last_line));
  EDGELAB_TRY(all, decoded(output));
  EDGELAB_TRY(generation, generation_of(prompt, output, all));
  // Its clock starts before the prompt's last token is evaluated: the time of every token is in it.
  generation.tokens = all.tokens;
  return generation;
}

}  // namespace edgelab::bench
