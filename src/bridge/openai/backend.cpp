#include "bridge/openai/backend.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <format>
#include <thread>

#include "core/text.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

using namespace std::chrono_literals;

constexpr auto connect_timeout = 10s;
constexpr auto first_wait = 500ms;            // before it is asked again; doubled each time
constexpr std::chrono::milliseconds longest_wait = 30s;
constexpr auto look_every = 20ms;

constexpr auto field_flag = "openai.max-tokens-field";
constexpr auto body_flag = "openai.extra-body";

// What an endpoint decides and tells nothing of. A round that sets one of them is refused; in the ledger they are opaque.
std::vector<std::string> const opaque_flags{
    "cache-prompt", "cache-type-k", "cache-type-v", "cont-batching",        "ctx-size",  "flash-attn", "kv-cache",
    "model",        "n-gpu-layers", "parallel",     "speculative-decoding", "spec-type", "threads"};

std::string value_of(Flags const& flags, std::string const& name) {
  auto const found = flags.find(name);
  return found == flags.end() ? std::string{} : found->second;
}

Outcome<BodyOptions> options_of(Flags const& flags) {
  BodyOptions options;
  if (auto const field = value_of(flags, field_flag); !field.empty()) {
    if (field != "max_tokens" && field != "max_completion_tokens")
      return refuse("bad-request",
                    std::format("flag '{}' is '{}'; expected max_tokens or max_completion_tokens", field_flag, field));
    options.max_tokens_field = field;
  }
  if (auto const extra = std::string(trim(value_of(flags, body_flag))); !extra.empty()) {
    if (!extra.starts_with('{') || !extra.ends_with('}') || !wire::Json::parse(extra))
      return refuse("bad-request", std::format("flag '{}' is '{}'; expected a JSON object", body_flag, extra));
    options.extra = trim(std::string_view(extra).substr(1, extra.size() - 2));
  }
  return options;
}

// How long to wait before asking again: as long as the endpoint says, in whole seconds, else longer each time.
std::chrono::milliseconds wait_after(std::string const& retry_after, std::int32_t attempt) {
  int seconds = 0;
  auto const [end, error] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (!retry_after.empty() && error == std::errc{} && seconds >= 0)
    return std::min<std::chrono::milliseconds>(std::chrono::seconds(std::min(seconds, 3600)), longest_wait);
  return std::min<std::chrono::milliseconds>(first_wait * (1 << std::min(attempt, 10)), longest_wait);
}

class OpenAiTrial final : public Trial {
 public:
  OpenAiTrial(OpenAiSettings const& settings, Url const& url, protocol::Run const& run, std::size_t workers)
      : settings_(settings),
        path_(url.path + (settings.api == Api::chat ? "/chat/completions" : "/completions")),
        requests_(run.requests) {
    for (std::size_t i = 0; i < workers; ++i)
      connections_.push_back(std::make_unique<HttpConnection>(url.origin, settings.key, connect_timeout));
  }

  void add(std::string body) { bodies_.push_back(std::move(body)); }

  // What an answer is not, an attempt was: only before its first token, and so many times.
  void ask(std::size_t request, std::size_t worker, Asking& asking) override {
    auto& connection = *connections_[worker];
    auto& answer = asking.answer;
    for (answer.retries = 0;; ++answer.retries) {
      OpenAiReader reader(asking);
      auto const reply = connection.stream(path_, bodies_[request],
                                           [&](std::string_view data) { return reader.event(data, Clock::now()); });
      if (asking.cancelled()) return;
      bool const refused = !reply || reply->status != 200;
      if (!refused || reader.began() || !answer.finish.empty()) {
        if (!reply && answer.finish.empty()) answer.finish = "error: the stream broke off: " + reply.error().describe();
        if (reply && !reader.began() && answer.finish.empty() && !reply->body.empty())
          answer.finish = "error: this is no stream of events: " + message_in(reply->body);
        reader.finish(requests_[request]);
        answer.finish = connection.without_key(std::move(answer.finish));
        if (!reader.counted()) uncounted_ = true;
        return;
      }
      bool const again = !reply || reply->status == 429 || reply->status >= 500;
      if (!again || answer.retries >= settings_.retries) {
        answer.finish = "error: " + refusal_of(reply, answer.retries);
        return;
      }
      wait(wait_after(reply ? reply->retry_after : "", answer.retries), asking);
      if (asking.cancelled()) return;
    }
  }

  void interrupt(std::size_t worker) override { connections_[worker]->interrupt(); }

