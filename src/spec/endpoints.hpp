// URLs and keys of what is asked over HTTP: a judge, an executor.
#pragma once

#include <string>
#include <string_view>

#include "spec/lowering.hpp"

namespace edgelab::spec {

// The URL without slashes at its end. One that is none, or holds a password, is an error of the file.
[[nodiscard]] std::string lower_url(Lowering& to, document::Text const& written);

// The name of an environment variable, e.g. `example`. Where it cannot be one it is not repeated: it may be the key.
[[nodiscard]] std::string lower_key_env(Lowering& to, document::Text const& written, std::string_view example);

}  // namespace edgelab::spec
