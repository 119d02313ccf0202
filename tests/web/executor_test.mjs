// wllama as an executor, in a browser: what it answers, what it reads back, what it refuses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { browse, columnsOf, InPage, serve, source } from "./site.mjs";

const model = path.join(source, "models/demo/demo-f16.gguf");
const llama = path.join(process.env.EDGELAB_BIN_DIR ?? path.join(source, "build/dev/bin"), "edgelab-llama");
// How much less likely than the likeliest a token may be, by edgelab-llama's logits, where wllama chose it: kernels differ, so two
// candidates that are nearly tied may change places. On f16 weights the same library's kernels differ by some thousandths.
const nearTie = 0.05;

const requests = [
  { id: "story", prompt: "The river had been rising since the morning", max_tokens: 24 },
  { id: "sum", messages: [{ role: "user", content: "What is 12 plus 30?" }], max_tokens: 24 },
  { id: "capital", messages: [{ role: "user", content: "Copy this: blue green red" }], max_tokens: 24 },
];
const run = (flags, asked, more = {}) => ({
  type: "run",
  flags: { "wllama.token-ids": "on", ...flags },
  requests: asked,
  seed: 7,
  ...more,
});

// edgelab-llama: its answers to one message after the other.
async function askLlama(messages) {
  const child = spawn(llama, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const all = [];
  for (const [i, message] of messages.entries()) {
    child.stdin.write(`${JSON.stringify({ ...message, id: i + 1 })}\n`);
    const answers = [];
    do answers.push(JSON.parse((await lines.next()).value));
    while (["progress", "timeline", "emission"].includes(answers.at(-1).type) || answers.at(-1).more);
    all.push(answers);
  }
  child.stdin.end();
  return all;
}

// The token ids of each request's answer, by its id.
function idsOf(answers) {
  const { requests: rows, emissions, token_ids: ids } = columnsOf(answers);
  const found = {};
  let emission = 0;
  let token = 0;
  rows.id.forEach((id, row) => {
    let count = 0;
    for (let i = 0; i < rows.emissions[row]; ++i) count += emissions.tokens[emission++];
    found[id] = ids.slice(token, token + count);
    token += count;
  });
  return found;
}

// Each token of wllama's is the likeliest to edgelab-llama too, or all but.
async function assertGreedy(answers, asked) {
  const ids = idsOf(answers);
  const finish = Object.fromEntries(columnsOf(answers).requests.id.map((id, i) => [id, columnsOf(answers).requests.finish[i]]));
  const scores = asked.map((request) => ({
    type: "score",
    flags: { threads: "1" },
    request,
    tokens: ids[request.id],
    leads: true,
    ended: finish[request.id] === "stop",
  }));
  const [, ...scored] = await askLlama([{ type: "load", model, flags: { threads: "1" } }, ...scores]);
  scored.forEach((parts, i) => {
    assert.equal(parts.at(-1).type, "scored", JSON.stringify(parts.at(-1)));
    const leads = parts.flatMap((part) => part.leads ?? []);
    assert.ok(leads.length >= ids[asked[i].id].length && leads.length > 0);
    const worst = Math.max(...leads);
    assert.ok(
      worst <= nearTie,
      `${asked[i].id}: a token that is ${worst} behind the likeliest: ${leads.map((lead) => lead.toFixed(3))}`,
    );
  });
}

function assertSound(answers, asked) {
  assert.equal(answers.at(-1).type, "done", JSON.stringify(answers.at(-1)));
  const { requests: rows, emissions } = columnsOf(answers);
  assert.deepEqual(
    rows.id,
    asked.map((one) => one.id),
  );
  const gaps = [...emissions.gap_ns];
  rows.id.forEach((id, row) => {
    let at = 0;
    for (let i = 0; i < rows.emissions[row]; ++i) {
      const gap = gaps.shift();
      assert.ok(Number.isInteger(gap) && gap >= 0);
      at += gap;
      if (i === 0) assert.ok(at >= rows.admitted_ns[row] + rows.prefill_end_ns[row], "a token before its prompt was read");
    }
    assert.ok(at <= rows.end_ns[row], "a token after the end");
    assert.ok(rows.prompt_tokens[row] > 0 && rows.server_prefill_ns[row] > 0);
  });
  assert.equal(gaps.length, 0);
}

let browser;
before(async () => (browser = await browse()));
after(() => browser.close());

describe("in an isolated page", { concurrency: 1 }, () => {
  let site;
  let executor;
  let folder;
  before(async () => {
    site = await serve({ isolated: true });
    executor = await InPage.open(browser, site.origin);
    folder = await mkdtemp(path.join(os.tmpdir(), "edgelab-web-models-"));
  });
  after(async () => {
    await executor.page.close();
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("says what it can and what it cannot", async () => {
    const [hello] = await executor.ask({ type: "hello", protocol: 1 });
    assert.equal(hello.name, "wllama");
    assert.match(hello.library, /^wllama 3\.8\.1 \(llama\.cpp b\d+/);
    assert.equal(hello.flags.threads.support, "yes");
    assert.deepEqual(hello.flags["flash-attn"].values, ["off", "auto"]);
    for (const name of ["rpc", "cpu-mask", "repack"]) assert.equal(hello.flags[name].support, "no");
    for (const flag of Object.values(hello.flags))
      assert.ok(flag.support === "yes" || flag.reason.length > 10, "a no has its reason");
  });

  test("a model that is none, is cut short or is not there is an error to go on from", async () => {
    const cut = path.join(folder, "cut.gguf");
    await writeFile(cut, (await readFile(model)).subarray(0, 2_000_000));
    const reasons = {
      [cut]: /not within the file bounds/,
      [path.join(source, "README.md")]: /is no GGUF file/,
      "/nowhere.gguf": /no such file/,
    };
    for (const [name, reason] of Object.entries(reasons)) {
      const [error] = await executor.ask({ type: "load", model: name, flags: {} });
      assert.equal(error.type, "error");
      assert.equal(error.kind, "failed");
      assert.match(error.reason, reason);
    }
  });

  test("writes what edgelab-llama writes", async () => {
    const [loaded] = await executor.ask({ type: "load", model, flags: { threads: "1" } });
    assert.deepEqual([loaded.type, loaded.n_vocab, loaded.n_ctx_train], ["loaded", 1019, 2048]);
    const answers = await executor.ask(run({ threads: "1" }, requests));
    assertSound(answers, requests);
    await assertGreedy(answers, requests);
    const { in_force: inForce, memory } = answers.at(-1);
    const expected = {
      threads: "1",
      "multi-thread": "off",
      "cross-origin-isolated": "on",
      "cache-type-k": "f16",
      "flash-attn": "off",
      parallel: "1",
      "n-gpu-layers": "0",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(inForce[name], value, name);
    assert.ok(memory.kv_cache_bytes > 0 && memory.model_bytes > 3e6 && memory.elsewhere);
  });

  test("ends one request, or all of them, when it is told to", async () => {
    const long = [
      { id: "a", prompt: "Once", max_tokens: 400, ignore_eos: true },
      { id: "b", prompt: "Then", max_tokens: 3, ignore_eos: true },
    ];
    const cancel = (more, after) => (answer, id) =>
      answer.type === "emission" && ++after.seen === 2 && executor.submit(JSON.stringify({ type: "cancel", id, ...more }));
    const one = await executor.ask(run({ threads: "1" }, long, { live: true }), cancel({ request: "a" }, { seen: 0 }));
    assert.deepEqual(columnsOf(one).requests.finish, ["cancelled", "length"]);
    const all = await executor.ask(run({ threads: "1" }, long, { live: true }), cancel({}, { seen: 0 }));
    assert.deepEqual([all.at(-1).type, all.at(-1).kind], ["error", "cancelled"]);
  });

  test("refuses what it cannot do, and says why", async () => {
    for (const [flags, kind, reason] of [
      [{ "flash-attn": "on" }, "unsupported", /can only be off or auto/],
      [{ "cache-type-k": "iq4_nl" }, "unsupported", /can only be f32 or f16/],
      [{ "speculative-decoding": "draft" }, "unsupported", /drafts with a second model/],
      [{ "batch-size": "many" }, "bad-request", /expected a whole number/],
    ]) {
      const answer = (await executor.ask(run(flags, requests))).at(-1);
      assert.equal(answer.kind, kind);
      assert.match(answer.reason, reason);
    }
    assert.equal((await executor.ask({ type: "score", flags: {}, text: "a" })).at(-1).kind, "unsupported");
  });

  test("a trial that nobody saw is not counted", async () => {
    await executor.page.evaluate(() => (window.disturbance = "nobody saw it"));
    const answers = await executor.ask(run({ threads: "1" }, requests.slice(0, 1)));
    await executor.page.evaluate(() => (window.disturbance = ""));
    assert.deepEqual([answers.at(-1).type, answers.at(-1).kind, answers.at(-1).reason], ["error", "failed", "nobody saw it"]);
  });

  test("runs two threads, slots and a quantised cache, and reads them back", async () => {
    const flags = {
      threads: "2",
      parallel: "2",
      "cont-batching": "on",
      "cache-type-k": "q8_0",
      "cache-type-v": "q8_0",
      "flash-attn": "auto",
      "ubatch-size": "128",
    };
    // Two threads that wait for each other crawl where other tests want the cores.
    const short = ["Once", "Then"].map((prompt, i) => ({ id: String(i), prompt, max_tokens: 2, ignore_eos: true }));
    const answers = await executor.ask(run(flags, short, { concurrency: 2 }));
    assertSound(answers, short);
    const expected = {
      threads: "2",
      "multi-thread": "on",
      parallel: "2",
      "cache-type-k": "q8_0",
      "cache-type-v": "q8_0",
      "flash-attn": "on",
      "ubatch-size": "128",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(answers.at(-1).in_force[name], value, name);
  });
});

test("without isolation there is one thread, with the reason, and the same text", async () => {
  const site = await serve({ isolated: false });
  const executor = await InPage.open(browser, site.origin);
  const [hello] = await executor.ask({ type: "hello" });
  assert.deepEqual([hello.flags.threads.support, hello.flags.threads.values], ["fixed", ["1"]]);
  assert.match(hello.flags.threads.reason, /not cross-origin isolated/);
  await executor.ask({ type: "load", model, flags: { threads: "4" } });
  const answers = await executor.ask(run({ threads: "4" }, requests.slice(1)));
  assertSound(answers, requests.slice(1));
  await assertGreedy(answers, requests.slice(1));
  const { in_force: inForce } = answers.at(-1);
  assert.deepEqual([inForce.threads, inForce["multi-thread"], inForce["cross-origin-isolated"]], ["1", "off", "off"]);
  await executor.page.close();
  await site.close();
});

test("a browser in which WebAssembly cannot wait for JavaScript is given the other build, from the same site", async () => {
  const site = await serve({ isolated: true });
  const executor = await InPage.open(browser, site.origin, { before: () => delete WebAssembly.Suspending });
  const asked = [];
  executor.page.on("request", (request) => asked.push(request.url()));
  await executor.ask({ type: "load", model, flags: { threads: "1" } });
  const answers = await executor.ask(run({ threads: "1" }, requests.slice(0, 1)));
  assertSound(answers, requests.slice(0, 1));
  await assertGreedy(answers, requests.slice(0, 1));
  assert.equal(answers.at(-1).in_force["wasm-build"], "compat");
  assert.ok(asked.includes(`${site.origin}/wllama/compat/wllama.wasm`));
  assert.ok(
    asked.every((url) => url.startsWith(site.origin) || url.startsWith("blob:")),
    "nothing comes from elsewhere",
  );
  await executor.page.close();
  await site.close();
});
