#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <print>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/folders.hpp"
#include "app/signals.hpp"
#include "core/text.hpp"
#include "fleet/agent.hpp"
#include "fleet/bus.hpp"
#include "fleet/device.hpp"
#include "fleet/hub_server.hpp"
#include "fleet/names.hpp"
#include "probe/environment.hpp"
#include "runner/commands.hpp"

namespace edgelab::app {

namespace {

using namespace std::chrono_literals;

struct AgentCommand {
  std::string hub;
  std::string token_file;
  std::string authority;
  std::string name;
  std::vector<std::string> executors;
  std::string store;
  double wait_s = 30.0;
  bool no_bandwidth = false;
};

std::string from_environment(char const* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

Result<fleet::HubAddress> address_of(AgentCommand const& asked) {
  auto const url = asked.hub.empty() ? from_environment("EDGELAB_HUB") : asked.hub;
  if (url.empty()) return fail("no hub is named: expected --hub, with the join text that edgelab hub prints");
  EDGELAB_TRY(hub, fleet::hub_address(url));
  if (!asked.token_file.empty()) {
    EDGELAB_TRY(token, fleet::read_token(asked.token_file));
    hub.token = token;
  } else if (auto token = from_environment("EDGELAB_HUB_TOKEN"); !token.empty()) {
    hub.token = std::move(token);
  }
  hub.authority = asked.authority.empty() ? from_environment("EDGELAB_HUB_CA") : asked.authority;
  return hub;
}

// "llama": a program of ours. "ID=PROGRAM ARGUMENTS": one that speaks the protocol.
Result<fleet::LocalExecutor> executor_of(std::string const& written) {
  auto const sign = written.find('=');
  fleet::LocalExecutor executor{.id = written.substr(0, sign), .command = {}, .hello = {}};
  if (!fleet::is_id(executor.id))
    return fail(std::format(
        "--executor {}: expected llama, null, llama-server, or ID=COMMAND with an ID of lower-case letters, digits and -",
        written));
  if (sign == std::string::npos) {
    EDGELAB_TRY(command,
                runner::command_of({.id = executor.id, .kind = executor.id, .command = {}}, runner::programs_folder()));
    executor.command = command;
    return executor;
  }
  for (auto const& word : split(written.substr(sign + 1), ' '))
    if (!word.empty()) executor.command.push_back(word);
  if (executor.command.empty()) return fail(std::format("--executor {}: no command stands behind the =", written));
  return executor;
}

std::string own_name() {
  constexpr std::size_t longest = 64;
  char host[longest + 1] = {};
  (void)::gethostname(host, longest);
  return fleet::id_from(host);
}

void log(std::string_view text) { std::println(stderr, "{}  {}", utc_now(), fleet::printable(text)); }

Result<void> serve(AgentCommand const& asked, std::stop_token const& stop) {
  EDGELAB_TRY(hub, address_of(asked));
  auto const store = asked.store.empty() ? cache_folder() / "agent" : std::filesystem::path(asked.store);
  EDGELAB_TRY(cache, fleet::Cache::in(store / "models"));
  auto const name = asked.name.empty() ? own_name() : asked.name;
  if (!fleet::is_id(name))
    return fail(std::format("--name {}: expected lower-case letters, digits and -, e.g. pixel-8", name));
  std::vector<fleet::LocalExecutor> executors;
  for (auto const& written : asked.executors) {
    EDGELAB_TRY(executor, executor_of(written));
    EDGELAB_TRY(hello, fleet::greet(executor, store));
    executor.hello = hello;
    executors.push_back(executor);
  }
  fleet::Machine machine;
  if (!asked.no_bandwidth) machine.measure();
  EDGELAB_TRY(bus, fleet::Bus::connect(hub, "agent " + name,
                                       std::chrono::milliseconds(static_cast<std::int64_t>(asked.wait_s * 1000.0)),
                                       {.connected_again = {}, .notice = log}));
  log(std::format("{} joined {}", name, hub.url));
  return fleet::serve(bus,
                      {.device = name,
                       .program = "edgelab " + probe::build_facts().version,
                       .executors = std::move(executors),
                       .cache = std::move(cache),
                       .logs = store,
                       .facts = [&machine] { return machine.now(); },
                       .log = log},
                      stop);
}

int run(AgentCommand const& asked) {
  StopOnSignal const signals;
  auto const served = serve(asked, signals.token());
  return served ? exit_ok : refuse(served.error().describe());
}

}  // namespace

void add_agent_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("agent", "Lend this machine's executors to runs elsewhere");
  auto const asked = std::make_shared<AgentCommand>();
  asked->executors = {"llama"};
  command->add_option(
      "--hub", asked->hub,
      "The hub's address; else the variable EDGELAB_HUB, where a join text belongs: arguments can be read by all users of a machine");
  command->add_option("--token-file", asked->token_file,
                      "File that holds the hub's token; else the variable EDGELAB_HUB_TOKEN, else the join text");
  command->add_option(
      "--ca", asked->authority,
      "Certificate that the hub's is signed by, where that is self-made; else the variable EDGELAB_HUB_CA");
  command->add_option("--name", asked->name,
                      "What the device is called in experiments (`device`); its host name where left out");
  command
      ->add_option(
          "--executor", asked->executors,
          "What it lends: llama, llama-server, null, or ID=COMMAND for a program that speaks the protocol; more than one may be given")
      ->capture_default_str();
  command
      ->add_option("--store", asked->store, "Folder for fetched models and logs; default ~/.cache/edge-llm-lab/agent")
      ->type_name("DIR");
  command->add_option("--wait", asked->wait_s, "Seconds that the hub is waited for at the start")
      ->capture_default_str();
  command->add_flag("--no-bandwidth", asked->no_bandwidth, "Do not measure the memory's bandwidth at the start");
  command->footer(
      "It lends one executor at a time to one run at a time, and connects again by itself. What runs send names no file outside\n"
      "its store. Ctrl-C ends it and the executor that it lends.\n\n"
      "Examples:\n"
      "  EDGELAB_HUB='edgelab://192.168.1.20:4222/?token=…&ws=4223&tls=1' edgelab agent --ca certificate.pem --name pi-5\n"
      "  edgelab agent --hub nats://127.0.0.1:4222 --token-file token --executor llama --executor 'mine=python3 mine.py'");
  command->callback([asked, &status] { status = run(*asked); });
}

}  // namespace edgelab::app
