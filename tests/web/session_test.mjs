// The session's answers with an engine that is made up: what goes wrong in one, and what the session makes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../web/executor/flags.js";
import { Session } from "../../web/executor/session.js";

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
const gguf = new Blob(["GGUF and so on"]);

// Writes `a` until it has written enough. `fault(body)`: what happens instead.
class MadeUp {
  loads = [];
  log = "llama_context: n_ctx = 1024\nllama_kv_cache:        CPU KV buffer size =     1.00 MiB";
  fault = () => {};

  has(name, settings) {
    return this.loads.at(-1) === JSON.stringify([name, settings]);
  }

  async load(name, blob, settings) {
    this.loads.push(JSON.stringify([name, settings]));
  }

  facts() {
    return { n_ctx: 1024, n_ctx_train: 2048, n_vocab: 100, threads: 1, multiThread: false };
  }

  async generate(body, onPiece, signal) {
    const broken = await this.fault(body, signal);
    if (broken) return broken;
    for (let made = 1; made <= body.max_tokens; ++made) {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) return "cancelled";
      onPiece({ choices: [{ text: "a", finish_reason: null }], timings: this.#timings(body, made) });
    }
    onPiece({ choices: [{ text: "", finish_reason: "length" }], timings: this.#timings(body, body.max_tokens) });
    return "";
  }

  async exit() {
    this.loads = [];
  }

  #timings(body, made) {
    return {
      predicted_n: made,
      predicted_ms: made,
      prompt_n: 1 + (body.prompt ?? "").split(" ").length,
      cache_n: 0,
      prompt_ms: 1,
    };
  }
}

// {engine, ask(message) → its answers, session, disturb(reason)}
function made() {
  const engine = new MadeUp();
  let heard = [];
  let disturbance = "";
  const options = {
    engine,
    place,
    library: "l",
    version: "v",
    openModel: async () => gguf,
    disturbed: () => disturbance,
    now: () => performance.now(),
  };
  const session = new Session(options, (line) => heard.push(JSON.parse(line)));
  return {
    engine,
    session,
    disturb: (reason) => (disturbance = reason),
    async ask(message) {
      heard = [];
      await session.submit(typeof message === "string" ? message : JSON.stringify(message));
      return heard;
    },
    get heard() {
      return heard;
    },
  };
}

const load = { type: "load", id: 1, model: "m", flags: {} };
const run = (more = {}) => ({ type: "run", id: 2, flags: {}, requests: [{ id: "a", prompt: "x y", max_tokens: 2 }], ...more });

test("what is no message is answered as such, with the id that it had", async () => {
  const { ask } = made();
  for (const [line, id, words] of [
    ["{", 0, /no JSON/],
    ["[1]", 0, /JSON object/],
    ['{"id":4}', 4, /unknown type/],
    ['{"type":"toString","id":5}', 5, /unknown type/],
    ['{"type":"run"}', 0, /expected an id/],
    ['{"type":"hello","protocol":2}', 0, /speaks protocol 1, not 2/],
    ['{"type":"load","id":6}', 6, /no model given/],
    [JSON.stringify(run()), 2, /no model is loaded/],
    [JSON.stringify(run({ requests: [] })), 2, /without requests/],
  ]) {
    const [answer] = await ask(line);
    assert.deepEqual([answer.type, answer.kind, answer.id], ["error", "bad-request", id], line);
    assert.match(answer.reason, words);
  }
});

test("the engine is loaded anew where settings change, where caches are to be cold, and not else", async () => {
  const { ask, engine } = made();
  await ask(load);
  for (const [flags, loads] of [
    [{}, 1],
    [{}, 1],
    [{ threads: "2" }, 2],
    [{ threads: "2" }, 2],
    [{ threads: "2", "cache-prompt": "on" }, 3],
    [{ threads: "2", "cache-prompt": "on" }, 4],
  ]) {
    assert.equal((await ask(run({ flags }))).at(-1).type, "done");
    assert.equal(engine.loads.length, loads, JSON.stringify(flags));
  }
});

test("with cache-prompt there is no second pass, since it would not be cold", async () => {
  const { ask } = made();
  await ask(load);
  const answer = (await ask(run({ flags: { "cache-prompt": "on" }, min_tokens: 3 }))).at(-1);
  assert.equal(answer.kind, "unsupported");
  assert.match(answer.reason, /one pass over the requests/);
});

test("an answer that breaks off is a row with its reason, and the last of its run", async () => {
  const { ask, engine } = made();
  await ask(load);
  engine.fault = (body) => (body.prompt === "x y" ? "too long" : "");
  const answers = await ask(run({ min_s: 60 }));
  assert.deepEqual(answers.find((one) => one.type === "timeline").columns.requests.finish, ["error: too long"]);
  assert.equal(answers.at(-1).type, "done");
});

test("an engine that breaks down is an error of its kind, and a fault of ours says that it is one", async () => {
  const { ask, engine } = made();
  await ask(load);
  engine.fault = () => Promise.reject(new Refusal("oom", "out of memory"));
  assert.deepEqual([(await ask(run())).at(-1).kind, (await ask(run())).at(-1).reason], ["oom", "out of memory"]);
  engine.fault = () => Promise.reject(new TypeError("x is undefined"));
  const answer = (await ask(run())).at(-1);
  assert.equal(answer.kind, "failed");
  assert.match(answer.reason, /has a fault: TypeError/);
});

test("a run is cancelled while it runs, before it has begun, and where a step takes longer than anybody waits", async () => {
  const { session, engine, ask } = made();
  await ask(load);
  const early = ask(run({ min_s: 60 }));
  session.submit('{"type":"cancel","id":2}');
  assert.equal((await early).at(-1).kind, "cancelled");
  const midway = ask(run({ id: 3, min_s: 60 }));
  setTimeout(() => session.submit('{"type":"cancel","id":3}'), 20);
  assert.equal((await midway).at(-1).kind, "cancelled");
  engine.fault = (body) => (body.prompt === "x y" ? new Promise(() => {}) : "");
  const stuck = ask(run({ id: 4 }));
  setTimeout(() => session.submit('{"type":"cancel","id":4}'), 20);
  assert.equal((await stuck).at(-1).kind, "cancelled");
  assert.equal(engine.loads.length, 0, "the engine went with it");
  engine.fault = () => "";
  assert.equal((await ask(run({ id: 5 }))).at(-1).type, "done", "and the next run has another");
  assert.equal(engine.loads.length, 1);
});

test("prompts of an exact length that come out otherwise are an error", async () => {
  const { ask } = made();
  await ask(load);
  const good = await ask(run({ requests: [{ id: "s", synthetic_tokens: 9, max_tokens: 1 }] }));
  assert.deepEqual(good.find((one) => one.type === "timeline").columns.requests.prompt_tokens, [9]);
});

test("what was disturbed is told, and does not count", async () => {
  const { ask, disturb } = made();
  await ask(load);
  disturb("nobody saw the page");
  const answer = (await ask(run())).at(-1);
  assert.deepEqual([answer.type, answer.kind, answer.reason], ["error", "failed", "nobody saw the page"]);
});

test("after bye nothing is said any more", async () => {
  const { session, ask } = made();
  await ask(load);
  const answers = ask(run({ min_s: 60 }));
  await session.close();
  await answers;
  assert.deepEqual(
    (await answers).filter((one) => ["done", "error"].includes(one.type)),
    [],
  );
});
