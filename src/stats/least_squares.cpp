#include "stats/least_squares.hpp"

#include <cmath>
#include <numeric>

namespace edgelab::stats {

namespace {

double dot(Column const& a, Column const& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

void subtract(Column& from, double times, Column const& what) {
  for (std::size_t i = 0; i < from.size(); ++i) from[i] -= times * what[i];
}

}  // namespace

Basis basis_of(std::vector<Column> const& columns) {
  constexpr double nothing_left = 1e-9;    // of a column's square length
  Basis basis;
  std::vector<Column> orthonormal;
  std::vector<std::vector<double>> triangle;  // column j of R: what is taken of each direction, then the length left
  for (std::size_t j = 0; j < columns.size(); ++j) {
    auto left = columns[j];
    double const whole = dot(left, left);
    std::vector<double> parts(orthonormal.size(), 0.0);
    for (int twice = 0; twice < 2; ++twice)  // once more for what rounding has left
      for (std::size_t k = 0; k < orthonormal.size(); ++k) {
        double const part = dot(orthonormal[k], left);
        parts[k] += part;
        subtract(left, part, orthonormal[k]);
      }
    double const square = dot(left, left);
    if (square <= nothing_left * whole) continue;
    double const length = std::sqrt(square);
    for (auto& value : left) value /= length;
    parts.push_back(length);
    basis.kept.push_back(j);
    orthonormal.push_back(std::move(left));
    triangle.push_back(std::move(parts));
  }
  // Rows of R^-1 Q^T, from the last to the first.
  basis.weights = std::move(orthonormal);
  for (std::size_t row = basis.weights.size(); row-- > 0;) {
    for (std::size_t k = row + 1; k < basis.weights.size(); ++k)
      subtract(basis.weights[row], triangle[k][row], basis.weights[k]);
    for (auto& value : basis.weights[row]) value /= triangle[row][row];
  }
  return basis;
}

std::vector<double> coefficients(Basis const& basis, Column const& observations) {
  std::vector<double> list;
  list.reserve(basis.weights.size());
  for (auto const& row : basis.weights) list.push_back(dot(row, observations));
  return list;
}

}  // namespace edgelab::stats
