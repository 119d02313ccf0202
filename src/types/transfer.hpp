// The same rounds on several executors (devices, libraries, builds): what holds on all of them. Part of a Summary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/findings.hpp"

namespace edgelab {

// A round against the baseline of the same executor.
struct ExecutorRatio {
  std::string executor;
  double ratio = 1.0;
  std::optional<Bounds> ci95{};
  std::int32_t n = 0;  // blocks
};

// How much more the round changes on one executor than on another: the one's ratio / the other's, paired by block.
struct ExecutorDifference {
  std::string executor;
  std::string against;
  double ratio = 1.0;
  std::optional<Bounds> ci95{};
  std::int32_t n = 0;  // blocks that both have
  std::optional<double> p{};
  std::optional<double> p_adjusted{};  // among all such differences (Benjamini and Hochberg)
};

struct TransferSummary {
  std::string model;
  std::string workload;
  std::string round;
  std::string metric;
  std::string better;  // lower | higher
  std::vector<ExecutorRatio> ratios;  // of the executors that have it, in the order of the file
  std::vector<ExecutorDifference> differences;  // of the others from the first of these
  // reverses: a gain here and a loss there, and told apart; differs: told apart, by more or less of the same; transfers: the same
  // way for certain on all, and not told apart; no-effect: not told from the baselines nor from one another; unclear: none of
  // these; unknown: no intervals
  std::string verdict = "unknown";
};

// What an executor makes of the memory bandwidth that it has.
struct UtilisationSummary {
  std::string executor;
  std::string model;
  std::string workload;
  std::string round;
  std::optional<double> decode_tps{};
  double mbu = 0.0;  // of the executor's own machine, mean over blocks
  std::optional<Bounds> ci95{};
  std::int32_t n = 0;
};

// Cells that an executor cannot run, for one reason.
struct InexpressibleSummary {
  std::string executor;
  std::string reason;
  std::vector<std::string> rounds;
  std::int32_t cells = 0;
  std::int32_t cells_of_executor = 0;
};

struct AcrossExecutors {
  std::vector<std::string> executors;
  std::vector<TransferSummary> transfer;
  std::vector<UtilisationSummary> utilisation;
  std::vector<InexpressibleSummary> inexpressible;
};

}  // namespace edgelab
