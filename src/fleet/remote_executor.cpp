#include "fleet/remote_executor.hpp"

#include <filesystem>
#include <format>
#include <system_error>
#include <utility>

#include "fleet/models.hpp"
#include "fleet/names.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;
using executor::Outcome;
using executor::Trouble;

constexpr auto fetch_patience = 90s;        // the device's own is 60 s

}  // namespace

Outcome<void> RemoteExecutor::bring(std::string& model) {
  auto const failed = [&](std::string why, bool lost = false) {
    return std::unexpected(Trouble{Status::failed, std::format("bringing {} to the device: {}", model, why), lost});
  };
  auto const digest = coordinator_.digest_of_file(model);
  if (!digest) return failed(digest.error().describe());
  auto name = model_name(*digest);
  if (names_.contains(model)) {
    model = std::move(name);
    return {};
  }
  std::error_code error;
  auto const bytes = static_cast<std::int64_t>(std::filesystem::file_size(model, error));
  std::string why;
  using enum RemoteChannel::Fetched;
  Transfer const transfer{.keep_on = [&](std::int64_t) { return !channel_.woken() && !channel_.session().broken(); }};
  // It may have the file already; only where not is the hub made to have it. Each of these once.
  auto fetched = channel_.fetch(name, bytes, fetch_patience, why);
  for (auto const answer : {no, damaged}) {
    if (fetched != answer || channel_.session().broken()) continue;
    auto const offered = answer == no ? offer_model(coordinator_.bus(), *digest, model, transfer)
                                      : repair_model(coordinator_.bus(), *digest, model, transfer);
    if (channel_.woken()) return {};      // as below
    if (!offered) return failed(offered.error().describe());
    if (auto const& notice = coordinator_.options().notice; answer == damaged && offered->chunks > 0 && notice)
      notice(std::format("the hub's copy of {} was damaged, and is sent anew", name));
    fetched = channel_.fetch(name, bytes, fetch_patience, why);
  }
  if (fetched == woken) return {};  // the exchange that follows is told that it was cancelled
  if (fetched != yes) return failed(why);
  names_.emplace(model, name);
  model = std::move(name);
  return {};
}

void RemoteExecutor::name_models(Flags& flags) const {
  for (auto const* const flag : {"model", "draft-model"}) {
    auto const found = flags.find(flag);
    if (found == flags.end() || !found->second.contains('/')) continue;
    auto const named = names_.find(found->second);
    found->second = named == names_.end() ? "" : named->second;  // one that nothing of this load needs
  }
}

Outcome<protocol::Loaded> RemoteExecutor::load(protocol::Load load, std::chrono::milliseconds timeout) {
  if (!load.model.empty())
    if (auto brought = bring(load.model); !brought) return std::unexpected(brought.error());
  if (load.draft)
    if (auto brought = bring(*load.draft); !brought) return std::unexpected(brought.error());
  name_models(load.flags);
  return conversation_->load(std::move(load), timeout);
}

Outcome<executor::Ran> RemoteExecutor::run(protocol::Run run, std::chrono::milliseconds timeout,
                                           OnProgress const& on_progress) {
  name_models(run.flags);
  auto ran = conversation_->run(std::move(run), timeout, on_progress);
  if (!ran) return ran;
  for (auto& [flag, value] : ran->done.in_force)
    for (auto const& [path, name] : names_)
      if (value == name) value = path;
  return ran;
}

Outcome<protocol::Scored> RemoteExecutor::score(protocol::Score score, std::chrono::milliseconds timeout) {
  if (score.stream)
    return std::unexpected(
        Trouble{Status::unsupported,
                "distributions are not streamed from a device: compare it with a reference on the same device", false});
  name_models(score.flags);
  if (score.against) name_models(*score.against);
  return conversation_->score(std::move(score), timeout);
}

}  // namespace edgelab::fleet
