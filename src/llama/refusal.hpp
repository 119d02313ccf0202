// How work in this folder fails: as in every executor.
#pragma once

#include "serve/refusal.hpp"

namespace edgelab::llama {

using serve::Outcome;
using serve::Refusal;
using serve::refuse;

}  // namespace edgelab::llama
