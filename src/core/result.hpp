// Errors as values: every fallible function returns Result<T>.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace edgelab {

// What went wrong, and what was being done, outermost first. Owns all its text.
struct Error {
  std::string message;
  std::vector<std::string> context;

  // "while reading a.yaml: while parsing round 'kv-q8': message"
  [[nodiscard]] std::string describe() const {
    std::string text;
    for (auto const& step : context) text += "while " + step + ": ";
    return text + message;
  }

  // Adds an outer step, e.g. fail.within("reading a.yaml").
  [[nodiscard]] Error within(std::string step) && {
    context.insert(context.begin(), std::move(step));
    return std::move(*this);
  }
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected(Error{std::move(message), {}});
}

}  // namespace edgelab

#define EDGELAB_CONCAT_(a, b) a##b
#define EDGELAB_CONCAT(a, b) EDGELAB_CONCAT_(a, b)
#define EDGELAB_TRY_(holder, name, expression)                          \
  auto holder = (expression);                                           \
  if (!(holder)) return std::unexpected(std::move(holder).error());     \
  auto& name = *(holder)

// EDGELAB_TRY(value, may_fail()): binds `value`, or returns the error to the caller.
#define EDGELAB_TRY(name, expression) EDGELAB_TRY_(EDGELAB_CONCAT(try_, __LINE__), name, expression)

// EDGELAB_CHECK(may_fail()): as EDGELAB_TRY where there is no value to keep.
#define EDGELAB_CHECK(expression) \
  if (auto check = (expression); !check) return std::unexpected(std::move(check).error())
