#include "bridge/server/backend.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <thread>

#include "bridge/http.hpp"
#include "bridge/server/completion.hpp"
#include "bridge/server/ledger.hpp"

namespace edgelab::bridge {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t smallest_context = 512;    // tokens a slot

// Coarse, so that blocks that draw other requests seldom need another server.
std::int64_t rounded_up(std::int64_t tokens) {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(std::max(tokens, smallest_context))));
}

Outcome<void> check_model(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse("failed", std::format("{}: {}", path, std::strerror(errno)));
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  if (std::string_view(magic.data(), magic.size()) != "GGUF") return refuse("failed", path + " is no GGUF file");
  return {};
}

// A run on a server that is ready for it.
class ServerTrial final : public Trial {
 public:
  ServerTrial(Server& server, ServerPool& pool, std::string const& key, std::size_t workers, RequestFlags flags,
              Facts facts)
      : server_(server), pool_(pool), control_(server.origin(), key, 10s), flags_(flags), facts_(std::move(facts)) {
    for (std::size_t i = 0; i < workers; ++i)
      connections_.push_back(std::make_unique<HttpConnection>(server.origin(), key, 10s));
  }

  void add(std::string body) { bodies_.push_back(std::move(body)); }

  // Connections are open before the clock starts.
  [[nodiscard]] Outcome<void> connect() {
    for (auto& connection : connections_)
      if (auto const reply = connection->get("/health"); !reply)
        return refuse("failed", "llama-server cannot be reached: " + reply.error().describe());
    return {};
  }

  // Prompts are kept within a pass only: what slots hold is forgotten.
  [[nodiscard]] Outcome<void> begin_pass() override {
    if (!flags_.cache_prompt) return {};
    for (std::int32_t slot = 0; slot < flags_.parallel; ++slot) {
      auto const reply = control_.post(std::format("/slots/{}?action=erase", slot), "{}");
      if (!server_.alive()) return died();
      if (!reply)
        return refuse("failed", std::format("llama-server cannot empty slot {}: {}", slot, reply.error().describe()));
      if (reply->status != 200)
        return refuse("failed", std::format("llama-server cannot empty slot {}: it answered {}: {}", slot,
                                            reply->status, message_in(reply->body)));
    }
    return {};
  }

  void ask(std::size_t request, std::size_t worker, Asking& asking) override {
    CompletionReader reader(asking);
    auto const reply = connections_[worker]->stream(
        "/completion", bodies_[request], [&](std::string_view data) { return reader.event(data, Clock::now()); });
    auto& finish = asking.answer.finish;
    if (reader.ended() || !finish.empty()) {
      if (request == 0) facts_.settings = reader.settings();
      return;
    }
    if (!reply) finish = "error: llama-server: " + reply.error().describe();
    else if (reply->status != 200) finish = std::format("error: llama-server answered {}: {}", reply->status, message_in(reply->body));
    else finish = "error: llama-server's stream ended before the answer did";
    broken_ = true;
  }

  void interrupt(std::size_t worker) override { connections_[worker]->interrupt(); }

  [[nodiscard]] Outcome<protocol::Done> end() override {
    // What answers break off by may be its death, of which another thread hears.
    for (auto const until = Clock::now() + (broken_ ? 500ms : 0ms); server_.alive() && Clock::now() < until;)
      std::this_thread::sleep_for(5ms);
    if (!server_.alive()) return std::unexpected(died().error());
    if (auto const slots = control_.get("/slots"); slots && slots->status == 200) facts_.slots = slots->body;
    if (auto const props = control_.get("/props"); props && props->status == 200) facts_.props = props->body;
    auto memory = memory_use(facts_);
    memory.rss_peak_bytes = server_.peak_rss_bytes();
    return protocol::Done{.id = 0, .in_force = in_force(facts_), .memory = memory};
  }

 private:
  [[nodiscard]] std::unexpected<Refusal> died() {
    auto refusal = server_.obituary("during the run");
    pool_.forget(&server_);
    return std::unexpected(std::move(refusal));
  }

  Server& server_;
  ServerPool& pool_;
  HttpConnection control_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;     // one a worker
  std::vector<std::string> bodies_;                              // one a request
  RequestFlags flags_;
  Facts facts_;
  std::atomic<bool> broken_ = false;                             // an answer broke off
};

}  // namespace

