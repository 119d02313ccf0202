// ROUGE-L (Lin 2004), as the rouge_score package computes it without stemming: words are runs of letters and digits, lower
// case. Bytes beyond ASCII count as letters.
#include <algorithm>
#include <string>
#include <vector>

#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char const c : text) {
    bool const upper = c >= 'A' && c <= 'Z';
    bool const letter =
        upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (letter)
      words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::size_t longest_common_subsequence(std::vector<std::string> const& a, std::vector<std::string> const& b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (auto const& word : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto const above = row[j + 1];
      row[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

Result<double> rouge_l(std::string_view answer, std::string_view expected) {
  auto const words = words_of(answer);
  auto const wanted = words_of(expected);
  if (words.empty() || wanted.empty()) return words.empty() && wanted.empty() ? 1.0 : 0.0;
  // F1 of precision common / words and recall common / wanted.
  return 2.0 * static_cast<double>(longest_common_subsequence(words, wanted)) /
         static_cast<double>(words.size() + wanted.size());
}

}  // namespace edgelab::quality
