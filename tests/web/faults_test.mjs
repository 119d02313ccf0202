// What happens while something is waited for: a hub's store that is made anew, a session that ends, an engine that is ended, a
// connection that is closed. Everything around is made up; needs neither browser nor hub.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { Agent } from "../../web/agent/agent.js";
import { certificatePage } from "../../web/agent/join.js";
import { Models } from "../../web/agent/models.js";
import { Engine } from "../../web/executor/engine.js";

const sha256 = { create: () => hasher(createHash("sha256")) };
const hasher = (hash) => ({ update: (bytes) => hash.update(bytes), hex: () => hash.digest("hex") });
const turn = () => new Promise((resolve) => setImmediate(resolve));

// A browser's store, in memory.
class Kept {
  parts = [];
  whole = false;
  async blob() {
    return this.whole ? new Blob(this.parts.map((part) => part.blob)) : undefined;
  }
  async begun() {
    const blob = new Blob(this.parts.map((part) => part.blob));
    return { blob, sequence: this.parts.at(-1)?.sequence ?? 0, count: this.parts.length };
  }
  async add(_, number, blob, sequence) {
    this.parts[number] = { blob, sequence };
  }
  async complete() {
    this.whole = true;
  }
  async drop() {
    this.parts = [];
    this.whole = false;
  }
}

describe("a fetch", () => {
  const chunk = 1000;
  const file = new Uint8Array(chunk * 70).map((_, i) => (i * 2654435761) >>> 24);
  const digits = createHash("sha256").update(file).digest("hex");

  // A hub whose stream has the chunks from the sequence `first` on, `upTo` of them. `on`: called at each step, with its name.
  function hub({ first = 1, upTo = 70, has = true, on = () => {} }) {
    const starts = [];
    const jetstream = {
      DeliverPolicy: { StartSequence: "by_start_sequence" },
      jetstreamManager: async () => ({
        streams: { getMessage: async () => (on("seek"), has ? {} : new Error("no message found")) },
      }),
      jetstream: () => ({
        consumers: {
          async get(_, { opt_start_seq: start = 0 }) {
            starts.push(start);
            on("consumer");
            const messages = (async function* () {
              for (let i = Math.max(start - first, 0); i < upTo; ++i) {
                on("message");
                yield { seq: first + i, data: file.subarray(i * chunk, (i + 1) * chunk) };
              }
            })();
            return { consume: async () => Object.assign(messages, { stop() {}, close: async () => on("close") }) };
          },
        },
      }),
    };
    return { starts, vendor: { sha256, jetstream } };
  }
  const fetchFrom = (hub, store, signal = new AbortController().signal) =>
    new Models(store, hub.vendor, null).fetch(digits, file.length, () => {}, signal);

  test("that goes on from a stream made anew begins once more, whether it finds nothing, too much or other bytes", async () => {
    for (const first of [1000, 500, 20, 2, 1]) {
      const store = new Kept();
      // At 500 the first part lies: what lies after it in a stream that begins at 1000 is the whole file, at 20 or 1 nothing.
      await assert.rejects(fetchFrom(hub({ first: 500, upTo: 40 }), store), /the hub sent 40000/);
      assert.deepEqual([store.parts.length, store.parts[0].sequence], [1, 531]);
      const anew = hub({ first });
      await fetchFrom(anew, store);
      assert.ok(store.whole, `from ${first}`);
      assert.equal(createHash("sha256").update(Buffer.from(await (await store.blob()).arrayBuffer())).digest("hex"), digits);
      assert.deepEqual(anew.starts, first === 500 ? [532] : [532, 0]);
    }
  });

  test("from the beginning is tried once, and a part stays where the hub has no such file any more", async () => {
    const store = new Kept();
    const silent = hub({ upTo: 40 });
    await assert.rejects(fetchFrom(silent, store), { message: /the hub sent 40000/, damaged: true });
    assert.deepEqual(silent.starts, [0]);
    await assert.rejects(fetchFrom(silent, store), /the hub sent 40000/);
    assert.deepEqual(silent.starts, [0, 33, 0]);
    let has = true;
    const gone = hub({ upTo: 32, on: (step) => step === "consumer" && (has = false) });
    const { jetstreamManager } = gone.vendor.jetstream;
    gone.vendor.jetstream.jetstreamManager = async () =>
      has ? jetstreamManager() : { streams: { getMessage: async () => new Error("no message found") } };
    await assert.rejects(fetchFrom(gone, store), (error) => /neither this device nor the hub/.test(error.message) && !error.damaged);
    assert.equal(store.parts.length, 1);
  });

  test("ends with its session, whatever it is waiting for, and stores nothing after", async () => {
    for (const step of ["seek", "consumer", "message"]) {
      const store = new Kept();
      const session = new AbortController();
      const seen = [];
      const ending = hub({
        on(name) {
          seen.push(name);
          if (name === step) session.abort();
        },
      });
      await assert.rejects(fetchFrom(ending, store, session.signal), /the session ended/);
      assert.deepEqual([store.parts.length, store.whole], [0, false], step);
      assert.equal(seen.filter((name) => name === "message").length, step === "message" ? 1 : 0, step);
      assert.equal(seen.includes("close"), step !== "seek", "no consumer is left open");
    }
  });
});

