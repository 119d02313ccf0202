// llama.cpp and ggml end the process where they find themselves in a state that cannot be. That suits a process of its own; a
// guest in somebody else's must not. There is no way back out of the middle of such code, but there is one not to go on.
#pragma once

#include <functional>
#include <string_view>

namespace edgelab::llama {

// While it lives, a thread that would abort calls `on_abort` with the reason and then sleeps for ever, with all it holds; other
// threads that wait for it wait for ever too. One at a time.
class AbortGuard {
 public:
  using OnAbort = std::function<void(std::string_view reason)>;
  explicit AbortGuard(OnAbort on_abort);  // called by any thread, by several where several abort
  ~AbortGuard();
  AbortGuard(AbortGuard const&) = delete;
  AbortGuard& operator=(AbortGuard const&) = delete;
};

}  // namespace edgelab::llama
