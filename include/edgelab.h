/* edgelab.h: the laboratory inside a program of yours, in C99.
 *
 * Two halves that know nothing of each other:
 *
 *   edgelab_executor    runs models, in this process. It speaks the executor protocol (docs/PROTOCOL.md): messages go in by
 *                       edgelab_executor_submit, and come back through a callback.
 *   edgelab_experiment  runs an experiment (docs/EXPERIMENT.md) without a coordinator: it says which trial is next and what to
 *                       send for it, takes what the executor answers, and at the end has the summary. Order, intervals and
 *                       verdicts are those of `edgelab run`. It does no input or output but reading the files it is given.
 *
 * An app carries messages from the one to the other, and does everything that only it can do: time limits, cool-downs, keeping
 * the device awake. Of an experiment's protocol, `cool_down`, `probes` and `sustained` are therefore the app's to
 * carry out: the trials here are those of the blocks alone. examples/offline.c does so in a page.
 *
 * Text is UTF-8, and ends with a zero byte where no length is given with it. A message is one JSON object; a newline at its end
 * is ignored, and there is none on messages that come from here.
 *
 * OWNERSHIP. What is passed in is copied before a call returns. Every `char*` that a call hands out is the caller's, to be freed
 * with edgelab_free. What a callback is given is gone when it returns.
 *
 * ERRORS. Every call that can fail returns an edgelab_status. Where `error` is not NULL it is set: to NULL if all is well, else
 * to a text for people, to be freed with edgelab_free: what was wrong, where, and what was expected. Outputs are set to NULL
 * or 0 before anything else, and stay so where a call fails. No C++ exception leaves a call, and none that a callback throws
 * enters; where llama.cpp would abort the process, that executor is lost and the process lives (see edgelab_executor_create).
 *
 * THREADS. Each function says what holds for it. Without a word, calls on different handles may overlap, and so may calls on
 * one experiment (they wait for each other).
 *
 * VERSIONS. EDGELAB_ABI_VERSION changes when a function, or the meaning of one, is taken away or changed; not when one is added.
 */
#ifndef EDGELAB_H
#define EDGELAB_H

#include <stddef.h>
#include <stdint.h>

#ifndef EDGELAB_API
#if defined(_WIN32)
#define EDGELAB_API __declspec(dllexport)
#else
#define EDGELAB_API __attribute__((visibility("default")))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define EDGELAB_ABI_VERSION 1

/* The EDGELAB_ABI_VERSION that the library was built with. A program compares it with its own before anything else. */
EDGELAB_API int32_t edgelab_abi_version(void);

/* The version of the laboratory, such as "0.1.0". Static: not to be freed. */
EDGELAB_API const char *edgelab_version(void);

typedef enum edgelab_status {
  EDGELAB_OK = 0,
  EDGELAB_BAD_ARGUMENT = 1,  /* NULL where something is needed, or a call out of its order: the program's mistake */
  EDGELAB_REFUSED = 2,       /* what was given cannot be used: an experiment with errors, a message that does not belong */
  EDGELAB_ENDED = 3,         /* this executor takes no more messages */
  EDGELAB_OUT_OF_MEMORY = 4,
  EDGELAB_FAILED = 5         /* anything else; the text is all that is known */
} edgelab_status;

/* Frees what a call handed out. NULL is fine. Any thread. */
EDGELAB_API void edgelab_free(char *text);

/* ---- executor ------------------------------------------------------------------------------------------------------- */

typedef struct edgelab_executor edgelab_executor;

/* One message from the executor: `length` bytes, and a zero byte after them. */
typedef void (*edgelab_receive)(void *context, const char *message, size_t length);

