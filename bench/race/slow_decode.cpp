// Preloaded into a program that uses libllama, makes each llama_decode take SLOW_DECODE_PERCENT longer: a slowdown of known size,
// the same in every program.
#include <dlfcn.h>
#include <llama.h>

#include <chrono>
#include <cstdlib>

extern "C" std::int32_t llama_decode(llama_context* context, llama_batch batch) {
  using Real = std::int32_t (*)(llama_context*, llama_batch);
  using Clock = std::chrono::steady_clock;
  static auto const real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "llama_decode"));
  static double const share = [] {
    auto const* percent = std::getenv("SLOW_DECODE_PERCENT");
    return percent == nullptr ? 0.0 : std::atof(percent) / 100.0;
  }();
  auto const begin = Clock::now();
  auto const status = real(context, batch);
  if (share > 0.0) llama_synchronize(context);
  auto const end = Clock::now();
  auto const until = end + std::chrono::duration_cast<Clock::duration>((end - begin) * share);
  while (share > 0.0 && Clock::now() < until) {
  }
  return status;
}
