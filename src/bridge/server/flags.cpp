#include "bridge/server/flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <format>

#include "core/text.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

enum class Form : std::uint8_t {
  number,      // --threads 2
  word,        // --numa isolate; one of those that its help lists, where it lists any
  pair,        // --repack or --no-repack; nothing for auto
  presence,    // --swa-full, or nothing
  positive,    // as number, where it is more than 0
};

struct Row {
  std::string flag;
  Form form = Form::number;
  std::vector<std::string> options;      // llama-server's names for it
  std::vector<std::string> negative{};   // of pair
};

std::vector<Row> const& table() {
  static std::vector<Row> const rows{{"threads", Form::number, {"--threads"}},
                                     {"threads-batch", Form::number, {"--threads-batch"}},
                                     {"cpu-mask", Form::word, {"--cpu-mask"}},
                                     {"cpu-range", Form::word, {"--cpu-range"}},
                                     {"prio", Form::number, {"--prio"}},
                                     {"poll", Form::number, {"--poll"}},
                                     {"numa", Form::word, {"--numa"}},
                                     {"batch-size", Form::number, {"--batch-size"}},
                                     {"ubatch-size", Form::number, {"--ubatch-size"}},
                                     {"parallel", Form::number, {"--parallel"}},
                                     {"cache-type-k", Form::word, {"--cache-type-k"}},
                                     {"cache-type-v", Form::word, {"--cache-type-v"}},
                                     {"flash-attn", Form::word, {"--flash-attn"}},
                                     {"kv-unified", Form::pair, {"--kv-unified"}, {"--no-kv-unified"}},
                                     {"swa-full", Form::presence, {"--swa-full"}},
                                     {"cont-batching", Form::pair, {"--cont-batching"}, {"--no-cont-batching"}},
                                     {"cache-reuse", Form::positive, {"--cache-reuse"}},
                                     {"n-gpu-layers", Form::word, {"--n-gpu-layers", "--gpu-layers"}},
                                     {"split-mode", Form::word, {"--split-mode"}},
                                     {"main-gpu", Form::number, {"--main-gpu"}},
                                     {"no-kv-offload", Form::presence, {"--no-kv-offload"}},
                                     {"op-offload", Form::pair, {"--op-offload"}, {"--no-op-offload"}},
                                     {"rpc", Form::word, {"--rpc"}},
                                     {"load-mode", Form::word, {"--load-mode"}},
                                     {"repack", Form::pair, {"--repack"}, {"--no-repack"}}};
  return rows;
}

// The same for those that only mean something while a model drafts.
std::vector<Row> const& drafting_table() {
  static std::vector<Row> const rows{{"draft-max", Form::number, {"--spec-draft-n-max", "--draft-max"}},
                                     {"draft-min", Form::number, {"--spec-draft-n-min", "--draft-min"}},
                                     {"draft-p-min", Form::number, {"--spec-draft-p-min", "--draft-p-min"}}};
  return rows;
}

std::vector<std::string> const draft_model_options{"--spec-draft-model", "--model-draft"};

// How llama-server is kept from doing what nobody has asked for: states of prompts saved for later, another size than the one
// that was asked for, pages, downloads. Where a build has the option. extra-args come later, and win.
std::vector<std::vector<std::string>> const plain{{"--cache-ram", "0"},
                                                  {"--no-cache-idle-slots"},
                                                  {"--ctx-checkpoints", "0"},
                                                  {"--fit", "off"},
                                                  {"--no-ui"},
                                                  {"--offline"},
                                                  {"--log-colors", "off"},
                                                  {"--log-verbosity", "4"},
                                                  {"--no-log-prefix"},
                                                  {"--no-log-timestamps"}};

std::string value_of(Flags const& flags, std::string const& name) {
  auto const found = flags.find(name);
  return found == flags.end() ? std::string{} : found->second;
}

