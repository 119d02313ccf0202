// Rounds made of other rounds; behind lower_rounds.
#pragma once

#include "spec/lowering.hpp"

namespace edgelab::spec {

// What a flag may refer to.
struct FlagContext {
  std::vector<std::string> models;      // ids
  std::vector<std::string> executors;   // what "NAME" in "NAME.flag" may be
  bool any_executor = false;            // a program of the user's says its name only when it runs
};

// Canonical name and value of one flag as written; nullopt (and an error) where there is none.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> lower_flag(Lowering& to, document::Text const& name,
                                                                            document::FlagValue const& value,
                                                                            FlagContext const& context);

[[nodiscard]] Round const* find_round(std::span<Round const> rounds, std::string_view name);

// The round that a name stands for; nullptr, and an error at the name, where there is none.
Round const* require_round(Lowering& to, std::span<Round const> rounds, document::Text const& name);

void add_combined(Lowering& to, document::At<document::Combine> const& combine, std::vector<Round>& rounds);
void add_swept(Lowering& to, document::At<document::Sweep> const& sweep, FlagContext const& context,
               std::vector<Round>& rounds);

}  // namespace edgelab::spec
