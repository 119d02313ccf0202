#include "probe/process_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "probe/files.hpp"
#include "probe/process_stat.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_processes = 4096;    // a tree that grows while it is walked comes to an end

fs::path folder_of(std::int64_t pid, fs::path const& root) { return root / "proc" / std::to_string(pid); }

// The children of all threads of a process; nullopt where the kernel has no such files.
std::optional<std::vector<std::int64_t>> children_of(std::int64_t pid, fs::path const& root) {
  std::vector<std::int64_t> children;
  bool told = false;
  for (auto const& thread : numbered(folder_of(pid, root) / "task", "")) {
    auto const text = read_small(thread / "children");
    if (!text) continue;
    told = true;
    for (auto const& word : split(trim(*text), ' '))
      if (auto const child = whole(word)) children.push_back(*child);
  }
  return told ? std::optional(std::move(children)) : std::nullopt;
}

std::multimap<std::int64_t, std::int64_t> children_by_parent(fs::path const& root) {
  std::multimap<std::int64_t, std::int64_t> children;
  for (auto const& folder : numbered(root / "proc", ""))
    if (auto const stat = process_stat(folder)) children.emplace(stat->parent, *whole(folder.filename().string()));
  return children;
}

}  // namespace

std::vector<std::int64_t> process_tree(std::int64_t pid, fs::path const& root) {
  std::vector<std::int64_t> tree;
  if (!process_stat(folder_of(pid, root))) return tree;
  tree.push_back(pid);
  std::optional<std::multimap<std::int64_t, std::int64_t>> by_parent;    // made only where it is needed
  for (std::size_t next = 0; next < tree.size() && tree.size() < most_processes; ++next) {
    auto children = children_of(tree[next], root);
    if (!children) {
      if (!by_parent) by_parent = children_by_parent(root);
      auto const [first, last] = by_parent->equal_range(tree[next]);
      children.emplace();
      for (auto it = first; it != last; ++it) children->push_back(it->second);
    }
    for (auto const child : *children)
      if (!std::ranges::contains(tree, child)) tree.push_back(child);
  }
  return tree;
}

Units units_of_this_machine() {
  return {.ticks_per_s = static_cast<double>(std::max(1L, ::sysconf(_SC_CLK_TCK))),
          .page_bytes = std::max(1L, ::sysconf(_SC_PAGESIZE))};
}

std::optional<TreeUse> tree_use(std::span<std::int64_t const> pids, Units const& units, fs::path const& root) {
  std::optional<TreeUse> use;
  std::int64_t ticks = 0;
  for (auto const pid : pids) {
    auto const stat = process_stat(folder_of(pid, root));
    if (!stat) continue;
    if (!use) use.emplace();
    ++use->processes;
    ticks += stat->ticks + stat->reaped_ticks;
    use->major_faults += stat->major_faults + stat->reaped_major_faults;
    use->minor_faults += stat->minor_faults + stat->reaped_minor_faults;
    if (stat->state != 'T') use->rss_bytes += stat->resident_pages * units.page_bytes;
  }
  if (use) use->cpu_s = static_cast<double>(ticks) / units.ticks_per_s;
  return use;
}

std::optional<Switches> tree_switches(std::span<std::int64_t const> pids, fs::path const& root) {
  std::optional<Switches> sum;
  for (auto const pid : pids)
    for (auto const& thread : numbered(folder_of(pid, root) / "task", "")) {
      auto const status = read_small(thread / "status");
      if (!status) continue;
      auto const voluntary = field_of(*status, "voluntary_ctxt_switches");
      auto const involuntary = field_of(*status, "nonvoluntary_ctxt_switches");
      if (!voluntary || !involuntary) continue;
      if (!sum) sum.emplace();
      sum->voluntary += whole(*voluntary).value_or(0);
      sum->involuntary += whole(*involuntary).value_or(0);
    }
  return sum;
}

}  // namespace edgelab::probe
