// Preloaded into a program, a wall clock that is set back by another ten minutes at every other look, so that whatever happens later
// seems earlier, however often somebody looks in between. Clocks that measure durations are left alone.
#include <dlfcn.h>
#include <time.h>

#include <atomic>

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Real = int (*)(clockid_t, timespec*);
  static auto const real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "clock_gettime"));
  int const status = real(clock, now);
  static std::atomic<unsigned> looks{0};
  if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec -= 600L * (looks++ / 2);
  return status;
}
