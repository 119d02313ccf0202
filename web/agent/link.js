// Frames between the two ends of a session: in order, none lost, none twice (docs/FLEET.md, "Frames"). Knows no NATS and no clock:
// its owner hands over what arrives, publishes what it is given, and calls tick() several times a second.

const mostHeader = 4096;
const mostBody = 262_144;
const mostLine = 67_108_864;
const mostOnTheWay = 32;
const ackWithinMs = 100;
const ackAfter = 8;
const sendAgainMs = 1000;
const newline = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// {header, body}, or {fault}.
export function readFrame(bytes) {
  const end = bytes.indexOf(newline);
  if (end < 0 || end > mostHeader) return { fault: `a frame whose header is longer than ${mostHeader} bytes` };
  if (bytes.length - end - 1 > mostBody) return { fault: `a frame whose body is longer than ${mostBody} bytes` };
  let header;
  try {
    header = JSON.parse(strictDecoder.decode(bytes.subarray(0, end)));
  } catch {
    return { fault: "a frame whose header is no JSON" };
  }
  if (header === null || typeof header !== "object" || Array.isArray(header))
    return { fault: "a frame whose header is no JSON object" };
  for (const [name, least] of [
    ["seq", 1],
    ["ack", 0],
  ]) {
    if (header[name] != null && !(Number.isSafeInteger(header[name]) && header[name] >= least))
      return { fault: `a frame whose ${name} is ${JSON.stringify(header[name])}` };
  }
  const { more, kind } = header;
  if (more != null && typeof more !== "boolean") return { fault: `a frame whose more is ${JSON.stringify(more)}` };
  if (kind != null && (typeof kind !== "string" || kind === "")) return { fault: `a frame whose kind is ${JSON.stringify(kind)}` };
  return { header, body: bytes.subarray(end + 1) };
}

export class Link {
  #options;
  #sent = 0; // seq of the last frame that was made
  #unacknowledged = []; // {seq, header, body}, in order; the first mostOnTheWay of them are on the way
  #onTheWay = 0;
  #progressAt; // when something new was acknowledged, or there was nothing to wait for
  #taken = 0; // seq of the last frame that was taken
  #owed = 0; // frames that no ack has been sent for
  #owedSince = 0;
  #heardAt;
  #spokeAt;
  #line = []; // parts of a line that goes on
  #lineBytes = 0;
  #over = false;

  // `options`: publish(bytes); onLine(text), onFrame(kind, text) and onBroken(reason); leaseMs; now(): milliseconds, monotonic.
  constructor(options) {
    this.#options = options;
    this.#heardAt = this.#spokeAt = this.#progressAt = options.now();
  }

  sendLine(text) {
    const bytes = encoder.encode(text);
    for (let from = 0; from === 0 || from < bytes.length; from += mostBody) {
      const more = from + mostBody < bytes.length;
      this.#queue(more ? { more } : {}, bytes.subarray(from, from + mostBody));
    }
  }

  send(kind, text) {
    this.#queue({ kind }, encoder.encode(text));
  }

  // Whether all that was sent has arrived.
  get settled() {
    return this.#unacknowledged.length === 0;
  }

  receive(bytes) {
    if (this.#over) return;
    this.#heardAt = this.#options.now();
    const { header, body, fault } = readFrame(bytes);
    if (fault) return this.#break(fault);
    const sent = this.#sent - (this.#unacknowledged.length - this.#onTheWay);
    if (header.ack > sent) return this.#break("an ack of what was never sent");
    this.#acknowledged(header.ack ?? 0);
    if (header.seq == null) return;
    const expected = header.seq === this.#taken + 1;
    if (this.#owed++ === 0) this.#owedSince = this.#heardAt;
    if (expected) {
      this.#taken += 1;
      this.#take(header, body);
    }
    if (!expected || this.#owed >= ackAfter) this.#signOfLife();
  }

  tick() {
    if (this.#over) return;
    const now = this.#options.now();
    if (now - this.#heardAt >= this.#options.leaseMs)
      return this.#break(`nothing was heard for ${Math.round(this.#options.leaseMs / 1000)} s`);
    if (this.#onTheWay > 0 && now - this.#progressAt >= sendAgainMs) this.sendAgain();
    const due = this.#owed > 0 && now - this.#owedSince >= ackWithinMs;
    if (due || now - this.#spokeAt >= this.#options.leaseMs / 4) this.#signOfLife();
  }

  // All that is on the way once more: it may have been lost.
  sendAgain() {
    this.#progressAt = this.#options.now();
    for (const frame of this.#unacknowledged.slice(0, this.#onTheWay)) this.#publish(frame);
  }

  // Acknowledges what was taken; after that nothing is taken, told or sent any more.
  finish() {
    this.#signOfLife();
    this.#over = true;
  }

  #queue(header, body) {
    if (this.#over) return;
    this.#unacknowledged.push({ seq: ++this.#sent, header, body });
    this.#sendMore();
  }

  #sendMore() {
    while (this.#onTheWay < Math.min(mostOnTheWay, this.#unacknowledged.length)) {
      if (this.#onTheWay === 0) this.#progressAt = this.#options.now();
      this.#publish(this.#unacknowledged[this.#onTheWay++]);
    }
  }

  #publish({ seq, header, body }) {
    this.#write({ seq, ack: this.#taken, ...header }, body);
  }

  #signOfLife() {
    this.#write({ ack: this.#taken }, new Uint8Array());
  }

  #write(header, body) {
    this.#owed = 0;
    this.#spokeAt = this.#options.now();
    this.#options.publish(joined([encoder.encode(`${JSON.stringify(header)}\n`), body]));
  }

  #acknowledged(ack) {
    const news = this.#unacknowledged.filter((frame) => frame.seq <= ack).length;
    if (news === 0) return;
    this.#unacknowledged.splice(0, news);
    this.#onTheWay = Math.max(this.#onTheWay - news, 0);
    this.#progressAt = this.#options.now();
    this.#sendMore();
  }

  #take(header, body) {
    if (header.kind != null) {
      if (this.#line.length > 0) return this.#break("a frame of a kind in the middle of a line");
      if (header.more) return this.#break("a frame of a kind that goes on in the next");
      return this.#options.onFrame(header.kind, decoder.decode(body));
    }
    this.#line.push(body.slice());
    this.#lineBytes += body.length;
    if (this.#lineBytes > mostLine) return this.#break(`a line that is longer than ${mostLine} bytes`);
    if (header.more) return undefined;
    const text = decoder.decode(joined(this.#line));
    this.#line = [];
    this.#lineBytes = 0;
    return this.#options.onLine(text);
  }

  #break(reason) {
    if (this.#over) return;
    this.#options.onBroken(reason);
  }
}
