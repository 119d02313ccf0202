#include "engine/writers.hpp"

#include <utility>

#include "engine/prompts.hpp"

namespace edgelab::bench {

namespace {

double taken(std::string const& name, Writing& writing, std::span<Generation const> generations) {
  writing.agreement.take(name, generations);
  return rate(generations);
}

}  // namespace

Side ours_writes(std::string name, Writing& writing, Ours& ours, Flags flags) {
  return {name, [=, &writing, &ours](int turn) -> Result<double> {
            EDGELAB_TRY(ran, ours.run(flags, portion(writing.prompts, turn, writing.per_turn)));
            return taken(name, writing, generations(ran.timeline));
          }};
}

Side server_writes(std::string name, Writing& writing, LlamaServer& server) {
  return {name, [=, &writing, &server](int turn) -> Result<double> {
            EDGELAB_TRY(written, server.complete(portion(writing.prompts, turn, writing.per_turn)));
            return taken(name, writing, written);
          }};
}

Side program_writes(std::string name, Writing& writing, WriteOne write) {
  return {name,
          [=, &writing](int turn) -> Result<double> {
            std::vector<Generation> written;
            for (auto const& prompt : portion(writing.prompts, turn, writing.per_turn)) {
              EDGELAB_TRY(one, write(prompt));
              written.push_back(std::move(one));
            }
            return taken(name, writing, written);
          },
          WarmUp::none};
}

}  // namespace edgelab::bench
