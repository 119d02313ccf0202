#include "bridge/command/backend.hpp"

#include <format>
#include <fstream>
#include <mutex>

#include "core/process.hpp"
#include "core/text.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_line_bytes = 16 * 1024 * 1024;
constexpr std::size_t longest_answer_bytes = 64 * 1024 * 1024;
constexpr auto death_grace = 2s;          // between the end of its output and its own
constexpr std::size_t last_lines = 8;

// A program's output need not end with a line: the shell ends it, and hands on how the program ended.
std::vector<std::string> in_shell(std::vector<std::string> const& words) {
  std::vector<std::string> command{"/bin/sh", "-c", R"("$0" "$@"; status=$?; echo; exit $status)"};
  command.append_range(words);
  return command;
}

class CommandTrial final : public Trial {
 public:
  CommandTrial(std::filesystem::path folder, std::size_t workers, Flags in_force)
      : folder_(std::move(folder)), running_(workers, nullptr), in_force_(std::move(in_force)) {}

  void add(std::vector<std::string> words) { words_.push_back(std::move(words)); }

  void ask(std::size_t request, std::size_t worker, Asking& asking) override {
    auto const log = folder_ / std::format("log-{}", worker);
    auto child = ChildProcess::start(
        {.command = in_shell(words_[request]), .stderr_file = log, .max_line_bytes = longest_line_bytes});
    auto& answer = asking.answer;
    if (!child) {
      answer.finish = "error: " + child.error().describe();
      if (answer.finish.contains("too long"))
        answer.finish += ": {prompt_file} in the place of {prompt} takes prompts of any length";
      return;
    }
    be_running(worker, child->get());
    auto const wrong = read_all(**child, asking);
    be_running(worker, nullptr);
    if (asking.cancelled()) return;
    auto const exit = wrong.empty() ? (*child)->finish(death_grace) : (*child)->kill();
    auto const tail = (*child)->stderr_tail(last_lines);
    auto const last_words = tail.empty() ? "" : "; its standard error ended with:\n" + tail;
    if (!wrong.empty())
      answer.finish = std::format("error: {} {}{}", words_[request].front(), wrong, last_words);
    else if (exit.code != 0)
      answer.finish = std::format("error: {} {}{}", words_[request].front(), exit.describe(), last_words);
    else if (answer.text.empty())
      answer.finish = std::format("error: {} printed nothing{}", words_[request].front(), last_words);
    else
      answer.finish = "stop";
  }

  void interrupt(std::size_t worker) override {
    std::scoped_lock const lock(mutex_);
    if (running_[worker] != nullptr) running_[worker]->wake();
  }

  [[nodiscard]] Outcome<protocol::Done> end() override {
    protocol::Done done;
    done.in_force = in_force_;
    return done;
  }

 private:
  // All it prints; what is wrong with it, or nothing. Somebody who wants it no more ends it.
  static std::string read_all(ChildProcess& child, Asking& asking) {
    auto& text = asking.answer.text;
    for (;;) {
      auto const line = child.read_line(Clock::time_point::max());
      if (asking.cancelled()) {
        (void)child.kill();
        return {};
      }
      if (line) {
        text += *line;
        text += '\n';
        if (text.size() > longest_answer_bytes) return "prints without end";
        continue;
      }
      if (line.error() == ChildProcess::NoLine::too_long)
        return "printed a line longer than " + format_bytes(static_cast<double>(longest_line_bytes));
      if (line.error() == ChildProcess::NoLine::closed) break;
    }
    if (text.ends_with('\n')) text.pop_back();     // the shell's
    return {};
  }

  void be_running(std::size_t worker, ChildProcess* child) {
    std::scoped_lock const lock(mutex_);
    running_[worker] = child;
  }

  std::filesystem::path folder_;
  std::vector<std::vector<std::string>> words_;     // one a request
  std::mutex mutex_;
  std::vector<ChildProcess*> running_;              // by worker
  Flags in_force_;
};

Outcome<void> append_extra(std::vector<std::string>& words, Flags const& flags) {
  auto const found = flags.find("extra-args");
  if (found == flags.end() || found->second.empty()) return {};
  auto const list = wire::Json::parse(found->second);
  if (!list)
    return refuse("bad-request", std::format("flag 'extra-args' is '{}'; expected a list of texts", found->second));
  words.append_range(list->texts(""));
  return {};
}

}  // namespace

CommandBackend::~CommandBackend() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Outcome<protocol::HelloReply> CommandBackend::hello() {
  protocol::HelloReply hello{.protocol = protocol::version,
                             .name = "command",
                             .version = EDGELAB_VERSION,
                             .library = program_,
                             .flags = {},
                             .own_flags = {}};
  for (auto const& flag : command_.flags()) hello.flags[flag] = {};
  hello.flags["extra-args"] = {};
  if (command_.uses("model")) hello.flags["model"] = {};
  if (command_.uses("draft")) hello.flags["draft-model"] = {};
  return hello;
}

Outcome<protocol::Loaded> CommandBackend::load(protocol::Load const& message) {
  if (command_.uses("model") && message.model.empty())
    return refuse("bad-request", "the command has {model} in it, and the experiment names no model");
  std::error_code ignored;
  if (!message.model.empty() && !std::filesystem::exists(message.model, ignored))
    return refuse("failed", message.model + ": No such file or directory");
  model_ = message.model;
  draft_ = message.draft;
  return protocol::Loaded{.id = 0, .model_bytes = {}, .n_ctx_train = {}, .n_vocab = {}};
}

Outcome<std::vector<std::string>> CommandBackend::words_for(protocol::Run const& run, std::size_t index) {
  auto const& request = run.requests[index];
  auto const unsupported = [&](std::string_view why) {
    return refuse("unsupported", std::format("request '{}': {}", request.id, why));
  };
  if (request.synthetic_tokens) return unsupported("a program that only prints does not say what it takes for a token");
  if (!request.prompt)
    return unsupported("a program that only prints has no chat template that anybody knows of: expected a prompt");
  if (request.ignore_eos) return unsupported("a program that only prints cannot be kept from ending its answer");
  auto const file = folder_ / std::format("prompt-{}.txt", index);
  if (command_.uses("prompt_file")) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << *request.prompt;
    if (!out.flush()) return refuse("failed", file.string() + " cannot be written");
  }
  auto words = command_.fill({.prompt = *request.prompt,
                              .prompt_file = file.string(),
                              .model = model_,
                              .draft = draft_,
                              .max_tokens = request.max_tokens,
                              .seed = (run.seed + index) & 0x7fffffffU,
                              .temperature = run.temperature,
                              .flags = run.flags});
  if (!words) return unsupported(words.error().describe());
  if (auto added = append_extra(*words, run.flags); !added) return std::unexpected(added.error());
  return *std::move(words);
}

Outcome<std::unique_ptr<Trial>> CommandBackend::prepare(protocol::Run const& run, std::size_t workers, Stop const&) {
  Flags in_force;     // what it was told stands on its command line; what it made of that it does not say
  for (auto const& flag : command_.flags()) in_force[flag] = "unknown";
  auto trial = std::make_unique<CommandTrial>(folder_, workers, std::move(in_force));
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    auto words = words_for(run, i);
    if (!words) return std::unexpected(words.error());
    trial->add(*std::move(words));
  }
  return trial;
}

}  // namespace edgelab::bridge
