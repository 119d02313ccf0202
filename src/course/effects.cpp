#include "course/effects.hpp"

#include "spec/catalogue.hpp"

namespace edgelab::course {

quality::EffectOf effects_in(Plan const& plan) {
  return [&plan](std::string const& flag) -> std::optional<Effect> {
    if (auto const* const known = spec::find_flag(flag)) return known->effect;
    auto const own = plan.own_effects.find(flag);
    if (own == plan.own_effects.end()) return std::nullopt;
    return own->second;
  };
}

}  // namespace edgelab::course