  [[nodiscard]] Outcome<protocol::Done> end() override {
    protocol::Done done;
    for (auto const& flag : opaque_flags) done.in_force[flag] = "opaque";
    done.in_force.insert(own_.begin(), own_.end());
    done.in_force["endpoint-model"] = settings_.model;
    done.in_force["token-counts"] = uncounted_ ? "chunks" : "usage";
    done.memory.elsewhere = true;
    return done;
  }

  // Of the executor's own flags, as they went into the requests.
  void note(Flags const& own) { own_ = own; }

 private:
  [[nodiscard]] std::string refusal_of(Result<HttpConnection::Reply> const& reply, std::int32_t attempts) const {
    auto const times = attempts == 0 ? "" : std::format(" (asked {} times)", attempts + 1);
    if (!reply) return std::format("{} cannot be reached: {}{}", settings_.url, reply.error().describe(), times);
    return std::format("{} answered {}: {}{}", settings_.url, reply->status, message_in(reply->body), times);
  }

  static void wait(std::chrono::milliseconds time, Asking const& asking) {
    auto const until = Clock::now() + time;
    while (!asking.cancelled() && Clock::now() < until)
      std::this_thread::sleep_for(std::min<Clock::duration>(look_every, until - Clock::now()));
  }

  OpenAiSettings const& settings_;
  std::string path_;
  std::vector<protocol::TrialRequest> requests_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;  // one a worker
  std::vector<std::string> bodies_;  // one a request
  Flags own_;
  std::atomic<bool> uncounted_ = false;  // of some answer the endpoint did not say how many tokens it has
};

}  // namespace

Outcome<protocol::HelloReply> OpenAiBackend::hello() {
  protocol::HelloReply hello{.protocol = protocol::version,
                             .name = "openai",
                             .version = EDGELAB_VERSION,
                             .library = settings_.url,
                             .flags = {},
                             .own_flags = {},
                             .abilities = {}};
  for (auto const& flag : opaque_flags)
    hello.flags[flag] = {.support = "fixed", .values = {}, .reason = "the endpoint decides, and tells nothing"};
  hello.own_flags = {{.name = "max-tokens-field",
                      .type = "choice",
                      .values = {"max_tokens", "max_completion_tokens"},
                      .default_value = "max_tokens",
                      .scope = "request",
                      .effect = "exact",
                      .help = "how this endpoint calls the most tokens to be generated"},
                     {.name = "extra-body",
                      .type = "text",
                      .values = {},
                      .default_value = "",
                      .scope = "request",
                      .effect = "lossy",
                      .help = "a JSON object whose members are put into every request"}};
  return hello;
}

Outcome<std::string> OpenAiBackend::only_model() {
  HttpConnection connection(url_.origin, settings_.key, connect_timeout);
  auto const reply = connection.get(url_.path + "/models");
  if (!reply) return refuse("failed", std::format("{} cannot be reached: {}", settings_.url, reply.error().describe()));
  if (reply->status != 200)
    return refuse("failed",
                  std::format("{}/models answered {}: {}", settings_.url, reply->status, message_in(reply->body)));
  auto const json = wire::Json::parse(reply->body);
  std::vector<std::string> names;
  for (std::size_t i = 0; json && i < json->length("/data"); ++i)
    if (auto const name = json->text(std::format("/data/{}/id", i).c_str())) names.push_back(*name);
  if (names.size() == 1) return names.front();
  return refuse("failed", names.empty()
                              ? std::format("{} lists no models: expected the executor's key 'model'", settings_.url)
                              : std::format("{} has {} models ({}): expected the executor's key 'model', one of them",
                                            settings_.url, names.size(), join(names, ", ")));
}

Outcome<protocol::Loaded> OpenAiBackend::load(protocol::Load const&) {
  if (settings_.model.empty()) {
    auto found = only_model();
    if (!found) return std::unexpected(found.error());
    settings_.model = *std::move(found);
  }
  return protocol::Loaded{.id = 0, .model_bytes = {}, .n_ctx_train = {}, .n_vocab = {}};
}

Outcome<std::unique_ptr<Trial>> OpenAiBackend::prepare(protocol::Run const& run, std::size_t workers, Stop const&) {
  auto const options = options_of(run.flags);
  if (!options) return std::unexpected(options.error());
  auto trial = std::make_unique<OpenAiTrial>(settings_, url_, run, workers);
  for (auto const& request : run.requests) {
    auto body = openai_body(settings_, *options, run, request);
    if (!body) return std::unexpected(body.error());
    trial->add(*std::move(body));
  }
  trial->note({{field_flag, options->max_tokens_field}});
  return trial;
}

}  // namespace edgelab::bridge
