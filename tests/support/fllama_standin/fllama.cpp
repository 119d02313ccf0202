// A stand-in for libfllama: its C interface over the installed libllama, with the traps of the real one. What it reproduces, by
// what it is known for: a request gets a quarter of the context; another number of threads alone loads nothing again; grammar and
// seed are its own affair; text is cumulative; an error is one call without JSON; counting tokens silences llama.cpp's log; it
// prints to the standard output; models that nobody uses go after two minutes (FLLAMA_STANDIN_IDLE_MS).
#include <llama.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "support/fllama_standin/abi.h"
#include "support/fllama_standin/server.hpp"

#define STANDIN_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using namespace edgelab::testing::fllama_standin;
using SteadyClock = std::chrono::steady_clock;

struct Held {
  std::shared_ptr<Server> server;
  int users = 0;
  SteadyClock::time_point last_used;
};

struct State {
  std::mutex mutex;
  std::map<std::string, Held> servers;  // by model
  std::mutex cancel_mutex;
  std::set<int> cancelled;
};

State& state() {
  static auto& one = *new State;  // never destroyed: threads may still be in it
  return one;
}

void start_llama() {
  static std::once_flag once;
  std::call_once(once, [] {
    ggml_backend_load_all();
    llama_backend_init();
    llama_log_set([](ggml_log_level, char const* text, void*) { std::fputs(text, stderr); }, nullptr);
  });
}

std::chrono::milliseconds longest_idle() {
  char const* const text = std::getenv("FLLAMA_STANDIN_IDLE_MS");
  return std::chrono::milliseconds(text == nullptr ? 120'000 : std::atoi(text));
}

std::shared_ptr<Server> server_for(standin_request const& request) {
  Loaded const how{.context_size = request.context_size,
                   .gpu_layers = request.num_gpu_layers,
                   .draft = request.draft_model_path == nullptr ? "" : request.draft_model_path};
  auto& all = state();
  std::scoped_lock const lock(all.mutex);
  auto& held = all.servers[request.model_path];
  if (held.server && held.users == 0) {
    if (SteadyClock::now() - held.last_used > longest_idle()) {
      std::cout << "[stand-in] evicting " << request.model_path << std::endl;
      held.server.reset();
    } else if (held.server->loaded() != how) {
      std::cout << "[stand-in] loading again " << request.model_path << std::endl;
      held.server.reset();
    }
  }
  if (!held.server) held.server = Server::load(request.model_path, how, request.num_threads);
  if (held.server) ++held.users;  // one that is in use is used as it is, whatever was asked for
  return held.server;
}

void release(char const* model_path) {
  auto& all = state();
  std::scoped_lock const lock(all.mutex);
  auto& held = all.servers[model_path];
  --held.users;
  held.last_used = SteadyClock::now();
}

bool is_cancelled(int id) {
  std::scoped_lock const lock(state().cancel_mutex);
  return state().cancelled.contains(id);
}

void run(standin_request const& request, standin_callback callback) {
  start_llama();
  if (request.dart_logger == nullptr) std::fputs("[stand-in] begins\n", stderr);
  auto const server = server_for(request);
  if (!server) {
    callback("Error: Failed to create inference context", "", 1);
    return;
  }
  server->run(
      request,
      [&](std::string const& text, std::string const& json, bool done) {
        callback(text.c_str(), json.c_str(), done ? 1 : 0);
      },
      [&] { return is_cancelled(request.request_id); });
  release(request.model_path);
  std::scoped_lock const lock(state().cancel_mutex);
  state().cancelled.erase(request.request_id);
}

// The vocabulary alone.
llama_model* vocabulary(std::string const& path) {
  static std::mutex mutex;
  static auto& known = *new std::map<std::string, llama_model*>;
  std::scoped_lock const lock(mutex);
  auto const found = known.find(path);
  if (found != known.end()) return found->second;
  auto params = llama_model_default_params();
  params.vocab_only = true;
  auto* const model = llama_model_load_from_file(path.c_str(), params);
  if (model != nullptr) known.emplace(path, model);
  return model;
}

}  // namespace

STANDIN_EXPORT void fllama_inference(standin_request request, standin_callback callback) {
  std::thread([request, callback] { run(request, callback); }).detach();
}

STANDIN_EXPORT void fllama_inference_sync(standin_request request, standin_callback callback) {
  run(request, callback);
}

STANDIN_EXPORT void fllama_inference_cancel(int id) {
  std::scoped_lock const lock(state().cancel_mutex);
  state().cancelled.insert(id);
}

STANDIN_EXPORT int fllama_get_gpu_device_count(void) {
  start_llama();
  return 0;
}

STANDIN_EXPORT size_t fllama_tokenize(standin_tokenize_request request) {
  llama_log_set([](ggml_log_level, char const*, void*) {}, nullptr);
  auto* const model = vocabulary(request.model_path);
  if (model == nullptr) {
    std::cout << "[stand-in] no model" << std::endl;
    return static_cast<size_t>(-1);
  }
  return tokens_of(llama_model_get_vocab(model), request.input).size();
}

STANDIN_EXPORT char const* fllama_get_chat_template(char const* path) {
  auto* const model = vocabulary(path);
  auto const* const text = model == nullptr ? nullptr : llama_model_chat_template(model, nullptr);
  return text == nullptr ? "" : text;
}
