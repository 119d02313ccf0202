/* What edgelab_mobile_receive hands over stays when what it was given is gone: as for a callback of Dart's, which runs later. */
#include <mobile.h>
#include <stdio.h>
#include <string.h>

static char *kept;
static size_t kept_length;

static void deliver(char *message, size_t length) {
  kept = message;
  kept_length = length;
}

int main(void) {
  char lent[] = "{\"type\":\"hello\"}\0 and more";
  size_t const length = 16; /* the zero byte is part of it: length counts, not text */
  void (*const function)(char *, size_t) = deliver;
  void *context;
  memcpy(&context, &function, sizeof context);
  edgelab_mobile_receive(context, lent, length);
  memset(lent, 'x', sizeof lent);
  if (kept == NULL || kept == lent || kept_length != length || memcmp(kept, "{\"type\":\"hello\"}", length) != 0 || kept[length] != '\0') {
    fprintf(stderr, "expected a copy of %zu bytes with a zero byte after it\n", length);
    return 1;
  }
  edgelab_free(kept);
  return 0;
}
