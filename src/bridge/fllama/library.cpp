#include "bridge/fllama/library.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <format>
#include <utility>

namespace edgelab::bridge::fllama {

namespace {

constexpr std::size_t most_kept = std::size_t{4} << 20;

// A callback says not whose it is. It comes on the thread that asks, so that thread knows.
thread_local std::function<void(Heard const&)> const* listener = nullptr;

void on_callback(char const* text, char const* json, std::uint8_t done) noexcept {
  auto const now = Clock::now();
  if (listener == nullptr) return;      // not on the thread that asked: then nothing is heard, and the asker says so
  (*listener)({.at = now, .text = text == nullptr ? "" : text, .json = json == nullptr ? "" : json, .done = done != 0});
}

void no_log(char const* /*text*/) {}

// llama.cpp's log, in a process that holds one library.
struct Kept {
  std::mutex mutex;
  std::string text;
};

Kept& kept() {
  static Kept one;
  return one;
}

// Levels as ggml.h numbers them; warnings and errors are for people too.
constexpr int warning = 3;
constexpr int error = 4;

void on_log(int level, char const* text, void* /*user_data*/) {
  auto& to = kept();
  std::scoped_lock const lock(to.mutex);
  if (level == warning || level == error) std::fputs(text, stderr);
  if (to.text.size() < most_kept) to.text += text;
}

template <typename Function>
Function symbol(void* handle, char const* name) {
  return reinterpret_cast<Function>(::dlsym(handle, name));
}

}  // namespace

Result<Library*> Library::open(std::string const& path) {
  static std::mutex mutex;
  static Library library;
  std::scoped_lock const lock(mutex);
  if (library.handle_ != nullptr) return &library;
  auto* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    auto const* const why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): under the lock
    return fail(std::format("libfllama cannot be loaded: {}", why == nullptr ? path.c_str() : why));
  }
  auto const missing = [&](char const* name) {
    return fail(std::format("{} has no function {}: expected fllama's library, of its commit 3b1351a or a later one",
                            path, name));
  };
  library.inference_ = symbol<InferenceSync>(handle, "fllama_inference_sync");
  if (library.inference_ == nullptr) return missing("fllama_inference_sync");
  library.cancel_ = symbol<Cancel>(handle, "fllama_inference_cancel");
  if (library.cancel_ == nullptr) return missing("fllama_inference_cancel");
  library.tokenize_ = symbol<Tokenize>(handle, "fllama_tokenize");
  if (library.tokenize_ == nullptr) return missing("fllama_tokenize");
  library.template_ = symbol<TextOfModel>(handle, "fllama_get_chat_template");
  if (library.template_ == nullptr) return missing("fllama_get_chat_template");
  // Counting devices is what makes llama.cpp ready, and sets its log; whoever sets it later, hears it.
  auto const count_devices = symbol<GpuDeviceCount>(handle, "fllama_get_gpu_device_count");
  if (count_devices == nullptr) return missing("fllama_get_gpu_device_count");
  library.accelerators_ = count_devices();
  library.handle_ = handle;
  return &library;
}

void Library::ask(std::int32_t id, Question const& question, std::function<void(Heard const&)> const& on_heard) {
  auto texts = question;      // the interface wants to write into them
  Request request{};
  request.request_id = id;
  request.context_size = texts.context_size;
  request.input = texts.prompt.data();
  request.max_tokens = texts.max_tokens;
  request.model_path = texts.model.data();
  request.num_gpu_layers = texts.gpu_layers;
  request.num_threads = texts.threads;
  request.logger = no_log;
  if (!texts.chat_json.empty()) request.chat_json = texts.chat_json.data();
  if (!texts.draft.empty()) request.draft_model_path = texts.draft.data();
  request.draft_n_max = texts.draft_max;
  request.draft_p_min = texts.draft_p_min;
  listener = &on_heard;
  inference_(request, on_callback);
  listener = nullptr;
}

std::int32_t Library::new_id() {
  static std::atomic<std::int32_t> last = 0;
  return last.fetch_add(1) + 1;
}

std::optional<std::int64_t> Library::count_tokens(std::string const& model, std::string const& text) {
  auto input = text;
  auto path = model;
  auto const count = tokenize_({.input = input.data(), .model_path = path.data()});
  if (count == static_cast<std::size_t>(-1)) return std::nullopt;
  return static_cast<std::int64_t>(count);
}

std::string Library::chat_template(std::string const& model) {
  auto const* const text = template_(model.c_str());
  return text == nullptr ? "" : text;
}

bool Library::listen() {
  using Log = void (*)(int, char const*, void*);
  auto const set = symbol<void (*)(Log, void*)>(handle_, "llama_log_set");
  if (set == nullptr) return false;
  set(on_log, nullptr);
  return true;
}

std::string Library::take_log() {
  std::scoped_lock const lock(kept().mutex);
  return std::exchange(kept().text, {});
}

std::string Library::version() const {
  using Text = char const* (*)();
  auto const version = symbol<Text>(handle_, "ggml_version");
  auto const commit = symbol<Text>(handle_, "ggml_commit");
  if (version == nullptr || commit == nullptr) return "version unknown";
  return std::format("ggml {}, commit {}", version(), commit());
}

}  // namespace edgelab::bridge::fllama
