/* The experiment half of edgelab.h, from C, with answers made by hand. argv[1] is the repository. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const char text[] =
    "schema: edge-llm-lab/1\n"
    "name: by-hand\n"
    "models: [{id: m, path: m.gguf}]\n"
    "workloads: [{id: w, file: prompts.jsonl, max_tokens: 3}]\n"
    "rounds:\n"
    "  - {name: baseline, category: baseline}\n"
    "  - {name: fa, flags: {flash-attn: on}}\n"
    "  - {name: slots, flags: {parallel: 2}}\n"
    "protocol: {warmup: 1, blocks: 3, trial: {min_seconds: 0.001, min_tokens: 1}}\n";
static const char prompts[] = "{\"id\":\"q\",\"prompt\":\"two and two\",\"expected\":\"a b c\"}\n";
static const edgelab_file files[] = {{"prompts.jsonl", prompts, sizeof prompts - 1}};
static const char hello[] =
    "{\"type\":\"hello\",\"protocol\":1,\"name\":\"llama\",\"flags\":{\"flash-attn\":{\"support\":\"yes\"},"
    "\"parallel\":{\"support\":\"no\",\"reason\":\"one at a time\"}}}";

static edgelab_experiment *open_with(const char *options) {
  edgelab_experiment *experiment = NULL;
  EXPECT_STATUS(EDGELAB_OK, "",
                edgelab_experiment_open("/apps/by-hand.yaml", text, sizeof text - 1, files, 1, options, &experiment, &error));
  return experiment;
}

static edgelab_experiment *greeted(const char *options) {
  edgelab_experiment *experiment = open_with(options);
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_greet(experiment, "llama", hello, sizeof hello - 1, &error));
  return experiment;
}

/* What `call` hands out in `out`, which the caller has, has `part` in it; "" for what hands out nothing. */
#define EXPECT_TEXT(part, call)                                                       \
  do {                                                                                \
    out = NULL;                                                                       \
    EXPECT_STATUS(EDGELAB_OK, "", call);                                              \
    CHECK((out == NULL) == (*(part) == '\0'));                                        \
    CHECK(out == NULL || strstr(out, part) != NULL);                                  \
    if (out != NULL && strstr(out, part) == NULL) fprintf(stderr, "  %.500s\n", out); \
    edgelab_free(out);                                                                \
    out = NULL;                                                                       \
  } while (0)

static void answer(edgelab_experiment *experiment, const char *message, int32_t expected) {
  int32_t answered = -1;
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_answer(experiment, message, strlen(message), &answered, &error));
  CHECK(answered == expected);
}

static void answer_numbered(edgelab_experiment *experiment, const char *before, long id, const char *after, int32_t expected) {
  char message[2000];
  snprintf(message, sizeof message, "%s%ld%s", before, id, after);
  answer(experiment, message, expected);
}

static long id_in(const char *message) {
  const char *found = strstr(message, "\"id\":");
  return found == NULL ? -1 : strtol(found + 5, NULL, 10);
}

/* Answers all that the trial under way needs. Each trial takes as long as it says. */
static void finish(edgelab_experiment *experiment, int token_ms) {
  char *message = NULL;
  for (;;) {
    char timeline[1000];
    long id;
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_message(experiment, &message, &error));
    if (message == NULL) return;
    id = id_in(message);
    if (strstr(message, "\"type\":\"load\"") != NULL) {
      CHECK(strstr(message, "/apps/m.gguf") != NULL);
      answer_numbered(experiment, "{\"type\":\"loaded\",\"id\":", id, ",\"model_bytes\":4096}", 1);
    } else {
      CHECK(strstr(message, "\"type\":\"run\"") != NULL && strstr(message, "two and two") != NULL);
      answer_numbered(experiment, "{\"type\":\"progress\",\"id\":", id, "}", 0);
      snprintf(timeline, sizeof timeline,
               ",\"columns\":{\"requests\":{\"id\":[\"q\"],\"pass\":[0],\"arrival_ns\":[0],\"admitted_ns\":[10],"
               "\"prefill_end_ns\":[1000],\"end_ns\":[%d000001],\"prompt_tokens\":[4],\"cached_tokens\":[0],\"emissions\":[3],"
               "\"finish\":[\"length\"],\"text\":[\"a b c\"]},\"emissions\":{\"gap_ns\":[%d000000,%d000000,%d000000],"
               "\"tokens\":[1,1,1]},\"token_ids\":[5,6,7]}}",
               3 * token_ms, token_ms, token_ms, token_ms);
      answer_numbered(experiment, "{\"type\":\"timeline\",\"id\":", id, timeline, 0);
      EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_peak_memory(experiment, 5000, &error));
      answer_numbered(experiment, "{\"type\":\"done\",\"id\":", id, ",\"memory\":{\"kv_cache_bytes\":100}}", 1);
    }
    edgelab_free(message);
  }
}

