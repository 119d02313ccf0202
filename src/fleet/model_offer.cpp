// Models on their way into the hub's store, and what lies there put right.
#include <algorithm>
#include <format>
#include <fstream>
#include <optional>
#include <vector>

#include "fleet/model_store.hpp"
#include "fleet/models.hpp"
#include "fleet/names.hpp"
#include "fleet/patience.hpp"
#include "probe/environment.hpp"

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> stalled(std::string_view what, std::string_view digest) {
  return fail(std::format("{} the model {} stopped: the hub did not take part, or it was no longer wanted", what,
                          model_name(digest)));
}

// What lies in the store under a name, up to these sequences, and whether it is what the file is as far as it goes.
struct Found {
  std::uint64_t whole = 0;  // 0: nobody says that it is
  std::uint64_t last_chunk = 0;
  bool right = true;
};

// Nullopt: trouble.
std::optional<Found> look_into(ModelStore& store, std::string_view digest, std::int64_t size, std::ifstream& file,
                               Patience& patience) {
  auto const [answer, whole] = store.whole(digest);
  auto const chunks = answer == ModelStore::Answer::trouble || !store.make_bucket() ? std::nullopt : store.chunks_of(digest);
  if (!chunks) return std::nullopt;
  Found found{.whole = whole.sequence, .last_chunk = chunks->last};
  found.right = chunks->count <= chunks_in(size) &&
                (answer == ModelStore::Answer::no || (whole.bytes == size && chunks->count == chunks_in(size)));
  std::vector<char> here(chunk_bytes);
  file.clear();
  file.seekg(0);
  for (std::uint64_t at = 0; found.right && at < chunks->last;) {
    auto const [there, chunk] = store.get(digest, at + 1);
    if (there != ModelStore::Answer::yes || !patience.wanted(0)) return std::nullopt;
    file.read(here.data(), static_cast<std::streamsize>(here.size()));
    found.right = chunk.bytes == std::string_view(here.data(), static_cast<std::size_t>(file.gcount()));
    at = chunk.sequence;
    patience.progress();
  }
  return found;
}

}  // namespace

Result<Moved> offer_model(Bus& bus, std::string_view digest, fs::path const& file, Transfer const& transfer) {
  std::error_code error;
  auto const size = static_cast<std::int64_t>(fs::file_size(file, error));
  std::ifstream from(file, std::ios::binary);
  if (error || !from) return fail(std::format("{} cannot be read", file.string()));
  EDGELAB_TRY(store, ModelStore::on(bus));
  auto const chunks = chunks_in(size);
  Patience patience(transfer);
  Moved moved;
  std::vector<char> buffer(chunk_bytes);
  std::uint64_t seen = 0;
  for (std::int64_t there = 0;;) {
    // Each time that something went wrong it is asked anew what there is: another may have gone on.
    auto const [answer, whole] = store.whole(digest);
    auto at = answer != ModelStore::Answer::trouble && store.make_bucket() ? store.chunks_of(digest) : std::nullopt;
    if (answer == ModelStore::Answer::yes && whole.bytes == size && at && at->count == chunks) return moved;
    if (at && at->count > seen) {     // another's progress counts
      seen = at->count;
      patience.progress();
    }
    while (at && at->count < chunks) {
      there = static_cast<std::int64_t>(at->count * chunk_bytes);
      if (!patience.wanted(there)) return stalled("sending", digest);
      from.clear();
      from.seekg(there);
      from.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      auto const read = static_cast<std::size_t>(from.gcount());
      if (read == 0) return fail(std::format("{} became shorter while it was read", file.string()));
      auto const sequence = store.put(digest, {buffer.data(), read}, at->last);
      if (!sequence) break;
      at = ModelStore::Chunks{at->count + 1, *sequence};
      moved.bytes += static_cast<std::int64_t>(read);
      ++moved.chunks;
      patience.progress();
    }
    if (at && at->count >= chunks && store.put_whole(digest, size)) return moved;
    if (!patience.wait(there)) return stalled("sending", digest);
  }
}

Result<Moved> repair_model(Bus& bus, std::string_view digest, fs::path const& file, Transfer const& transfer) {
  std::error_code error;
  auto const size = static_cast<std::int64_t>(fs::file_size(file, error));
  std::ifstream from(file, std::ios::binary);
  if (error || !from) return fail(std::format("{} cannot be read", file.string()));
  EDGELAB_TRY(store, ModelStore::on(bus));
  Patience patience(transfer);
  for (;;) {
    auto const found = look_into(store, digest, size, from, patience);
    if (found && !found->right) {      // so that no right object goes for a file that is another by now
      EDGELAB_TRY(is, probe::sha256_of(file));
      if (is != digest)
        return fail(std::format("{} has changed: its SHA-256 is {} now, not {}", file.string(), is, digest));
    }
    if (found && (found->right || store.remove(digest, found->whole, found->last_chunk)))
      return offer_model(bus, digest, file, transfer);
    if (!patience.wait(0)) return stalled("putting right", digest);
  }
}

}  // namespace edgelab::fleet
