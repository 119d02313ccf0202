#include "fleet/models.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <format>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "fleet/names.hpp"
#include "wire/json.hpp"

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto stream_name = "OBJ_edgelab-models";
constexpr auto retry_after = 200ms;
constexpr int request_ms = 5'000;
constexpr std::uint16_t no_message_found = 10037;

std::string base64url(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto const at = [&](std::size_t k) -> unsigned {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    unsigned const three = at(0) << 16U | at(1) << 8U | at(2);
    for (unsigned k = 0; k < 4; ++k) out += i + k <= bytes.size() ? letters[three >> (18U - 6U * k) & 63U] : '=';
  }
  return out;
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string chunks_subject(std::string_view digest) { return std::format("$O.{}.C.{}", models_bucket, digest); }

// Trouble with the bus is waited out as long as there is some progress now and then.
class Patience {
 public:
  explicit Patience(Transfer const& transfer) : transfer_(transfer), last_(Clock::now()) {}
  void progress() { last_ = Clock::now(); }
  // False: it is at an end.
  bool wait(std::int64_t bytes) {
    if (Clock::now() - last_ > transfer_.patience || !wanted(bytes)) return false;
    std::this_thread::sleep_for(retry_after);
    return true;
  }
  bool wanted(std::int64_t bytes) { return !transfer_.keep_on || transfer_.keep_on(bytes); }

 private:
  Transfer const& transfer_;
  Clock::time_point last_;
};

// The store of models, from one connection's view.
class Store {
 public:
  static Result<Store> on(Bus& bus) {
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = request_ms;
    jsCtx* js = nullptr;
    if (auto const status = natsConnection_JetStream(&js, bus.raw(), &options); status != NATS_OK)
      return fail(std::format("the hub has no JetStream: {}", natsStatus_GetText(status)));
    return Store(js);
  }

  // The bucket, made where it is not there yet.
  bool make_bucket() {
    objStore* store = nullptr;
    std::string const name(models_bucket);
    auto status = js_ObjectStore(&store, js_.get(), name.c_str());
    if (status != NATS_OK) {
      objStoreConfig config;
      objStoreConfig_Init(&config);
      config.Bucket = name.c_str();
      config.Description = "models of edge-llm-lab, by their SHA-256";
      status = js_CreateObjectStore(&store, js_.get(), &config);
    }
    if (store != nullptr) objStore_Destroy(store);
    return status == NATS_OK;
  }

  enum class Answer : std::uint8_t { yes, no, trouble };
  // The size of the whole object.
  std::pair<Answer, std::int64_t> size_of(std::string_view digest) {
    auto const [answer, body] = last_on(std::format("$O.{}.M.{}", models_bucket, base64url(digest)));
    if (answer != Answer::yes) return {answer, 0};
    auto const json = wire::Json::parse(body);
    auto const size = json ? json->number("/size") : std::unexpected(json.error());
    constexpr double largest_size = 9.0e15;
    if (!size || json->truth("/deleted") || !(*size >= 0.0 && *size <= largest_size)) return {Answer::no, 0};
    return {Answer::yes, static_cast<std::int64_t>(*size)};
  }

  // How many chunks there are, and the stream's sequence of the last.
  struct Chunks {
    std::uint64_t count = 0;
    std::uint64_t last = 0;
  };
  std::optional<Chunks> chunks_of(std::string const& subject) {
    jsOptions options;
    jsOptions_Init(&options);
    options.Stream.Info.SubjectsFilter = subject.c_str();
    jsStreamInfo* info = nullptr;
    if (js_GetStreamInfo(&info, js_.get(), stream_name, &options, nullptr) != NATS_OK) return std::nullopt;
    Chunks chunks;
    if (auto const* const list = info->State.Subjects)
      for (int i = 0; i < list->Count; ++i)
        if (list->List[i].Subject == subject) chunks.count = list->List[i].Msgs;
    jsStreamInfo_Destroy(info);
    if (chunks.count == 0) return chunks;
    natsMsg* message = nullptr;
    if (js_GetLastMsg(&message, js_.get(), stream_name, subject.c_str(), nullptr, nullptr) != NATS_OK)
      return std::nullopt;
    chunks.last = natsMsg_GetSequence(message);
    natsMsg_Destroy(message);
    return chunks;
  }

  // Publishes a chunk if the last one on its subject is still `after`, 0: there is none; its sequence, or nullopt.
  std::optional<std::uint64_t> put(std::string const& subject, std::string_view chunk, std::uint64_t after) {
    return publish(subject, chunk, "Nats-Expected-Last-Subject-Sequence", std::to_string(after).c_str());
  }

  bool put_metadata(std::string_view digest, std::int64_t size) {
    auto const chunks = (size + static_cast<std::int64_t>(chunk_bytes) - 1) / static_cast<std::int64_t>(chunk_bytes);
    auto const json =
        wire::JsonObject()
            .text("name", digest)
            .text("bucket", models_bucket)
            .text("nuid", digest)
            .number("size", static_cast<double>(size))
            .number("chunks", static_cast<double>(chunks))
            .text("digest", "SHA-256=" + base64url(bytes_of_hex(digest)))
            .raw("options", wire::JsonObject().number("max_chunk_size", static_cast<double>(chunk_bytes)).done())
            .done();
    auto const subject = std::format("$O.{}.M.{}", models_bucket, base64url(digest));
    return publish(subject, json, "Nats-Rollup", "sub").has_value();
  }

  struct Chunk {
    std::string bytes;
    std::uint64_t sequence = 0;
  };
  // The first chunk at or after a sequence.
  std::pair<Answer, Chunk> get(std::string const& subject, std::uint64_t from) {
    jsDirectGetMsgOptions options;
    jsDirectGetMsgOptions_Init(&options);
    options.NextBySubject = subject.c_str();
    options.Sequence = std::max<std::uint64_t>(from, 1);
    natsMsg* message = nullptr;
    auto const status = js_DirectGetMsg(&message, js_.get(), stream_name, nullptr, &options);
    if (status == NATS_NOT_FOUND) return {Answer::no, {}};
    if (status != NATS_OK) return {Answer::trouble, {}};
    Chunk chunk{.bytes = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))},
                .sequence = natsMsg_GetSequence(message)};
    natsMsg_Destroy(message);
    return {Answer::yes, std::move(chunk)};
  }

 private:
  explicit Store(jsCtx* js) : js_(js, &jsCtx_Destroy) {}

  std::optional<std::uint64_t> publish(std::string const& subject, std::string_view body, char const* header,
                                       char const* value) {
    natsMsg* message = nullptr;
    if (natsMsg_Create(&message, subject.c_str(), nullptr, body.data(), static_cast<int>(body.size())) != NATS_OK)
      return std::nullopt;
    natsMsgHeader_Set(message, header, value);
    jsPubAck* ack = nullptr;
    auto const status = js_PublishMsg(&ack, js_.get(), message, nullptr, nullptr);
    natsMsg_Destroy(message);
    if (status != NATS_OK) return std::nullopt;
    auto const sequence = ack->Sequence;
    jsPubAck_Destroy(ack);
    return sequence;
  }

  std::pair<Answer, std::string> last_on(std::string const& subject) {
    natsMsg* message = nullptr;
    jsErrCode error{};
    auto const status = js_GetLastMsg(&message, js_.get(), stream_name, subject.c_str(), nullptr, &error);
    if (status == NATS_NOT_FOUND || static_cast<std::uint16_t>(error) == no_message_found ||
        error == JSStreamNotFoundErr)
      return {Answer::no, {}};
    if (status != NATS_OK) return {Answer::trouble, {}};
    std::string body(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    natsMsg_Destroy(message);
    return {Answer::yes, std::move(body)};
  }

  std::unique_ptr<jsCtx, decltype(&jsCtx_Destroy)> js_;
};

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

