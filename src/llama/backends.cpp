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

bool has_accelerator() {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    auto const type = ggml_backend_dev_type(ggml_backend_dev_get(i));
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) return true;
  }
  return false;
}

}  // namespace edgelab::llama
