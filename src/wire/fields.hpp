// Names on the wire: for each message its tag and fields, once. Writer and reader both walk this table.
#pragma once

#include <string_view>
#include <tuple>

#include "types/protocol.hpp"
#include "types/timeline.hpp"

namespace edgelab::wire {

template <typename T, typename M>
struct Field {
  std::string_view name;
  M T::* member;
  bool optional = false;   // of a column: it may be left out though the table's others are there
};

template <typename T, typename M>
consteval Field<T, M> field(std::string_view name, M T::* member) {
  return {name, member};
}

template <typename T, typename M>
consteval Field<T, M> optional_field(std::string_view name, M T::* member) {
  return {name, member, true};
}

template <typename T>
struct Described;  // tag (of messages) and fields; specialised below

template <typename T>
concept IsDescribed = requires { Described<T>::fields; };

template <>
struct Described<protocol::Hello> {
  static constexpr std::string_view tag = "hello";
  static constexpr auto fields = std::tuple{field("protocol", &protocol::Hello::protocol)};
};

template <>
struct Described<protocol::Load> {
  using M = protocol::Load;
  static constexpr std::string_view tag = "load";
  static constexpr auto fields =
      std::tuple{field("id", &M::id), field("model", &M::model), field("draft", &M::draft), field("flags", &M::flags)};
};

template <>
struct Described<protocol::TrialRequest> {
  using M = protocol::TrialRequest;
  static constexpr auto fields = std::tuple{field("id", &M::id),
                                            field("prompt", &M::prompt),
                                            field("messages", &M::messages),
                                            field("synthetic_tokens", &M::synthetic_tokens),
                                            field("max_tokens", &M::max_tokens),
                                            field("ignore_eos", &M::ignore_eos),
                                            field("arrival_us", &M::arrival_us),
                                            field("after", &M::after)};
};

template <>
struct Described<protocol::Run> {
  using M = protocol::Run;
  static constexpr std::string_view tag = "run";
  static constexpr auto fields = std::tuple{field("id", &M::id),
                                            field("flags", &M::flags),
                                            field("requests", &M::requests),
                                            field("concurrency", &M::concurrency),
                                            field("temperature", &M::temperature),
                                            field("top_k", &M::top_k),
                                            field("top_p", &M::top_p),
                                            field("seed", &M::seed),
                                            field("min_s", &M::min_s),
                                            field("min_tokens", &M::min_tokens),
                                            field("live", &M::live)};
};

template <>
struct Described<protocol::Score> {
  using M = protocol::Score;
  static constexpr std::string_view tag = "score";
  static constexpr auto fields = std::tuple{field("id", &M::id),
                                            field("flags", &M::flags),
                                            field("request", &M::request),
                                            field("text", &M::text),
                                            field("tokens", &M::tokens),
                                            field("skip", &M::skip),
                                            field("at_a_time", &M::at_a_time),
                                            field("against", &M::against),
                                            field("stream", &M::stream),
                                            field("leads", &M::leads),
                                            field("ended", &M::ended),
                                            field("noise", &M::noise)};
};

template <>
struct Described<protocol::Cancel> {
  static constexpr std::string_view tag = "cancel";
  static constexpr auto fields =
      std::tuple{field("id", &protocol::Cancel::id), field("request", &protocol::Cancel::request)};
};

template <>
struct Described<protocol::Bye> {
  static constexpr std::string_view tag = "bye";
  static constexpr auto fields = std::tuple{};
};

template <>
struct Described<protocol::FlagSupport> {
  using M = protocol::FlagSupport;
  static constexpr auto fields =
      std::tuple{field("support", &M::support), field("values", &M::values), field("reason", &M::reason)};
};

template <>
struct Described<protocol::OwnFlag> {
  using M = protocol::OwnFlag;
  static constexpr auto fields = std::tuple{field("name", &M::name),     field("type", &M::type),
                                            field("values", &M::values), field("default_value", &M::default_value),
                                            field("scope", &M::scope),   field("effect", &M::effect),
                                            field("help", &M::help)};
};

template <>
struct Described<protocol::HelloReply> {
  using M = protocol::HelloReply;
  static constexpr std::string_view tag = "hello";
  static constexpr auto fields =
      std::tuple{field("protocol", &M::protocol), field("name", &M::name),   field("version", &M::version),
                 field("library", &M::library),   field("flags", &M::flags), field("own_flags", &M::own_flags),
                 field("abilities", &M::abilities)};
};

template <>
struct Described<protocol::Loaded> {
  using M = protocol::Loaded;
  static constexpr std::string_view tag = "loaded";
  static constexpr auto fields = std::tuple{field("id", &M::id), field("model_bytes", &M::model_bytes),
                                            field("n_ctx_train", &M::n_ctx_train), field("n_vocab", &M::n_vocab)};
};

template <>
struct Described<protocol::Progress> {
  using M = protocol::Progress;
  static constexpr std::string_view tag = "progress";
  static constexpr auto fields =
      std::tuple{field("id", &M::id), field("requests_done", &M::requests_done), field("tokens", &M::tokens)};
};

template <>
struct Described<protocol::Emission> {
  using M = protocol::Emission;
  static constexpr std::string_view tag = "emission";
  static constexpr auto fields =
      std::tuple{field("id", &M::id), field("request", &M::request), field("tokens", &M::tokens)};
};

template <>
struct Described<RequestColumns> {
  using M = RequestColumns;
  static constexpr auto fields = std::tuple{field("id", &M::id),
                                            field("pass", &M::pass),
                                            field("arrival_ns", &M::arrival_ns),
                                            field("admitted_ns", &M::admitted_ns),
                                            field("prefill_end_ns", &M::prefill_end_ns),
                                            field("end_ns", &M::end_ns),
                                            field("prompt_tokens", &M::prompt_tokens),
                                            field("cached_tokens", &M::cached_tokens),
                                            field("emissions", &M::emissions),
                                            field("finish", &M::finish),
                                            field("text", &M::text),
                                            optional_field("server_prefill_ns", &M::server_prefill_ns),
                                            optional_field("server_decode_ns", &M::server_decode_ns),
                                            optional_field("drafted", &M::drafted),
                                            optional_field("accepted", &M::accepted),
                                            optional_field("retries", &M::retries)};
};

template <>
struct Described<EmissionColumns> {
  using M = EmissionColumns;
  static constexpr auto fields = std::tuple{field("gap_ns", &M::gap_ns), field("tokens", &M::tokens)};
};

template <>
struct Described<StepColumns> {
  using M = StepColumns;
  static constexpr auto fields = std::tuple{field("start_ns", &M::start_ns),
                                            field("duration_ns", &M::duration_ns),
                                            field("prefill_tokens", &M::prefill_tokens),
                                            field("decode_tokens", &M::decode_tokens),
                                            field("drafted", &M::drafted),
                                            field("accepted", &M::accepted)};
};

template <>
struct Described<Timeline> {
  using M = Timeline;
  static constexpr auto fields = std::tuple{field("requests", &M::requests), field("emissions", &M::emissions),
                                            field("steps", &M::steps), field("token_ids", &M::token_ids)};
};

template <>
struct Described<protocol::TimelinePart> {
  using M = protocol::TimelinePart;
  static constexpr std::string_view tag = "timeline";
  static constexpr auto fields = std::tuple{field("id", &M::id), field("columns", &M::columns)};
};

template <>
struct Described<protocol::Memory> {
  using M = protocol::Memory;
  static constexpr auto fields = std::tuple{field("model_bytes", &M::model_bytes),
                                            field("kv_cache_bytes", &M::kv_cache_bytes),
                                            field("compute_bytes", &M::compute_bytes),
                                            field("draft_model_bytes", &M::draft_model_bytes),
                                            field("draft_kv_cache_bytes", &M::draft_kv_cache_bytes),
                                            field("draft_compute_bytes", &M::draft_compute_bytes),
                                            field("rss_peak_bytes", &M::rss_peak_bytes),
                                            field("elsewhere", &M::elsewhere)};
};

template <>
struct Described<protocol::Done> {
  using M = protocol::Done;
  static constexpr std::string_view tag = "done";
  static constexpr auto fields =
      std::tuple{field("id", &M::id), field("in_force", &M::in_force), field("memory", &M::memory)};
};

template <>
struct Described<protocol::Scored> {
  using M = protocol::Scored;
  static constexpr std::string_view tag = "scored";
  static constexpr auto fields = std::tuple{field("id", &M::id),
                                            field("tokens", &M::tokens),
                                            field("logprobs", &M::logprobs),
                                            field("reference_logprobs", &M::reference_logprobs),
                                            field("kld", &M::kld),
                                            field("agree", &M::agree),
                                            field("leads", &M::leads),
                                            field("noise", &M::noise),
                                            field("more", &M::more)};
};

template <>
struct Described<protocol::Failure> {
  using M = protocol::Failure;
  static constexpr std::string_view tag = "error";
  static constexpr auto fields = std::tuple{field("id", &M::id), field("kind", &M::kind), field("reason", &M::reason)};
};

}  // namespace edgelab::wire