std::unexpected<Error> stalled(std::string_view what, std::string_view digest) {
  return fail(std::format("{} the model {} stopped: the hub did not take part, or it was no longer wanted", what,
                          model_name(digest)));
}

}  // namespace

Result<Moved> offer_model(Bus& bus, std::string_view digest, fs::path const& file, Transfer const& transfer) {
  std::error_code error;
  auto const size = static_cast<std::int64_t>(fs::file_size(file, error));
  std::ifstream from(file, std::ios::binary);
  if (error || !from) return fail(std::format("{} cannot be read", file.string()));
  EDGELAB_TRY(store, Store::on(bus));
  auto const subject = chunks_subject(digest);
  auto const chunks = static_cast<std::uint64_t>((size + static_cast<std::int64_t>(chunk_bytes) - 1) /
                                                 static_cast<std::int64_t>(chunk_bytes));
  Patience patience(transfer);
  Moved moved;
  std::vector<char> buffer(chunk_bytes);
  for (std::int64_t there = 0;;) {
    // Each time that something went wrong it is asked anew what there is: another may have gone on.
    auto const [whole, bytes] = store.size_of(digest);
    if (whole == Store::Answer::yes && bytes == size) return moved;
    auto at = whole != Store::Answer::trouble && store.make_bucket() ? store.chunks_of(subject) : std::nullopt;
    while (at && at->count < chunks) {
      there = static_cast<std::int64_t>(at->count * chunk_bytes);
      if (!patience.wanted(there)) return stalled("sending", digest);
      from.clear();
      from.seekg(there);
      from.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      auto const read = static_cast<std::size_t>(from.gcount());
      if (read == 0) return fail(std::format("{} became shorter while it was read", file.string()));
      auto const sequence = store.put(subject, {buffer.data(), read}, at->last);
      if (!sequence) break;
      at = Store::Chunks{at->count + 1, *sequence};
      moved.bytes += static_cast<std::int64_t>(read);
      ++moved.chunks;
      patience.progress();
    }
    if (at && at->count >= chunks && store.put_metadata(digest, size)) return moved;
    if (!patience.wait(there)) return stalled("sending", digest);
  }
}

