#include "fleet/guard.hpp"

#include <format>
#include <utility>

#include "fleet/names.hpp"
#include "wire/wire.hpp"

namespace edgelab::fleet {

namespace {

struct Refused {
  std::string kind;
  std::string reason;
};

// Flags of the catalogue whose value is a file's path, a command line or an address. Of an executor's own, any with a slash.
std::optional<std::string> names_a_file(Flags const& flags) {
  for (auto const& [name, value] : flags) {
    if (value.empty()) continue;
    bool const may_be_path = value.contains('/') || value.contains('\\');
    bool const own = name.contains('.');
    bool const of_a_model = name == "model" || name == "draft-model";
    if (name == "extra-args" || name == "rpc" || ((own || of_a_model) && may_be_path)) return name;
  }
  return std::nullopt;
}

std::optional<Refused> check_flags(Flags const& flags) {
  auto const flag = names_a_file(flags);
  if (!flag) return std::nullopt;
  return Refused{
      "unsupported",
      std::format("a device takes no {} from a coordinator: it could name what is outside its store", *flag)};
}

std::optional<Refused> put_path(std::string& model, FindModel const& find) {
  auto const digest = digest_of(model);
  if (!digest)
    return Refused{"bad-request", "a device is told models as sha256: and 64 hexadecimal digits, not by a path"};
  auto const file = find(*digest);
  if (!file)
    return Refused{"failed",
                   std::format("the model {} is not in the device's cache: it has to be fetched first", model)};
  model = file->string();
  return std::nullopt;
}

std::optional<Refused> check(protocol::Load& load, FindModel const& find) {
  if (auto refused = check_flags(load.flags)) return refused;
  if (!load.model.empty())
    if (auto refused = put_path(load.model, find)) return refused;
  if (load.draft) return put_path(*load.draft, find);
  return std::nullopt;
}
std::optional<Refused> check(protocol::Run& run, FindModel const&) { return check_flags(run.flags); }
std::optional<Refused> check(protocol::Score& score, FindModel const&) {
  if (score.stream)
    return Refused{"unsupported", "a device streams no distributions: the socket would be on another machine"};
  if (auto refused = check_flags(score.flags)) return refused;
  return score.against ? check_flags(*score.against) : std::nullopt;
}
template <typename Message>
std::optional<Refused> check(Message&, FindModel const&) {
  return std::nullopt;
}

template <typename Message>
std::int64_t id_of(Message const& message) {
  if constexpr (requires { message.id; })
    return message.id;
  else
    return 0;
}

ToCoordinator refusal(std::int64_t id, Refused refused) {
  return {.line = wire::encode(protocol::Failure{.id = id, .kind = std::move(refused.kind), .reason = refused.reason}),
          .why = std::move(refused.reason)};
}

}  // namespace

std::variant<ToExecutor, ToCoordinator> let_down(std::string_view line, FindModel const& find) {
  auto message = wire::decode_request(line);
  if (!message) return refusal(0, {"bad-request", message.error().describe()});
  return std::visit(
      [&](auto& what) -> std::variant<ToExecutor, ToCoordinator> {
        if (auto refused = check(what, find)) return refusal(id_of(what), *std::move(refused));
        return ToExecutor{.line = wire::encode(what), .begins_run = std::holds_alternative<protocol::Run>(*message)};
      },
      *message);
}

std::string let_up(std::string_view line, NameModel const& name,
                   std::function<std::optional<std::int64_t>()> const& peak_rss_bytes) {
  constexpr std::string_view done = R"("done")";
  if (!line.contains(done)) return std::string(line);
  auto reply = wire::decode_reply(line);
  auto* const message = reply ? std::get_if<protocol::Done>(&*reply) : nullptr;
  if (message == nullptr) return std::string(line);
  for (auto& [flag, value] : message->in_force)
    if (auto model = name(value)) value = *std::move(model);
  auto& memory = message->memory;
  if (!memory.rss_peak_bytes && !memory.elsewhere.value_or(false)) memory.rss_peak_bytes = peak_rss_bytes();
  return wire::encode(*message);
}

}  // namespace edgelab::fleet
