/* edgelab_mobile_serve on an inherited socket: argv[1] is its number. Says why it ended. */
#include <mobile.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  char *reason;
  if (argc != 2) return 2;
  reason = edgelab_mobile_serve(atoi(argv[1]));
  printf("%s\n", reason == NULL ? "ended" : reason);
  edgelab_free(reason);
  return 0;
}
