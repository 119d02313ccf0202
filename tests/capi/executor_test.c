/* The executor half of edgelab.h, from C: argv[1] is a model, argv[2] a folder to write to. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"

static const char *model_path;
static const char *folder;

static const char hello[] = "{\"type\":\"hello\",\"protocol\":1}";
/* Passes go on for a day unless somebody stops them. */
static const char endless_run[] =
    "{\"type\":\"run\",\"id\":2,\"flags\":{\"threads\":\"1\"},\"min_s\":86400,\"live\":true,"
    "\"requests\":[{\"id\":\"a\",\"prompt\":\"Say hello.\",\"max_tokens\":200,\"ignore_eos\":true}]}";
static const char short_run[] =
    "{\"type\":\"run\",\"id\":3,\"flags\":{\"threads\":\"1\"},"
    "\"requests\":[{\"id\":\"a\",\"prompt\":\"Say hello.\",\"max_tokens\":5,\"ignore_eos\":true}]}";

static edgelab_executor *create(struct mail *mail) {
  edgelab_executor *executor = NULL;
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_create(NULL, mail_receive, mail, &executor, &error));
  CHECK(executor != NULL);
  return executor;
}

static void submit(edgelab_executor *executor, const char *message) {
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_submit(executor, message, strlen(message), &error));
}

static void expect_mail(struct mail *mail, const char *part) {
  char *text = mail_next(mail);
  CHECK(text != NULL && strstr(text, part) != NULL);
  if (text != NULL && strstr(text, part) == NULL) fprintf(stderr, "  expected '%s' in %.300s\n", part, text);
  free(text);
}

static void load_from(edgelab_executor *executor, const char *path) {
  char message[2000];
  snprintf(message, sizeof message, "{\"type\":\"load\",\"id\":1,\"model\":\"%s\",\"flags\":{\"threads\":\"1\"}}", path);
  submit(executor, message);
}

static edgelab_executor *create_loaded(struct mail *mail) {
  edgelab_executor *executor = create(mail);
  load_from(executor, model_path);
  expect_mail(mail, "\"loaded\"");
  return executor;
}

