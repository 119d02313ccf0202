#include "llama/devices.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>
#include <memory>
#include <optional>
#include <string>

namespace edgelab::llama {

namespace {

constexpr timeval to_connect{.tv_sec = 5, .tv_usec = 0};

// Why nobody can be reached there; nullopt: somebody listens.
std::optional<std::string> unreachable(std::string const& server) {
  auto const colon = server.rfind(':');
  if (colon == std::string::npos) return "expected host:port";
  auto const host = server.substr(0, colon);
  auto const port = server.substr(colon + 1);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto const error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return ::gai_strerror(error);
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const addresses(found, ::freeaddrinfo);
  std::string why = "it has no address";
  for (auto const* address = addresses.get(); address != nullptr; address = address->ai_next) {
    int const socket = ::socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (socket < 0) continue;
    (void)::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &to_connect, sizeof to_connect);
    bool const connected = ::connect(socket, address->ai_addr, address->ai_addrlen) == 0;
    why = errno == EINPROGRESS ? "no answer within 5 s"
                               : std::strerror(errno);   // NOLINT(concurrency-mt-unsafe): a message
    ::close(socket);
    if (connected) return std::nullopt;
  }
  return why;
}

// The devices of one server. ggml itself stops the program where a server it has known is gone, so it is asked for first.
Outcome<ggml_backend_reg_t> server_at(std::string const& server) {
  auto const refused = [&](std::string const& why) {
    return refuse(
        "failed",
        std::format("rpc: no server of ggml's RPC backend answers at {}: {}. Start one there: ggml-rpc-server "
                    "--host ADDRESS --port PORT",
                    server, why));
  };
  if (auto const why = unreachable(server)) return refused(*why);
  auto* const rpc = ggml_backend_reg_by_name("RPC");
  if (rpc == nullptr) return refuse("unsupported", "rpc: llama.cpp has no RPC backend here");
  using AddServer = ggml_backend_reg_t (*)(char const*);
  auto const add = reinterpret_cast<AddServer>(ggml_backend_reg_get_proc_address(rpc, "ggml_backend_rpc_add_server"));
  if (add == nullptr) return refuse("unsupported", "rpc: llama.cpp's RPC backend cannot add servers");
  auto* const devices = add(server.c_str());
  if (devices == nullptr || ggml_backend_reg_dev_count(devices) == 0) return refused("it has no devices");
  return devices;
}

}  // namespace

Outcome<std::vector<ggml_backend_dev_t>> devices_for(ModelSettings const& settings) {
  // Without layers there, an accelerator is to have no part at all: llama.cpp would still put the weights into memory
  // that it can reach, and leave repacking.
  if (settings.n_gpu_layers == 0) return std::vector<ggml_backend_dev_t>{nullptr};
  std::vector<ggml_backend_dev_t> devices;
  if (settings.rpc.empty()) return devices;
  for (auto const& server : settings.rpc) {
    auto const found = server_at(server);
    if (!found) return std::unexpected(found.error());
    for (std::size_t i = 0; i < ggml_backend_reg_dev_count(*found); ++i)
      devices.push_back(ggml_backend_reg_dev_get(*found, i));
  }
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i)
    if (auto* const device = ggml_backend_dev_get(i); ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_GPU)
      devices.push_back(device);
  devices.push_back(nullptr);
  return devices;
}

}  // namespace edgelab::llama
