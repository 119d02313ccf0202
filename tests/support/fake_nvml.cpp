// Stands in for NVIDIA's management library: two boards. The first counts energy, 5 J more at each reading; the second tells
// power alone, 40 W. FAKE_NVML_INIT is the status that the library begins with.
#include <cstdlib>

extern "C" {

int nvmlInit_v2() {
  char const* const status = std::getenv("FAKE_NVML_INIT");
  return status != nullptr ? std::atoi(status) : 0;
}
int nvmlShutdown() { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  static char boards[2];
  *device = &boards[index];
  static_cast<char*>(*device)[0] = static_cast<char>(index);
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  static unsigned long long counted = 1'000'000;
  if (static_cast<char*>(device)[0] != 0) return 3;  // not supported
  *millijoules = counted += 5'000;
  return 0;
}
int nvmlDeviceGetPowerUsage(void* /*device*/, unsigned* milliwatts) {
  *milliwatts = 40'000;
  return 0;
}
char const* nvmlErrorString(int status) { return status == 9 ? "driver is not loaded" : "an error"; }
}
