/* What the tests in C share: checks, and an executor's messages to wait for. */
#ifndef TESTS_CAPI_HARNESS_H
#define TESTS_CAPI_HARNESS_H

#include <edgelab.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

extern int failures;

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      ++failures;                                                            \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                        \
  } while (0)

/* That the call returns `expected`, with an error text that has `part` in it, or none where all is well. Frees the text. */
#define EXPECT_STATUS(expected, part, call)                           \
  do {                                                                \
    char *error = NULL;                                               \
    edgelab_status const found = (call);                              \
    check_status(__FILE__, __LINE__, #call, expected, part, found, error); \
  } while (0)
void check_status(const char *file, int line, const char *call, edgelab_status expected, const char *part,
                  edgelab_status found, char *error);

#define RUN(test)                         \
  do {                                    \
    fprintf(stderr, "[ %s ]\n", #test);   \
    test();                               \
  } while (0)

/* Messages as they come; `receive` is the callback, `mail` its context. Any number of threads. */
struct mail;
struct mail *mail_new(void);
void mail_free(struct mail *mail);
void mail_receive(void *mail, const char *text, size_t length);
size_t mail_count(struct mail *mail);      /* that came so far, taken or not */

/* The next message, to be freed; NULL (a failed check) where none comes within minutes. */
char *mail_next(struct mail *mail);

/* The next message that has `part` in it; those before it are dropped. */
char *mail_until(struct mail *mail, const char *part);

/* A file's bytes, to be freed. */
char *read_file(const char *path, size_t *length);

#endif
