#include "fleet/model_store.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <format>

#include "fleet/names.hpp"
#include "wire/json.hpp"

namespace edgelab::fleet {

namespace {

constexpr auto stream_name = "OBJ_edgelab-models";
constexpr int request_ms = 5'000;
constexpr std::uint16_t no_message_found = 10037;
constexpr double largest_size = 9.0e15;

jsCtx* raw(std::shared_ptr<void> const& js) { return static_cast<jsCtx*>(js.get()); }

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
std::string whole_subject(std::string_view digest) {
  return std::format("$O.{}.M.{}", models_bucket, base64url(digest));
}

}  // namespace

Result<ModelStore> ModelStore::on(Bus& bus) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = request_ms;
  jsCtx* js = nullptr;
  if (auto const status = natsConnection_JetStream(&js, bus.raw(), &options); status != NATS_OK)
    return fail(std::format("the hub has no JetStream: {}", natsStatus_GetText(status)));
  return ModelStore(std::shared_ptr<void>(js, [](void* context) { jsCtx_Destroy(static_cast<jsCtx*>(context)); }));
}

bool ModelStore::make_bucket() {
  objStore* store = nullptr;
  std::string const name(models_bucket);
  auto status = js_ObjectStore(&store, raw(js_), name.c_str());
  if (status != NATS_OK) {
    objStoreConfig config;
    objStoreConfig_Init(&config);
    config.Bucket = name.c_str();
    config.Description = "models of edge-llm-lab, by their SHA-256";
    status = js_CreateObjectStore(&store, raw(js_), &config);
  }
  if (store != nullptr) objStore_Destroy(store);
  return status == NATS_OK;
}

std::pair<ModelStore::Answer, ModelStore::Whole> ModelStore::whole(std::string_view digest) {
  natsMsg* message = nullptr;
  jsErrCode error{};
  auto const status = js_GetLastMsg(&message, raw(js_), stream_name, whole_subject(digest).c_str(), nullptr, &error);
  if (status == NATS_NOT_FOUND || static_cast<std::uint16_t>(error) == no_message_found || error == JSStreamNotFoundErr)
    return {Answer::no, {}};
  if (status != NATS_OK) return {Answer::trouble, {}};
  auto const json =
      wire::Json::parse({natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
  auto const sequence = natsMsg_GetSequence(message);
  natsMsg_Destroy(message);
  auto const size = json ? json->number("/size") : std::unexpected(json.error());
  if (!size || json->truth("/deleted") || !(*size >= 0.0 && *size <= largest_size)) return {Answer::no, {}};
  return {Answer::yes, {.bytes = static_cast<std::int64_t>(*size), .sequence = sequence}};
}

std::optional<ModelStore::Chunks> ModelStore::chunks_of(std::string_view digest) {
  auto const subject = chunks_subject(digest);
  // The last one first: what another puts in between makes its sequence an old one, and nothing is put after that. The other way round
  // the next chunk would be put twice.
  Chunks chunks;
  natsMsg* message = nullptr;
  auto const status = js_GetLastMsg(&message, raw(js_), stream_name, subject.c_str(), nullptr, nullptr);
  if (status == NATS_OK) {
    chunks.last = natsMsg_GetSequence(message);
    natsMsg_Destroy(message);
  } else if (status != NATS_NOT_FOUND) {
    return std::nullopt;
  }
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Info.SubjectsFilter = subject.c_str();
  jsStreamInfo* info = nullptr;
  if (js_GetStreamInfo(&info, raw(js_), stream_name, &options, nullptr) != NATS_OK) return std::nullopt;
  if (auto const* const list = info->State.Subjects)
    for (int i = 0; i < list->Count; ++i)
      if (list->List[i].Subject == subject) chunks.count = list->List[i].Msgs;
  jsStreamInfo_Destroy(info);
  return chunks;
}

std::pair<ModelStore::Answer, ModelStore::Chunk> ModelStore::get(std::string_view digest, std::uint64_t from) {
  auto const subject = chunks_subject(digest);
  jsDirectGetMsgOptions options;
  jsDirectGetMsgOptions_Init(&options);
  options.NextBySubject = subject.c_str();
  options.Sequence = std::max<std::uint64_t>(from, 1);
  natsMsg* message = nullptr;
  auto const status = js_DirectGetMsg(&message, raw(js_), stream_name, nullptr, &options);
  if (status == NATS_NOT_FOUND) return {Answer::no, {}};
  if (status != NATS_OK) return {Answer::trouble, {}};
  Chunk chunk{.bytes = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))},
              .sequence = natsMsg_GetSequence(message)};
  natsMsg_Destroy(message);
  return {Answer::yes, std::move(chunk)};
}

std::optional<std::uint64_t> ModelStore::put(std::string_view digest, std::string_view chunk, std::uint64_t after) {
  return publish(chunks_subject(digest), chunk, "Nats-Expected-Last-Subject-Sequence", std::to_string(after).c_str());
}

bool ModelStore::put_whole(std::string_view digest, std::int64_t bytes) {
  auto const json =
      wire::JsonObject()
          .text("name", digest)
          .text("bucket", models_bucket)
          .text("nuid", digest)
          .number("size", static_cast<double>(bytes))
          .number("chunks", static_cast<double>(chunks_in(bytes)))
          .text("digest", "SHA-256=" + base64url(bytes_of_hex(digest)))
          .raw("options", wire::JsonObject().number("max_chunk_size", static_cast<double>(chunk_bytes)).done())
          .done();
  return publish(whole_subject(digest), json, "Nats-Rollup", "sub").has_value();
}

// What says that it is whole goes first: nobody is to begin with the rest.
bool ModelStore::remove(std::string_view digest, std::uint64_t whole, std::uint64_t last_chunk) {
  return purge(whole_subject(digest), whole) && purge(chunks_subject(digest), last_chunk);
}

std::optional<std::uint64_t> ModelStore::publish(std::string const& subject, std::string_view body, char const* header,
                                                 char const* value) {
  natsMsg* message = nullptr;
  if (natsMsg_Create(&message, subject.c_str(), nullptr, body.data(), static_cast<int>(body.size())) != NATS_OK)
    return std::nullopt;
  natsMsgHeader_Set(message, header, value);
  jsPubAck* ack = nullptr;
  auto const status = js_PublishMsg(&ack, raw(js_), message, nullptr, nullptr);
  natsMsg_Destroy(message);
  if (status != NATS_OK) return std::nullopt;
  auto const sequence = ack->Sequence;
  jsPubAck_Destroy(ack);
  return sequence;
}

bool ModelStore::purge(std::string const& subject, std::uint64_t up_to) {
  if (up_to == 0) return true;
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Purge.Subject = subject.c_str();
  options.Stream.Purge.Sequence = up_to + 1;
  return js_PurgeStream(raw(js_), stream_name, &options, nullptr) == NATS_OK;
}

}  // namespace edgelab::fleet
