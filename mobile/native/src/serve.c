/* Lines in, lines out. Needs POSIX sockets; the executor is libedgelab's. */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "mobile.h"

#ifndef MSG_NOSIGNAL /* Apple's sockets have an option in its place; there nothing is served */
#define MSG_NOSIGNAL 0
#endif

enum { CHUNK = 65536 };

/* What has been read and is not yet a line. */
struct input {
  char *bytes;
  size_t size, capacity;
};

/* Whoever went away reads no more; that is found out where lines are read, so nothing is told here. */
static void send_all(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t const sent = send(descriptor, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void send_line(void *context, const char *message, size_t length) {
  int const descriptor = *(const int *)context;
  send_all(descriptor, message, length);
  send_all(descriptor, "\n", 1);
}

/* 1: there is more; 0: the other end closed; -1: no memory. A connection that is reset has closed too. */
static int read_some(int descriptor, struct input *input) {
  ssize_t got;
  if (input->capacity - input->size < CHUNK) {
    size_t const capacity = input->capacity * 2 + CHUNK;
    char *const bytes = realloc(input->bytes, capacity);
    if (bytes == NULL) return -1;
    input->bytes = bytes;
    input->capacity = capacity;
  }
  do {
    got = recv(descriptor, input->bytes + input->size, CHUNK, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return 0;
  input->size += (size_t)got;
  return 1;
}

/* Hands over every whole line, and keeps the rest. `searched` bytes are known to have no end of a line. */
static edgelab_status submit_lines(edgelab_executor *executor, struct input *input, size_t searched, char **error) {
  size_t begin = 0;
  for (;;) {
    char *const from = input->bytes + (searched > begin ? searched : begin);
    char *const end = memchr(from, '\n', (size_t)(input->bytes + input->size - from));
    edgelab_status status;
    if (end == NULL) break;
    status = edgelab_executor_submit(executor, input->bytes + begin, (size_t)(end - input->bytes) - begin, error);
    if (status != EDGELAB_OK) return status;
    begin = (size_t)(end - input->bytes) + 1;
  }
  memmove(input->bytes, input->bytes + begin, input->size - begin);
  input->size -= begin;
  return EDGELAB_OK;
}

static char *copy_of(const char *text) {
  char *const copy = malloc(strlen(text) + 1);
  return copy == NULL ? NULL : strcpy(copy, text);
}

char *edgelab_mobile_serve(int descriptor) {
  struct input input = {NULL, 0, 0};
  edgelab_executor *executor = NULL;
  char *error = NULL;
  int more = 1;
  if (edgelab_executor_create(NULL, send_line, &descriptor, &executor, &error) != EDGELAB_OK)
    return error != NULL ? error : copy_of("out of memory");
  while (more == 1 && error == NULL) {
    size_t const searched = input.size;
    more = read_some(descriptor, &input);
    if (more == 1 && submit_lines(executor, &input, searched, &error) != EDGELAB_OK && error == NULL)
      error = copy_of("out of memory");
  }
  if (more < 0) error = copy_of("out of memory: a line did not fit");
  edgelab_executor_destroy(executor); /* the callback's context is on this stack */
  free(input.bytes);
  return error;
}
