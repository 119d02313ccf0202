// Preloaded into a program, a wall clock that goes back two hours at every other look, as if somebody kept setting it. Clocks
// that measure durations are left alone.
#include <dlfcn.h>
#include <time.h>

#include <atomic>

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Real = int (*)(clockid_t, timespec*);
  static auto const real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "clock_gettime"));
  int const status = real(clock, now);
  static std::atomic<unsigned> looks{0};
  if (status == 0 && clock == CLOCK_REALTIME && looks++ % 2 == 1) now->tv_sec -= 7200;
  return status;
}
