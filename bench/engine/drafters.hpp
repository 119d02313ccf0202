// A way of drafting against two programs of llama.cpp that draft alike, on every workload; beside it, what it gains over our
// own plain decoding.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/group.hpp"
#include "engine/ours.hpp"
#include "engine/writers.hpp"
#include "peers/llama_server.hpp"

namespace edgelab::bench {

struct DraftersContest {
  std::string group;                                                // titles begin with it
  Flags flags;                                                      // of ours, drafting
  std::string server_name;                                          // llama-server, started to draft
  std::string program_name;                                         // one that starts anew for each prompt
  WriteOne program;
  std::function<std::optional<double>(std::string_view)> goal_of;   // of a workload, against the faster of the two
};

// True: all goals are met.
[[nodiscard]] Result<bool> contest(DraftersContest const& contest, Ours& ours, LlamaServer& server, Options const& options);

}  // namespace edgelab::bench
