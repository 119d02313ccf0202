#include "bridge/fllama/backend.hpp"

#include <algorithm>
#include <format>

#include "bridge/fllama/trial.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge::fllama {

namespace {

constexpr std::int64_t around_a_message = 16;      // tokens of a template, for each

std::string chat_json(protocol::TrialRequest const& request) {
  std::string list;
  for (auto const& message : request.messages) {
    wire::JsonObject one;
    for (auto const& [key, value] : message) one.text(key, value);
    list += (list.empty() ? "" : ",") + one.done();
  }
  return wire::JsonObject().raw("messages", "[" + list + "]").done();
}

std::unexpected<Refusal> about(protocol::TrialRequest const& request, Refusal refusal) {
  refusal.reason = std::format("request '{}': {}", request.id, refusal.reason);
  return std::unexpected(std::move(refusal));
}

}  // namespace

Outcome<Library*> FllamaBackend::library() {
  if (library_ != nullptr) return library_;
  if (path_.empty())
    return refuse("failed",
                  "no libfllama is named: expected `library: PATH` in the experiment, or the path in the environment "
                  "variable EDGELAB_FLLAMA_LIB");
  auto opened = Library::open(path_);
  if (!opened) return refuse("failed", opened.error().describe());
  library_ = *opened;
  return library_;
}

Outcome<protocol::HelloReply> FllamaBackend::hello() {
  auto const opened = library();
  if (!opened) return std::unexpected(opened.error());
  return protocol::HelloReply{.protocol = protocol::version,
                              .name = "fllama",
                              .version = EDGELAB_VERSION,
                              .library = std::format("fllama ({})", library_->version()),
                              .flags = supported(),
                              .own_flags = {},
                              .abilities = {}};
}

Outcome<protocol::Loaded> FllamaBackend::load(protocol::Load const& message) {
  if (auto const opened = library(); !opened) return std::unexpected(opened.error());
  if (message.model.empty()) return refuse("bad-request", "load: no model given");
  auto const is_draft = message.draft && !message.draft->empty();
  if (!library_->count_tokens(message.model, ""))
    return refuse("failed", std::format("fllama cannot read the model {}", message.model));
  if (is_draft && !library_->count_tokens(*message.draft, ""))
    return refuse("failed", std::format("fllama cannot read the draft model {}", *message.draft));
  if (message.model != model_) synthetic_.reset();
  model_ = message.model;
  draft_ = is_draft ? message.draft : std::nullopt;
  return protocol::Loaded{.id = 0, .model_bytes = {}, .n_ctx_train = {}, .n_vocab = {}};
}

Outcome<std::int64_t> FllamaBackend::count(std::string const& text) {
  auto const tokens = library_->count_tokens(model_, text);
  if (!tokens) return refuse("failed", std::format("fllama cannot read the model {} any more", model_));
  return *tokens;
}

Outcome<Question> FllamaBackend::question_for(protocol::Run const& run, std::size_t index) {
  auto const& request = run.requests[index];
  if (auto no = cannot_be_asked(run, request)) return std::unexpected(*std::move(no));
  Question question{.model = model_, .prompt = {}, .chat_json = {}, .draft = {}, .max_tokens = request.max_tokens};
  if (request.prompt) {
    question.prompt = *request.prompt;
  } else if (!request.messages.empty()) {
    // It would put a template of its own in the place of one that is not there, and say nothing.
    if (library_->chat_template(model_).empty())
      return about(request, {"unsupported", "the model has no chat template, so it takes prompts but no messages"});
    question.chat_json = chat_json(request);
  } else {
    if (!synthetic_) {
      synthetic_.emplace([this](std::string const& text) -> Result<std::int64_t> {
        auto const tokens = count(text);
        if (!tokens) return fail(tokens.error().reason);
        return *tokens;
      });
    }
    auto text = synthetic_->of(request.synthetic_tokens.value_or(1), mixed(run.seed) ^ index);
    if (!text) return about(request, {"unsupported", text.error().describe()});
    question.prompt = *std::move(text);
  }
  return question;
}

// What its answer needs of a context: of a chat no less than its texts and the template's, since nobody but fllama puts them together.
Outcome<std::int64_t> FllamaBackend::tokens_of(protocol::TrialRequest const& request, Question const& question) {
  std::int64_t tokens = request.max_tokens + 1;  // a slot wants one to spare
  if (question.chat_json.empty()) {
    auto const prompt = count(question.prompt);
    if (!prompt) return prompt;
    if (*prompt == 0)
      return about(request, {"bad-request", "the prompt is empty, and this model begins with no token of its own"});
    return tokens + *prompt;
  }
  std::vector<std::string> texts{library_->chat_template(model_)};
  for (auto const& message : request.messages)
    for (auto const& [key, value] : message) texts.push_back(value);
  for (auto const& text : texts) {
    auto const part = count(text);
    if (!part) return part;
    tokens += *part;
  }
  return tokens + around_a_message * (std::ssize(request.messages) + 1);
}

Outcome<std::unique_ptr<Trial>> FllamaBackend::prepare(protocol::Run const& run, std::size_t workers,
                                                       Stop const& stop) {
  if (model_.empty()) return refuse("bad-request", "no model is loaded");
  auto settings = settings_from(run.flags);
  if (!settings) return std::unexpected(settings.error());
  if (settings->drafts && !draft_)
    return refuse("unsupported", "drafting with an MTP drafter needs one, and none was loaded with the model");
  auto const layers = run.flags.find("n-gpu-layers");
  if (settings->gpu_layers > 0 && layers->second != "auto" && !library_->finds_accelerator())
    return refuse("unsupported", std::format("n-gpu-layers is {}, but fllama finds no accelerator here", layers->second));
  auto const configured = configuration(run.flags);
  if (configuration_ && *configuration_ != configured)
    return refuse("failed", "this process has run with other threads already, and fllama would keep them");
  std::vector<Question> questions;
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    auto question = question_for(run, i);
    if (!question) return std::unexpected(question.error());
    auto const tokens = tokens_of(run.requests[i], *question);
    if (!tokens) return std::unexpected(tokens.error());
    longest = std::max(longest, *tokens);
    questions.push_back(*std::move(question));
  }
  for (auto& question : questions) {
    question.context_size = settings->context.value_or(context_for(longest));
    question.gpu_layers = settings->gpu_layers;
    question.threads = settings->threads;
    if (settings->drafts) question.draft = *draft_;
    question.draft_max = settings->draft_max;
    question.draft_p_min = settings->draft_p_min;
  }
  configuration_ = configured;
  library_->listen();  // counting has silenced it
  auto trial = std::make_unique<FllamaTrial>(*library_, std::move(questions), workers);
  (void)library_->take_log();
  if (auto ready = trial->get_ready(stop); !ready) return std::unexpected(ready.error());
  // Where the context was there already, what was logged when it was made holds.
  if (auto log = library_->take_log(); log.contains("llama_context")) load_log_ = std::move(log);
  trial->remember(load_log_);
  return trial;
}

}  // namespace edgelab::bridge::fllama