/* Makes an executor. `options` is a JSON object, or NULL for all defaults:
 *
 *   {"kind": "llama"}    what runs models: llama.cpp is all there is
 *
 * `receive` is called with `context`, from a thread of the executor's own, one message at a time, in order, and never before
 * something was submitted. It should be quick: a trial waits for it. It may call anything here, submit, cancel and destroy of
 * this executor included.
 *
 * There can be one executor in a process at a time, since llama.cpp's log, which tells what is in force, is one for the process:
 * another is EDGELAB_REFUSED.
 *
 * Where llama.cpp finds itself in a state that cannot be, it aborts the process. Here the message under way is answered with an
 * `error` of kind `failed` instead, by whichever thread found it out, and that thread is never let go on: the executor is lost,
 * takes no more messages, and what it holds is not given back before the process ends. Destroy it, and make another. */
EDGELAB_API edgelab_status edgelab_executor_create(const char *options, edgelab_receive receive, void *context,
                                                   edgelab_executor **executor, char **error);

/* Puts a message into the executor's queue. The protocol's rules hold (one thing at a time; every message has an id of its own),
 * and it answers what it cannot read with an `error`, as the protocol says. EDGELAB_ENDED after `bye`, or where it is lost.
 * Any thread. */
EDGELAB_API edgelab_status edgelab_executor_submit(edgelab_executor *executor, const char *message, size_t length,
                                                   char **error);

/* The protocol's `cancel`: work for the message with that id ends as soon as it can, with an `error` of kind `cancelled`. Where
 * there is no such work, nothing happens. Any thread. */
EDGELAB_API edgelab_status edgelab_executor_cancel(edgelab_executor *executor, int64_t id, char **error);

/* Ends it, in mid-run too: waits until what runs has stopped (a batch, or the loading of a model) and a callback that is being
 * made has returned; after it there are no more. From within the executor's own callback it does not wait: no further callback is
 * made, and the rest goes when the callback has returned; only then another executor can be made. NULL is fine. Not together with
 * any other call on this executor. */
EDGELAB_API void edgelab_executor_destroy(edgelab_executor *executor);

/* ---- experiment ----------------------------------------------------------------------------------------------------- */

typedef struct edgelab_experiment edgelab_experiment;

/* A file of prompts or texts that is handed over instead of being read. */
typedef struct edgelab_file {
  const char *path;    /* as the experiment writes it: "prompts/extract.jsonl" */
  const char *bytes;
  size_t length;
} edgelab_file;

/* Reads an experiment. `path` names its file in errors, and relative paths in it begin at the folder that it is in; where `text`
 * is NULL, the file is read. `files` are looked into before the disk is. `options` is a JSON object, or NULL:
 *
 *   {"models": {"demo": "/data/demo.gguf"},   files of models, in place of those that the experiment names
 *    "only": ["kv-q8"],                       only these rounds; the baseline stays
 *    "blocks": 10, "seed": 7, "time_budget_s": 600,
 *    "physical_cores": 4}                     what `threads` is where no round sets it; left out: of this machine
 *
 * EDGELAB_REFUSED with all that is wrong in the experiment, one error a line. Model files are not opened: their executor does. */
EDGELAB_API edgelab_status edgelab_experiment_open(const char *path, const char *text, size_t text_length,
                                                   const edgelab_file *files, size_t file_count, const char *options,
                                                   edgelab_experiment **experiment, char **error);

/* What the executor with that id in the experiment answered to {"type":"hello","protocol":1}. Each executor has to be greeted
 * once, before the first trial: rounds that ask for what it cannot do are then known to be unsupported. */
EDGELAB_API edgelab_status edgelab_experiment_greet(edgelab_experiment *experiment, const char *executor, const char *hello,
                                                    size_t length, char **error);

/* What `edgelab plan` prints: cells, order of the first block, how long it may take. */
EDGELAB_API edgelab_status edgelab_experiment_plan(edgelab_experiment *experiment, char **plan, char **error);

/* Begins the next trial. `trial` is set to a JSON object about it, or to NULL where the run is over:
 *
 *   {"cell": "demo/llama/extract/kv-q8", "model": "demo", "executor": "llama", "workload": "extract", "round": "kv-q8",
 *    "kind": "timed",          warmup, memory or timed
 *    "block": 0, "position": 3,
 *    "fresh": false,           true: it is to run in a new executor, so destroy this one and make another first
 *    "timeout_s": 300,         when to cancel it, and to call edgelab_experiment_fail with "timeout"
 *    "done": 12, "at_most": 60}   trials that have run, and that there may be
 *
 * The trial before has to be over. */
