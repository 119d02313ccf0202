// chrF2 (Popović 2015), as sacreBLEU computes it for one sentence: n-grams of up to six characters, blanks left out;
// precision and recall are means over the orders that both texts have, recall counts beta = 2 times.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

// UTF-8 sequences, without blanks. Bytes that are no UTF-8 stand for themselves.
std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> characters;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    bool const blank = end == i + 1 && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'));
    if (!blank) characters.push_back(text.substr(i, end - i));
    i = end;
  }
  return characters;
}

std::map<std::string, int> grams_of(std::vector<std::string_view> const& characters, std::size_t n) {
  std::map<std::string, int> grams;
  for (std::size_t i = 0; i + n <= characters.size(); ++i) {
    std::string gram;
    for (std::size_t k = i; k < i + n; ++k) gram += characters[k];
    ++grams[gram];
  }
  return grams;
}

}  // namespace

Result<double> chrf(std::string_view answer, std::string_view expected) {
  constexpr std::size_t orders = 6;
  constexpr double beta_squared = 4.0;
  auto const text = characters_of(answer);
  auto const wanted = characters_of(expected);
  if (text.empty() && wanted.empty()) return 1.0;
  double precision = 0.0;
  double recall = 0.0;
  auto const both = std::min({orders, text.size(), wanted.size()});
  for (std::size_t n = 1; n <= both; ++n) {
    auto const grams = grams_of(text, n);
    int common = 0;
    for (auto const& [gram, count] : grams_of(wanted, n))
      if (auto const found = grams.find(gram); found != grams.end()) common += std::min(count, found->second);
    precision += common / static_cast<double>(text.size() - n + 1);
    recall += common / static_cast<double>(wanted.size() - n + 1);
  }
  if (precision + recall <= 0.0) return 0.0;
  precision /= static_cast<double>(both);
  recall /= static_cast<double>(both);
  return (1.0 + beta_squared) * precision * recall / (beta_squared * precision + recall);
}

}  // namespace edgelab::quality
