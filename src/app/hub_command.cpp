#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <print>
#include <string>
#include <thread>

#include "app/cli.hpp"
#include "app/folders.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"
#include "core/text.hpp"
#include "fleet/bus.hpp"
#include "fleet/hub_server.hpp"
#include "fleet/join_text.hpp"
#include "fleet/names.hpp"
#include "fleet/page.hpp"
#include "fleet/roster.hpp"

namespace edgelab::app {

namespace {

using namespace std::chrono_literals;

constexpr auto look_for = 20ms;  // at the server: a look of no time sees nothing

struct HubCommand {
  std::string url;
  std::string listen = "127.0.0.1";
  std::string host;
  int port = 4222;
  int websocket_port = 4223;
  int page_port = 4224;
  std::string token_file;
  std::string store;
  std::string web;
  std::string certificate;
  std::string key;
  bool tls = false;
  bool plain = false;
};

std::string from_environment(char const* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

std::filesystem::path store_of(HubCommand const& asked) {
  return asked.store.empty() ? state_folder() / "hub" : std::filesystem::path(asked.store);
}

// The address that others are told.
std::string host_of(HubCommand const& asked) {
  if (!asked.host.empty()) return asked.host;
  return asked.listen == "0.0.0.0" ? fleet::outward_address().value_or("127.0.0.1") : asked.listen;
}

Result<std::optional<fleet::Certificate>> certificate_of(HubCommand const& asked) {
  if (asked.certificate.empty() != asked.key.empty()) return fail("--cert and --key belong together: expected both");
  if (!asked.certificate.empty()) return fleet::Certificate{asked.certificate, asked.key};
  if (asked.tls) {
    EDGELAB_TRY(made, fleet::self_made_certificate(store_of(asked), host_of(asked)));
    return std::optional(made);
  }
  if (!fleet::is_loopback(asked.listen) && !asked.plain)
    return fail(
        "a hub that other machines reach needs TLS: expected --tls (a certificate is made), --cert and --key, or --plain to "
        "do without, where everybody on the network can read the token and the trials");
  return std::nullopt;
}

Result<std::string> token_of(HubCommand const& asked) {
  auto const variable = from_environment("EDGELAB_HUB_TOKEN");
  if (!asked.token_file.empty()) return fleet::read_token(asked.token_file);
  if (!variable.empty()) return variable;
  if (!asked.url.empty())
    return fail("a hub that runs already has a token: expected --token-file, or the variable EDGELAB_HUB_TOKEN");
  return fleet::kept_token(store_of(asked) / "token");
}

void print_joining(fleet::JoinFacts const& facts, std::string const& url,
                   std::optional<fleet::Certificate> const& tls) {
  auto const text = fleet::join_text(facts);
  std::println("hub      {}", url);
  if (facts.websocket_port != 0)
    std::println("websocket {}://{}:{}", facts.tls ? "wss" : "ws", facts.host, facts.websocket_port);
  if (facts.page_port) std::println("page     {}", fleet::page_address(facts));
  std::println("join     {}", text);
  if (tls) std::println("ca       {}   (agents: --ca, runs: EDGELAB_HUB_CA)", tls->chain.string());
  if (is_terminal(stdout))
    if (auto const code = fleet::qr_code(facts.page_port ? fleet::page_address(facts) : text))
      std::print("\n{}\n", *code);
  // Not as an argument: those of every process can be read by all users of a machine.
  std::println("Devices join with: EDGELAB_HUB='{}' edgelab agent", text);
  std::println("Ctrl-C ends the hub.");
  std::fflush(stdout);
}

// Devices that come and go, for who watches.
class Watching {
 public:
  void look(fleet::Roster const& roster) {
    std::map<std::string, std::string> now;
    for (auto const& id : roster.devices()) {
      auto const device = roster.find(id);
      if (!device) continue;
      std::string offers;
      for (auto const& offered : device->executors) offers += (offers.empty() ? "" : ", ") + offered.id;
      now[id] = offers + (device->session ? ", in a session" : "");
    }
    for (auto const& [id, what] : now)
      if (auto const was = seen_.find(id); was == seen_.end() || was->second != what)
        std::println("{}  {}: {}", utc_now(), id, what);
    for (auto const& [id, what] : seen_)
      if (!now.contains(id)) std::println("{}  {} is away", utc_now(), id);
    std::fflush(stdout);
    seen_ = std::move(now);
  }

 private:
  std::map<std::string, std::string> seen_;
};

// How our server ended, if it did.
std::optional<std::string> ended(fleet::HubServer* server) {
  return server == nullptr ? std::nullopt : server->watch(Clock::now() + look_for);
}

int watch(fleet::HubAddress const& address, fleet::HubServer* server, std::stop_token const& stop) {
  auto const notice = [](std::string_view text) { std::println(stderr, "{}  {}", utc_now(), fleet::printable(text)); };
  auto bus = fleet::Bus::connect(address, "edgelab hub", 5s, {.connected_again = {}, .notice = notice});
  if (!bus) {
    auto const how = ended(server);      // rather than that nobody is there
    return refuse(how ? "nats-server " + *how : bus.error().describe());
  }
  auto const roster = fleet::Roster::on(*bus, notice);
  if (!roster) return refuse(roster.error().describe());
  Watching watching;
  while (!stop.stop_requested()) {
    (*roster)->wait(Clock::now() + 1s, stop, fleet::Roster::Ask::no);
    if (auto const how = ended(server)) return refuse("nats-server " + *how);
    if (auto const closed = (*bus)->closed()) return refuse(*closed);
    watching.look(**roster);
    if (!stop.stop_requested())
      std::this_thread::sleep_for(100ms);      // devices that announce much are shown a few times a second
  }
  return exit_ok;
}

int run(HubCommand const& asked) {
  StopOnSignal const signals;
  auto const token = token_of(asked);
  if (!token) return refuse(token.error().describe());
  auto const tls = certificate_of(asked);
  if (!tls) return refuse(tls.error().describe());
  std::unique_ptr<fleet::HubServer> server;
  fleet::HubAddress address;
  fleet::JoinFacts facts{
      .host = host_of(asked), .tls = tls->has_value(), .page_port = {}, .page_tls = tls->has_value(), .token = *token};
  if (asked.url.empty()) {
    auto started = fleet::HubServer::start({.listen = asked.listen,
                                            .port = asked.port,
                                            .websocket_port = asked.websocket_port,
                                            .token = *token,
                                            .store = store_of(asked),
                                            .tls = *tls});
    if (!started) return refuse(started.error().describe());
    server = *std::move(started);
    facts.port = server->options().port;
    facts.websocket_port = server->options().websocket_port;
    address = server->own_address();
  } else {
    auto named = fleet::hub_address(asked.url);
    if (!named) return refuse(named.error().describe());
    address = {.url = named->url, .token = *token, .authority = from_environment("EDGELAB_HUB_CA")};
    facts.websocket_port = asked.websocket_port;
    facts.tls = named->url.starts_with("tls://");
    auto const host = named->url.find("://") + 3;
    auto const colon = named->url.find(':', host);
    facts.host = asked.host.empty() ? named->url.substr(host, colon - host) : asked.host;
    facts.port = colon == std::string::npos ? 4222 : std::atoi(named->url.c_str() + colon + 1);
  }
  std::unique_ptr<fleet::Page> page;
  if (!asked.web.empty()) {
    auto served = fleet::Page::serve(asked.web, asked.listen, asked.page_port, *tls);
    if (!served) return refuse(served.error().describe());
    page = *std::move(served);
    facts.page_port = page->port();
  }
  print_joining(facts, address.url, asked.certificate.empty() ? *tls : std::nullopt);
  return watch(address, server.get(), signals.token());
}

}  // namespace

void add_hub_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("hub", "Start the hub that devices and runs meet at");
  auto const asked = std::make_shared<HubCommand>();
  command->add_option(
      "--url", asked->url,
      "Use this nats-server (with JetStream) instead of starting one; EDGELAB_HUB_CA names its certificate's signer");
  command
      ->add_option("--listen", asked->listen,
                   "Address to listen on; 127.0.0.1: this machine alone, 0.0.0.0: all of its addresses")
      ->capture_default_str();
  command->add_option("--host", asked->host,
                      "Name or address that others are told, e.g. the one in the certificate; else that of --listen");
  command->add_option("--port", asked->port, "Port; 0: a free one")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  command->add_option("--ws-port", asked->websocket_port, "Port for WebSocket; 0: a free one")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  command->add_option("--web", asked->web, "Serve the files of this folder to browsers")->type_name("DIR");
  command->add_option("--web-port", asked->page_port, "Port for them; 0: a free one")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  command->add_option(
      "--token-file", asked->token_file,
      "File that holds the token; else the variable EDGELAB_HUB_TOKEN, else one that is made once and kept");
  command
      ->add_option("--store", asked->store,
                   "Folder for the token, the models and the log; default ~/.local/state/edge-llm-lab/hub")
      ->type_name("DIR");
  command->add_flag("--tls", asked->tls, "TLS with a certificate that is made here and signed by nobody else");
  command->add_option("--cert", asked->certificate, "TLS with this certificate chain (PEM)");
  command->add_option("--key", asked->key, "Its key (PEM)");
  command->add_flag("--plain", asked->plain, "No TLS though other machines can reach the hub");
  command->footer(
      "Whoever has the token may lend devices and use them; docs/FLEET.md says what they can do. Browsers run more than one\n"
      "thread only on pages that come by HTTPS or from this machine.\n\n"
      "Examples:\n"
      "  edgelab hub                                    for agents on this machine\n"
      "  edgelab hub --listen 0.0.0.0 --tls             for phones and boards on the same network\n"
      "  edgelab hub --listen 0.0.0.0 --tls --web DIR   with a page for browsers");
  command->callback([asked, &status] { status = run(*asked); });
}

}  // namespace edgelab::app
