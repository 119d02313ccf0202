#include "model/layout.hpp"

#include <cmath>
#include <numbers>

namespace edgelab::model {

namespace {

// A uniform distribution of standard deviation s spans +- s * sqrt(3).
float spread_for(double deviation) { return static_cast<float>(deviation * std::numbers::sqrt3); }

// Keeps the length of what it is multiplied with.
TensorPlan matrix(std::string name, std::int64_t columns, std::int64_t rows) {
  return {std::move(name),
          Role::matrix,
          {columns, rows},
          0.0F,
          spread_for(1.0 / std::sqrt(static_cast<double>(columns))),
          false};
}

TensorPlan vector(std::string name, std::int64_t length, float centre, float spread = 0.0F) {
  return {std::move(name), Role::exact, {length, 1}, centre, spread, false};
}

void add_attention(std::vector<TensorPlan>& all, std::string const& block, Shape const& shape) {
  std::int64_t const width = shape.n_embd;
  std::int64_t const kv = width / shape.n_head * shape.n_head_kv;
  all.push_back(vector(block + "attn_norm.weight", width, 1.0F));
  all.push_back(matrix(block + "attn_q.weight", width, width));
  all.push_back(matrix(block + "attn_k.weight", width, kv));
  all.push_back(matrix(block + "attn_v.weight", width, kv));
  all.push_back(matrix(block + "attn_output.weight", width, width));
  if (shape.architecture == "qwen2") {
    all.push_back(vector(block + "attn_q.bias", width, 0.0F, 0.1F));
    all.push_back(vector(block + "attn_k.bias", kv, 0.0F, 0.1F));
    all.push_back(vector(block + "attn_v.bias", kv, 0.0F, 0.1F));
  }
}

void add_feed_forward(std::vector<TensorPlan>& all, std::string const& block, Shape const& shape) {
  all.push_back(vector(block + "ffn_norm.weight", shape.n_embd, 1.0F));
  all.push_back(matrix(block + "ffn_gate.weight", shape.n_embd, shape.n_ff));
  all.push_back(matrix(block + "ffn_up.weight", shape.n_embd, shape.n_ff));
  all.push_back(matrix(block + "ffn_down.weight", shape.n_ff, shape.n_embd));
  if (shape.architecture == "gemma2") {
    all.push_back(vector(block + "post_attention_norm.weight", shape.n_embd, 1.0F));
    all.push_back(vector(block + "post_ffw_norm.weight", shape.n_embd, 1.0F));
  }
}

void add_mamba(std::vector<TensorPlan>& all, std::string const& block, Shape const& shape) {
  auto const sizes = mamba_sizes(shape);
  all.push_back(vector(block + "attn_norm.weight", shape.n_embd, 1.0F));
  all.push_back(matrix(block + "ssm_in.weight", shape.n_embd, 2LL * sizes.inner));
  auto conv = matrix(block + "ssm_conv1d.weight", sizes.conv, sizes.inner);
  conv.role = Role::exact;
  all.push_back(conv);
  all.push_back(vector(block + "ssm_conv1d.bias", sizes.inner, 0.0F, 0.1F));
  all.push_back(matrix(block + "ssm_x.weight", sizes.inner, sizes.time_step_rank + 2LL * sizes.state));
  all.push_back(matrix(block + "ssm_dt.weight", sizes.time_step_rank, sizes.inner));
  all.push_back(vector(block + "ssm_dt.bias", sizes.inner, -3.0F, 1.0F));  // softplus of it: time steps of 0.02 to 0.13
  all.push_back({block + "ssm_a", Role::exact, {sizes.state, sizes.inner}, 0.0F, 0.0F, true});
  all.push_back(vector(block + "ssm_d", sizes.inner, 1.0F));
  all.push_back(matrix(block + "ssm_out.weight", sizes.inner, shape.n_embd));
}

}  // namespace

MambaSizes mamba_sizes(Shape const& shape) {
  return {.inner = 2 * shape.n_embd, .time_step_rank = (shape.n_embd + 15) / 16};
}

std::vector<TensorPlan> layout(Shape const& shape) {
  // The embedding is short beside what the layers add, or a tied model would repeat its last token for ever: the
  // residual would point at it. The last norm then makes logits of a standard deviation of about 2. gemma2 multiplies
  // embeddings with the root of the width.
  double const width = shape.n_embd;
  double const deviation = 0.1 / std::sqrt(width) / (shape.architecture == "gemma2" ? std::sqrt(width) / 4.0 : 1.0);
  std::vector<TensorPlan> all;
  TensorPlan embedding{
      "token_embd.weight", Role::embedding, {shape.n_embd, shape.n_vocab}, 0.0F, spread_for(deviation), false};
  all.push_back(embedding);
  for (std::int32_t layer = 0; layer < shape.n_layer; ++layer) {
    auto const block = "blk." + std::to_string(layer) + ".";
    if (shape.architecture == "mamba") {
      add_mamba(all, block, shape);
    } else {
      add_attention(all, block, shape);
      add_feed_forward(all, block, shape);
    }
  }
  all.push_back(vector("output_norm.weight", shape.n_embd, static_cast<float>(2.0 / (std::sqrt(width) * deviation))));
  if (!shape.tied_embeddings) {
    embedding.name = "output.weight";
    embedding.role = Role::output;
    all.push_back(embedding);
  }
  return all;
}

}  // namespace edgelab::model
