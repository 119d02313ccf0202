#include "llama/backends.hpp"

#include <llama.h>

#include "llama/log.hpp"

namespace edgelab::llama {

std::string const& start_backends() {
  static std::string const logged = [] {
    log::capture();
    llama_backend_init();
    ggml_backend_load_all();
    return log::take();
  }();
  return logged;
}

}  // namespace edgelab::llama