Result<Moved> fetch_model(Bus& bus, std::string_view digest, std::int64_t bytes, fs::path const& part,
                          Transfer const& transfer) {
  EDGELAB_TRY(store, Store::on(bus));
  auto const subject = chunks_subject(digest);
  auto at = progress_of(part);
  std::ofstream to(part, std::ios::binary | std::ios::app);
  if (!to) return fail(std::format("{} cannot be written", part.string()));
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
    if (!patience.wanted(at.bytes)) return stalled("fetching", digest);
    if (!size) {
      auto const [answer, told] = store.size_of(digest);
      if (answer == Store::Answer::no) return fail(std::format("the hub's store has no model {}", model_name(digest)));
      if (answer == Store::Answer::yes && told <= bytes && told < at.bytes && start_over()) continue;
      if (answer == Store::Answer::yes && (told > bytes || told < at.bytes))
        return fail(std::format("the model {} has {} bytes in the hub's store; {} were announced", model_name(digest),
                                told, bytes));
      if (answer == Store::Answer::yes)
        size = told;
      else if (!patience.wait(at.bytes))
        return stalled("fetching", digest);
      continue;
    }
    auto const [answer, chunk] = store.get(subject, at.sequence + 1);
    if (answer == Store::Answer::no && start_over()) continue;
    if (answer == Store::Answer::no)
      return fail(std::format("the hub's store has lost a part of the model {}", model_name(digest)));
    if (answer == Store::Answer::trouble) {
      if (!patience.wait(at.bytes)) return stalled("fetching", digest);
      continue;
    }
    to.write(chunk.bytes.data(), static_cast<std::streamsize>(chunk.bytes.size())).flush();
    at = {at.bytes + static_cast<std::int64_t>(chunk.bytes.size()), chunk.sequence};
    if (!to || !note(part, at))
      return fail(std::format("{} cannot be written: is there room for {} bytes?", part.string(), *size));
    moved.bytes += static_cast<std::int64_t>(chunk.bytes.size());
    ++moved.chunks;
    patience.progress();
    if (at.bytes > *size && start_over()) continue;
  }
  if (at.bytes > *size)
    return fail(std::format("the model {} is longer in the hub's store than it says", model_name(digest)));
  std::error_code ignored;
  fs::remove(note_of(part), ignored);
  return moved;
}

}  // namespace edgelab::fleet
