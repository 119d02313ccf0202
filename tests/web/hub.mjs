// For tests of the agent: a real nats-server, and a coordinator that speaks docs/FLEET.md to one device.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { Link } from "../../web/agent/link.js";
import { source } from "./site.mjs";

// The page's own bundle, one of whose libraries looks for modules of node's where it finds node.
globalThis.window = { JS_SHA256_NO_NODE_JS: true };
export const vendor = await import(path.join(source, "build/web/vendor.js"));
delete globalThis.window;
const { nats, jetstream } = vendor;
const bucket = "edgelab-models";
const chunkBytes = 131_072;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Hub {
  token = "token-of-the-tests";

  static async start() {
    const hub = new Hub();
    hub.folder = await mkdtemp(path.join(os.tmpdir(), "edgelab-hub-"));
    [hub.port, hub.websocket] = [await freePort(), await freePort()];
    await writeFile(
      path.join(hub.folder, "hub.conf"),
      `
listen: "127.0.0.1:${hub.port}"
max_payload: 524288
authorization { token: "${hub.token}" }
websocket { listen: "127.0.0.1:${hub.websocket}", no_tls: true }
jetstream { store_dir: "${hub.folder}/store" }
`,
    );
    await hub.up();
    return hub;
  }

  async up() {
    this.process = spawn("nats-server", ["-c", path.join(this.folder, "hub.conf")], { stdio: ["ignore", "ignore", "pipe"] });
    await new Promise((ready, fail) => {
      let said = "";
      this.process.stderr.on("data", (text) => (said += text).includes("Server is ready") && ready());
      this.process.once("exit", () => fail(new Error(said)));
    });
  }

  async down() {
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await gone;
  }

  connect() {
    return nats.wsconnect({
      servers: `ws://127.0.0.1:${this.websocket}`,
      token: this.token,
      reconnectTimeWait: 100,
      maxReconnectAttempts: -1,
    });
  }

  async stop() {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }
}

// Puts a file into the object store under a name of 64 digits; `bytes` need not be what the name says.
export async function offer(connection, digits, bytes) {
  const manager = await jetstream.jetstreamManager(connection);
  const subjects = [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`];
  await manager.streams.add({ name: `OBJ_${bucket}`, subjects, allow_rollup_hdrs: true, allow_direct: true }).catch(() => {});
  const js = jetstream.jetstream(connection);
  for (let at = 0; at < bytes.length; at += chunkBytes)
    await js.publish(`$O.${bucket}.C.${digits}`, bytes.subarray(at, at + chunkBytes));
  const about = {
    name: digits,
    bucket,
    nuid: digits,
    size: bytes.length,
    chunks: Math.ceil(bytes.length / chunkBytes),
    digest: `SHA-256=${createHash("sha256").update(bytes).digest("base64url")}=`,
  };
  await js.publish(`$O.${bucket}.M.${Buffer.from(digits).toString("base64url").padEnd(88, "=")}`, JSON.stringify(about));
}

export async function takeBack(connection) {
  await (await jetstream.jetstreamManager(connection)).streams.purge(`OBJ_${bucket}`);
}

// The announcements of a device, and sessions with it.
export class Coordinator {
  announcements = [];
  #waiting = [];

  constructor(connection, device) {
    this.connection = connection;
    this.device = device;
    connection.subscribe(`edgelab.v1.device.${device}.announce`, {
      callback: (error, message) => {
        this.announcements.push(message.json());
        this.#waiting = this.#waiting.filter(
          ({ fits, resolve }) => !fits(this.announcements.at(-1)) || resolve(this.announcements.at(-1)),
        );
      },
    });
  }

  // The next announcement that fits, or the last where that does.
  announced(fits) {
    const last = this.announcements.at(-1);
    if (last && fits(last)) return Promise.resolve(last);
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }));
  }

  who() {
    this.connection.publish("edgelab.v1.who");
  }

  // The device's reply to a request for a session.
  async ask(more, asked = this.#asked(more)) {
    const reply = await this.connection.request(`edgelab.v1.device.${this.device}.open`, JSON.stringify(asked), {
      timeout: 20_000,
    });
    return reply.json();
  }

  async open(more = {}) {
    const asked = this.#asked(more);
    const session = new CoordinatorSession(this.connection, asked);
    return { session, reply: await this.ask(more, asked) };
  }

  #asked(more) {
    return {
      transport: 1,
      session: randomBytes(16).toString("hex"),
      executor: "wllama",
      coordinator: "tests",
      lease_ms: 20_000,
      ...more,
    };
  }
}

class CoordinatorSession {
  lines = [];
  frames = [];
  broken = "";
  #wake = [];

  constructor(connection, { session, lease_ms: leaseMs }) {
    this.id = session;
    const stir = () => this.#wake.splice(0).forEach((resolve) => resolve());
    this.link = new Link({
      publish: (bytes) => connection.publish(`edgelab.v1.session.${session}.down`, bytes),
      onLine: (line) => void this.lines.push(JSON.parse(line)) || stir(),
      onFrame: (kind, text) => void this.frames.push({ kind, text }) || stir(),
      onBroken: (reason) => (this.broken = reason) && stir(),
      leaseMs,
      now: () => performance.now(),
    });
    connection.subscribe(`edgelab.v1.session.${session}.up`, { callback: (error, message) => this.link.receive(message.data) });
    this.ticking = setInterval(() => this.link.tick(), 50);
    this.ticking.unref();
  }

  async until(found) {
    for (;;) {
      const one = found();
      if (one !== undefined) return one;
      if (this.broken) throw new Error(this.broken);
      await new Promise((resolve) => this.#wake.push(resolve));
    }
  }

  // Sends a message and waits for its last answer; returns all answers.
  async ask(message) {
    const from = this.lines.length;
    this.link.sendLine(JSON.stringify(message));
    await this.until(() => this.lines.slice(from).find((one) => !["progress", "emission", "timeline"].includes(one.type)));
    return this.lines.slice(from);
  }

  async fetch(digits, bytes) {
    const from = this.frames.length;
    this.link.send("fetch", JSON.stringify({ model: `sha256:${digits}`, bytes }));
    return JSON.parse((await this.until(() => this.frames.slice(from).find((one) => one.kind === "fetched"))).text);
  }

  ended() {
    return this.until(() => this.frames.find((one) => one.kind === "end")?.text);
  }

  close() {
    clearInterval(this.ticking);
    this.link.finish();
  }
}
