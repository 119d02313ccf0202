#include <CLI/CLI.hpp>
#include <memory>
#include <print>
#include <string>

#include "app/cli.hpp"
#include "spec/catalogue.hpp"

namespace edgelab::app {

namespace {

std::string allowed(spec::FlagDef const& flag) {
  switch (flag.type) {
    case spec::FlagType::on_off: return "on, off";
    case spec::FlagType::choice: {
      std::string text;
      for (auto const choice : flag.choices) text += (text.empty() ? "" : ", ") + std::string(choice);
      return text;
    }
    case spec::FlagType::integer: return std::format("whole number {:.0f} to {:.0f}", flag.minimum, flag.maximum);
    case spec::FlagType::real: return std::format("number {} to {}", flag.minimum, flag.maximum);
    case spec::FlagType::text: return "text";
    case spec::FlagType::list: return "list";
  }
  return "";
}

void print_catalogue() {
  std::string_view category;
  for (auto const& flag : spec::catalogue()) {
    if (flag.category != category) {
      std::println("{}{}:", category.empty() ? "" : "\n", flag.category);
      category = flag.category;
    }
    std::println("  {:<22} {} (default: {})", flag.name, allowed(flag),
                 flag.default_value.empty() ? "unset" : flag.default_value);
    std::println("  {:<22} {}", "", flag.help);
  }
}

}  // namespace

void add_flags_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("flags", "List the flags that a round may set");
  auto const markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "As the page docs/FLAGS.md");
  command->footer(
      "Names are llama.cpp's own where it has one; a key in a file may carry the leading dashes.\n\n"
      "Examples:\n"
      "  edgelab flags\n"
      "  edgelab flags --markdown > docs/FLAGS.md");
  command->callback([markdown, &status] {
    if (*markdown) {
      std::print("{}", spec::render_markdown());
    } else {
      print_catalogue();
    }
    status = exit_ok;
  });
}

}  // namespace edgelab::app
