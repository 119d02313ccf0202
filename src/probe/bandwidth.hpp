// How fast this machine's memory can be read and written by all its cores.
#pragma once

#include <cstdint>
#include <optional>

#include "probe/environment.hpp"

namespace edgelab::probe {

struct TriadPlan {
  std::int64_t array_bytes = 0;      // of each of three arrays
  int threads = 1;
};

// Arrays of four times the last cache and 32 MiB at least, so that no pass finds them in one, and of no more than a 32nd of the
// memory that is free; nullopt where that leaves too little to be beyond the cache.
[[nodiscard]] std::optional<TriadPlan> plan_triad(Cpu const& cpu, SystemMemory const& memory);

// a[i] = b[i] + s * c[i] in double precision, each thread over a part of its own that it also touched first; STREAM's count:
// three arrays' bytes a pass, without the read that a store may cause. The best of up to ten passes, which end after
// `seconds`. Absent where the memory is not to be had.
[[nodiscard]] std::optional<MemoryBandwidth> measure_bandwidth(TriadPlan const& plan, double seconds = 0.5);

}  // namespace edgelab::probe
