// The page as an agent of the fleet: it joins a real nats-server, lends its executor, fetches models, and comes back after the hub
// was away. The coordinator is the tests' own; `edgelab run` takes its place in tests/e2e/browser_test.py.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { Coordinator, Hub, offer, takeBack } from "./hub.mjs";
import { browse, columnsOf, elsewhere, serve, source } from "./site.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const ofPolicy = (message) => /Content Security Policy/.test(message.text());
const text = (page, id) => page.locator(`#${id}`).textContent();

describe("a page that has joined", { concurrency: 1 }, () => {
  const device = "phone-1";
  const forbidden = []; // what the page wanted and its policy does not allow
  let hub, site, browser, page, connection, coordinator, model, digits;

  before(async () => {
    [hub, site, browser] = await Promise.all([Hub.start(), serve({ isolated: true }), browse()]);
    connection = await hub.connect();
    coordinator = new Coordinator(connection, device);
    model = await readFile(path.join(source, "models/demo/demo-f16.gguf"));
    digits = sha256(model);
    page = await browser.newPage();
    page.on("console", (message) => ofPolicy(message) && forbidden.push(message.text()));
    await page.addInitScript((id) => localStorage.setItem("edgelab-device", id), device);
    await page.goto(`${site.origin}/#token=${hub.token}&ws=${hub.websocket}`);
  });
  after(async () => {
    await browser.close();
    await connection.close();
    await Promise.all([hub.stop(), site.close()]);
  });

  test("announces itself, and again when somebody asks who is there", async () => {
    const first = await coordinator.announced(() => true);
    assert.deepEqual([first.transport, first.device, first.session, first.fetch], [1, device, null, true]);
    assert.match(first.instance, /^[0-9a-f]{16}$/);
    assert.deepEqual(
      first.executors.map(({ id, hello }) => [id, hello.type, hello.name]),
      [["wllama", "hello", "wllama"]],
    );
    assert.ok(first.facts.cores > 0 && first.facts.time_ms > 0 && first.facts.os);
    const count = coordinator.announcements.length;
    coordinator.who();
    await coordinator.announced(() => coordinator.announcements.length > count);
    assert.equal(await text(page, "state"), "joined");
  });

  test("refuses sessions that make no sense, with the kind and the reason", async () => {
    for (const [more, kind, reason] of [
      [{ transport: 2 }, "version", /transport 1, not 2/],
      [{ executor: "llama" }, "unknown", /no executor 'llama'/],
      [{ session: "../x" }, "bad-request", /32 hexadecimal digits/],
      [{ lease_ms: 5 }, "bad-request", /lease_ms/],
      [{ replaces: "mine" }, "bad-request", /replaces/],
    ]) {
      const reply = await coordinator.ask(more);
      assert.deepEqual([reply.ok, reply.kind], [false, kind]);
      assert.match(reply.reason, reason);
    }
  });

  test("lends its executor to one at a time: models by their digest, trials, no files", async () => {
    const { session, reply } = await coordinator.open();
    assert.equal(reply.ok, true);
    assert.equal(
      (await coordinator.open({ session: session.id })).reply.ok,
      true,
      "the same once more: the reply may have been lost",
    );
    const busy = await coordinator.open();
    busy.session.close();
    assert.deepEqual([busy.reply.ok, busy.reply.kind], [false, "busy"]);
    assert.match(busy.reply.reason, /in a session with tests/);
    await coordinator.announced((one) => one.session === session.id);

    assert.match((await session.fetch(digits, model.length)).reason, /neither this device nor the hub/);
    const wrong = sha256(Buffer.from("another"));
    await offer(connection, wrong, model.subarray(0, 300_000));
    const refused = await session.fetch(wrong, 300_000);
    assert.match(refused.reason, /another file/);
    assert.equal(refused.damaged, true);
    await offer(connection, digits, model);
    assert.deepEqual(await session.fetch(digits, model.length), { model: `sha256:${digits}` });

    assert.match((await session.ask({ type: "load", id: 1, model: "/etc/passwd" })).at(-1).reason, /no path/);
    assert.equal(
      (await session.ask({ type: "load", id: 2, model: `sha256:${digits}`, flags: { threads: "1" } })).at(-1).type,
      "loaded",
    );
    const answers = await session.ask({
      type: "run",
      id: 3,
      flags: { threads: "1" },
      requests: [{ id: "a", prompt: "The river", max_tokens: 6 }],
    });
    assert.equal(answers.at(-1).type, "done");
    assert.deepEqual(columnsOf(answers).requests.finish, ["length"]);
    assert.equal(await text(page, "done"), "1");
    assert.deepEqual(forbidden, []);
    const elsewhereAsked = page.evaluate((host) => fetch(`http://${host}/`).then(String, String), elsewhere);
    await page.waitForEvent("console", { predicate: ofPolicy, timeout: 20_000 }); // a policy is in force
    await elsewhereAsked;

    session.link.sendLine('{"type":"bye"}');
    assert.match(await session.ended(), /bye/);
    await coordinator.announced((one) => one.session === null);
    session.close();
  });

  test("has its models still when the page is opened anew, as another instance", async () => {
    await takeBack(connection);
    const before = coordinator.announcements.at(-1).instance;
    await page.reload();
    await coordinator.announced((one) => one.instance !== before);
    const { session, reply } = await coordinator.open();
    assert.equal(reply.ok, true);
    assert.deepEqual(await session.fetch(digits, model.length), { model: `sha256:${digits}` });
    const next = await coordinator.open({ replaces: session.id });
    assert.equal(next.reply.ok, true, "a session that its coordinator gave up is in nobody's way");
    assert.match(await session.ended(), /replaced/);
    session.close();
    next.session.link.send("end", "enough");
    await coordinator.announced((one) => one.session === null);
    next.session.close();
  });

  test("goes on in its session when the hub was away, and loses nothing", async () => {
    const { session } = await coordinator.open();
    await hub.down();
    session.link.sendLine('{"type":"hello","protocol":1}');
    await page.waitForFunction(() => document.getElementById("state").textContent === "hub is away");
    await hub.up();
    const hello = await session.until(() => session.lines.find((one) => one.type === "hello"));
    assert.equal(hello.name, "wllama");
    await page.waitForFunction(() => document.getElementById("state").textContent === "joined");
    session.link.send("end", "enough");
    await coordinator.announced((one) => one.session === null);
    session.close();
  });

  test("a frame that breaks a rule ends the session, with the reason", async () => {
    const { session } = await coordinator.open();
    connection.publish(`edgelab.v1.session.${session.id}.down`, '{"seq":0}\n');
    assert.match(await session.ended(), /seq is 0/);
    session.close();
  });

  test("a fetch that was broken off goes on where it was", async () => {
    const found = await page.evaluate(async () => {
      const [{ Models }, { Store }, { sha256 }] = await Promise.all(
        ["/agent/models.js", "/agent/store.js", "/vendor.js"].map((file) => import(file)),
      );
      const chunk = 131_072;
      const file = new Uint8Array(chunk * 34 + 5).map((_, i) => (i * 2654435761) >>> 24);
      const starts = [];
      // A hub with that file, whose chunk i has the sequence 101 + i, and which falls silent for good after so many.
      const hub = (chunks) => ({
        DeliverPolicy: { StartSequence: "by_start_sequence" },
        jetstreamManager: async () => ({ streams: { getMessage: async () => ({}) } }),
        jetstream: () => ({
          consumers: {
            get: async (_, { opt_start_seq: start = 101 }) => ({
              async consume() {
                starts.push(start);
                const messages = (async function* () {
                  for (let i = start - 101; i < chunks; ++i)
                    yield { seq: 101 + i, data: file.subarray(i * chunk, (i + 1) * chunk) };
                })();
                return Object.assign(messages, { stop() {}, async close() {} });
              },
            }),
          },
        }),
      });
      const store = await Store.open("models-of-a-test");
      const digits = sha256(file);
      const fetch = (chunks) =>
        new Models(store, { sha256, jetstream: hub(chunks) }, null).fetch(
          digits,
          file.length,
          () => {},
          new AbortController().signal,
        );
      const broken = await fetch(33).catch((error) => error.message);
      const begun = await store.begun(digits);
      await fetch(35);
      await fetch(0);
      const kept = new Uint8Array(await (await store.blob(digits)).arrayBuffer());
      return { broken, begun: begun.blob.size / chunk, starts, whole: kept.length === file.length && sha256(kept) === digits };
    });
    assert.match(found.broken, /of 4456453 bytes the hub sent 4325376/);
    assert.deepEqual([found.begun, found.starts, found.whole], [32, [101, 133], true]);
  });

  test("where there is no room, models that never became whole go first, then the oldest; other errors are told", async () => {
    const found = await page.evaluate(async () => {
      const { Store } = await import("/agent/store.js");
      const store = await Store.open("room-of-a-test");
      const [broken, old, young, fresh] = ["a", "b", "c", "d"].map((digit) => digit.repeat(64));
      const whole = async (digits) => {
        await store.add(digits, 0, new Blob(["x"]), 1);
        await store.complete(digits, 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      };
      await store.add(broken, 0, new Blob(["x"]), 1);
      await whole(old);
      await whole(young);
      const put = IDBObjectStore.prototype.put;
      const kept = () => Promise.all([broken, old, young].map(async (digits) => (await store.begun(digits)).count));
      const addWhere = async (fails) => {
        IDBObjectStore.prototype.put = function (...what) {
          if (fails-- > 0) throw new DOMException("no room", "QuotaExceededError");
          return put.apply(this, what);
        };
        const said = await store.add(fresh, 0, new Blob(["y"]), 1).then(() => "", (error) => error.name);
        IDBObjectStore.prototype.put = put;
        return [said, await kept()];
      };
      const steps = [await addWhere(1), await addWhere(1), await addWhere(9)];
      IDBObjectStore.prototype.put = function (...what) {
        const request = put.apply(this, what);
        this.add("in its way", what[1]); // the request fails, and takes its transaction along
        return request;
      };
      const said = await store.add(fresh, 1, new Blob(["y"]), 2).catch((error) => error?.name);
      IDBObjectStore.prototype.put = put;
      return { steps, said };
    });
    assert.deepEqual(found.steps, [
      ["", [0, 1, 1]],
      ["", [0, 0, 1]],
      ["QuotaExceededError", [0, 0, 0]],
    ]);
    assert.equal(found.said, "ConstraintError");
  });

  test("a page that came from elsewhere without TLS joins with one thread, says why, and keeps models too", async () => {
    const other = await browser.newPage();
    await other.addInitScript(() => localStorage.setItem("edgelab-device", "phone-2"));
    const second = new Coordinator(connection, "phone-2");
    await other.goto(`${site.origin.replace("127.0.0.1", elsewhere)}/#token=${hub.token}&ws=${hub.websocket}`);
    const { executors } = await second.announced(() => true);
    assert.deepEqual([executors[0].hello.flags.threads.support, executors[0].hello.flags.threads.values], ["fixed", ["1"]]);
    assert.match(executors[0].hello.flags.threads.reason, /over HTTPS or from this machine itself/);
    assert.match(await text(other, "why"), /HTTPS/);
    await offer(connection, digits, model);
    const { session } = await second.open();
    assert.deepEqual(await session.fetch(digits, model.length), { model: `sha256:${digits}` });
    session.link.send("end", "enough");
    await second.announced((one) => one.session === null);
    session.close();
    await other.close();
  });

  test("a wrong token is told in words", async () => {
    const other = await browser.newPage();
    await other.goto(`${site.origin}/#token=wrong&ws=${hub.websocket}`);
    await other.waitForFunction(() => document.getElementById("trouble").textContent.includes("refuses the token"));
    assert.equal(await text(other, "state"), "not joined");
    assert.ok(await other.locator("#untrusted").isHidden());
    await other.close();
  });

  test("says where a certificate can be accepted, and joins the same hub once more when it is asked to", async () => {
    const other = await browser.newPage();
    const state = (words) =>
      other.waitForFunction((expected) => document.getElementById("state").textContent === expected, words, { timeout: 20_000 });
    const join = async (address) => {
      await other.locator("#hub").fill(address);
      await other.locator("#join button").click();
    };
    const address = (tls) => `${site.origin}/#token=${hub.token}&ws=${hub.websocket}&tls=${tls}&host=127.0.0.1`;
    await other.addInitScript(() => localStorage.setItem("edgelab-device", "phone-3"));
    await other.goto(address(1));
    await state("not joined");
    assert.ok(await other.locator("#untrusted").isVisible());
    assert.equal(await other.locator("#certificate").getAttribute("href"), `https://127.0.0.1:${hub.websocket}/`);
    await hub.down();
    await join(address(0));
    await state("not joined");
    assert.ok(await other.locator("#untrusted").isHidden());
    await hub.up();
    await join(address(0));
    await state("joined");
    assert.equal(other.url(), address(0));
    await other.close();
  });
});
