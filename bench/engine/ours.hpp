// Our side: edgelab-llama, spoken to as the coordinator speaks to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "executor/executor.hpp"
#include "support/generation.hpp"

namespace edgelab::bench {

class Ours {
 public:
  // REQUIRES that the calling thread outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Ours>> start(std::filesystem::path const& model,
                                                           std::optional<std::filesystem::path> const& draft = {});

  // Why it cannot run with these flags; nullopt if it can.
  [[nodiscard]] std::optional<std::string> cannot(Flags const& asked) const;

  [[nodiscard]] std::optional<std::int64_t> process_id() const { return executor_->process_id(); }

  // One pass over the prompts, greedy. `asked` is laid over the defaults of the catalogue and what all sides share.
  [[nodiscard]] Result<executor::Ran> run(Flags const& asked, std::span<Prompt const> prompts, int concurrency = 1);
  // The same for a run that is no list of prompts; its flags are those asked.
  [[nodiscard]] Result<executor::Ran> run(protocol::Run run);

 private:
  explicit Ours(std::unique_ptr<executor::Executor> executor) : executor_(std::move(executor)) {}
  std::unique_ptr<executor::Executor> executor_;
};

[[nodiscard]] std::vector<Generation> generations(Timeline const& timeline);

// A metric of the run, by its name in the lab's table.
[[nodiscard]] Result<double> metric(executor::Ran const& ran, std::string_view name);

// From the first arrival to the last end.
[[nodiscard]] double makespan_s(Timeline const& timeline);

}  // namespace edgelab::bench
