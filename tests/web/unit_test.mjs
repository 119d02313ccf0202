// What of the executor needs no browser: arrivals, runs, answers, timelines, flags, the ledger, prompts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Answer, bodyOf } from "../../web/executor/answer.js";
import { Arrivals, faultIn } from "../../web/executor/arrivals.js";
import { Drive, Stop } from "../../web/executor/drive.js";
import { flagSupport, settingsFor } from "../../web/executor/flags.js";
import { inForce, memoryUse } from "../../web/executor/ledger.js";
import { SyntheticPrompts } from "../../web/executor/prompts.js";
import { timelineOf } from "../../web/executor/timeline.js";

const asked = (id, more = {}) => ({ id, prompt: "x", max_tokens: 2, ...more });
const place = {
  multiThread: true,
  whyOneThread: "",
  cores: 8,
  gpu: false,
  asyncRead: true,
  compat: false,
  isolated: true,
  clockStepUs: 5,
};

describe("arrivals", () => {
  test("requests that make no sense are told from those that do", () => {
    const senseless = [
      [[], /without requests/],
      [[asked("a"), asked("a")], /unique/],
      [[{ id: "a" }], /exactly one of prompt/],
      [[asked("a", { max_tokens: 0 })], /max_tokens/],
      [[asked("a", { after: "b" })], /no earlier request/],
      [[asked("a"), asked("b", { after: "a" }), asked("c", { after: "a" })], /another follows/],
      [[asked("a", { arrival_us: 1 }), asked("b")], /all or none/],
      [[asked("a"), asked("b", { after: "a", arrival_us: 3 })], /no arrival_us/],
    ];
    for (const [requests, words] of senseless) assert.match(faultIn(requests), words);
    assert.equal(faultIn([asked("a"), asked("b", { after: "a" }), asked("c")]), undefined);
    assert.equal(faultIn([asked("a", { arrival_us: 0 }), asked("b", { after: "a" })]), undefined);
  });

  test("a closed loop has so many in flight; the next arrives when one ends, and a turn when the one before has", () => {
    const arrivals = new Arrivals([asked("a"), asked("b", { after: "a" }), asked("c"), asked("d")], 2);
    arrivals.beginPass(10);
    assert.deepEqual([arrivals.take(10).request, arrivals.take(10).request, arrivals.take(10)], [0, 2, undefined]);
    arrivals.ended(0, 20);
    assert.deepEqual(arrivals.take(20), { request: 1, at: 20 });
    arrivals.ended(2, 25);
    assert.deepEqual(arrivals.take(25), { request: 3, at: 25 });
    arrivals.ended(1, 30);
    assert.equal(arrivals.passOver(), false);
    arrivals.ended(3, 40);
    assert.equal(arrivals.passOver(), true);
  });

  test("in an open loop each arrives at its time, whoever has not ended", () => {
    const arrivals = new Arrivals([asked("a", { arrival_us: 5000 }), asked("b", { arrival_us: 1000 })], 1);
    arrivals.beginPass(100);
    assert.equal(arrivals.take(100), undefined);
    assert.equal(arrivals.next(), 101);
    assert.deepEqual(arrivals.take(106), { request: 1, at: 101 });
    assert.deepEqual(arrivals.take(106), { request: 0, at: 105 });
  });
});

// An engine that answers each request in `ms` a token, by a clock that moves only when everybody waits.
class Pretended {
  time = 0;
  inFlight = 0;
  most = 0;
  slots = 1;
  contBatching = true;
  beginPass() {}
  async ask(request, onPiece, signal) {
    this.most = Math.max(this.most, ++this.inFlight);
    for (let made = 1; made <= 3; ++made) {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) {
        this.inFlight -= 1;
        return "cancelled";
      }
      this.time += 1;
      const timings = { predicted_n: Math.min(made, 2), prompt_n: 4, cache_n: 0, prompt_ms: 1, predicted_ms: made };
      onPiece({ choices: [{ text: made < 3 ? "t" : "", finish_reason: made < 3 ? null : "length" }], timings });
    }
    this.inFlight -= 1;
    return "";
  }
}

