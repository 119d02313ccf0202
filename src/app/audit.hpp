// The self-audit: the lab measures itself and the machine it is on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "runner/observer.hpp"
#include "types/audit.hpp"
#include "types/experiment.hpp"
#include "types/flags.hpp"
#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::app {

// An executor to be audited, as it was greeted.
struct AuditTarget {
  ExecutorSpec executor;
  protocol::HelloReply hello;
  std::filesystem::path model;         // empty for one that needs none
  Flags flags;                         // of the round that is run twice
};

struct AuditRequest {
  std::vector<AuditTarget> targets;
  std::int32_t blocks = 30;            // at most, of each executor
  double time_s = 60.0;                // of blocks, at most, of each executor
};

// The command's words for the same, to be checked and greeted. `executors`: llama, null, or a program that speaks the
// protocol; none: llama, or null where llama is not there. `model`: empty is the demo model. `flags`: NAME=VALUE; one of
// an executor's own ("null.noise") goes to that one alone.
struct AuditWords {
  std::vector<std::string> executors;
  std::string model;
  std::vector<std::string> flags;
};
[[nodiscard]] Result<std::vector<AuditTarget>> audit_targets(AuditWords const& words);

// What a person sees meanwhile.
struct AuditView {
  std::function<void(std::string const& step)> step;
  std::function<std::unique_ptr<runner::Observer>(Plan const& plan)> of_run;
};

// Takes some two minutes by default. Fails where the harness cannot be measured, or when it is stopped; what is wrong with
// an executor stands beside it. Call it on a thread that outlives it.
[[nodiscard]] Result<Audit> audit(AuditRequest const& request, AuditView const& view, std::stop_token const& stop);

}  // namespace edgelab::app
