#include "contract/subjects.hpp"

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "core/text.hpp"
#include "model/gguf_file.hpp"
#include "support/openai_standin.hpp"

namespace edgelab::contract {

namespace {

// The page's executor, in a browser, which takes seconds to start: a ctest of its own asks for it, and for no other (tests/web).
std::vector<Subject> const& in_a_browser() {
  static std::vector<Subject> const one{
      {.name = "wllama",
       .command = {"node", std::string(EDGELAB_SOURCE_DIR) + "/tests/web/relay.mjs"},
       .needs_model = true,
       .scores = false,
       .cancels_requests = true,
       .time = Clockwork::real,
       .always = {{"threads", "1"}},
       .slow = {},
       .good_flag = {"threads", "1"},
       .bad_flag = {"cache-type-k", "no-such-type"},
       .long_request = 200,
       .many_tokens = 200,
       .model = std::string(EDGELAB_SOURCE_DIR) +
                "/models/demo/demo-f16.gguf"},  // random weights write no UTF-8, and wllama nothing else
  };
  return one;
}

}  // namespace

std::vector<Subject> const& subjects() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  if (std::getenv("EDGELAB_TEST_BROWSER") != nullptr) return in_a_browser();
  static std::string const programs = EDGELAB_BIN_DIR;
  static testing::OpenAiStandIn const endpoint({.key = {}, .pause = std::chrono::microseconds(500), .fault = {}});
  // A library of fllama's, where one is named, else ours.
  char const* const named = std::getenv("EDGELAB_FLLAMA_LIB");   // NOLINT(concurrency-mt-unsafe): nothing changes it
  std::string const fllama = named == nullptr || *named == '\0' ? EDGELAB_FLLAMA_STANDIN : named;
  // Built for 64-bit Arm, and the emulator before it.
  char const* const arm = std::getenv("EDGELAB_ARM64_LLAMA");   // NOLINT(concurrency-mt-unsafe): nothing changes it
  static std::vector<Subject> const all{
      {.name = "llama",
       .command = arm == nullptr ? std::vector{programs + "/edgelab-llama"} : split(arm, ' '),
       .needs_model = true,
       .scores = true,
       .cancels_requests = true,
       .time = Clockwork::real,
       .always = {{"threads", "1"}},  // two that wait for each other crawl where other tests want the cores
       .slow = {},
       .good_flag = {"threads", "1"},
       .bad_flag = {"cache-type-k", "no-such-type"},
       .long_request = 200,
       .many_tokens = 8'000},
      {.name = "null",
       .command = {programs + "/edgelab-null"},
       .needs_model = false,
       .scores = false,
       .cancels_requests = true,
       .time = Clockwork::virtual_,
       .always = {},
       .slow = {{"null.real-time", "on"}},
       .good_flag = {"null.tpot-ms", "2.5"},
       .bad_flag = {"null.tpot-ms", "slow"},
       .long_request = 100'000,
       .many_tokens = 100'000},
      {.name = "markov",
       .command = {"python3", std::string(EDGELAB_SOURCE_DIR) + "/examples/executor.py"},
       .needs_model = false,
       .scores = false,
       .cancels_requests = false,
       .time = Clockwork::real,
       .always = {},
       .slow = {{"markov.delay-ms", "1"}},
       .good_flag = {"threads", "1"},
       .bad_flag = {"markov.delay-ms", "slow"},
       .long_request = 6'000,
       .many_tokens = 6'000},
      {.name = "llama-server",
       .command = {programs + "/edgelab-server"},
       .needs_model = true,
       .scores = false,
       .cancels_requests = true,
       .time = Clockwork::real,
       .always = {{"threads", "1"}, {"parallel", "1"}},
       .slow = {},
       .good_flag = {"threads", "1"},
       .bad_flag = {"cache-type-k", "no-such-type"},
       .long_request = 2,  // rows of requests fill a line sooner than tokens do
       .many_tokens = 9'000},
      {.name = "fllama",
       .command = {programs + "/edgelab-fllama", "--library=" + fllama},
       .needs_model = true,
       // It reads its answers as chats, and loses the ends of those that are no text.
       .model = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf",
       .scores = false,
       .cancels_requests = true,
       .forces_length = false,
       .time = Clockwork::real,
       .always = {{"threads", "1"}},
       .slow = {},
       .good_flag = {"ctx-size", "4096"},
       .bad_flag = {"n-gpu-layers", "many"},
       .long_request = 60,    // each pass has its prompts made cold, which costs more than two tokens
       .many_tokens = 20'000},
      {.name = "openai",
       .command = {programs + "/edgelab-openai", "--url=" + endpoint.url()},
       .needs_model = false,
       .scores = false,
       .cancels_requests = true,
       .sees_admission = false,
       .makes_prompts = false,
       .time = Clockwork::real,
       .always = {},
       .slow = {},
       .good_flag = {"openai.max-tokens-field", "max_tokens"},
       .bad_flag = {"openai.extra-body", "no JSON"},
       .long_request = 1,
       .many_tokens = 6'000},
      {.name = "command",
       .command = {programs + "/edgelab-command", "/bin/sh",
                   std::string(EDGELAB_SOURCE_DIR) + "/tests/support/prints.sh", "{prompt}", "{max_tokens}"},
       .needs_model = false,
       .scores = false,
       .cancels_requests = true,
       .sees_tokens = false,
       .sees_admission = false,
       .makes_prompts = false,
       .forces_length = false,
       .time = Clockwork::real,
       .always = {},
       .slow = {},
       .good_flag = {},
       .bad_flag = {"extra-args", "[no list"},
       .long_request = 100'000,
       .many_tokens = 1}};
  return all;
}

void PrintTo(Subject const& subject, std::ostream* out) { *out << subject.name; }

std::string test_name(Subject const& subject) {
  auto name = subject.name;
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string const& model_file() {
  struct Written {
    std::filesystem::path folder;
    std::string file;
    Written() {
      std::string name = ::testing::TempDir() + "contract-model-XXXXXX";
      folder = ::mkdtemp(name.data());
      file = folder / "tiny.gguf";
      auto const shape = model::parse_shape("tiny-llama");
      auto const written = shape ? model::synthesise(*shape, "f16", 1, file) : std::unexpected(shape.error());
      if (!written) ADD_FAILURE() << written.error().describe();
    }
    ~Written() { std::filesystem::remove_all(folder); }
    Written(Written const&) = delete;
    Written& operator=(Written const&) = delete;
  };
  static Written const written;
  return written.file;
}

protocol::TrialRequest request(std::string id, std::int32_t max_tokens) {
  protocol::TrialRequest one;
  one.id = std::move(id);
  one.prompt = "the quick brown fox jumps over the lazy dog";
  one.max_tokens = max_tokens;
  one.ignore_eos = true;
  return one;
}

protocol::Run Contract::run_of(std::vector<protocol::TrialRequest> requests, Flags flags) {
  protocol::Run run;
  run.flags = std::move(flags);
  run.flags.insert(GetParam().always.begin(), GetParam().always.end());
  run.requests = std::move(requests);
  for (auto& one : run.requests) one.ignore_eos = one.ignore_eos && GetParam().forces_length;
  run.seed = 7;
  return run;
}

Contract::Contract() {
  std::string name = ::testing::TempDir() + "contract-XXXXXX";
  folder_ = ::mkdtemp(name.data());
}

Contract::~Contract() { std::filesystem::remove_all(folder_); }

protocol::Load Contract::load_message() {
  protocol::Load load;
  if (GetParam().needs_model) load.model = GetParam().model.empty() ? model_file() : GetParam().model;
  return load;
}

std::unique_ptr<executor::Executor> Contract::start() const {
  auto started = executor::Executor::start(GetParam().command, log(), plenty);
  if (!started) {
    ADD_FAILURE() << started.error().reason;
    return nullptr;
  }
  if (auto const loaded = (*started)->load(load_message(), plenty); !loaded) {
    ADD_FAILURE() << loaded.error().reason;
    return nullptr;
  }
  return *std::move(started);
}

}  // namespace edgelab::contract
