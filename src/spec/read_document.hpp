// YAML text -> document: shape, keys, numbers and choices, every error with its place.
#pragma once

#include <filesystem>
#include <string>

#include "spec/document.hpp"
#include "spec/parse.hpp"

namespace edgelab::spec {

// What could be read. Errors are added to `errors`; what they concern is left empty in the document. Nullopt when
// there is no document at all (not text, not YAML, not a map).
[[nodiscard]] std::optional<document::Experiment> read_document(std::string const& yaml,
                                                                std::filesystem::path const& file,
                                                                Diagnostics& errors);

}  // namespace edgelab::spec
