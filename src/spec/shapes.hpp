// Telling the member types of document.hpp apart at compile time.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "spec/document.hpp"

namespace edgelab::spec {

template <typename T>
inline constexpr bool is_at = false;
template <typename T>
inline constexpr bool is_at<document::At<T>> = true;

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <typename T>
inline constexpr bool is_list = false;
template <typename T>
inline constexpr bool is_list<std::vector<T>> = true;

template <typename T>
inline constexpr bool is_variant = false;
template <typename... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

}  // namespace edgelab::spec
