#include "support/openai_standin.hpp"

#include <httplib.h>

#include <format>

#include "wire/json.hpp"

namespace edgelab::testing {

namespace {

using wire::json_text;

// Ollama: every chunk names the assistant, the last one with text comes before one with the reason, usage follows in a chunk
// without choices.
std::string ollama_chunk(std::string const& model, bool chat, std::string const& text, std::string const& reason) {
  auto const finish = reason.empty() ? "null" : json_text(reason);
  auto const what = chat ? std::format(R"("delta":{{"role":"assistant","content":{}}})", json_text(text))
                         : std::format(R"("text":{})", json_text(text));
  return std::format(
      R"({{"id":"chatcmpl-512","object":"{}","created":1764000000,"model":{},"system_fingerprint":"fp_ollama",)"
      R"("choices":[{{"index":0,{},"finish_reason":{}}}]}})",
      chat ? "chat.completion.chunk" : "text_completion", json_text(model), what, finish);
}

// vLLM: a first chunk with the role and no text, then deltas of content alone, with logprobs and stop_reason.
std::string vllm_chunk(std::string const& model, bool chat, std::string const& text, std::string const& reason,
                       bool first) {
  auto const finish = reason.empty() ? "null" : json_text(reason);
  auto const what = !chat   ? std::format(R"("text":{})", json_text(text))
                    : first ? std::string(R"("delta":{"role":"assistant","content":""})")
                            : std::format(R"("delta":{{"content":{}}})", json_text(text));
  return std::format(
      R"({{"id":"chatcmpl-8f0e","object":"{}","created":1764000000,"model":{},"choices":[{{"index":0,{},)"
      R"("logprobs":null,"finish_reason":{},"stop_reason":null,"token_ids":null}}]}})",
      chat ? "chat.completion.chunk" : "text_completion", json_text(model), what, finish);
}

std::string usage_chunk(std::string const& model, int prompt, int completion) {
  return std::format(
      R"({{"id":"chatcmpl-512","object":"chat.completion.chunk","created":1764000000,"model":{},"choices":[],)"
      R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}}}})",
      json_text(model), prompt, completion, prompt + completion);
}

std::string event(std::string const& data) { return "data: " + data + "\n\n"; }

}  // namespace

struct OpenAiStandIn::Wanted {
  bool chat = true;
  int tokens = 0;
  int prompt_tokens = 0;
};

OpenAiStandIn::OpenAiStandIn(Behaviour behaviour)
    : behaviour_(std::move(behaviour)), server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(96); };
  server_->set_tcp_nodelay(true);
  listen();
}

OpenAiStandIn::~OpenAiStandIn() {
  server_->stop();
  thread_.join();
}

std::string OpenAiStandIn::url() const { return std::format("http://127.0.0.1:{}/v1", port_); }

std::vector<std::string> OpenAiStandIn::bodies() const {
  std::scoped_lock const lock(mutex_);
  return bodies_;
}

void OpenAiStandIn::listen() {
  server_->Get("/v1/models", [this](httplib::Request const&, httplib::Response& reply) {
    reply.set_content(
        std::format(R"({{"object":"list","data":[{{"id":{},"object":"model"}}]}})", json_text(behaviour_.model)),
        "application/json");
  });
  auto const answer = [this](httplib::Request const& request, httplib::Response& reply) {
    auto const number = ++requests_;
    {
      std::scoped_lock const lock(mutex_);
      bodies_.push_back(request.body);
    }
    auto const refuse = [&](int status, std::string const& message) {
      reply.status = status;
      reply.set_header("Retry-After", behaviour_.retry_after);
      reply.set_content(std::format(R"({{"error":{{"message":{},"type":"error"}}}})", json_text(message)),
                        "application/json");
    };
    auto const authorization = request.get_header_value("Authorization");
    if (!behaviour_.key.empty() && authorization != "Bearer " + behaviour_.key)
      return refuse(401, "Incorrect API key provided: " + authorization);
    if (number <= behaviour_.busy_first) return refuse(429, "slow down");
    if (behaviour_.fault == "500") return refuse(500, "the model has crashed");
    auto const body = wire::Json::parse(request.body);
    if (!body) return refuse(400, "not JSON");
    if (body->text("/model").value_or("") != behaviour_.model) return refuse(404, "model not found");
    Wanted wanted{.chat = request.path.ends_with("/chat/completions"), .tokens = 0, .prompt_tokens = 0};
    wanted.tokens =
        static_cast<int>(body->number("/max_tokens").value_or(body->number("/max_completion_tokens").value_or(16)));
    auto const prompt = body->text(wanted.chat ? "/messages/0/content" : "/prompt").value_or("");
    wanted.prompt_tokens = static_cast<int>(prompt.size() / 4 + 1);
    auto const seed = static_cast<int>(body->number("/seed").value_or(0));
    reply.set_chunked_content_provider("text/event-stream", [this, wanted, seed](std::size_t, httplib::DataSink& sink) {
      bool const ollama = behaviour_.form == Form::ollama;
      auto const chunk = [&](std::string const& text, std::string const& reason, bool first = false) {
        return event(ollama ? ollama_chunk(behaviour_.model, wanted.chat, text, reason)
                            : vllm_chunk(behaviour_.model, wanted.chat, text, reason, first));
      };
      auto const say = [&](std::string const& text) { return sink.write(text.data(), text.size()); };
      auto const& fault = behaviour_.fault;
      if (fault == "empty") return say(chunk("", "stop") + event("[DONE]")) && (sink.done(), true);
      if (fault == "long-line") {
        say("data: ");
        for (int i = 0; i < 100; ++i)
          if (!say(std::string(1024 * 1024, 'x'))) return false;
        return say("\n\n") && (sink.done(), true);
      }
      if (!ollama && wanted.chat && !say(chunk("", "", true))) return false;
      for (int i = 0; i < wanted.tokens; ++i) {
        if (behaviour_.pause.count() > 0) std::this_thread::sleep_for(behaviour_.pause);
        if (i == 2 && fault == "cut") return false;
        if (i == 2 && fault == "error-event")
          return say(event(R"({"error":{"message":"out of KV cache blocks"}})")) && (sink.done(), true);
        bool const last = i + 1 == wanted.tokens;
        auto const text = " w" + std::to_string((seed + i * 7) % 100);
        // vLLM gives the reason with the last text, Ollama after it.
        if (!say(chunk(text, last && !ollama && fault != "no-finish" ? "length" : ""))) return false;
      }
      if (ollama && fault != "no-finish") say(chunk("", "length"));
      if (fault != "no-usage") say(event(usage_chunk(behaviour_.model, wanted.prompt_tokens, wanted.tokens)));
      say(event("[DONE]"));
      sink.done();
      return true;
    });
  };
  server_->Post("/v1/chat/completions", answer);
  server_->Post("/v1/completions", answer);
  port_ = server_->bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  server_->wait_until_ready();
}

}  // namespace edgelab::testing