ServerBackend::ServerBackend(Build build, std::string key)
    : build_(std::move(build)), key_(std::move(key)), pool_(build_.program(), key_, available_memory) {}

Outcome<protocol::HelloReply> ServerBackend::hello() {
  return protocol::HelloReply{.protocol = protocol::version,
                              .name = "llama-server",
                              .version = EDGELAB_VERSION,
                              .library = "llama.cpp " + build_.version(),
                              .flags = supported(build_),
                              .own_flags = {},
                              .abilities = {}};
}

Outcome<protocol::Loaded> ServerBackend::load(protocol::Load const& message) {
  if (message.model.empty()) return refuse("bad-request", "load: no model given");
  if (auto sound = check_model(message.model); !sound) return std::unexpected(sound.error());
  if (message.draft && !message.draft->empty())
    if (auto sound = check_model(*message.draft); !sound) return std::unexpected(sound.error());
  model_ = message.model;
  draft_ = message.draft && !message.draft->empty() ? message.draft : std::nullopt;
  return protocol::Loaded{.id = 0, .model_bytes = {}, .n_ctx_train = {}, .n_vocab = {}};
}

Outcome<Server*> ServerBackend::server_for(protocol::Run const& run, std::int64_t tokens_a_slot, std::size_t workers,
                                           Stop const& stop) {
  auto const flags = request_flags(run.flags);
  if (!flags) return std::unexpected(flags.error());
  auto const context = flags->context.value_or(static_cast<std::int32_t>(rounded_up(tokens_a_slot) * flags->parallel));
  auto const arguments = arguments_of(
      build_, run.flags, {.model = model_, .draft = draft_, .context = context, .connections = workers + 2});
  if (!arguments) return std::unexpected(arguments.error());
  return pool_.get(*arguments, stop);
}

Outcome<std::vector<std::vector<std::int32_t>>> ServerBackend::prompts_of(protocol::Run const& run,
                                                                          Server const& server) {
  HttpConnection connection(server.origin(), key_, 10s);
  std::vector<std::vector<std::int32_t>> prompts;
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    auto prompt = prompts_[model_].of(run.requests[i], run.seed, i, connection);
    if (!prompt) return std::unexpected(prompt.error());
    prompts.push_back(*std::move(prompt));
  }
  return prompts;
}

Outcome<std::unique_ptr<Trial>> ServerBackend::prepare(protocol::Run const& run, std::size_t workers,
                                                       Stop const& stop) {
  if (model_.empty()) return refuse("bad-request", "no model is loaded");
  auto const flags = request_flags(run.flags);
  if (!flags) return std::unexpected(flags.error());
  // How large a context has to be only a tokeniser knows, which is in a server: any that runs the model will do, else one is
  // started for what seems right, and is the one most often.
  auto const tokeniser = pool_.one_that_begins(model_arguments(model_));
  std::int64_t longest = 0;
  for (auto const& request : run.requests) longest = std::max(longest, Prompts::estimate(request) + request.max_tokens);
  auto server = tokeniser.empty() ? server_for(run, longest, workers, stop) : pool_.get(tokeniser, stop);
  if (!server) return std::unexpected(server.error());
  auto const prompts = prompts_of(run, **server);
  if (!prompts) return std::unexpected(prompts.error());
  longest = 0;
  for (std::size_t i = 0; i < prompts->size(); ++i)
    longest = std::max(longest, std::ssize((*prompts)[i]) + run.requests[i].max_tokens);
  server = server_for(run, longest + 1, workers, stop);  // a slot wants one to spare
  if (!server) return std::unexpected(server.error());

  Facts facts{.log = (*server)->log(), .drafter = drafter(run.flags), .elsewhere = takes_layers(build_, run.flags)};
  auto trial = std::make_unique<ServerTrial>(**server, pool_, key_, workers, *flags, std::move(facts));
  for (std::size_t i = 0; i < prompts->size(); ++i)
    trial->add(completion_body(run, run.requests[i], (*prompts)[i], run.seed * 1'000'003 + i, flags->cache_prompt));
  if (auto connected = trial->connect(); !connected) return std::unexpected(connected.error());
  return trial;
}

}  // namespace edgelab::bridge
