// What a pass of a model costs by its number of rows: measured, and followed while a trial runs. Pure.
#pragma once

#include <cstddef>
#include <vector>

namespace edgelab::llama {

class StepCost {
 public:
  struct Point {
    std::size_t rows = 1;
    double seconds = 0.0;
  };

  // Nothing is known: every pass costs the same.
  StepCost() = default;
  // REQUIRES: `measured` ascending in rows, seconds positive.
  explicit StepCost(std::vector<Point> measured);

  // Seconds of a pass of so many rows: between measured points and beyond the last a straight line.
  [[nodiscard]] double of(std::size_t rows) const;

  // A pass has been seen. The whole curve follows it (the context grows, the clock frequency changes), the nearest point
  // a little more than the rest.
  void take(std::size_t rows, double seconds);

 private:
  [[nodiscard]] double shape(std::size_t rows) const;

  std::vector<Point> points_;
  double scale_ = 1.0;
};

}  // namespace edgelab::llama
