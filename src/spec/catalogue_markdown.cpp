// docs/FLAGS.md, written from the catalogue.
#include <array>
#include <format>

#include "core/text.hpp"
#include "spec/catalogue.hpp"

namespace edgelab::spec {

namespace {

constexpr std::string_view introduction = R"(# Flags

<!-- Written from the catalogue in src/spec/catalogue.cpp: EDGELAB_BLESS=1 with the tests of src/spec rewrites it. -->

A round is a set of these flags. Names are llama.cpp's own wherever llama.cpp has one; its other names are accepted
too, and a name may carry its leading dashes (`--cache-type-k`). The baseline round, `{}`, has every flag at its default.

**Scope** is what has to be made anew when a flag changes: the model, the context, the scheduler, only the request, or
the whole process. **Effect** is what a flag may do to greedy output:

- `exact`: the output is identical, bit for bit.
- `rounding`: the same mathematics added up in another order; output may part where two tokens are nearly tied.
- `lossy`: other numbers. Measure quality as well as speed.

An executor that cannot do what a round sets says so, and the cell is a row with the status `unsupported`: it is never
measured as something else. What an executor fixes by itself is recorded.
)";

constexpr std::string_view ending = R"(
## Combinations that are refused

- A quantised `cache-type-v` with `flash-attn: off`: llama.cpp makes no such context. (A quantised `cache-type-k` runs.)
- `cache-prompt: on` with `kv-cache: off`, and `cache-reuse` without `cache-prompt: on`.
- `ubatch-size` above `batch-size`, and `draft-min` above `draft-max`.
- `prompt-lookup` or `speculative-decoding` with `kv-cache: off`.
- `speculative-decoding` for a model that names no `draft`, unless `draft-model` is set, or `adaptive` has `prompt-lookup: on`
  to follow.

A round written by hand that is refused is an error in the file. A round that `combine` or `sweep` made becomes a row
with the status `unsupported` and this reason.

## Flags of an executor's own

An executor may announce flags of its own. They are written with the name that it gives itself in front, `NAME.flag`,
and are checked when the executor has said what they are.
)";

constexpr std::array scope_names{"model", "context", "scheduler", "request", "process"};
constexpr std::array effect_names{"exact", "rounding", "lossy"};

std::string values_of(FlagDef const& flag) {
  switch (flag.type) {
    case FlagType::on_off: return "on, off";
    case FlagType::choice: return join(std::vector<std::string>{flag.choices.begin(), flag.choices.end()}, ", ");
    case FlagType::integer: {
      auto text = std::format("{:.0f} to {:.0f}", flag.minimum, flag.maximum);
      for (auto const word : flag.choices) text += std::format(", {}", word);
      return text;
    }
    case FlagType::real: return std::format("{} to {}, fractions too", flag.minimum, flag.maximum);
    case FlagType::list: return "a list of texts";
    case FlagType::text: break;
  }
  return flag.form.empty() ? "a text" : std::string(flag.form);
}

std::string default_of(FlagDef const& flag) {
  if (!flag.default_note.empty()) return std::string(flag.default_note);
  return flag.default_value.empty() ? "unset" : std::format("`{}`", flag.default_value);
}

std::string title(std::string_view category) {
  std::string text(category);
  text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

}  // namespace

std::string render_markdown() {
  std::string text(introduction);
  std::string_view category;
  for (auto const& flag : catalogue()) {
    if (flag.category != category) {
      category = flag.category;
      text += std::format("\n## {}\n\n| flag | values | default | scope | effect | meaning |\n|---|---|---|---|---|---|\n",
                          title(category));
    }
    std::string names = std::format("`{}`", flag.name);
    for (auto const alias : flag.aliases) names += std::format(", `{}`", alias);
    text += std::format("| {} | {} | {} | {} | {} | {} |\n", names, values_of(flag), default_of(flag),
                        scope_names.at(static_cast<std::size_t>(flag.scope)),
                        effect_names.at(static_cast<std::size_t>(flag.effect)), flag.help);
  }
  text += ending;
  return text;
}

}  // namespace edgelab::spec
