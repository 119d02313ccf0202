/* A whole experiment inside one program, without a coordinator: what an app does that is offline.
 *
 *   offline EXPERIMENT [OPTIONS [LOG]]     prints the summary; OPTIONS as edgelab_experiment_open has them
 *
 * LOG is written as in docs/PROTOCOL.md: what was sent after "> ", what came back after "< ", and each trial after "# ". */
#define _POSIX_C_SOURCE 200809L

#include <edgelab.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Messages from the executor's thread, for ours. */
struct message {
  struct message *next;
  size_t length;
  char text[];
};

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t arrived;
  struct message *first, **last;
} mail = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, &mail.first};

static void receive(void *context, const char *text, size_t length) {
  struct message *message = malloc(sizeof *message + length + 1);
  (void)context;
  if (message == NULL) return;
  message->next = NULL;
  message->length = length;
  memcpy(message->text, text, length + 1);
  pthread_mutex_lock(&mail.mutex);
  *mail.last = message;
  mail.last = &message->next;
  pthread_cond_signal(&mail.arrived);
  pthread_mutex_unlock(&mail.mutex);
}

/* The next message, to be freed; NULL where none comes in time. */
static struct message *wait_for_mail(double seconds) {
  struct timespec until;
  struct message *message;
  int late = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += (time_t)seconds;
  pthread_mutex_lock(&mail.mutex);
  while (mail.first == NULL && !late) late = pthread_cond_timedwait(&mail.arrived, &mail.mutex, &until) != 0;
  message = mail.first;
  if (message != NULL) mail.first = message->next;
  if (mail.first == NULL) mail.last = &mail.first;
  pthread_mutex_unlock(&mail.mutex);
  return message;
}

static FILE *conversation = NULL;

static void log_line(char mark, const char *text) {
  if (conversation != NULL) fprintf(conversation, "%c %s\n", mark, text);
}

/* Ends the program where a call did not go well. */
static void expect(edgelab_status status, char *error) {
  if (status == EDGELAB_OK) return;
  fprintf(stderr, "offline: %s\n", error == NULL ? "out of memory" : error);
  exit(EXIT_FAILURE);
}

static edgelab_executor *new_executor(edgelab_executor *old) {
  char *error = NULL;
  struct message *message;
  edgelab_executor_destroy(old); /* after it nothing comes any more; what has come is of no use */
  while ((message = wait_for_mail(0)) != NULL) free(message);
  expect(edgelab_executor_create(NULL, receive, NULL, &old, &error), error);
  return old;
}

static void send(edgelab_executor *executor, const char *text) {
  char *error = NULL;
  log_line('>', text);
  expect(edgelab_executor_submit(executor, text, strlen(text), &error), error);
}

/* Sends what the trial needs, and hands back what is answered. 0: the time was up. */
static int run_trial(edgelab_experiment *experiment, edgelab_executor *executor, double timeout_s) {
  char *text = NULL, *error = NULL;
  for (;;) {
    int32_t answered = 0;
    expect(edgelab_experiment_message(experiment, &text, &error), error);
    if (text == NULL) return 1;
    send(executor, text);
    edgelab_free(text);
    while (!answered) {
      struct message *message = wait_for_mail(timeout_s);
      if (message == NULL) return 0;
      log_line('<', message->text);
      expect(edgelab_experiment_answer(experiment, message->text, message->length, &answered, &error), error);
      free(message);
    }
  }
}

/* A program of any size has a JSON parser; this one makes do. */
static double number_after(const char *json, const char *key) {
  const char *found = strstr(json, key);
  return found == NULL ? 0.0 : strtod(found + strlen(key), NULL);
}

int main(int argc, char **argv) {
  const char *hello = "{\"type\":\"hello\",\"protocol\":1}";
  edgelab_experiment *experiment = NULL;
  edgelab_executor *executor = NULL;
  struct message *answer;
  char *error = NULL, *trial = NULL, *summary = NULL;
  if (argc < 2 || argc > 4 || edgelab_abi_version() != EDGELAB_ABI_VERSION) {
    fprintf(stderr, "usage: offline EXPERIMENT [OPTIONS [LOG]], with a libedgelab of ABI %d\n", EDGELAB_ABI_VERSION);
    return EXIT_FAILURE;
  }
  if (argc == 4 && (conversation = fopen(argv[3], "w")) == NULL) {
    perror(argv[3]);
    return EXIT_FAILURE;
  }
  expect(edgelab_experiment_open(argv[1], NULL, 0, NULL, 0, argc > 2 ? argv[2] : NULL, &experiment, &error), error);

  executor = new_executor(NULL);
  send(executor, hello);
  if ((answer = wait_for_mail(60)) == NULL) return EXIT_FAILURE;
  log_line('<', answer->text);
  expect(edgelab_experiment_greet(experiment, "llama", answer->text, answer->length, &error), error);
  free(answer);

  for (;;) {
    expect(edgelab_experiment_next(experiment, &trial, &error), error);
    if (trial == NULL) break;
    log_line('#', trial);
    fprintf(stderr, "%s\n", trial);
    if (strstr(trial, "\"fresh\":true") != NULL) executor = new_executor(executor);
    if (!run_trial(experiment, executor, number_after(trial, "\"timeout_s\":"))) {
      executor = new_executor(executor);
      expect(edgelab_experiment_fail(experiment, "timeout", "no answer in time", &error), error);
    }
    edgelab_free(trial);
  }
  expect(edgelab_experiment_summary(experiment, &summary, &error), error);
  printf("%s", summary);
  edgelab_free(summary);
  edgelab_experiment_close(experiment);
  edgelab_executor_destroy(executor);
  if (conversation != NULL) fclose(conversation);
  return EXIT_SUCCESS;
}
