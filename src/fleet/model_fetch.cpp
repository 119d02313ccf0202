// Models on their way out of the hub's store, taken up where they were interrupted.
#include <cstdint>
#include <format>
#include <fstream>
#include <optional>
#include <utility>

#include "fleet/model_store.hpp"
#include "fleet/models.hpp"
#include "fleet/names.hpp"
#include "fleet/patience.hpp"

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;

// How far a part is: bytes, and the sequence of the chunk that was appended last.
struct Progress {
  std::int64_t bytes = 0;
  std::uint64_t sequence = 0;
};

fs::path note_of(fs::path part) { return part += ".at"; }

// What is noted was written before it was noted, so what the part has beyond it is cut off.
Progress progress_of(fs::path const& part) {
  Progress progress;
  std::ifstream note(note_of(part));
  note >> progress.bytes >> progress.sequence;
  std::error_code error;
  auto const size = fs::file_size(part, error);
  if (!note || error || progress.bytes < 0 || size < static_cast<std::uintmax_t>(progress.bytes)) progress = {};
  std::ofstream(part, std::ios::app).flush();
  fs::resize_file(part, static_cast<std::uintmax_t>(progress.bytes), error);
  return progress;
}

bool note(fs::path const& part, Progress const& progress) {
  auto const file = note_of(part);
  auto const working = file.string() + ".new";
  std::ofstream(working) << progress.bytes << ' ' << progress.sequence << '\n';
  std::error_code error;
  fs::rename(working, file, error);
  return !error;
}

std::unexpected<NotHere> not_here(std::string why) { return std::unexpected(NotHere{{std::move(why), {}}}); }

// A part of what is not the model would only be mixed with what is put in its place.
std::unexpected<NotHere> damaged(fs::path const& part, std::string why) {
  std::error_code ignored;
  for (auto const& file : {part, note_of(part)}) fs::remove(file, ignored);
  return std::unexpected(NotHere{{std::move(why), {}}, true});
}

std::unexpected<NotHere> stalled(std::string_view digest) {
  return not_here(std::format("fetching the model {} stopped: the hub did not take part, or it was no longer wanted",
                              model_name(digest)));
}

}  // namespace

std::expected<Moved, NotHere> fetch_model(Bus& bus, std::string_view digest, std::int64_t bytes, fs::path const& part,
                                          Transfer const& transfer) {
  auto store = ModelStore::on(bus);
  if (!store) return not_here(store.error().describe());
  auto at = progress_of(part);
  std::ofstream to(part, std::ios::binary | std::ios::app);
  if (!to) return not_here(std::format("{} cannot be written", part.string()));
  Patience patience(transfer);
  Moved moved;
  std::optional<std::int64_t> size;
  // A part from another store, or from before this one was emptied, has sequences that mean nothing here.
  bool again = at.bytes > 0;
  auto const start_over = [&] {
    if (!std::exchange(again, false)) return false;
    to = std::ofstream(part, std::ios::binary | std::ios::trunc);
    at = {};
    return to && note(part, at);
  };
  while (!size || at.bytes < *size) {
    if (!patience.wanted(at.bytes)) return stalled(digest);
    if (!size) {
      auto const [answer, told] = store->whole(digest);
      if (answer == ModelStore::Answer::no)
        return not_here(std::format("the hub's store has no model {}", model_name(digest)));
      if (answer == ModelStore::Answer::yes && told.bytes <= bytes && told.bytes < at.bytes && start_over()) continue;
      if (answer == ModelStore::Answer::yes && (told.bytes > bytes || told.bytes < at.bytes))
        return damaged(part, std::format("the model {} has {} bytes in the hub's store; {} were announced",
                                         model_name(digest), told.bytes, bytes));
      if (answer == ModelStore::Answer::yes)
        size = told.bytes;
      else if (!patience.wait(at.bytes))
        return stalled(digest);
      continue;
    }
    auto const [answer, chunk] = store->get(digest, at.sequence + 1);
    if (answer == ModelStore::Answer::no && start_over()) continue;
    if (answer == ModelStore::Answer::no)
      return damaged(part, std::format("the hub's store has lost a part of the model {}", model_name(digest)));
    if (answer == ModelStore::Answer::trouble) {
      if (!patience.wait(at.bytes)) return stalled(digest);
      continue;
    }
    to.write(chunk.bytes.data(), static_cast<std::streamsize>(chunk.bytes.size())).flush();
    at = {at.bytes + static_cast<std::int64_t>(chunk.bytes.size()), chunk.sequence};
    if (!to || !note(part, at))
      return not_here(std::format("{} cannot be written: is there room for {} bytes?", part.string(), *size));
    moved.bytes += static_cast<std::int64_t>(chunk.bytes.size());
    ++moved.chunks;
    patience.progress();
    if (at.bytes > *size && start_over()) continue;
  }
  if (at.bytes > *size)
    return damaged(part, std::format("the model {} is longer in the hub's store than it says", model_name(digest)));
  std::error_code ignored;
  fs::remove(note_of(part), ignored);
  return moved;
}

}  // namespace edgelab::fleet