static void arguments_that_cannot_be(void) {
  edgelab_experiment *experiment = NULL;
  int32_t answered = 0;
  char *out = NULL;
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "experiment", edgelab_experiment_open("x", text, 1, NULL, 0, NULL, NULL, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "path", edgelab_experiment_open(NULL, text, 1, NULL, 0, NULL, &experiment, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "files", edgelab_experiment_open("x", text, 1, NULL, 1, NULL, &experiment, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "no such file",
                edgelab_experiment_open("/nowhere/x.yaml", NULL, 0, NULL, 0, NULL, &experiment, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "blocks is 0",
                edgelab_experiment_open("x", text, 1, NULL, 0, "{\"blocks\":0}", &experiment, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "block",
                edgelab_experiment_open("x", text, 1, NULL, 0, "{\"block\":1}", &experiment, &error));
  CHECK(experiment == NULL);
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "experiment", edgelab_experiment_next(NULL, &out, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "experiment", edgelab_experiment_summary(NULL, &out, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "experiment", edgelab_experiment_table(NULL, &out, &error));
  edgelab_experiment_close(NULL);
  experiment = open_with(NULL);
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "trial", edgelab_experiment_next(experiment, NULL, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "greeted", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "hello", edgelab_experiment_greet(experiment, "llama", NULL, 0, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "did you mean 'llama'",
                edgelab_experiment_greet(experiment, "lama", hello, sizeof hello - 1, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "hello", edgelab_experiment_greet(experiment, "llama", "{}", 2, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "no trial", edgelab_experiment_fail(experiment, "timeout", "", &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "'late'", edgelab_experiment_fail(experiment, "late", "", &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "no trial", edgelab_experiment_peak_memory(experiment, 1, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "not JSON", edgelab_experiment_answer(experiment, "{", 1, &answered, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "answered", edgelab_experiment_answer(experiment, "{}", 2, NULL, &error));
  EXPECT_TEXT("", edgelab_experiment_message(experiment, &out, &error));
  edgelab_experiment_close(experiment);
}

/* All that is wrong, each with its place, as on the command line. */
static void an_experiment_with_errors(void) {
  static const char wrong[] =
      "schema: edge-llm-lab/1\n"
      "name: wrong\n"
      "models: [{id: m, path: m.gguf}]\n"
      "workloads: [{id: w, file: nowhere.jsonl}]\n"
      "rounds: [{name: baseline, category: baseline, flags: {flash-atn: on}}]\n";
  edgelab_experiment *experiment = NULL;
  char *error = NULL;
  CHECK(edgelab_experiment_open("/apps/wrong.yaml", wrong, sizeof wrong - 1, files, 1, NULL, &experiment, &error) ==
        EDGELAB_REFUSED);
  CHECK(error != NULL && strstr(error, "/apps/wrong.yaml:4:27: prompt file /apps/nowhere.jsonl: no such file") != NULL);
  CHECK(error != NULL && strstr(error, "\n/apps/wrong.yaml:5:") != NULL && strstr(error, "flash-attn") != NULL);
  if (failures > 0 && error != NULL) fprintf(stderr, "  %s\n", error);
  edgelab_free(error);
}

static void files_from_the_disk(const char *repository) {
  char path[1000];
  char *out = NULL;
  edgelab_experiment *experiment = NULL;
  snprintf(path, sizeof path, "%s/experiments/default.yaml", repository);
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_open(path, NULL, 0, NULL, 0, "{\"only\":[\"kv-q8\"],\"blocks\":2,\"seed\":3}",
                                                        &experiment, &error));
  EXPECT_TEXT("Order of the first block (seed 3)", edgelab_experiment_plan(experiment, &out, &error));
  EXPECT_TEXT("kv-q8", edgelab_experiment_plan(experiment, &out, &error));
  edgelab_experiment_close(experiment);
}

static void a_whole_run(void) {
  edgelab_experiment *experiment = greeted(NULL);
  char *out = NULL;
  int trials = 0;
  EXPECT_TEXT("one at a time", edgelab_experiment_plan(experiment, &out, &error));
  for (;;) {
    char *trial = NULL;
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_next(experiment, &trial, &error));
    if (trial == NULL) break;
    CHECK((strstr(trial, "\"kind\":\"memory\"") != NULL) == (strstr(trial, "\"fresh\":true") != NULL));
    CHECK(strstr(trial, "slots") == NULL);
    ++trials;
    EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "under way", edgelab_experiment_next(experiment, &out, &error));
    finish(experiment, strstr(trial, "/fa\"") != NULL ? 10 : 20);
    edgelab_free(trial);
  }
  CHECK(trials == 2 + 2 + 2 * 3); /* memory, a warm-up block, three timed ones, of two rounds each */
  EXPECT_TEXT("", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_TEXT("\"stopped_because\": \"3 blocks\"", edgelab_experiment_summary(experiment, &out, &error));
  EXPECT_TEXT("one at a time", edgelab_experiment_summary(experiment, &out, &error));
  EXPECT_TEXT("\"stopped_because\":\"3 blocks\"", edgelab_experiment_table(experiment, &out, &error));
  EXPECT_TEXT("one at a time", edgelab_experiment_table(experiment, &out, &error));
  EXPECT_TEXT("\"rss_peak_bytes\"", edgelab_experiment_summary(experiment, &out, &error));
  EXPECT_TEXT("\"right\"", edgelab_experiment_summary(experiment, &out, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "has begun", edgelab_experiment_greet(experiment, "llama", hello, sizeof hello - 1, &error));
  edgelab_experiment_close(experiment);
}

static void trials_that_fail(void) {
  edgelab_experiment *experiment = greeted("{\"only\":[\"baseline\"],\"blocks\":9}");
  char *out = NULL, *message = NULL;
  int32_t answered = 0;
  int failed = 0;
  EXPECT_TEXT("\"memory\"", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_message(experiment, &message, &error));
  EXPECT_STATUS(EDGELAB_BAD_ARGUMENT, "not been answered", edgelab_experiment_message(experiment, &out, &error));
  edgelab_free(message);
  /* What does not belong changes nothing. */
  EXPECT_STATUS(EDGELAB_REFUSED, "no answer to load",
                edgelab_experiment_answer(experiment, "{\"type\":\"done\",\"id\":1}", 22, &answered, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "no answer to anything",
                edgelab_experiment_answer(experiment, "{\"type\":\"done\",\"id\":9}", 22, &answered, &error));
  answer(experiment, "{\"type\":\"error\",\"id\":1,\"kind\":\"oom\",\"reason\":\"no room\"}", 1);
  EXPECT_TEXT("", edgelab_experiment_message(experiment, &out, &error));
  EXPECT_TEXT("loading /apps/m.gguf: no room", edgelab_experiment_summary(experiment, &out, &error));
  /* Interrupted: it is the next again. */
  EXPECT_TEXT("\"warmup\"", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_fail(experiment, "interrupted", "the app slept", &error));
  EXPECT_TEXT("\"warmup\"", edgelab_experiment_next(experiment, &out, &error));
  finish(experiment, 5);
  /* What comes late of a trial that is over is nobody's. */
  EXPECT_TEXT("\"timed\"", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_message(experiment, &message, &error));
  CHECK(strstr(message, "\"type\":\"run\"") != NULL);
  answered = (int32_t)id_in(message);
  edgelab_free(message);
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_fail(experiment, "timeout", "too slow", &error));
  answer_numbered(experiment, "{\"type\":\"error\",\"id\":", answered, ",\"kind\":\"cancelled\",\"reason\":\"\"}", 0);
  for (failed = 1; failed < 10; ++failed) { /* the model is loaded anew after each */
    char *trial = NULL;
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_next(experiment, &trial, &error));
    if (trial == NULL) break;
    edgelab_free(trial);
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_message(experiment, &message, &error));
    CHECK(strstr(message, "\"type\":\"load\"") != NULL);
    edgelab_free(message);
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_fail(experiment, "timeout", "too slow", &error));
  }
  CHECK(failed == 3); /* and then it is given up, with blocks left */
  EXPECT_TEXT("too slow", edgelab_experiment_summary(experiment, &out, &error));
  edgelab_experiment_close(experiment);
}

/* Killed in the middle, and opened again: the same trials, and the same summary but for its times. */
static void a_run_in_two_sessions(void) {
  enum { most = 32 };
  char *rows[most], *out = NULL, *trial = NULL, *whole = NULL, *resumed = NULL;
  char *kept_at_end[most];
  int count = 0, again = 0, i;
  edgelab_experiment *experiment = greeted(NULL);
  EXPECT_TEXT("", edgelab_experiment_row(experiment, &out, &error));
  for (;;) {
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_next(experiment, &trial, &error));
    if (trial == NULL || count == most) break;
    finish(experiment, strstr(trial, "/fa\"") != NULL ? 10 + count : 20);
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_row(experiment, &rows[count], &error));
    CHECK(rows[count] != NULL && strchr(rows[count], '\n') == NULL);
    kept_at_end[count++] = trial;
  }
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_summary(experiment, &whole, &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "has begun",
                edgelab_experiment_restore(experiment, rows[0], strlen(rows[0]), &error));
  edgelab_experiment_close(experiment);

  experiment = open_with(NULL);
  EXPECT_STATUS(EDGELAB_REFUSED, "greeted", edgelab_experiment_restore(experiment, rows[0], strlen(rows[0]), &error));
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_greet(experiment, "llama", hello, sizeof hello - 1, &error));
  for (again = 0; again < count / 2; ++again)
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_restore(experiment, rows[again], strlen(rows[again]), &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "has its row", edgelab_experiment_restore(experiment, rows[0], strlen(rows[0]), &error));
  EXPECT_STATUS(EDGELAB_REFUSED, "no row", edgelab_experiment_restore(experiment, "{}", 2, &error));
  for (;; ++again) {
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_next(experiment, &trial, &error));
    if (trial == NULL) break;
    CHECK(again < count && strcmp(trial, kept_at_end[again]) == 0);
    finish(experiment, strstr(trial, "/fa\"") != NULL ? 10 + again : 20);
    edgelab_free(trial);
  }
  CHECK(again == count);
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_summary(experiment, &resumed, &error));
  CHECK(whole != NULL && resumed != NULL && strcmp(strstr(whole, "\"stopped_because\""), strstr(resumed, "\"stopped_because\"")) == 0);
  edgelab_experiment_close(experiment);

  experiment = greeted("{\"seed\":8}");
  EXPECT_STATUS(EDGELAB_REFUSED, "another experiment", edgelab_experiment_restore(experiment, rows[0], strlen(rows[0]), &error));
  edgelab_experiment_close(experiment);
  for (i = 0; i < count; ++i) {
    edgelab_free(rows[i]);
    edgelab_free(kept_at_end[i]);
  }
  edgelab_free(whole);
  edgelab_free(resumed);
}

static void a_time_budget(void) {
  edgelab_experiment *experiment = greeted("{\"time_budget_s\":1e-9}");
  char *out = NULL;
  EXPECT_TEXT("", edgelab_experiment_next(experiment, &out, &error));
  EXPECT_TEXT("\"stopped_because\": \"time budget\"", edgelab_experiment_summary(experiment, &out, &error));
  edgelab_experiment_close(experiment);
}

int main(int argc, char **argv) {
  if (argc != 2) return EXIT_FAILURE;
  RUN(arguments_that_cannot_be);
  RUN(an_experiment_with_errors);
  files_from_the_disk(argv[1]);
  RUN(a_whole_run);
  RUN(trials_that_fail);
  RUN(a_run_in_two_sessions);
  RUN(a_time_budget);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
