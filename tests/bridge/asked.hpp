// An asking that nobody waits for: what a backend tells of it is kept.
#pragma once

#include <atomic>
#include <vector>

#include "bridge/backend.hpp"

namespace edgelab::bridge::testing {

class Asked final : public Asking {
 public:
  void heard(Clock::time_point at, std::int32_t tokens) override { answer.emissions.push_back({at, tokens}); }
  [[nodiscard]] bool cancelled() const override { return cancelled_; }
  void cancel() { cancelled_ = true; }
  [[nodiscard]] std::vector<std::int32_t> counts() const {
    std::vector<std::int32_t> tokens;
    for (auto const& emission : answer.emissions) tokens.push_back(emission.tokens);
    return tokens;
  }

 private:
  std::atomic<bool> cancelled_ = false;
};

}  // namespace edgelab::bridge::testing
