#include "llama/sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "llama/mix.hpp"

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

std::size_t index(llama_token token) { return static_cast<std::size_t>(token); }

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

double confidence(std::span<float const> logits) {
  std::array<float, candidates_of_a_draft> likeliest{};     // falling
  likeliest.fill(-std::numeric_limits<float>::infinity());
  for (float const logit : logits) {
    if (!(logit > likeliest.back())) continue;
    auto place = likeliest.size() - 1;
    for (; place > 0 && likeliest[place - 1] < logit; --place) likeliest[place] = likeliest[place - 1];
    likeliest[place] = logit;
  }
  double sum = 0.0;
  for (float const logit : likeliest) sum += std::exp(static_cast<double>(logit) - static_cast<double>(likeliest.front()));
  return 1.0 / sum;
}

float Distribution::of(llama_token token) const {
  auto const found = std::ranges::find(tokens, token);
  return found == tokens.end() ? 0.0F : p[static_cast<std::size_t>(found - tokens.begin())];
}

Sampler::Sampler(Sampling const& sampling, std::uint64_t seed, std::span<llama_token const> forbidden)
    : forbidden_(forbidden), seed_(seed) {
  if (sampling.temperature <= 0.0) return;
  auto params = llama_sampler_chain_default_params();
  params.no_perf = true;
  chain_.reset(llama_sampler_chain_init(params));
  if (sampling.top_k > 0) llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_k(sampling.top_k));
  if (sampling.top_p < 1.0)
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_p(static_cast<float>(sampling.top_p), 1));
  llama_sampler_chain_add(chain_.get(), llama_sampler_init_temp(static_cast<float>(sampling.temperature)));
}

void Sampler::forbid(std::span<float> logits) const {
  for (auto const token : forbidden_) logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
}

double Sampler::uniform() { return static_cast<double>(mix(seed_, draws_++) >> 11U) * 0x1p-53; }

bool Sampler::distribute(std::span<float> logits, Distribution& out) {
  forbid(logits);
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) return false;
    candidates_[i] = {static_cast<llama_token>(i), logits[i], 0.0F};
  }
  llama_token_data_array left{candidates_.data(), candidates_.size(), -1, false};
  llama_sampler_apply(chain_.get(), &left);
  std::span const kept(left.data, left.size);
  if (kept.empty()) return false;
  auto const largest = std::ranges::max(kept, {}, &llama_token_data::logit).logit;
  if (!std::isfinite(largest)) return false;
  out.tokens.resize(kept.size());
  out.p.resize(kept.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    out.tokens[i] = kept[i].id;
    out.p[i] = std::exp(kept[i].logit - largest);
    sum += static_cast<double>(out.p[i]);
  }
  for (auto& p : out.p) p = static_cast<float>(static_cast<double>(p) / sum);
  return true;
}

llama_token Sampler::draw(std::span<llama_token const> tokens, std::span<float const> weights, double sum) {
  auto left = uniform() * sum;
  llama_token last = -1;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (weights[i] <= 0.0F) continue;
    last = tokens[i];
    left -= static_cast<double>(weights[i]);
    if (left < 0.0) break;
  }
  return last;   // rounding may leave a rest: it is the last one's
}

llama_token Sampler::pick(std::span<float> logits) {
  if (!greedy()) return pick(logits, own_);
  forbid(logits);
  return argmax(logits);
}

llama_token Sampler::pick(std::span<float> logits, Distribution& from) {
  return distribute(logits, from) ? draw(from.tokens, from.p, 1.0) : -1;
}

Verdict Sampler::judge(std::span<float> logits, llama_token proposed, Distribution const* drawn_from) {
  if (drawn_from == nullptr || greedy()) {
    auto const token = pick(logits);
    return {token == proposed, token};
  }
  if (!distribute(logits, own_)) return {};
  auto const q = static_cast<double>(drawn_from->of(proposed));
  auto const p = static_cast<double>(own_.of(proposed));
  if (uniform() * q < p) return {true, proposed};
  // Both list their candidates in an order of their own.
  proposal_.resize(logits.size(), 0.0F);
  for (std::size_t i = 0; i < drawn_from->tokens.size(); ++i) proposal_[index(drawn_from->tokens[i])] = drawn_from->p[i];
  rest_.resize(own_.p.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    rest_[i] = std::max(0.0F, own_.p[i] - proposal_[index(own_.tokens[i])]);
    sum += static_cast<double>(rest_[i]);
  }
  for (auto const token : drawn_from->tokens) proposal_[index(token)] = 0.0F;
  // Two equal distributions leave nothing, but for the rounding that led here.
  auto const token = sum > 0.0 ? draw(own_.tokens, rest_, sum) : draw(own_.tokens, own_.p, 1.0);
  return {false, token};
}

}  // namespace edgelab::llama
