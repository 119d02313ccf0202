#include "spec/endpoints.hpp"

#include <algorithm>
#include <format>

namespace edgelab::spec {

namespace {

bool is_name_of_a_variable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string lower_url(Lowering& to, document::Text const& written) {
  auto url = written.value;
  while (url.ends_with('/')) url.pop_back();
  auto const rest = url.starts_with("http://")    ? url.substr(7)
                    : url.starts_with("https://") ? url.substr(8)
                                                  : std::string{};
  if (!written.value.empty() && (rest.empty() || rest.starts_with('/')))
    to.error(written.mark,
             std::format("'{}' is no URL for 'url': expected e.g. https://api.example.com/v1", written.value));
  if (rest.substr(0, rest.find('/')).contains('@'))
    to.error(written.mark,
             "a URL with a password in it would be stored: expected key_env, the name of an environment variable");
  return url;
}

std::string lower_key_env(Lowering& to, document::Text const& written, std::string_view example) {
  if (!written.value.empty() && !is_name_of_a_variable(written.value))
    to.error(
        written.mark,
        std::format("'key_env' is no name of an environment variable: expected e.g. {}, and not the key", example));
  return written.value;
}

}  // namespace edgelab::spec