static void arguments_that_cannot_be(void) {
  struct mail *mail = mail_new();
  edgelab_executor *executor = (edgelab_executor *)mail;
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "executor", edgelab_executor_create(NULL, mail_receive, mail, NULL, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "receive", edgelab_executor_create(NULL, NULL, mail, &executor, &error));
  CHECK(executor == NULL);
  EXPECT_STATUS(EDGELAB_REFUSED, "options", edgelab_executor_create("{", mail_receive, mail, &executor, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "options", edgelab_executor_create("[]", mail_receive, mail, &executor, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "knd", edgelab_executor_create("{\"knd\":\"llama\"}", mail_receive, mail, &executor, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "'abacus'",
                edgelab_executor_create("{\"kind\":\"abacus\"}", mail_receive, mail, &executor, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "executor", edgelab_executor_submit(NULL, hello, sizeof hello - 1, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "executor", edgelab_executor_cancel(NULL, 1, &error));
  edgelab_executor_destroy(NULL);
  edgelab_free(NULL);
  /* Whoever does not want to know is told the status alone. */
  CHECK(edgelab_executor_create("{", mail_receive, mail, &executor, NULL) == EDGELAB_REFUSED);
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_create("{\"kind\":\"llama\"}", mail_receive, mail, &executor, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "message", edgelab_executor_submit(executor, NULL, 0, &error));
  edgelab_executor_destroy(executor);
  CHECK(mail_count(mail) == 0);
  mail_free(mail);
}

static void a_conversation(void) {
  struct mail *mail = mail_new();
  edgelab_executor *executor = create(mail);
  edgelab_executor *second = NULL;
  EXPECT_STATUS(EDGELAB_REFUSED, "one at a time", edgelab_executor_create(NULL, mail_receive, mail, &second, &error));
  CHECK(second == NULL);
  submit(executor, hello);
  expect_mail(mail, "\"name\":\"llama\"");
  submit(executor, short_run);
  expect_mail(mail, "no model is loaded");
  load_from(executor, "/nowhere/no.gguf");
  expect_mail(mail, "\"failed\"");
  load_from(executor, model_path);
  expect_mail(mail, "\"loaded\"");
  submit(executor, short_run);
  free(mail_until(mail, "\"finish\":[\"length\"]"));
  free(mail_until(mail, "\"done\""));
  /* What is no message is answered as the protocol says, and the conversation goes on. */
  submit(executor, "{\"type\":\"rnu\"}");
  expect_mail(mail, "expected one of hello, load, run");
  submit(executor, "");
  expect_mail(mail, "bad-request");
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_submit(executor, "\0\0{}", 4, &error));
  expect_mail(mail, "bad-request");
  submit(executor, "{\"type\":\"hello\",\"protocol\":1}\r\n");
  expect_mail(mail, "\"name\":\"llama\"");
  submit(executor, "{\"type\":\"bye\"}");
  EXPECT_STATUS(EDGELAB_ENDED, "bye", edgelab_executor_submit(executor, hello, sizeof hello - 1, &error));
  edgelab_executor_destroy(executor);
  mail_free(mail);
}

static void *cancel_it(void *executor) {
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_cancel(executor, 2, &error));
  return NULL;
}

static void a_cancel_from_another_thread(void) {
  struct mail *mail = mail_new();
  edgelab_executor *executor = create_loaded(mail);
  pthread_t other;
  submit(executor, endless_run);
  expect_mail(mail, "\"emission\"");
  pthread_create(&other, NULL, cancel_it, executor);
  free(mail_until(mail, "\"cancelled\""));
  pthread_join(other, NULL);
  submit(executor, short_run);
  free(mail_until(mail, "\"done\""));
  /* By the message as well; and of what is not running, nothing. */
  submit(executor, "{\"type\":\"cancel\",\"id\":77}");
  submit(executor, hello);
  expect_mail(mail, "\"name\":\"llama\"");
  edgelab_executor_destroy(executor);
  mail_free(mail);
}

static void destroyed_in_the_middle_of_a_run(void) {
  struct mail *mail = mail_new();
  size_t count;
  edgelab_executor *executor = create_loaded(mail);
  struct timespec const moment = {0, 50000000};
  submit(executor, endless_run);
  expect_mail(mail, "\"emission\"");
  edgelab_executor_destroy(executor);
  count = mail_count(mail);
  nanosleep(&moment, NULL);
  CHECK(mail_count(mail) == count);
  mail_free(mail);
}

/* A callback that asks for more, then cancels, then destroys what it is called by. */
struct talker {
  struct mail *mail;
  edgelab_executor *executor;
  int heard;
};

static void talk_back(void *context, const char *text, size_t length) {
  struct talker *talker = context;
  ++talker->heard;
  if (strstr(text, "\"name\":\"llama\"") != NULL) load_from(talker->executor, model_path);
  if (strstr(text, "\"loaded\"") != NULL) submit(talker->executor, endless_run);
  if (strstr(text, "\"emission\"") != NULL) EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_cancel(talker->executor, 2, &error));
  if (strstr(text, "\"cancelled\"") != NULL) {
    edgelab_executor *second = NULL;
    EXPECT_STATUS(EDGELAB_REFUSED, "one at a time", edgelab_executor_create(NULL, mail_receive, talker->mail, &second, &error));
    submit(talker->executor, hello); /* never answered */
    edgelab_executor_destroy(talker->executor);
    mail_receive(talker->mail, text, length);
  }
}

static void callbacks_that_call_back(void) {
  struct talker talker = {NULL, NULL, 0};
  struct mail *mail = mail_new();
  edgelab_executor *next = NULL;
  struct timespec const moment = {0, 10000000};
  int heard;
  talker.mail = mail;
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_create(NULL, talk_back, &talker, &talker.executor, &error));
  submit(talker.executor, hello);
  free(mail_until(mail, "\"cancelled\""));
  /* The rest of it goes by itself. */
  while (edgelab_executor_create(NULL, mail_receive, mail, &next, NULL) == EDGELAB_REFUSED) nanosleep(&moment, NULL);
  heard = talker.heard;
  submit(next, hello);
  expect_mail(mail, "\"name\":\"llama\"");
  CHECK(talker.heard == heard);
  edgelab_executor_destroy(next);
  mail_free(mail);
}

/* The model with a key more that llama.cpp asserts is not there: the process would be gone. */
static void a_model_that_llama_cpp_aborts_on(void) {
  enum { keys_length = 64 }; /* tensors begin at a multiple of 32 */
  static const char keys[keys_length + 1] =
      "\x17\0\0\0\0\0\0\0" "llama.expert_used_count" "\x04\0\0\0" "\x02\0\0\0"
      "\x03\0\0\0\0\0\0\0" "pad" "\x08\0\0\0" "\x02\0\0\0\0\0\0\0" "..";
  struct mail *mail = mail_new();
  edgelab_executor *executor = NULL;
  char path[1000];
  size_t length = 0;
  char *bytes = read_file(model_path, &length);
  uint64_t pairs;
  FILE *file;
  snprintf(path, sizeof path, "%s/aborts.gguf", folder);
  memcpy(&pairs, bytes + 16, sizeof pairs);
  pairs += 2;
  memcpy(bytes + 16, &pairs, sizeof pairs);
  file = fopen(path, "wb");
  CHECK(file != NULL);
  if (file == NULL) return;
  fwrite(bytes, 1, 24, file);
  fwrite(keys, 1, keys_length, file);
  fwrite(bytes + 24, 1, length - 24, file);
  fclose(file);
  free(bytes);

  executor = create(mail);
  load_from(executor, path);
  expect_mail(mail, "this executor is lost");
  EXPECT_STATUS(EDGELAB_ENDED, "gave up", edgelab_executor_submit(executor, hello, sizeof hello - 1, &error));
  edgelab_executor_destroy(executor);
  remove(path);

  executor = create_loaded(mail);
  submit(executor, short_run);
  free(mail_until(mail, "\"done\""));
  edgelab_executor_destroy(executor);
  mail_free(mail);
}

int main(int argc, char **argv) {
  if (argc != 3) return EXIT_FAILURE;
  model_path = argv[1];
  folder = argv[2];
  CHECK(edgelab_abi_version() == EDGELAB_ABI_VERSION);
  CHECK(strchr(edgelab_version(), '.') != NULL);
  RUN(arguments_that_cannot_be);
  RUN(a_conversation);
  RUN(a_cancel_from_another_thread);
  RUN(destroyed_in_the_middle_of_a_run);
  RUN(callbacks_that_call_back);
  RUN(a_model_that_llama_cpp_aborts_on);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