EDGELAB_API edgelab_status edgelab_experiment_next(edgelab_experiment *experiment, char **trial, char **error);

/* What to send to the trial's executor now; NULL where the trial is over. What was handed out before has to be answered. */
EDGELAB_API edgelab_status edgelab_experiment_message(edgelab_experiment *experiment, char **message, char **error);

/* A message that the executor sent. `answered` is set to 1 where it was the last answer to what was sent, else to 0. Messages
 * about earlier trials are ignored; what does not belong is EDGELAB_REFUSED and changes nothing. */
EDGELAB_API edgelab_status edgelab_experiment_answer(edgelab_experiment *experiment, const char *message, size_t length,
                                                     int32_t *answered, char **error);

/* The peak of this process's resident memory during the trial, in bytes, where the app can tell it: to be said before the
 * trial's last answer. Only the figures of memory trials are used. */
EDGELAB_API edgelab_status edgelab_experiment_peak_memory(edgelab_experiment *experiment, int64_t bytes, char **error);

/* The trial under way has no answer and never will. `status` is "timeout", "oom", "failed" (it is a row with that reason) or
 * "interrupted" (it is the next trial again). The model is loaded anew before the next one. */
EDGELAB_API edgelab_status edgelab_experiment_fail(edgelab_experiment *experiment, const char *status, const char *reason,
                                                   char **error);

/* The row of the trial that ended last, as text (one line of JSON, its timeline included), for an app that may be killed: it appends
 * each to a file. NULL where none has ended. */
EDGELAB_API edgelab_status edgelab_experiment_row(edgelab_experiment *experiment, char **row, char **error);

/* A row that an earlier session kept: to be handed over when the same experiment has been opened again and its executors greeted,
 * before the first trial. The run then goes on where it was. A trial that the app was killed in has no row, so it is the next;
 * the app that knows of it says edgelab_experiment_fail instead of running it again. EDGELAB_REFUSED for rows of other
 * experiments, seeds or executors. */
EDGELAB_API edgelab_status edgelab_experiment_restore(edgelab_experiment *experiment, const char *row, size_t length,
                                                      char **error);

/* The summary of all trials so far, as summary.json of a run has it (docs/METRICS.md). It has no figures that are asked for when
 * trials are over (likelihoods of choices, distances of distributions, a judge's grades). */
EDGELAB_API edgelab_status edgelab_experiment_summary(edgelab_experiment *experiment, char **summary, char **error);

/* The same as tables for a screen, in the words of the other reports, as JSON:
 *
 *   {"experiment": "quick", "blocks": 5, "seed": 7, "stopped_because": "5 blocks", "baseline": "baseline", "tables": [
 *     {"model": "demo", "executor": "llama", "workload": "extract", "rounds": [
 *       {"round": "fa", "category": "parallelization", "status": "ok", "reason": "", "baseline": false, "trials": 5, "failed": 0,
 *        "figures": [{"metric": "decode_tps", "heading": "decode tok/s", "value": "4619", "ratio": "1.19× (1.16–1.23)",
 *                     "verdict": "faster", "tone": "good"}]}]}]}
 *
 * Rounds without figures are there, with status and reason. `tone` is good, bad or quiet; `ratio` is against the baseline;
 * `verdict` is absent without an interval; "detectable" is how large a difference would have been found where none was. */
EDGELAB_API edgelab_status edgelab_experiment_table(edgelab_experiment *experiment, char **table, char **error);

/* NULL is fine. Not together with any other call on this experiment. */
EDGELAB_API void edgelab_experiment_close(edgelab_experiment *experiment);

#ifdef __cplusplus
}
#endif

#endif /* EDGELAB_H */
