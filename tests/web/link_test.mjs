// The link of a session: in order, none lost, none twice, over a network that loses, repeats and swaps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Link, readFrame } from "../../web/agent/link.js";

const bytes = (text) => new TextEncoder().encode(text);

// Numbers from a seed, for whoever wants the same again (mulberry32).
function drawing(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Two ends with a clock that is moved by hand.
class Pair {
  time = 0;
  wire = []; // {to, bytes}
  heard = { a: [], b: [] };
  broken = {};
  ends = {};

  constructor(leaseMs = 4000) {
    for (const [end, other] of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      this.ends[end] = new Link({
        publish: (frame) => this.wire.push({ to: other, bytes: frame }),
        onLine: (line) => this.heard[end].push(line),
        onFrame: (kind, text) => this.heard[end].push(`${kind}:${text}`),
        onBroken: (reason) => (this.broken[end] ??= reason),
        leaseMs,
        now: () => this.time,
      });
    }
  }

  step(ms, fate = () => 1) {
    const sent = this.wire.splice(0);
    for (const frame of sent) for (let copies = fate(frame); copies > 0; --copies) this.ends[frame.to].receive(frame.bytes);
    this.time += ms;
    for (const end of Object.values(this.ends)) end.tick();
  }
}

test("lines of any length arrive as they were", () => {
  const pair = new Pair();
  const lines = ["", "one", "é".repeat(300_000), JSON.stringify({ type: "run" })];
  for (const line of lines) pair.ends.a.sendLine(line);
  pair.ends.a.send("end", "over");
  for (let i = 0; i < 20; ++i) pair.step(50);
  assert.deepEqual(pair.heard.b, [...lines, "end:over"]);
  assert.ok(pair.ends.a.settled);
});

test("what is lost is sent again, what comes twice is taken once, what comes early is dropped", () => {
  for (let seed = 1; seed <= 20; ++seed) {
    const draw = drawing(seed);
    const pair = new Pair(1e9);
    const sent = Array.from({ length: 200 }, (_, i) => `line ${i}`);
    sent.forEach((line, i) => pair.ends[i % 2 ? "a" : "b"].sendLine(line));
    for (let i = 0; i < 3000 && !(pair.ends.a.settled && pair.ends.b.settled); ++i) {
      if (draw() < 0.2) pair.wire.reverse();
      pair.step(50, () => (draw() < 0.25 ? 0 : draw() < 0.2 ? 2 : 1));
    }
    assert.deepEqual([...pair.heard.a, ...pair.heard.b].sort(), [...sent].sort(), `seed ${seed}`);
    assert.deepEqual(
      pair.heard.a,
      sent.filter((_, i) => i % 2 === 0),
      `seed ${seed}`,
    );
  }
});

test("no more than 32 frames are on the way, and eight are acknowledged at once", () => {
  const pair = new Pair();
  for (let i = 0; i < 100; ++i) pair.ends.a.sendLine(String(i));
  assert.equal(pair.wire.length, 32);
  pair.step(0);
  assert.equal(pair.wire.filter((frame) => frame.to === "a").length, 4);
});

test("an end that hears nothing is broken when the lease is over; one that hears signs of life is not", () => {
  const pair = new Pair(4000);
  for (let i = 0; i < 400; ++i) pair.step(50);
  assert.deepEqual(pair.broken, {});
  for (let i = 0; i < 100; ++i) pair.step(50, ({ to }) => (to === "b" ? 0 : 1));
  assert.match(pair.broken.b, /nothing was heard for 4 s/);
});

test("frames that break a rule are told from those that do not", () => {
  for (const [frame, words] of [
    ["no newline", /header is longer/],
    [`${" ".repeat(5000)}{}\n`, /header is longer/],
    ["[]\n", /no JSON object/],
    ["{\n", /no JSON/],
    ['{"seq":0}\n', /seq is 0/],
    ['{"seq":1.5}\n', /seq is 1.5/],
    ['{"ack":-1}\n', /ack is -1/],
    [`{"seq":1}\n${"x".repeat(262_145)}`, /body is longer/],
  ]) {
    assert.match(readFrame(bytes(frame)).fault, words);
  }
  const noText = bytes('{"seq":1,"x":"?"}\n').map((byte) => (byte === 63 ? 255 : byte));
  assert.match(readFrame(noText).fault, /no JSON/);
  assert.deepEqual(readFrame(bytes('{"seq":3,"later":1}\nbody')).header.seq, 3);
  const pair = new Pair();
  pair.ends.b.receive(bytes('{"seq":0}\n'));
  assert.match(pair.broken.b, /seq is 0/);
  for (let i = 0; i < 33; ++i) pair.ends.a.sendLine(String(i));
  pair.ends.a.receive(bytes('{"ack":32}\n'));
  pair.ends.a.receive(bytes('{"ack":33}\n'));
  assert.equal(pair.broken.a, undefined);
  pair.ends.a.receive(bytes('{"ack":34}\n'));
  assert.match(pair.broken.a, /never sent/);
});
