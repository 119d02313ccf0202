#include "engine/models.hpp"

#include "model/gguf_file.hpp"

namespace edgelab::bench {

namespace {
std::filesystem::path const source = EDGELAB_SOURCE_DIR;
}

std::filesystem::path wide_model() { return source / "build/models/demo-wide-q4_0.gguf"; }
std::filesystem::path demo_model() { return source / "models/demo/demo-f16.gguf"; }
std::filesystem::path draft_model() { return source / "models/demo/demo-draft-f16.gguf"; }

Result<std::filesystem::path> synthetic_model() {
  auto const path = source / "build/models/synthetic-135m-q4_0.gguf";
  if (std::filesystem::exists(path)) return path;
  EDGELAB_TRY(shape, model::parse_shape("smollm2-135m"));
  EDGELAB_CHECK(model::synthesise(shape, "q4_0", 1, path));
  return path;
}

}  // namespace edgelab::bench
