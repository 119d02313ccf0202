// The executor half: the options that make one, then its messages, one a part. Without a model that could be loaded: no change to a number
// can make it work for a day.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "fuzz.hpp"

namespace edgelab::fuzz {
namespace {

// Counts what the executor says.
struct Ear {
  std::mutex mutex;
  std::condition_variable changed;
  int greetings = 0;

  static void receive(void* context, char const* message, std::size_t length) {
    auto& ear = *static_cast<Ear*>(context);
    require(message[length] == '\0', "a message ends with a zero byte");
    auto const json = wire::Json::parse({message, length});
    require(json.has_value() && json->text("/type").has_value(), "an executor's message is JSON, and has a type");
    std::scoped_lock const lock(ear.mutex);
    if (*json->text("/type") == "hello") ++ear.greetings;
    ear.changed.notify_all();
  }
  void await_a_greeting() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return greetings > 0; });
  }
};

void run(std::string_view input) {
  auto const parts = parts_of(input);
  Ear ear;
  edgelab_executor* executor = nullptr;
  auto const made = told([&](char** error) {
    return edgelab_executor_create(parts[0].empty() ? nullptr : parts[0].c_str(), Ear::receive, &ear, &executor, error);
  });
  require((executor != nullptr) == (made == EDGELAB_OK), "there is an executor where all is well, and only there");
  if (executor == nullptr) return;
  bool open = true;
  auto const submit = [&](std::string_view message) {
    auto const status =
        told([&](char** error) { return edgelab_executor_submit(executor, message.data(), message.size(), error); });
    require(status == EDGELAB_OK || status == EDGELAB_ENDED, "every message is taken until bye");
    open = open && status == EDGELAB_OK;
  };
  for (std::size_t i = 1; i < parts.size(); ++i) submit(parts[i]);
  // It still talks; unless it was told bye.
  submit(R"({"type":"hello","protocol":1})");
  if (open) ear.await_a_greeting();
  edgelab_executor_destroy(executor);
}

}  // namespace
}  // namespace edgelab::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  edgelab::fuzz::run({reinterpret_cast<char const*>(data), size});
  return 0;
}
