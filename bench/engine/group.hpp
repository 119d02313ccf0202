// The groups of comparisons; each measures what its file's head says and prints its rows.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bench {

struct Options {
  int pairs = 10;
  std::filesystem::path wide;  // the demo model at the cost of a larger shape; by default what `./lab bench` has made
  std::vector<std::string> only{};  // comparisons whose title holds one of these texts; empty: all
  std::shared_ptr<int> wanted = std::make_shared<int>(0);   // so many comparisons have been asked for and made

  [[nodiscard]] bool wants(std::string_view title) const {
    bool const is = only.empty() || std::ranges::any_of(only, [&](std::string const& text) { return title.contains(text); });
    *wanted += is ? 1 : 0;
    return is;
  }
};

// Each returns whether all its goals are met.
[[nodiscard]] Result<bool> plain(Options const& options);
[[nodiscard]] Result<bool> cost(Options const& options);
[[nodiscard]] Result<bool> batching(Options const& options);
[[nodiscard]] Result<bool> lookup(Options const& options);
[[nodiscard]] Result<bool> draft(Options const& options);
[[nodiscard]] Result<bool> adaptive(Options const& options);
[[nodiscard]] Result<bool> prefix(Options const& options);
[[nodiscard]] Result<bool> memory(Options const& options);

}  // namespace edgelab::bench
