// The same function in a larger shape: a small trained model padded with zeros until a token costs what a token of the
// larger shape costs. What it writes, accepts and gets right is then real, while it is as slow as the shape.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::model {

// Reads an f16 or f32 model of architecture "llama" and writes it in `shape`, which must be at least as large in width,
// feed-forward, heads, KV heads and layers, with the same head size and as many query heads to a KV head. The vocabulary
// stays, so a step costs less than the larger shape's by what its larger vocabulary would cost.
//
// Why it is the same function: new residual columns are zero and stay zero, because every matrix that writes into them has
// zero rows. RMSNorm divides by the root of the mean of squares, and the mean is now over d' columns instead of d: norm
// weights times sqrt(d/d') and epsilon times d/d' undo that. New heads have zero query, key, value and output weights, new
// feed-forward rows are zero, and in new layers the output projections are zero, so they add nothing to the residual.
[[nodiscard]] Result<void> widen(std::filesystem::path const& in, Shape const& shape, std::filesystem::path const& out);

}  // namespace edgelab::model
