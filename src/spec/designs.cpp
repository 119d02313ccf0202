#include "spec/designs.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace edgelab::spec {

namespace {

bool is_in(Design design, std::size_t size, std::size_t n) {
  if (size < 2) return false;
  switch (design) {
    case Design::full: return true;
    case Design::pairs: return size == 2;
    case Design::one_at_a_time: return size + 1 >= n;
    case Design::fractional: return (n - size) % 2 == 0;
  }
  return false;
}

double binomial(std::size_t n, std::size_t k) {
  double product = 1.0;
  for (std::size_t i = 1; i <= k; ++i) product *= static_cast<double>(n - k + i) / static_cast<double>(i);
  return std::round(product);
}

}  // namespace

std::optional<Design> design_named(std::string_view name) {
  if (name == "full") return Design::full;
  if (name == "pairs") return Design::pairs;
  if (name == "one-at-a-time") return Design::one_at_a_time;
  if (name == "fractional") return Design::fractional;
  return std::nullopt;
}

double design_size(Design design, std::size_t n) {
  double size = 0.0;
  for (std::size_t k = 2; k <= n; ++k) {
    if (is_in(design, k, n)) size += binomial(n, k);
  }
  return size;
}

std::vector<std::vector<std::size_t>> subsets(Design design, std::size_t n) {
  std::vector<std::vector<std::size_t>> result;
  for (std::uint32_t bits = 0; bits < (std::uint32_t{1} << n); ++bits) {
    if (!is_in(design, static_cast<std::size_t>(std::popcount(bits)), n)) continue;
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < n; ++i) {
      if (((bits >> i) & 1U) != 0U) members.push_back(i);
    }
    result.push_back(std::move(members));
  }
  std::ranges::sort(result, [](auto const& a, auto const& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  return result;
}

}  // namespace edgelab::spec