template <typename Number>
std::optional<Number> number(std::string const& text) {
  Number value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::unexpected<Refusal> bad_value(std::string const& flag, std::string const& value, std::string const& expected) {
  return refuse("bad-request", std::format("flag '{}' is '{}'; expected {}", flag, value, expected));
}

protocol::FlagSupport missing(Build const& build, std::vector<std::string> const& options) {
  return {.support = "no",
          .values = {},
          .reason = std::format("llama-server {} has no option {}", build.version(), options.front())};
}

// Words that its help lists, other than for options that take any.
std::vector<std::string> listed(Build const& build, Row const& row, std::string const& option) {
  if (row.form != Form::word || row.flag == "n-gpu-layers" || row.flag == "cpu-mask" || row.flag == "cpu-range" ||
      row.flag == "rpc")
    return {};
  return build.values(option);
}

// What only an accelerator would do; without one it is as if it were not asked for.
struct OfAccelerators {
  std::string_view flag;
  std::string_view without;    // the value that is true then
};
constexpr std::array of_accelerators{OfAccelerators{"split-mode", "layer"}, OfAccelerators{"main-gpu", "0"},
                                     OfAccelerators{"no-kv-offload", "off"}, OfAccelerators{"op-offload", "off"}};

constexpr auto no_accelerator = "llama-server finds no accelerator here";

protocol::FlagSupport support_of(Build const& build, Row const& row) {
  auto const option = build.first_of(row.options);
  if (option.empty()) return missing(build, row.options);
  if (row.form == Form::pair && build.first_of(row.negative).empty())
    return {.support = "values",
            .values = {"on", "auto"},
            .reason = std::format("llama-server {} has no option {}", build.version(), row.negative.front())};
  // Once it was an option without a value.
  if (row.flag == "flash-attn" && build.argument(option).empty())
    return {.support = "values",
            .values = {"on", "off"},
            .reason = std::format("{} takes no value in llama-server {}", option, build.version())};
  if (auto values = listed(build, row, option); !values.empty())
    return {.support = "values", .values = values, .reason = {}};
  return {};
}

Outcome<void> add(std::vector<std::string>& arguments, Build const& build, Flags const& flags, Row const& row) {
  auto const value = value_of(flags, row.flag);
  auto const option = build.first_of(row.options);
  if (value.empty() || option.empty()) return {};  // unset; or hello has said no, and no round has set it
  switch (row.form) {
    case Form::positive:
    case Form::number: {
      auto const read = number<double>(value);
      if (!read) return bad_value(row.flag, value, "a number");
      if (row.form == Form::number || *read > 0) arguments.append_range(std::vector{option, value});
      return {};
    }
    case Form::word: {
      if (row.flag == "flash-attn" && build.argument(option).empty()) {
        if (value == "on") arguments.push_back(option);
        return {};
      }
      auto const values = listed(build, row, option);
      if (!values.empty() && !std::ranges::contains(values, value))
        return bad_value(row.flag, value, "one of " + join(values, ", "));
      arguments.append_range(std::vector{option, value});
      return {};
    }
    case Form::pair:
    case Form::presence: {
      bool const known = value == "on" || value == "off" || (value == "auto" && row.form == Form::pair);
      if (!known) return bad_value(row.flag, value, "on or off");
      if (value == "on") arguments.push_back(option);
      auto const negative = build.first_of(row.negative);
      if (value == "off" && !negative.empty()) arguments.push_back(negative);
      return {};
    }
  }
  return {};
}

// An n-gram drafter has lengths of its own.
void add_ngram_lengths(std::vector<std::string>& arguments, Build const& build, std::string const& type,
                       Flags const& flags) {
  auto const option = std::format("--spec-{}-size-m", type);
  auto const most = value_of(flags, "draft-max");
  if (build.has(option) && !most.empty()) arguments.append_range(std::vector{option, most});
}

Outcome<void> add_drafter(std::vector<std::string>& arguments, Build const& build, Flags const& flags,
                          Launch const& launch) {
  auto const type = drafter(flags);
  if (type == "none") return {};
  auto const known = build.values("--spec-type");
  if (!std::ranges::contains(known, type))
    return refuse("unsupported", std::format("llama-server {} has no drafter '{}'{}: expected one of {}",
                                             build.version(), type, suggestion(type, known), join(known, ", ")));
  arguments.append_range(std::vector<std::string>{"--spec-type", type});
  if (type.starts_with("ngram")) {
    add_ngram_lengths(arguments, build, type, flags);
    return {};
  }
  if (launch.draft) {
    arguments.append_range(std::vector{build.first_of(draft_model_options), *launch.draft});
  } else if (type == "draft-simple") {
    return refuse("unsupported", "drafting with a smaller model needs one, and none was loaded with the model");
  }
  for (auto const& row : drafting_table())
    if (auto added = add(arguments, build, flags, row); !added) return added;
  return {};
}

Outcome<void> add_extra(std::vector<std::string>& arguments, Flags const& flags) {
  auto const value = value_of(flags, "extra-args");
  if (value.empty()) return {};
  auto const list = wire::Json::parse(value);
  if (!list) return bad_value("extra-args", value, "a list of texts");
  arguments.append_range(list->texts(""));
  return {};
}

// Layers can still be another machine's.
void restrict_to_processor(Build const& build, std::map<std::string, protocol::FlagSupport>& flags) {
  for (auto const& [flag, without] : of_accelerators)
    flags[std::string(flag)] = {.support = "values", .values = {std::string(without)}, .reason = no_accelerator};
  if (!build.has("--rpc"))
    flags["n-gpu-layers"] = {.support = "values", .values = {"0", "auto"}, .reason = no_accelerator};
}

Outcome<void> check_layers(Build const& build, Flags const& flags) {
  auto const layers = value_of(flags, "n-gpu-layers");
  if (layers.empty() || layers == "0" || layers == "auto" || takes_layers(build, flags)) return {};
  return refuse("unsupported", std::format("n-gpu-layers is {}, but {}, and no rpc server is named", layers, no_accelerator));
}

}  // namespace

