#include "runner/pool.hpp"

#include "course/messages.hpp"

namespace edgelab::runner {

namespace {

std::chrono::milliseconds seconds(double s) { return std::chrono::milliseconds(static_cast<std::int64_t>(s * 1000.0)); }

}  // namespace

Pool::Pool(Plan const& plan, std::vector<protocol::HelloReply> const& hellos, StartExecutor start)
    : plan_(plan), start_(std::move(start)) {
  for (auto const& cell : plan.cells) needs_.push_back(course::needs_of(plan, cell, hellos[cell.executor]));
}

Pool::Key Pool::key_of(std::size_t cell) const {
  auto const executor = plan_.cells[cell].executor;
  bool const lent = plan_.experiment.executors[executor].kind == "remote";
  return {executor, lent ? std::string{} : needs_[cell].model};
}

void Pool::make_room(std::size_t cell) {
  auto const& executors = plan_.experiment.executors;
  auto const& own = executors[plan_.cells[cell].executor];
  if (own.kind != "remote") return;
  std::erase_if(held_, [&](auto const& entry) {
    auto const& other = executors[entry.first.first];
    return other.kind == "remote" && other.device == own.device && other.url == own.url;
  });
}

executor::Outcome<void> Pool::load(Held& held, std::size_t cell, std::stop_token const& stop) {
  course::LoadNeeds const& needs = needs_[cell];
  if (held.loaded && needs.served_by(*held.loaded)) return {};
  held.loaded.reset();
  auto message = course::load_message(plan_.cells[cell], needs);
  auto const answer = cancellable(*held.process, stop, [&] {
    return held.process->load(std::move(message), seconds(plan_.experiment.protocol.trial_timeout_s));
  });
  if (!answer) {
    auto trouble = answer.error();
    trouble.reason = course::while_loading(needs, trouble.reason);
    return std::unexpected(std::move(trouble));
  }
  held.model_bytes = answer->model_bytes;
  held.loaded = needs;
  return {};
}

executor::Outcome<Held> Pool::fresh(std::size_t cell, std::stop_token const& stop) {
  make_room(cell);
  auto process = start_(plan_.cells[cell].executor, stop);
  if (!process) return std::unexpected(process.error());
  Held held{.process = std::move(*process), .loaded = {}, .model_bytes = {}};
  if (auto loaded = load(held, cell, stop); !loaded) return std::unexpected(loaded.error());
  return held;
}

executor::Outcome<Held*> Pool::get(std::size_t cell, std::stop_token const& stop) {
  auto found = held_.find(key_of(cell));
  if (found == held_.end()) {
    auto made = fresh(cell, stop);
    if (!made) return std::unexpected(made.error());
    found = held_.emplace(key_of(cell), std::move(*made)).first;
    return &found->second;
  }
  if (auto loaded = load(found->second, cell, stop); !loaded) {
    if (loaded.error().process_lost) held_.erase(found);
    return std::unexpected(loaded.error());
  }
  return &found->second;
}

void Pool::forget(std::size_t cell) { held_.erase(key_of(cell)); }

void Pool::clear() { held_.clear(); }

}  // namespace edgelab::runner
