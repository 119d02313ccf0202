// The line between C++ and C: what every entry point of edgelab.h does with errors, exceptions and text.
#pragma once

#include <edgelab.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edgelab::capi {

// Why a call fails.
struct Refusal {
  edgelab_status status = EDGELAB_REFUSED;
  std::string text;
};

// A copy that the caller frees with edgelab_free.
[[nodiscard]] inline char* handed_out(std::string_view text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  return copy;
}

// Runs `work`, which throws a Refusal where the call fails. Nothing else leaves it either.
template <typename Work>
edgelab_status guarded(char** error, Work&& work) noexcept {
  auto const tell = [error](edgelab_status status, char const* text) noexcept {
    if (error != nullptr) {
      auto const bytes = std::strlen(text) + 1;
      *error = static_cast<char*>(std::malloc(bytes));
      if (*error != nullptr) std::memcpy(*error, text, bytes);
    }
    return status;
  };
  if (error != nullptr) *error = nullptr;
  try {
    std::forward<Work>(work)();
    return EDGELAB_OK;
  } catch (Refusal const& refusal) {
    return tell(refusal.status, refusal.text.c_str());
  } catch (std::bad_alloc const&) {
    return tell(EDGELAB_OUT_OF_MEMORY, "out of memory");
  } catch (std::exception const& exception) {
    return tell(EDGELAB_FAILED, exception.what());
  } catch (...) {
    return tell(EDGELAB_FAILED, "an exception of no known kind");
  }
}

template <typename T>
void need(T const* pointer, char const* name) {
  if (pointer == nullptr) throw Refusal{EDGELAB_BAD_ARGUMENT, std::string(name) + " is NULL: expected something"};
}

// The value of a Result; its error as a Refusal otherwise.
template <typename Outcome>
decltype(auto) value_or_refuse(Outcome&& outcome, edgelab_status status = EDGELAB_REFUSED) {
  if (!outcome) throw Refusal{status, outcome.error().describe()};
  if constexpr (!std::is_void_v<typename std::remove_cvref_t<Outcome>::value_type>)
    return *std::forward<Outcome>(outcome);
}

}  // namespace edgelab::capi