std::vector<std::string> model_arguments(std::string const& model) { return {"--model", model}; }

bool takes_layers(Build const& build, Flags const& flags) {
  return build.finds_accelerator() || !value_of(flags, "rpc").empty();
}

std::string drafter(Flags const& flags) {
  auto const type = value_of(flags, "spec-type");
  if (!type.empty() && type != "none") return type;
  return value_of(flags, "speculative-decoding") == "draft" ? "draft-simple" : "none";
}

std::map<std::string, protocol::FlagSupport> supported(Build const& build) {
  std::map<std::string, protocol::FlagSupport> flags;
  for (auto const& row : table()) flags[row.flag] = support_of(build, row);
  for (auto const& row : drafting_table()) flags[row.flag] = support_of(build, row);
  if (!build.finds_accelerator()) restrict_to_processor(build, flags);
  flags["ctx-size"] = build.has("--ctx-size") ? protocol::FlagSupport{} : missing(build, {"--ctx-size"});
  flags["kv-cache"] = {.support = "fixed", .values = {"on"}, .reason = "llama-server always has one"};
  flags["cache-prompt"] =
      build.has("--slot-save-path") ? protocol::FlagSupport{} : missing(build, {"--slot-save-path"});
  flags["extra-args"] = {};
  flags["model"] = {};
  flags["prompt-lookup"] = {.support = "no",
                            .values = {},
                            .reason = "it is edgelab-llama's own; llama-server has spec-type: ngram-simple and others"};
  auto const types = build.values("--spec-type");
  if (types.empty()) {
    flags["spec-type"] = missing(build, {"--spec-type"});
  } else {
    flags["spec-type"] = {.support = "values", .values = types, .reason = {}};
  }
  bool const drafts = std::ranges::contains(types, "draft-simple") && !build.first_of(draft_model_options).empty();
  flags["draft-model"] = drafts ? protocol::FlagSupport{} : missing(build, draft_model_options);
  flags["speculative-decoding"] = {
      .support = "values",
      .values = drafts ? std::vector<std::string>{"off", "draft"} : std::vector<std::string>{"off"},
      .reason = drafts ? "adaptive is edgelab-llama's own" : "this llama-server drafts with no smaller model"};
  return flags;
}

Outcome<std::vector<std::string>> arguments_of(Build const& build, Flags const& flags, Launch const& launch) {
  if (auto possible = check_layers(build, flags); !possible) return std::unexpected(possible.error());
  auto arguments = model_arguments(launch.model);
  for (auto const& option : plain)
    if (build.has(option.front())) arguments.append_range(option);
  for (auto const& row : table())
    if (auto added = add(arguments, build, flags, row); !added) return std::unexpected(added.error());
  arguments.append_range(std::vector<std::string>{"--ctx-size", std::to_string(launch.context)});
  if (build.has("--threads-http")) {
    // Each open connection holds a thread; in two sizes, so that a round more or less changes no command line.
    arguments.append_range(std::vector<std::string>{"--threads-http", launch.connections > 16 ? "288" : "24"});
  }
  // Slots can be emptied only where they could be saved. None ever is.
  if (value_of(flags, "cache-prompt") == "on")
    arguments.append_range(
        std::vector<std::string>{"--slot-save-path", std::filesystem::temp_directory_path().string()});
  if (auto added = add_drafter(arguments, build, flags, launch); !added) return std::unexpected(added.error());
  if (auto added = add_extra(arguments, flags); !added) return std::unexpected(added.error());
  return arguments;
}

Outcome<RequestFlags> request_flags(Flags const& flags) {
  RequestFlags found;
  if (auto const value = value_of(flags, "cache-prompt"); !value.empty()) {
    if (value != "on" && value != "off") return bad_value("cache-prompt", value, "on or off");
    found.cache_prompt = value == "on";
  }
  if (auto const value = value_of(flags, "parallel"); !value.empty()) {
    auto const slots = number<std::int32_t>(value);
    if (!slots || *slots < 1) return bad_value("parallel", value, "a whole number from 1");
    found.parallel = *slots;
  }
  if (auto const value = value_of(flags, "ctx-size"); !value.empty()) {
    auto const cells = number<std::int32_t>(value);
    if (!cells || *cells < 1) return bad_value("ctx-size", value, "a whole number from 1");
    found.context = *cells;
  }
  return found;
}

}  // namespace edgelab::bridge
