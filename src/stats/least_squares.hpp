// Least squares on a few columns, by Gram and Schmidt. Pure; knows nothing of what the columns mean.
#pragma once

#include <cstddef>
#include <vector>

namespace edgelab::stats {

using Column = std::vector<double>;

// Which of the columns are in none of the spans of those before, and what the others are made of.
struct Basis {
  std::vector<std::size_t> kept;                  // indices of independent columns, rising
  std::vector<std::vector<double>> weights;  // one row a kept column: coefficient = sum of weights x observations
};

// REQUIRES columns of one length.
[[nodiscard]] Basis basis_of(std::vector<Column> const& columns);

// Coefficients of a column or of observations over the kept ones: the least-squares fit.
[[nodiscard]] std::vector<double> coefficients(Basis const& basis, Column const& observations);

}  // namespace edgelab::stats
