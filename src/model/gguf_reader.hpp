// A GGUF header, read and checked; with look-ups that tell what is missing instead of aborting. Internal to src/model.
#pragma once

#include <ggml.h>
#include <gguf.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace edgelab::model {

struct FreeGguf {
  void operator()(gguf_context* gguf) const { gguf_free(gguf); }
};
using Gguf = std::unique_ptr<gguf_context, FreeGguf>;

// While it lives, ggml logs into `text` instead of the standard error.
class CapturedLog {
 public:
  CapturedLog();
  ~CapturedLog();
  CapturedLog(CapturedLog const&) = delete;
  CapturedLog& operator=(CapturedLog const&) = delete;
  [[nodiscard]] std::string last_line() const;

 private:
  std::string text_;
  void (*before_)(ggml_log_level, char const*, void*) = nullptr;
  void* before_data_ = nullptr;
};

// The header of a file that is whole: it exists, is GGUF, and is long enough for all of its tensors.
[[nodiscard]] Result<Gguf> open_gguf(std::filesystem::path const& file);

// Metadata of any integer type; of an array of integers its largest (head counts may differ from layer to layer).
[[nodiscard]] std::optional<std::int64_t> find_integer(gguf_context const& gguf, std::string const& key);
[[nodiscard]] std::optional<std::string> find_text(gguf_context const& gguf, std::string const& key);

}  // namespace edgelab::model
