// The executor half of edgelab.h.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "capi/boundary.hpp"
#include "capi/executor.hpp"
#include "capi/options.hpp"
#include "wire/wire.hpp"

struct edgelab_executor {
  std::unique_ptr<edgelab::capi::Executor> executor;
};

using namespace edgelab;
using namespace edgelab::capi;

namespace {

// Messages end with a zero byte, which a view into a longer text does not.
Executor::Receive to_callback(edgelab_receive receive, void* context) {
  return [receive, context](std::string_view message) {
    std::string const text(message);
    receive(context, text.c_str(), text.size());
  };
}

void submit_to(edgelab_executor& executor, std::string_view message) {
  if (!executor.executor->submit(message))
    throw Refusal{EDGELAB_ENDED, "this executor has ended: bye was said, or llama.cpp gave up"};
}

}  // namespace

edgelab_status edgelab_executor_create(char const* options, edgelab_receive receive, void* context,
                                       edgelab_executor** executor, char** error) {
  if (executor != nullptr) *executor = nullptr;
  return guarded(error, [&] {
    need(executor, "executor");
    if (receive == nullptr) throw Refusal{EDGELAB_BAD_ARGUMENT, "receive is NULL: expected a function"};
    (void)value_or_refuse(executor_options(options));
    auto handle = std::make_unique<edgelab_executor>();
    handle->executor = value_or_refuse(Executor::create(to_callback(receive, context)));
    *executor = handle.release();
  });
}

edgelab_status edgelab_executor_submit(edgelab_executor* executor, char const* message, size_t length, char** error) {
  return guarded(error, [&] {
    need(executor, "executor");
    need(message, "message");
    submit_to(*executor, {message, length});
  });
}

edgelab_status edgelab_executor_cancel(edgelab_executor* executor, int64_t id, char** error) {
  return guarded(error, [&] {
    need(executor, "executor");
    submit_to(*executor, wire::encode(protocol::Cancel{.id = id}));
  });
}

void edgelab_executor_destroy(edgelab_executor* executor) {
  (void)guarded(nullptr, [&] { delete executor; });
}
