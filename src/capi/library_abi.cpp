// What edgelab.h says of the library itself.
#include <edgelab.h>

#include <cstdlib>

int32_t edgelab_abi_version(void) { return EDGELAB_ABI_VERSION; }

char const* edgelab_version(void) { return EDGELAB_VERSION; }

void edgelab_free(char* text) { std::free(text); }
