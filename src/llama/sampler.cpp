#include "llama/sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace edgelab::llama {

namespace {

// Independent lanes, which compilers turn into vector instructions. NaNs are never larger.
float maximum(std::span<float const> values) {
  constexpr std::size_t lanes = 32;
  std::array<float, lanes> best;
  best.fill(-std::numeric_limits<float>::infinity());
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      best[lane] = values[i + lane] > best[lane] ? values[i + lane] : best[lane];
    }
  }
  auto largest = best.front();
  for (auto const value : best) largest = value > largest ? value : largest;
  for (; i < values.size(); ++i) largest = values[i] > largest ? values[i] : largest;
  return largest;
}

}  // namespace

llama_token argmax(std::span<float const> logits) {
  // Block by block, so that only the block of the largest has to be searched for its place.
  constexpr std::size_t block_size = 4096;
  auto largest = -std::numeric_limits<float>::infinity();
  std::span<float const> where;
  for (std::size_t first = 0; first < logits.size(); first += block_size) {
    auto const block = logits.subspan(first, std::min(block_size, logits.size() - first));
    auto const candidate = maximum(block);
    if (candidate <= largest) continue;
    largest = candidate;
    where = block;
  }
  if (where.empty()) return -1;
  return static_cast<llama_token>(std::ranges::find(where, largest) - where.begin() + (where.data() - logits.data()));
}

Sampler::Sampler(Sampling const& sampling, std::uint64_t seed, std::span<llama_token const> forbidden)
    : forbidden_(forbidden) {
  if (sampling.temperature <= 0.0) return;
  auto params = llama_sampler_chain_default_params();
  params.no_perf = true;
  chain_.reset(llama_sampler_chain_init(params));
  if (sampling.top_k > 0) llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_k(sampling.top_k));
  if (sampling.top_p < 1.0)
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_p(static_cast<float>(sampling.top_p), 1));
  llama_sampler_chain_add(chain_.get(), llama_sampler_init_temp(static_cast<float>(sampling.temperature)));
  // LLAMA_DEFAULT_SEED, the largest number, would mean a random seed.
  auto const folded = static_cast<std::uint32_t>((seed ^ (seed >> 32)) & 0x7FFFFFFFU);
  llama_sampler_chain_add(chain_.get(), llama_sampler_init_dist(folded));
}

llama_token Sampler::pick(std::span<float> logits) {
  for (auto const token : forbidden_) logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  if (!chain_) return argmax(logits);
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) return -1;
    candidates_[i] = {static_cast<llama_token>(i), logits[i], 0.0F};
  }
  llama_token_data_array all{candidates_.data(), candidates_.size(), -1, false};
  llama_sampler_apply(chain_.get(), &all);
  if (all.selected < 0) return -1;
  auto const token = all.data[all.selected].id;
  llama_sampler_accept(chain_.get(), token);
  return token;
}

}  // namespace edgelab::llama