describe("a run", () => {
  const go = (run, trial, stop = new Stop(), hear = {}) => new Drive(run, trial, stop, hear, () => trial.time).go();

  test("whole passes are repeated until there are enough tokens", async () => {
    const { records } = await go({ requests: [asked("a"), asked("b")], min_tokens: 5 }, new Pretended());
    assert.deepEqual(
      records.map((one) => [one.id, one.pass, one.answer.finish]),
      [
        ["a", 0, "length"],
        ["b", 0, "length"],
        ["a", 1, "length"],
        ["b", 1, "length"],
      ],
    );
  });

  test("no more are in flight than there are slots; without continuous batching a batch waits for the one before", async () => {
    for (const contBatching of [true, false]) {
      const trial = Object.assign(new Pretended(), { slots: 2, contBatching });
      const { records } = await go({ requests: ["a", "b", "c"].map((id) => asked(id)), concurrency: 3 }, trial);
      assert.equal(trial.most, 2);
      const [a, b, c] = records;
      assert.ok(c.admitted >= (contBatching ? Math.min(a.end, b.end) : Math.max(a.end, b.end)));
    }
  });

  test("one request is cancelled while the others go on, or all", async () => {
    const stop = new Stop();
    const trial = Object.assign(new Pretended(), { slots: 2 });
    const { records } = await go({ requests: [asked("a"), asked("b")], concurrency: 2 }, trial, stop, {
      onEmission: (id) => id === "a" && stop.request("a"),
    });
    assert.deepEqual(
      records.map((one) => one.answer.finish),
      ["cancelled", "length"],
    );
    const all = new Stop();
    await assert.rejects(go({ requests: [asked("a")], min_s: 1000 }, new Pretended(), all, { onEmission: () => all.run() }), {
      kind: "cancelled",
    });
  });
});

describe("an answer", () => {
  const piece = (text, made, ids = [], finish = null) => ({
    choices: [{ text, finish_reason: finish, logprobs: { content: ids.map((id) => ({ id })) } }],
    timings: { predicted_n: made, predicted_ms: made * 2, prompt_n: 5, cache_n: 1, prompt_ms: 3 },
  });

  test("an end token is no emission, whether it is handed over or not", () => {
    for (const handedOver of [true, false]) {
      const answer = new Answer(8, () => {});
      answer.piece(piece("a", 1, [7]), 10);
      answer.piece(piece("b", 2, [8]), 20);
      if (handedOver) answer.piece(piece("", 3, [0]), 30);
      answer.piece(piece("", 3, [], "stop"), 31);
      assert.deepEqual(answer.emissions, [
        { at: 10, tokens: 1 },
        { at: 20, tokens: 1 },
      ]);
      assert.deepEqual([answer.tokenIds, answer.text, answer.finish, answer.hasAllIds], [[7, 8], "ab", "stop", true]);
      assert.deepEqual(
        [answer.counts.promptTokens, answer.counts.cachedTokens, answer.counts.serverPrefillNs, answer.counts.serverDecodeNs],
        [6, 1, 3e6, 3e6],
      );
    }
  });

  test("tokens of one character come together; then not all ids are known", () => {
    const answer = new Answer(3, () => {});
    answer.piece(piece("é", 2, [9]), 5);
    answer.piece(piece("c", 3, [10]), 6);
    answer.piece(piece("", 3, [], "length"), 7);
    assert.deepEqual(answer.emissions, [
      { at: 5, tokens: 2 },
      { at: 6, tokens: 1 },
    ]);
    assert.deepEqual([answer.hasAllIds, answer.finish], [false, "length"]);
  });

  test("one that ends before it is as long as it may be had no room", () => {
    const answer = new Answer(10, () => {});
    answer.piece(piece("a", 1, [7]), 1);
    answer.piece(piece("", 1, [], "length"), 2);
    assert.match(answer.finish, /^error: its context was full/);
  });

  test("greedy is one candidate, of which the id is told where it is asked for", () => {
    const greedy = bodyOf({}, asked("a"), "p", 1, { cachePrompt: false, tokenIds: true });
    assert.deepEqual([greedy.top_k, greedy.samplers, greedy.n_probs, greedy.cache_prompt], [1, ["top_k"], 1, false]);
    for (const [run, tokenIds] of [
      [{}, false],
      [{ temperature: 0.5, top_k: 40 }, true],
    ]) {
      assert.equal(bodyOf(run, asked("a"), "p", 1, { cachePrompt: false, tokenIds }).n_probs, undefined);
    }
  });
});

test("a timeline's parts fit into lines, and times add up", () => {
  const records = Array.from({ length: 300 }, (_, i) => {
    const answer = new Answer(400, () => {});
    answer.emissions = Array.from({ length: 400 }, (_, k) => ({ at: i * 1000 + 0.1 + k * 0.005, tokens: 1 }));
    answer.tokenIds = answer.emissions.map(() => 12345);
    answer.text = "x".repeat(i === 7 ? 200_000 : 900);
    answer.finish = "length";
    return { id: `r${i}`, pass: 0, arrival: i * 1000, admitted: i * 1000 + 0.05, end: i * 1000 + 500, answer };
  });
  const parts = timelineOf(0, records);
  for (const columns of parts) assert.ok(Buffer.byteLength(JSON.stringify({ type: "timeline", id: 1, columns })) < 200_000);
  const rows = parts.filter((part) => part.requests).flatMap((part) => part.requests.id);
  assert.equal(rows.length, 300);
  const gaps = parts.flatMap((part) => part.emissions?.gap_ns ?? []);
  assert.equal(gaps.length, 120_000);
  assert.equal(
    gaps.slice(0, 400).reduce((sum, gap) => sum + gap, 0),
    100_000 + 399 * 5000,
  );
  assert.equal(parts.flatMap((part) => part.token_ids ?? []).length, 120_000);
  const first = parts[0].requests;
  assert.deepEqual(
    [first.arrival_ns[1], first.admitted_ns[1], first.prefill_end_ns[1], first.end_ns[1]],
    [1e9, 50_000, 50_000, 5e8],
  );
});

