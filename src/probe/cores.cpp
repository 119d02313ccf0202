// Processor topology by hwloc.
#include <hwloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "probe/environment.hpp"

namespace edgelab::probe {

namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, DestroyTopology>;

Topology load_topology() {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return nullptr;
  Topology owned(topology);
  // Instruction caches are left out by default, and they are part of what a kernel's speed depends on.
  hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  if (hwloc_topology_load(topology) != 0) return nullptr;
  return owned;
}

int count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(0, hwloc_get_nbobjs_by_type(topology, type));
}

// Cores of which at least one thread is within the affinity of this process.
int bound_cores(hwloc_topology_t topology) {
  auto const free_bitmap = [](hwloc_bitmap_t bitmap) { hwloc_bitmap_free(bitmap); };
  std::unique_ptr<hwloc_bitmap_s, decltype(free_bitmap)> bound(hwloc_bitmap_alloc(), free_bitmap);
  if (hwloc_get_cpubind(topology, bound.get(), HWLOC_CPUBIND_PROCESS) != 0) return count(topology, HWLOC_OBJ_CORE);
  int cores = 0;
  for (hwloc_obj_t core = nullptr; (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
    if (hwloc_bitmap_intersects(core->cpuset, bound.get()) != 0) ++cores;
  }
  return cores;
}

// Processors' worth of time that control group version 2 grants, rounded up; a large number where it sets no limit.
int quota_cores() {
  constexpr int unlimited = 1 << 20;
  std::ifstream in("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period_us = 0.0;
  if (!(in >> quota >> period_us) || quota == "max" || period_us <= 0.0) return unlimited;
  std::istringstream number(quota);
  double quota_us = 0.0;
  if (!(number >> quota_us)) return unlimited;
  return std::max(1, static_cast<int>(std::ceil(quota_us / period_us)));
}

std::string cache_kind(hwloc_obj const* cache) {
  switch (cache->attr->cache.type) {
    case HWLOC_OBJ_CACHE_DATA: return "data";
    case HWLOC_OBJ_CACHE_INSTRUCTION: return "instruction";
    default: return "unified";
  }
}

}  // namespace

Cpu cpu_topology() {
  Cpu cpu;
  auto const topology = load_topology();
  if (!topology) {
    cpu.usable_cores = 1;
    return cpu;
  }
  cpu.physical_cores = count(topology.get(), HWLOC_OBJ_CORE);
  cpu.logical_cores = count(topology.get(), HWLOC_OBJ_PU);
  cpu.usable_cores = std::max(1, std::min(bound_cores(topology.get()), quota_cores()));
  for (auto const type :
       {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE}) {
    auto* const first = hwloc_get_obj_by_type(topology.get(), type, 0);
    if (first == nullptr) continue;
    cpu.caches.push_back({.level = static_cast<int>(first->attr->cache.depth),
                          .kind = cache_kind(first),
                          .bytes = static_cast<std::int64_t>(first->attr->cache.size),
                          .count = count(topology.get(), type)});
  }
  if (auto* const root = hwloc_get_root_obj(topology.get()); root != nullptr) {
    for (hwloc_obj_t holder : {hwloc_get_obj_by_type(topology.get(), HWLOC_OBJ_PACKAGE, 0), root}) {
      char const* const name = holder == nullptr ? nullptr : hwloc_obj_get_info_by_name(holder, "CPUModel");
      if (name != nullptr && cpu.model.empty()) cpu.model = name;
    }
  }
  return cpu;
}

int usable_physical_cores() { return cpu_topology().usable_cores; }

}  // namespace edgelab::probe
