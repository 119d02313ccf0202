#define _POSIX_C_SOURCE 200809L

#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int failures = 0;

enum { patience_s = 300 };

void check_status(const char *file, int line, const char *call, edgelab_status expected, const char *part,
                  edgelab_status found, char *error) {
  int const right = found == expected && (expected == EDGELAB_OK ? error == NULL : error != NULL && strstr(error, part));
  if (!right) {
    ++failures;
    fprintf(stderr, "%s:%d: failed: %s\n  expected %d with '%s', got %d with '%s'\n", file, line, call, (int)expected, part,
            (int)found, error == NULL ? "" : error);
  }
  edgelab_free(error);
}

struct letter {
  struct letter *next;
  char text[];
};

struct mail {
  pthread_mutex_t mutex;
  pthread_cond_t arrived;
  struct letter *first, **last;
  size_t count;
};

struct mail *mail_new(void) {
  struct mail *mail = calloc(1, sizeof *mail);
  if (mail == NULL) abort();
  pthread_mutex_init(&mail->mutex, NULL);
  pthread_cond_init(&mail->arrived, NULL);
  mail->last = &mail->first;
  return mail;
}

void mail_free(struct mail *mail) {
  while (mail->first != NULL) {
    struct letter *letter = mail->first;
    mail->first = letter->next;
    free(letter);
  }
  pthread_cond_destroy(&mail->arrived);
  pthread_mutex_destroy(&mail->mutex);
  free(mail);
}

void mail_receive(void *context, const char *text, size_t length) {
  struct mail *mail = context;
  struct letter *letter = malloc(sizeof *letter + length + 1);
  if (letter == NULL) abort();
  CHECK(text[length] == '\0');
  CHECK(memchr(text, '\n', length) == NULL);
  memcpy(letter->text, text, length + 1);
  letter->next = NULL;
  pthread_mutex_lock(&mail->mutex);
  *mail->last = letter;
  mail->last = &letter->next;
  ++mail->count;
  pthread_cond_signal(&mail->arrived);
  pthread_mutex_unlock(&mail->mutex);
}

size_t mail_count(struct mail *mail) {
  size_t count;
  pthread_mutex_lock(&mail->mutex);
  count = mail->count;
  pthread_mutex_unlock(&mail->mutex);
  return count;
}

char *mail_next(struct mail *mail) {
  struct timespec until;
  struct letter *letter;
  char *text = NULL;
  int late = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += patience_s;
  pthread_mutex_lock(&mail->mutex);
  while (mail->first == NULL && !late) late = pthread_cond_timedwait(&mail->arrived, &mail->mutex, &until) != 0;
  letter = mail->first;
  if (letter != NULL) {
    mail->first = letter->next;
    if (mail->first == NULL) mail->last = &mail->first;
  }
  pthread_mutex_unlock(&mail->mutex);
  CHECK(letter != NULL);
  if (letter == NULL) return NULL;
  text = malloc(strlen(letter->text) + 1);
  if (text == NULL) abort();
  strcpy(text, letter->text);
  free(letter);
  return text;
}

char *mail_until(struct mail *mail, const char *part) {
  for (;;) {
    char *text = mail_next(mail);
    if (text == NULL || strstr(text, part) != NULL) return text;
    free(text);
  }
}

char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  char *bytes = NULL;
  long size = 0;
  if (file == NULL) {
    perror(path);
    exit(EXIT_FAILURE);
  }
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  rewind(file);
  bytes = malloc((size_t)size + 1);
  if (bytes == NULL) abort();
  *length = fread(bytes, 1, (size_t)size, file);
  bytes[*length] = '\0';
  fclose(file);
  return bytes;
}
