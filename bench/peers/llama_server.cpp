#include "peers/llama_server.hpp"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <format>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>

#include "core/clock.hpp"
#include "peers/settings.hpp"
#include "wire/json.hpp"

namespace edgelab::bench {

namespace {

using namespace std::chrono_literals;

// One connection, kept open.
class Connection {
 public:
  explicit Connection(std::string const& socket) : client_(socket) {
    client_.set_address_family(AF_UNIX);
    client_.set_default_headers({{"Host", "localhost"}});
    client_.set_keep_alive(true);
    client_.set_read_timeout(300s);
  }

  [[nodiscard]] bool healthy() {
    auto const answer = client_.Get("/health");
    return answer && answer->status == 200;
  }

  [[nodiscard]] Result<wire::Json> post(std::string const& path, std::string const& body) {
    auto const answer = client_.Post(path, body, "application/json");
    if (!answer) return fail(std::format("llama-server {}: {}", path, httplib::to_string(answer.error())));
    if (answer->status != 200) return fail(std::format("llama-server {}: {} {}", path, answer->status, answer->body));
    return wire::Json::parse(answer->body);
  }

 private:
  httplib::Client client_;
};

// Greedy in the cheapest way that it has: one sampler.
std::string completion_body(Prompt const& prompt, bool cache_prompt) {
  return std::format(R"({{"prompt":{},"n_predict":{},"ignore_eos":{},"cache_prompt":{},"temperature":0,"top_k":1,)"
                     R"("samplers":["top_k"],"stream":false}})",
                     wire::json_text(prompt.text), prompt.max_tokens, prompt.ignore_eos, cache_prompt);
}

// predicted_ms is the time after the first token, predicted_n counts that too, and the one that ends the text.
Result<Generation> generation_of(Prompt const& prompt, wire::Json const& answer) {
  Generation generation;
  generation.id = prompt.id;
  EDGELAB_TRY(text, answer.text("/content"));
  EDGELAB_TRY(stop, answer.text("/stop_type"));
  EDGELAB_TRY(tokens, answer.number("/timings/predicted_n"));
  EDGELAB_TRY(milliseconds, answer.number("/timings/predicted_ms"));
  generation.text = text;
  generation.ended = stop == "eos";
  generation.tokens = tokens - 1.0;
  generation.seconds = milliseconds / 1e3;
  return generation;
}

}  // namespace

Result<std::unique_ptr<LlamaServer>> LlamaServer::start(Options const& options) {
  std::unique_ptr<LlamaServer> server(new LlamaServer(options));
  EDGELAB_CHECK(server->launch());
  return server;
}

Result<void> LlamaServer::launch() {
  socket_ = (scratch_ / "s.sock").string();
  auto const t = std::to_string(threads);
  std::vector<std::string> command{
      "llama-server", "-m", options_.model.string(), "--host", socket_, "-t", t, "-tb", t, "-fa", "off", "-ngl", "0",
      "-np", std::to_string(options_.slots), "-c", std::to_string(options_.slots * options_.context), "-no-kvu", "-cb",
      // Nothing that it would do beside answering: pages, states saved for later, a log line a request.
      "--no-ui", "--no-slots", "--cache-ram", "0", "--no-cache-idle-slots", "-ctxcp", "0", "-lv", "1"};
  command.insert(command.end(), options_.more.begin(), options_.more.end());
  EDGELAB_TRY(process, ChildProcess::start({.command = std::move(command), .stderr_file = scratch_ / "log"}));
  process_ = std::move(process);

  auto const deadline = Clock::now() + 120s;
  Connection connection(socket_);
  while (!connection.healthy()) {
    auto const line = process_->read_line(Clock::now() + 50ms);
    bool const gone = !line && line.error() == ChildProcess::NoLine::closed;
    if (gone || Clock::now() > deadline)
      return fail(std::format("llama-server did not come up: {}", process_->stderr_tail(5)));
  }
  return {};
}

Result<std::vector<Generation>> LlamaServer::complete(std::span<Prompt const> prompts) {
  Connection connection(socket_);
  std::vector<Generation> generations;
  for (auto const& prompt : prompts) {
    EDGELAB_TRY(answer, connection.post("/completion", completion_body(prompt, options_.cache_prompt)));
    EDGELAB_TRY(generation, generation_of(prompt, answer));
    generations.push_back(std::move(generation));
  }
  return generations;
}

Result<LlamaServer::Throughput> LlamaServer::serve(std::span<Prompt const> prompts, int streams) {
  std::vector<std::string> bodies;
  for (auto const& prompt : prompts) bodies.push_back(completion_body(prompt, options_.cache_prompt));

  Throughput throughput;
  std::optional<Error> trouble;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::latch connected(streams);
  std::latch begin(1);
  auto const stream = [&] {
    Connection connection(socket_);
    (void)connection.healthy();
    connected.count_down();
    begin.wait();
    for (auto i = next++; i < prompts.size(); i = next++) {
      auto const answer = connection.post("/completion", bodies[i]);
      auto const generation = answer ? generation_of(prompts[i], *answer) : std::unexpected(answer.error());
      auto const tokens = answer ? answer->number("/timings/predicted_n") : std::unexpected(answer.error());
      std::scoped_lock const lock(mutex);
      if (!generation || !tokens) {
        trouble = !generation ? generation.error() : tokens.error();
        return;
      }
      throughput.tokens += *tokens;
      throughput.generations.push_back(*generation);
    }
  };
  {
    std::vector<std::jthread> threads_of_streams;
    for (int i = 0; i < streams; ++i) threads_of_streams.emplace_back(stream);
    connected.wait();
    auto const start = Clock::now();
    begin.count_down();
    threads_of_streams.clear();
    throughput.seconds = static_cast<double>(to_ns(Clock::now() - start)) / 1e9;
  }
  if (trouble) return std::unexpected(*std::move(trouble));
  return throughput;
}

Result<std::vector<double>> LlamaServer::first_token_ms(std::span<Prompt const> prompts) {
  Connection connection(socket_);
  std::vector<double> found;
  for (auto const& prompt : prompts) {
    EDGELAB_TRY(answer, connection.post("/completion", completion_body(prompt, options_.cache_prompt)));
    EDGELAB_TRY(milliseconds, answer.number("/timings/prompt_ms"));
    found.push_back(milliseconds);
  }
  return found;
}

Result<int> LlamaServer::token_count(std::string const& text) {
  Connection connection(socket_);
  EDGELAB_TRY(answer,
              connection.post("/tokenize", std::format(R"({{"content":{},"add_special":true}})", wire::json_text(text))));
  return static_cast<int>(answer.length("/tokens"));
}

Result<std::string> LlamaServer::render_chat(std::string const& messages) {
  Connection connection(socket_);
  EDGELAB_TRY(answer, connection.post("/apply-template", std::format(R"({{"messages":{}}})", messages)));
  return answer.text("/prompt");
}

}  // namespace edgelab::bench
