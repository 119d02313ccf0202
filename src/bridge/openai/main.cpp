// edgelab-openai: the executor that drives an OpenAI-compatible endpoint. Speaks the executor protocol (docs/PROTOCOL.md) over
// its standard input and output; its standard error is a log for people.
#include <charconv>
#include <cstdlib>
#include <format>
#include <print>
#include <span>
#include <string>

#include "bridge/arguments.hpp"
#include "bridge/openai/backend.hpp"
#include "bridge/session.hpp"

namespace {

int refuse(std::string const& what) {
  std::println(stderr, "edgelab-openai: {}", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace edgelab;
  auto const given = bridge::named_arguments(std::span(argv, static_cast<std::size_t>(argc)).subspan(1),
                                             {"--url", "--model", "--api", "--key-env", "--retries"});
  if (!given) return refuse(given.error().describe());
  auto const value = [&](std::string const& name) { return given->contains(name) ? given->at(name) : std::string{}; };
  bridge::OpenAiSettings settings{
      .url = value("--url"), .model = value("--model"), .api = bridge::Api::chat, .key = {}};
  if (!settings.url.starts_with("http://") && !settings.url.starts_with("https://"))
    return refuse(std::format("'{}' is no URL: expected --url=http://localhost:11434/v1 or the like", settings.url));
  if (value("--api") == "completions")
    settings.api = bridge::Api::completions;
  else if (!value("--api").empty() && value("--api") != "chat")
    return refuse("--api is completions or chat");
  if (auto const retries = value("--retries"); !retries.empty()) {
    auto const [end, error] = std::from_chars(retries.data(), retries.data() + retries.size(), settings.retries);
    if (error != std::errc{} || end != retries.data() + retries.size() || settings.retries < 0)
      return refuse(std::format("--retries is '{}'; expected a whole number", retries));
  }
  if (auto const name = value("--key-env"); !name.empty()) {
    char const* const key = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): no other thread is there yet
    if (key == nullptr || *key == '\0') return refuse(std::format("the environment variable {} is not set", name));
    settings.key = key;
  }
  bridge::serve_and_exit(std::make_unique<bridge::OpenAiBackend>(std::move(settings)), "edgelab-openai");
}