describe("flags", () => {
  test("become wllama's parameters", () => {
    const { load, parallel, cachePrompt, context } = settingsFor(
      {
        threads: "3",
        parallel: "2",
        "cache-type-v": "q8_0",
        "flash-attn": "auto",
        "ctx-size": "4096",
        "cache-prompt": "on",
        "kv-unified": "auto",
      },
      place,
    );
    assert.deepEqual(
      [load.n_threads, load.n_parallel, load.cache_type_v, load.flash_attn, load.kv_unified, parallel, cachePrompt, context],
      [3, 2, "q8_0", true, true, 2, true, 4096],
    );
    assert.deepEqual([settingsFor({}, place).load.n_gpu_layers, settingsFor({}, place).load.kv_unified], [0, false]);
    assert.equal(settingsFor({ threads: "8" }, { ...place, multiThread: false }).load.n_threads, 1);
    assert.equal(settingsFor({ "n-gpu-layers": "all" }, { ...place, gpu: true }).load.n_gpu_layers, 99999);
  });

  test("that cannot be are refused, by what is wrong with them", () => {
    for (const [flags, kind] of [
      [{ parallel: "0" }, "bad-request"],
      [{ "swa-full": "maybe" }, "bad-request"],
      [{ "n-gpu-layers": "3" }, "unsupported"],
      [{ "kv-cache": "off" }, "unsupported"],
    ]) {
      assert.throws(() => settingsFor(flags, place), { kind });
    }
    for (const support of Object.values(flagSupport({ ...place, multiThread: false, whyOneThread: "why" }))) {
      if (support.support !== "yes") assert.ok(support.reason);
    }
  });
});

test("the ledger reads llama.cpp's log, and says where it cannot", () => {
  const log = [
    "load_tensors: loading model tensors, this can take a while... (load_mode = none)",
    "load_tensors:          CPU model buffer size =     3.00 MiB",
    "llama_context: n_seq_max             = 2",
    "llama_context: n_ctx                 = 2048",
    "llama_context: n_batch               = 512",
    "llama_context: flash_attn            = auto",
    "llama_context: kv_unified            = true",
    "llama_kv_cache:        CPU KV buffer size =     1.50 MiB",
    "llama_kv_cache: size =    1.00 MiB (  1024 cells,   4 layers,  1/1 seqs), K (q8_0):    0.50 MiB, V (f16):    0.50 MiB",
    "resolve_fused_ops: Flash Attention enabled",
    "sched_reserve:        CPU compute buffer size =     5.00 MiB",
    "sched_reserve:        CPU compute buffer size =     6.00 MiB",
  ].join("\n");
  const found = inForce(log, { threads: 2, multiThread: true }, place, { tokenIds: true });
  const expected = {
    "n-ctx": "2048",
    "batch-size": "512",
    "ubatch-size": "unknown",
    parallel: "2",
    "kv-unified": "on",
    "flash-attn": "on",
    "cache-type-k": "q8_0",
    "cache-type-v": "f16",
    "load-mode": "none",
    threads: "2",
    "multi-thread": "on",
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(found[name], value, name);
  assert.deepEqual(memoryUse(log), {
    elsewhere: true,
    model_bytes: 3 << 20,
    kv_cache_bytes: 1.5 * (1 << 20),
    compute_bytes: 6 << 20,
  });
  assert.equal(inForce("", { threads: 1 }, place, { tokenIds: false })["flash-attn"], "unknown");
});

test("synthetic prompts have the length that is asked for, the same for the same seed", async () => {
  const tokens = (text) =>
    1 +
    text
      .split(" ")
      .slice(1)
      .reduce((sum, word) => sum + (word === "and" ? 2 : 1), 0);
  const prompts = new SyntheticPrompts(async (text) => tokens(text));
  const texts = await Promise.all(
    [
      [9, 1, 0],
      [9, 1, 0],
      [9, 1, 1],
      [9, 2, 0],
    ].map((what) => prompts.of(...what)),
  );
  for (const text of texts) assert.equal(tokens(text), 9);
  assert.equal(texts[0], texts[1]);
  assert.equal(new Set(texts).size, 3);
  assert.ok(!texts.join("").includes(" and"), "a word of two tokens is none of them");
  assert.equal(await prompts.of(1, 1, 0), "", "the model's own first token");
  const bare = new SyntheticPrompts(async (text) => text.split(" ").length - 1);
  assert.equal((await bare.of(1, 1, 0)).split(" ").length, 2);
  const two = new SyntheticPrompts(async (text) => text.split(" ").length + 1);
  await assert.rejects(two.of(1, 1, 0), { kind: "unsupported" });
});
