#include "peers/one_shot.hpp"

#include <chrono>
#include <format>
#include <print>
#include <string>
#include <string_view>
#include <vector>

#include "peers/settings.hpp"
#include "support/tool.hpp"

namespace edgelab::bench {

namespace {

// The demo models' last token as llama-lookup prints it; llama-speculative-simple leaves it out.
constexpr std::string_view end_of_text = "<|eos|>";

// What all of these programs take. They stop when *more* than -n tokens have come, so one less is asked for.
std::vector<std::string> common_arguments(std::string const& program, std::filesystem::path const& model,
                                          Prompt const& prompt) {
  auto const t = std::to_string(threads);
  return {program, "-m", model.string(), "-t", t, "-tb", t, "-fa", "off", "-ngl", "0", "-c", "2048",
          "-n", std::to_string(prompt.max_tokens - 1), "--temp", "0", "--top-k", "1", "--samplers", "top_k",
          "--color", "off",
          // As it is: with --file the last line end would be dropped, with escapes a backslash would be one.
          "--no-escape", "-p", prompt.text,
          "--spec-draft-n-max", std::to_string(draft_max)};
}

// Now and then, on a busy machine, such a program ends well without having printed its last lines. Then it is run again:
// what it says of the second run is as good.
Result<ToolOutput> run_to_the_last_line(std::vector<std::string> const& command) {
  for (int attempt = 1;; ++attempt) {
    EDGELAB_TRY(output, run_tool(command, std::chrono::seconds(120)));
    if (output.err.contains("decoded")) return output;
    if (attempt == 3) return fail(std::format("{} tells no figures, three times: {}", command.front(), output.err));
    std::println(stderr, "  {} ended without its figures; once more", command.front());
  }
}

struct Decoded {
  double tokens = 0.0;    // that of the end of the text among them
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
  generation.text = output.out.substr(at + prompt.text.size());
  while (generation.text.ends_with('\n')) generation.text.pop_back();
  if (generation.text.ends_with(end_of_text)) generation.text.resize(generation.text.size() - end_of_text.size());
  generation.ended = all.tokens < prompt.max_tokens;
  generation.seconds = all.seconds;
  return generation;
}

}  // namespace

Result<Generation> llama_lookup(std::filesystem::path const& model, Prompt const& prompt) {
  EDGELAB_TRY(output, run_to_the_last_line(common_arguments("llama-lookup", model, prompt)));
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
  EDGELAB_TRY(output, run_to_the_last_line(command));
  EDGELAB_TRY(all, decoded(output));
  EDGELAB_TRY(generation, generation_of(prompt, output, all));
  // Its clock starts before the prompt's last token is evaluated: the time of every token is in it.
  generation.tokens = all.tokens;
  return generation;
}

}  // namespace edgelab::bench
