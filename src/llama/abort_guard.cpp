#include "llama/abort_guard.hpp"

#include <ggml.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace edgelab::llama {

namespace {

struct Guarding {
  std::mutex mutex;
  std::shared_ptr<AbortGuard::OnAbort const> on_abort;
};

Guarding& guarding() {
  static Guarding one;
  return one;
}

// Returning from here is aborting.
void instead_of_aborting(char const* message) {
  std::shared_ptr<AbortGuard::OnAbort const> on_abort;
  {
    std::scoped_lock const lock(guarding().mutex);
    on_abort = guarding().on_abort;
  }
  if (on_abort == nullptr) return;
  try {
    (*on_abort)(message == nullptr ? "no reason given" : message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): ggml is C, and nothing may pass through it
  }
  on_abort.reset();
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

AbortGuard::AbortGuard(OnAbort on_abort) {
  std::scoped_lock const lock(guarding().mutex);
  guarding().on_abort = std::make_shared<OnAbort const>(std::move(on_abort));
  ggml_set_abort_callback(instead_of_aborting);
}

AbortGuard::~AbortGuard() {
  std::scoped_lock const lock(guarding().mutex);
  guarding().on_abort.reset();
  ggml_set_abort_callback(nullptr);
}

}  // namespace edgelab::llama
