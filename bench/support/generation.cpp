#include "support/generation.hpp"

#include <format>
#include <print>

#include "core/text.hpp"

namespace edgelab::bench {

double rate(std::span<Generation const> generations) {
  double tokens = 0.0;
  double seconds = 0.0;
  for (auto const& generation : generations) {
    tokens += generation.tokens;
    seconds += generation.seconds;
  }
  return seconds > 0.0 ? tokens / seconds : 0.0;
}

bool agree(Generation const& a, Generation const& b) {
  auto const x = trim(a.text);
  auto const y = trim(b.text);
  if (x == y) return true;
  return (!a.ended && y.starts_with(x)) || (!b.ended && x.starts_with(y));
}

void Agreement::take(std::string const& side, std::span<Generation const> generations) {
  for (auto const& generation : generations) sides_[side].insert_or_assign(generation.id, generation);
}

void Agreement::tell(std::string_view title, std::string const& reference) const {
  auto const found = sides_.contains(reference) ? sides_.find(reference) : sides_.begin();
  if (found == sides_.end()) return;
  std::string line;
  for (auto const& [side, texts] : sides_) {
    if (side == found->first) continue;
    int compared = 0;
    int same = 0;
    for (auto const& [prompt, generation] : texts) {
      auto const other = found->second.find(prompt);
      if (other == found->second.end()) continue;
      ++compared;
      same += agree(generation, other->second) ? 1 : 0;
    }
    if (compared > 0) line += std::format("  {} {}/{}", side, same, compared);
  }
  std::println("{:62} texts that are those of {}:{}", title, found->first, line.empty() ? "  (no other side)" : line);
  std::fflush(stdout);
}

}  // namespace edgelab::bench
