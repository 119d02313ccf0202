// A run on a libfllama that has its model loaded.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "bridge/backend.hpp"
#include "bridge/fllama/library.hpp"

namespace edgelab::bridge::fllama {

class FllamaTrial final : public Trial {
 public:
  // One question a request, all of one configuration.
  FllamaTrial(Library& library, std::vector<Question> questions, std::size_t workers);

  // Has the model loaded, which fllama does for a request, so that none that is timed waits for it.
  [[nodiscard]] Outcome<void> get_ready(Stop const& stop);
  // llama.cpp's log from when this model and context were made: what is in force stands there.
  void remember(std::string load_log) { load_log_ = std::move(load_log); }
  // All slots forget their prompts: each is given one that nobody has asked for. The token that every prompt begins with is the
  // same there, and stays.
  [[nodiscard]] Outcome<void> begin_pass() override;
  void ask(std::size_t request, std::size_t worker, Asking& asking) override;
  void interrupt(std::size_t worker) override;
  [[nodiscard]] Outcome<protocol::Done> end() override;

 private:
  // The slot that a prompt of no meaning went to.
  [[nodiscard]] Outcome<std::int32_t> wipe_one();

  Library& library_;
  std::vector<Question> questions_;
  std::string load_log_;
  std::vector<std::atomic<std::int32_t>> in_flight_;  // by worker; 0: nothing
  std::atomic<bool> cached_ = false;  // an answer said that some of its prompt was there already
};

}  // namespace edgelab::bridge::fllama