describe("an engine", () => {
  // A Wllama whose calls wait until they are told what becomes of them.
  class Waiting {
    exits = 0;
    loadModel() {
      return new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    }
    createCompletion() {
      return this.loadModel();
    }
    getLoadedContextInfo = () => ({ success: true });
    async exit() {
      this.exits += 1;
    }
  }
  function making() {
    const made = [];
    const engine = new Engine((logger) => {
      const one = Object.assign(new Waiting(), { logger });
      made.push(one);
      return one;
    });
    return { made, engine };
  }

  test("that is ended while it loads leaves nothing behind, and nothing of it reaches the next", async () => {
    const { made, engine } = making();
    const first = assert.rejects(engine.load("m", gguf, {}), { kind: "cancelled" });
    await turn();
    await engine.exit();
    const second = engine.load("n", gguf, {});
    await turn();
    made[0].logger.error("of the first");
    made[0].resolve();
    await first;
    assert.ok(made[0].exits >= 2, "once more, when there was something to end");
    assert.deepEqual([engine.has("m", {}), engine.log, made[1].exits], [false, "", 0]);
    made[1].resolve();
    await second;
    assert.ok(engine.has("n", {}));
  });

  test("that breaks down after it was replaced does not break the one that replaced it", async () => {
    const { made, engine } = making();
    for (const outcome of ["resolve", "reject"]) {
      made.length = 0;
      const loaded = engine.load("m", gguf, {});
      await turn();
      made[0].resolve();
      await loaded;
      const answer = assert.rejects(engine.generate({ prompt: "p" }, () => {}), { kind: "cancelled" });
      const again = engine.load("m", gguf, { n_ctx: 2 });
      await turn();
      made[1].resolve();
      await again;
      made[0][outcome](Object.assign(new Error("memory access out of bounds"), { name: "RuntimeError" }));
      await answer;
      assert.ok(engine.has("m", { n_ctx: 2 }));
    }
  });

  test("that was closed loads nothing any more", async () => {
    const { made, engine } = making();
    await engine.close();
    await assert.rejects(engine.load("m", gguf, {}), { kind: "cancelled" });
    await assert.rejects(engine.generate({ prompt: "p" }, () => {}), { kind: "cancelled" });
    assert.throws(() => engine.facts(), { kind: "cancelled" });
    assert.equal(made.length, 0);
  });
});
const gguf = new Blob(["GGUF"]);

describe("an agent", () => {
  // {agent, connection, told}: joined over a made-up connection, whose close(error) is what a hub does that closes it for good.
  function made() {
    const told = [];
    let close;
    const closed = new Promise((resolve) => (close = resolve));
    const connection = {
      subscriptions: {},
      published: [],
      subscribe(subject, { callback }) {
        this.subscriptions[subject] = callback;
        return { unsubscribe() {} };
      },
      publish(subject) {
        this.published.push(subject);
      },
      async *status() {},
      closed: () => closed,
      close: async () => told.push("closed at once"),
      drain: async () => close(),
    };
    const executor = { id: "wllama", hello: {}, open: () => ({ submit() {}, close: async () => told.push("executor closed") }) };
    const on = {
      joined: () => told.push("joined"),
      closed: (error) => told.push(`closed: ${error?.message}`),
      session: (session, reason) => told.push(session ? "session" : `no session: ${reason}`),
      line() {},
      fetch() {},
    };
    const agent = new Agent({
      nats: { wsconnect: async () => connection },
      device: "d",
      agent: "a",
      executor,
      makeModels: () => ({}),
      facts: async () => ({}),
      now: () => performance.now(),
      on,
    });
    return { agent, connection, told, close };
  }
  const hub = { server: "ws://h:1", token: "t" };

  test("whose connection is closed for good ends its session and announces itself no more", async (context) => {
    const { agent, connection, told, close } = made();
    context.mock.timers.enable({ apis: ["setInterval"] });
    await agent.join(hub);
    const asked = { transport: 1, session: "0".repeat(32), executor: "wllama" };
    const data = new TextEncoder().encode(JSON.stringify(asked));
    connection.subscriptions["edgelab.v1.device.d.open"](null, { data, respond() {} });
    await turn();
    close(new Error("Authorization Violation"));
    await turn();
    await turn();
    assert.deepEqual(told, [
      "joined",
      "session",
      "executor closed",
      "no session: the connection to the hub was closed",
      "closed: Authorization Violation",
    ]);
    const announced = connection.published.filter((subject) => subject.endsWith("announce")).length;
    context.mock.timers.tick(60_000);
    await turn();
    assert.equal(connection.published.filter((subject) => subject.endsWith("announce")).length, announced);
  });

  test("that leaves while it is connecting does not join after all", async () => {
    const { agent, told } = made();
    const joining = agent.join(hub);
    await agent.leave();
    await joining;
    assert.deepEqual(told, ["closed at once"]);
  });
});

test("a certificate can be accepted where the connection has one", () => {
  assert.equal(certificatePage("wss://10.0.0.2:4223"), "https://10.0.0.2:4223/");
  assert.equal(certificatePage("ws://10.0.0.2:4223"), "");
});
