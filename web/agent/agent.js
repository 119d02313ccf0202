// The agent: offers this page's executor to coordinators through a hub (docs/FLEET.md).
import { hexDigits, isId, isSession } from "./names.js";
import { AgentSession } from "./session.js";

const transport = 1;
const announceEveryMs = 10_000;
const leases = { least: 1000, most: 600_000, otherwise: 30_000 };
const prefix = "edgelab.v1";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Refused extends Error {
  constructor(kind, reason) {
    super(reason);
    this.kind = kind;
  }
}

export class Agent {
  #options;
  #connection;
  #instance = hexDigits(8);
  #session = null;
  #sessionSince = 0;
  #announcing;

  // `options`: nats (of vendor.js); device (id); agent (program and version); executor: {id, hello, open(models, send)};
  // makeModels(connection) → Models; facts() → a promise of facts; now(); and `on`, for whoever shows what goes on: joined(), away(),
  // session(AgentSession or null, reason), refused(answer), line(direction, line), fetch(progress), closed(error).
  constructor(options) {
    this.#options = options;
  }

  // Connects, and stays connected until leave(). Rejects where the hub cannot be reached or refuses the token.
  async join({ server, token }) {
    const { nats, device } = this.#options;
    this.#connection = await nats.wsconnect({
      servers: server,
      token,
      name: `edgelab browser ${device}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 1000,
      pingInterval: 20_000,
    });
    this.#models = this.#options.makeModels(this.#connection);
    this.#connection.subscribe(`${prefix}.who`, { callback: () => this.#announce() });
    this.#connection.subscribe(`${prefix}.device.${device}.open`, {
      callback: (error, message) => error || this.#opened(message),
    });
    void this.#follow();
    void this.#connection.closed().then((error) => this.#options.on.closed(error));
    this.#announcing = setInterval(() => this.#announce(), announceEveryMs);
    await this.#announce();
    this.#options.on.joined();
  }

  async leave() {
    clearInterval(this.#announcing);
    await this.#session?.end("the device left");
    await this.#connection?.drain().catch(() => {});
  }

  #models;

  // After a connection was lost: what was on the way may be lost too.
  async #follow() {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") this.#options.on.away();
      if (status.type !== "reconnect") continue;
      this.#options.on.joined();
      this.#session?.reconnected();
      await this.#announce();
    }
  }

  async #announce() {
    const { device, agent, executor } = this.#options;
    const announcement = {
      transport,
      device,
      instance: this.#instance,
      agent,
      session: this.#session?.id ?? null,
      fetch: true,
      executors: [{ id: executor.id, hello: executor.hello }],
      facts: await this.#options.facts(),
    };
    announcement.session = this.#session?.id ?? null; // facts took a moment
    this.#publish(`${prefix}.device.${device}.announce`, encoder.encode(JSON.stringify(announcement)));
  }

  #publish(subject, bytes) {
    try {
      this.#connection.publish(subject, bytes);
    } catch {
      // not connected: signs of life and what is not acknowledged are sent again
    }
  }

  async #opened(message) {
    let answer;
    try {
      await this.#open(this.#asked(message));
      answer = { ok: true, instance: this.#instance };
    } catch (error) {
      answer = { ok: false, kind: error instanceof Refused ? error.kind : "failed", reason: error?.message ?? String(error) };
      this.#options.on.refused(answer);
    }
    message.respond(encoder.encode(JSON.stringify(answer)));
  }

  // What is asked for, or a Refused.
  #asked(message) {
    let asked;
    try {
      asked = JSON.parse(decoder.decode(message.data));
    } catch {
      throw new Refused("bad-request", "open: expected JSON");
    }
    if (asked === null || typeof asked !== "object") throw new Refused("bad-request", "open: expected a JSON object");
    if (asked.transport !== transport)
      throw new Refused("version", `this agent speaks transport ${transport}, not ${asked.transport}`);
    if (!isSession(asked.session)) throw new Refused("bad-request", "open: session: expected 32 hexadecimal digits");
    if (asked.replaces != null && !isSession(asked.replaces))
      throw new Refused("bad-request", "open: replaces: expected 32 hexadecimal digits");
    const lease = asked.lease_ms ?? leases.otherwise;
    if (!Number.isSafeInteger(lease) || lease < leases.least || lease > leases.most) {
      throw new Refused("bad-request", `open: lease_ms: expected ${leases.least} to ${leases.most}`);
    }
    if (!isId(asked.executor) || asked.executor !== this.#options.executor.id) {
      throw new Refused(
        "unknown",
        `this device has no executor '${String(asked.executor).slice(0, 64)}': it has ${this.#options.executor.id}`,
      );
    }
    return { ...asked, lease, coordinator: String(asked.coordinator ?? "somebody").slice(0, 64) };
  }

  async #open(asked) {
    if (this.#session?.id === asked.session) return;
    if (this.#session && this.#session.id === asked.replaces) await this.#session.end("replaced by its coordinator");
    if (this.#session) {
      const seconds = Math.round((this.#options.now() - this.#sessionSince) / 1000);
      throw new Refused("busy", `in a session with ${this.#session.coordinator} for ${seconds} s`);
    }
    const { executor, now, on } = this.#options;
    const subject = `${prefix}.session.${asked.session}`;
    const down = this.#connection.subscribe(`${subject}.down`, {
      callback: (error, message) => error || session.receive(message.data),
    });
    const session = new AgentSession({
      id: asked.session,
      coordinator: asked.coordinator,
      leaseMs: asked.lease,
      now,
      publish: (bytes) => this.#publish(`${subject}.up`, bytes),
      models: this.#models,
      open: (send) => executor.open(this.#models, send),
      onLine: on.line,
      onFetch: on.fetch,
      onEnd: (reason) => this.#closed(session, reason),
      onLinkDone: () => down.unsubscribe(),
    });
    this.#session = session;
    this.#sessionSince = now();
    on.session(session, "");
    void this.#announce();
  }

  #closed(session, reason) {
    if (this.#session !== session) return;
    this.#session = null;
    this.#options.on.session(null, reason);
    void this.#announce();
  }
}
