// What of the agent needs neither browser nor hub: what is let through, what is called how, where a hub is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../../web/agent/guard.js";
import { hubFrom } from "../../web/agent/join.js";
import { idFrom, isId, proposedId } from "../../web/agent/names.js";

test("what names a file of the device reaches no executor", () => {
  const digits = "a".repeat(64);
  for (const message of [
    { type: "load", id: 1, model: "/etc/passwd" },
    { type: "load", id: 1, model: `sha256:${digits}`, draft: "../x" },
    { type: "score", id: 1, stream: "/tmp/socket" },
    { type: "run", id: 1, flags: { "wllama.x": "a/b" } },
    { type: "run", id: 1, flags: { "extra-args": '["-m"]' } },
    { type: "run", id: 1, flags: { "draft-model": "a\\b" } },
  ]) {
    assert.equal(refusal(JSON.stringify(message))?.id, 1, JSON.stringify(message));
  }
  for (const message of [
    { type: "load", id: 1, model: `sha256:${digits}`, flags: { "extra-args": "" } },
    { type: "bye" },
    { type: "run", flags: { "draft-model": "small" } },
  ]) {
    assert.equal(refusal(JSON.stringify(message)), undefined);
  }
});

test("names of devices keep their rule", () => {
  assert.match(proposedId("Mozilla/5.0 (Linux; Android 16; Pixel 8)"), /^android-[0-9a-f]{4}$/);
  assert.deepEqual(
    [idFrom("  Anna's Pixel 8! "), isId("pixel-8"), isId("-x"), isId("Pixel"), isId("x".repeat(64))],
    ["anna-s-pixel-8", true, false, false, false],
  );
});

test("a hub's address is found in the page's, in another and in a join text", () => {
  const here = { protocol: "https:", hostname: "10.0.0.2" };
  assert.deepEqual(hubFrom(here, "#token=t&ws=4223").hub, { server: "wss://10.0.0.2:4223", token: "t" });
  assert.deepEqual(hubFrom(here, "http://10.0.0.9:4224/#token=t&ws=1").hub, { server: "ws://10.0.0.9:1", token: "t" });
  const plain = { protocol: "http:", hostname: "localhost" };
  const { hub, hash } = hubFrom(plain, "edgelab://10.0.0.3:4222/?token=a%2Fb&ws=4223&tls=0");
  assert.deepEqual(hub, { server: "ws://10.0.0.3:4223", token: "a/b" });
  assert.deepEqual(hubFrom(plain, `#${hash}`).hub, hub);
  for (const [text, words] of [
    ["#token=t", /names no hub/],
    ["edgelab://x:1/?ws=2", /no token/],
    ["edgelab://x:1/?token=t", /no port for browsers/],
  ])
    assert.match(hubFrom(plain, text).fault, words);
  assert.match(hubFrom(here, "edgelab://x:1/?token=t&ws=2&tls=0").fault, /TLS only/);
  assert.equal(hubFrom(here, "").fault, "");
});
