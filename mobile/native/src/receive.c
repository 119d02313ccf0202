#include <stdlib.h>
#include <string.h>

#include "mobile.h"

void edgelab_mobile_receive(void *context, const char *message, size_t length) {
  edgelab_mobile_deliver deliver;
  char *copy = malloc(length + 1);
  if (copy == NULL) return;
  memcpy(copy, message, length);
  copy[length] = '\0';
  memcpy(&deliver, &context, sizeof deliver); /* a cast is not C99's, though every system with dlsym has it */
  deliver(copy, length);
}
