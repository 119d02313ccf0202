/* Messages with damage in them, on both halves of edgelab.h: every one is answered or refused, and nothing else happens.
 * What is damaged and how follows from a seed; argv[1] is how many a half. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static uint64_t state = 7;

static uint64_t next_random(void) { /* xorshift64* */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717ULL;
}

static size_t below(size_t bound) { return (size_t)(next_random() % bound); }

/* A copy with up to four bytes changed, taken out or put in, and sometimes cut short. */
static char *damaged(const char *message, size_t *length) {
  static const char telling[] = "\"{}[]:,0129-.eE\\u nulltrue\n\t\x80\xff";
  size_t size = strlen(message);
  char *copy = malloc(size + 8);
  size_t edits = 1 + below(4);
  if (copy == NULL) abort();
  memcpy(copy, message, size + 1);
  while (edits-- > 0 && size > 1) {
    size_t const at = below(size);
    char const letter = below(4) == 0 ? (char)below(256) : telling[below(sizeof telling - 1)];
    switch (below(3)) {
      case 0: copy[at] = letter; break;
      case 1: memmove(copy + at, copy + at + 1, size - at); --size; break;
      default: memmove(copy + at + 1, copy + at, size - at + 1); copy[at] = letter; ++size; break;
    }
  }
  if (below(10) == 0) size = below(size);
  copy[size] = '\0';
  *length = size;
  return copy;
}

/* Without a model: no damage to a number can make it work for a day. */
static void to_an_executor(int count) {
  static const char *const messages[] = {
      "{\"type\":\"hello\",\"protocol\":1}",
      "{\"type\":\"load\",\"id\":1,\"model\":\"/nowhere/m.gguf\",\"flags\":{\"threads\":\"2\",\"flash-attn\":\"off\"}}",
      "{\"type\":\"run\",\"id\":2,\"flags\":{\"cache-type-k\":\"q8_0\",\"parallel\":\"2\"},\"requests\":[{\"id\":\"q\","
      "\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e4\"}],\"max_tokens\":3,\"arrival_us\":5}],\"seed\":7}",
      "{\"type\":\"score\",\"id\":3,\"flags\":{},\"text\":\"two and two\",\"tokens\":[1,2],\"skip\":1,\"leads\":true}",
      "{\"type\":\"cancel\",\"id\":2,\"request\":\"q\"}"};
  struct mail *mail = mail_new();
  edgelab_executor *executor = NULL;
  int i;
  EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_create(NULL, mail_receive, mail, &executor, &error));
  for (i = 0; i < count; ++i) {
    size_t length = 0;
    char *message = damaged(messages[below(sizeof messages / sizeof *messages)], &length);
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_submit(executor, message, length, &error));
    free(message);
    if (i % 64 == 63 || i + 1 == count) { /* it still talks, and has answered all before; an answer a message at most, save a cancel's */
      char question[64];
      char id[32];
      int const written = snprintf(question, sizeof question, "{\"type\":\"load\",\"id\":%d,\"model\":\"\"}", 1000000 + i);
      snprintf(id, sizeof id, "\"id\":%d", 1000000 + i);
      EXPECT_STATUS(EDGELAB_OK, "", edgelab_executor_submit(executor, question, (size_t)written, &error));
      free(mail_until(mail, id));
    }
  }
  edgelab_executor_destroy(executor);
  CHECK(mail_count(mail) <= (size_t)count + (size_t)count / 64 + 1);
  CHECK(mail_count(mail) > (size_t)count / 2);
  mail_free(mail);
}

static const char experiment_text[] =
    "schema: edge-llm-lab/1\n"
    "name: damaged\n"
    "models: [{id: m, path: m.gguf}]\n"
    "workloads: [{id: w, kind: synthetic, prompt_tokens: [4], output_tokens: 3}]\n"
    "rounds: [{name: baseline, category: baseline}, {name: fa, flags: {flash-attn: on}}]\n"
    "protocol: {warmup: 0, blocks: 2, trial: {min_seconds: 0.001, min_tokens: 1}}\n";

static void to_an_experiment(int count) {
  static const char hello[] =
      "{\"type\":\"hello\",\"protocol\":1,\"name\":\"llama\",\"flags\":{\"flash-attn\":{\"support\":\"yes\"}}}";
  static const char *const answers[] = {
      "{\"type\":\"loaded\",\"id\":%ld,\"model_bytes\":1000}",
      "{\"type\":\"timeline\",\"id\":%ld,\"columns\":{\"requests\":{\"id\":[\"4-0\"],\"pass\":[0],\"arrival_ns\":[0],"
      "\"admitted_ns\":[10],\"prefill_end_ns\":[1000],\"end_ns\":[9000],\"prompt_tokens\":[4],\"cached_tokens\":[0],"
      "\"emissions\":[3],\"finish\":[\"length\"],\"text\":[\"a b c\"]},\"emissions\":{\"gap_ns\":[1100,2000,3000],"
      "\"tokens\":[1,1,1]},\"token_ids\":[5,6,7]}}",
      "{\"type\":\"done\",\"id\":%ld,\"in_force\":{\"flash-attn\":\"on\"},\"memory\":{\"kv_cache_bytes\":100}}",
      "{\"type\":\"error\",\"id\":%ld,\"kind\":\"oom\",\"reason\":\"no room\"}"};
  int i = 0, trials = 0;
  while (i < count) {
    edgelab_experiment *experiment = NULL;
    long id = 0;
    char *text = NULL;
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_open("x.yaml", experiment_text, sizeof experiment_text - 1, NULL, 0, NULL,
                                                          &experiment, &error));
    if (experiment == NULL) return;
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_greet(experiment, "llama", hello, sizeof hello - 1, &error));
    for (;;) {
      EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_next(experiment, &text, &error));
      if (text == NULL) break;
      edgelab_free(text);
      for (;;) {
        int32_t answered = 0;
        size_t whole = 0;
        EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_message(experiment, &text, &error));
        if (text == NULL) break;
        whole = strstr(text, "\"load\"") != NULL ? 0 : 1;
        edgelab_free(text);
        ++id;
        while (!answered) { /* damaged ones, and now and then the right ones */
          char message[1000];
          size_t length = 0;
          char *sent = NULL;
          edgelab_status status;
          snprintf(message, sizeof message, answers[below(8) == 0 && whole > 0 ? 1 + below(3) : below(4)], id);
          sent = damaged(message, &length);
          status = edgelab_experiment_answer(experiment, sent, length, &answered, NULL);
          CHECK(status == EDGELAB_OK || status == EDGELAB_REFUSED);
          free(sent);
          ++i;
          if (below(12) == 0 && !answered) {
            snprintf(message, sizeof message, answers[whole], id);
            status = edgelab_experiment_answer(experiment, message, strlen(message), &answered, NULL);
            CHECK(status == EDGELAB_OK || status == EDGELAB_REFUSED);
            snprintf(message, sizeof message, answers[2], id);
            if (!answered) (void)edgelab_experiment_answer(experiment, message, strlen(message), &answered, NULL);
          }
        }
      }
      ++trials;
    }
    EXPECT_STATUS(EDGELAB_OK, "", edgelab_experiment_summary(experiment, &text, &error));
    CHECK(text != NULL && strstr(text, "edge-llm-lab/summary/1") != NULL);
    edgelab_free(text);
    edgelab_experiment_close(experiment);
  }
  CHECK(trials > 0);
}

int main(int argc, char **argv) {
  int const count = argc > 1 ? atoi(argv[1]) : 2000;
  to_an_executor(count);
  to_an_experiment(count);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
