// From a shape to the tensors its architecture wants. Internal to src/model.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/gguf_file.hpp"

namespace edgelab::model {

enum class Role : std::uint8_t {
  embedding,   // token_embd: quantised as llama-quantize treats it; rows of special tokens are zero
  output,      // output.weight of an untied model, likewise
  matrix,      // quantised
  exact,       // f32: norms, biases and what llama-quantize leaves alone
};

// Values are uniform in [centre - spread, centre + spread].
struct TensorPlan {
  std::string name;
  Role role = Role::matrix;
  std::array<std::int64_t, 2> extent{1, 1};   // columns (contiguous), rows
  float centre = 0.0F;
  float spread = 0.0F;
  bool descending = false;                    // mamba's state matrix: -1, -2, ... along a row
};

[[nodiscard]] std::vector<TensorPlan> layout(Shape const& shape);

// Mamba's inner sizes follow from the width.
struct MambaSizes {
  std::int32_t inner = 0, state = 16, conv = 4, time_step_rank = 0;
};
[[nodiscard]] MambaSizes mamba_sizes(Shape const& shape);

}  // namespace edgelab::model
