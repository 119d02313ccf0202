// What breaks a rule of the transport ends the session, with the reason, and nothing else does: the table is that of all agents.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { readFrame } from "../../web/agent/link.js";
import { AgentSession } from "../../web/agent/session.js";

const { rows } = JSON.parse(await readFile(new URL("../fleet/frames.json", import.meta.url), "utf8"));
const bytes = (text) => new TextEncoder().encode(text);
const hello = '{"type":"hello","protocol":1}';

// A session with an executor that only listens. `up` is what it published, `submitted` what its executor was told.
function begun(models = {}) {
  const up = [];
  const submitted = [];
  const session = new AgentSession({
    id: "0".repeat(32),
    coordinator: "tests",
    leaseMs: 30_000,
    now: () => performance.now(),
    publish: (frame) => up.push(readFrame(frame)),
    models,
    open: () => ({ submit: (line) => submitted.push(line), close: async () => {} }),
    onEnd() {},
    onLine() {},
    onFetch() {},
  });
  return { session, up, submitted, ends: () => up.filter(({ header }) => header.kind === "end").length };
}

test("a fetch that fails says why, and whether the hub's copy is to blame", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  for (const [error, told] of [
    [new Error("no room"), { reason: "no room" }],
    [Object.assign(new Error("another file"), { damaged: true }), { reason: "another file", damaged: true }],
  ]) {
    const { session, up } = begun({ fetch: () => Promise.reject(error) });
    const model = `sha256:${"0".repeat(64)}`;
    session.receive(bytes(`{"seq":1,"kind":"fetch"}\n${JSON.stringify({ model, bytes: 1 })}`));
    await turns();
    const { body } = up.find(({ header }) => header.kind === "fetched");
    assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), { model, ...told });
  }
});

async function turns() {
  for (let i = 0; i < 20; ++i) await new Promise(setImmediate);
}

test("what breaks a rule ends the session, and nothing else does", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  assert.ok(rows.length > 40);
  for (const { what, frames, next } of rows) {
    const { session, up, submitted, ends } = begun();
    for (const frame of frames) session.receive(bytes(frame));
    if (next) session.receive(bytes(`{"seq":${next}}\n${hello}`));
    await turns();
    assert.equal(ends(), next ? 0 : 1, what);
    if (!next) continue;
    assert.equal(submitted.at(-1), hello, what);
    await session.end("enough");
    assert.equal(up.at(-1).header.ack, next, what);
  }
});

test("what comes after a broken rule reaches nobody", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const { session, submitted, ends } = begun();
  session.receive(bytes('{"seq":1,"kind":"gossip"}\n'));
  session.receive(bytes(`{"seq":2}\n${hello}`));
  await turns();
  assert.deepEqual([submitted, ends()], [[], 1]);
});
