// Answers the coordinator's messages, one after the other: the executor protocol (docs/PROTOCOL.md) as an object that takes lines
// and gives lines, whatever carries them.
import { faultIn } from "./arrivals.js";
import { Drive, Stop } from "./drive.js";
import { flagSupport, ownFlags, Refusal, settingsFor } from "./flags.js";
import { inForce, memoryUse } from "./ledger.js";
import { Model } from "./model.js";
import { timelineOf } from "./timeline.js";

const protocolVersion = 1;
const patienceMs = 5000; // for a step in progress, before a cancelled run is ended with its engine
const progressEveryMs = 250;

function parsed(line) {
  try {
    const message = JSON.parse(line);
    if (message !== null && typeof message === "object" && !Array.isArray(message)) return message;
    return { fault: "expected a JSON object" };
  } catch (error) {
    return { fault: `no JSON: ${error.message}` };
  }
}

// The answer to hello. `about`: place (placeOf()), library and version (texts).
export function helloOf({ place, library, version }) {
  const flags = flagSupport(place);
  return {
    type: "hello",
    protocol: protocolVersion,
    name: "wllama",
    version,
    library,
    flags,
    own_flags: ownFlags,
    abilities: ["after"],
  };
}

const idOf = (message) => (Number.isSafeInteger(message.id) ? message.id : 0);

export class Session {
  #options;
  #send;
  #model = null;
  #stops = new Map(); // id → Stop, of messages that have not been answered
  #work = Promise.resolve();
  #closed = false;

  // `options`: engine (Engine); place (placeOf()); library and version (texts); openModel(name) → Blob, throws with a reason;
  // disturbed() → why what was measured since it was last asked must not count, or ""; now(): milliseconds, monotonic.
  // `send` takes one message as a line without its newline.
  constructor(options, send) {
    this.#options = options;
    this.#send = (message) => send(JSON.stringify(message));
  }

  // A line from the coordinator. Cancels and `bye` are heeded at once, the rest when what came before has been answered.
  submit(line) {
    const message = parsed(line);
    if (message.type === "cancel") return this.#cancel(message);
    if (message.type === "bye") return this.close();
    const stop = new Stop();
    this.#stops.set(idOf(message), stop);
    this.#work = this.#work.then(() => this.#answer(message, stop));
    return this.#work;
  }

  // Ends what is running, without an answer.
  async close() {
    this.#closed = true;
    for (const stop of this.#stops.values()) stop.run();
    await this.#options.engine.exit();
  }

  #cancel({ id, request }) {
    if (request == null) this.#stops.get(id)?.run();
    else this.#stops.get(id)?.request(request);
  }

  async #answer(message, stop) {
    if (this.#closed) return;
    const id = idOf(message);
    try {
      await this.#dispatch(message, stop);
    } catch (error) {
      if (this.#closed) return;
      const known = error instanceof Refusal;
      const reason = known ? error.message : `the executor has a fault: ${error?.stack ?? error}`;
      this.#send({ type: "error", id, kind: known ? error.kind : "failed", reason });
    }
    if (this.#stops.get(id) === stop) this.#stops.delete(id);
  }

  #dispatch(message, stop) {
    if (message.fault) throw new Refusal("bad-request", message.fault);
    if (message.type === "hello") return this.#hello(message);
    const answers = { load: this.#load, run: this.#run, score: this.#score };
    if (!Object.hasOwn(answers, message.type ?? ""))
      throw new Refusal("bad-request", `unknown type of message: ${JSON.stringify(message.type ?? null)}`);
    if (idOf(message) === 0) throw new Refusal("bad-request", `${message.type}: expected an id, a whole number above 0`);
    return answers[message.type].call(this, message, stop);
  }

  #hello(message) {
    if ((message.protocol ?? protocolVersion) !== protocolVersion) {
      throw new Refusal("bad-request", `this executor speaks protocol ${protocolVersion}, not ${message.protocol}`);
    }
    this.#send(helloOf(this.#options));
  }

  async #load(message) {
    if (!message.model) throw new Refusal("bad-request", "load: no model given");
    const settings = settingsFor(message.flags ?? {}, this.#options.place);
    let blob;
    try {
      blob = await this.#options.openModel(message.model);
    } catch (error) {
      throw new Refusal("failed", `${message.model}: ${error.message}`);
    }
    const model = new Model(this.#options.engine, message.model, blob);
    this.#model = null;
    const facts = await model.load(settings);
    this.#model = model;
    this.#send({ type: "loaded", id: message.id, ...facts });
  }

  #score() {
    throw new Refusal("unsupported", "wllama tells no probabilities of a given text: it cannot score");
  }

  async #run(run, stop) {
    const fault = faultIn(run.requests);
    if (fault) throw new Refusal("bad-request", fault);
    if (!this.#model) throw new Refusal("bad-request", "no model is loaded");
    const { engine, place, disturbed } = this.#options;
    const settings = settingsFor(run.flags ?? {}, place);
    const bodies = await this.#model.prepare(run, settings);
    if (stop.all) throw new Refusal("cancelled", "cancelled on request");
    disturbed();
    const { start, records } = await this.#driven(run, settings, bodies, stop);
    for (const columns of timelineOf(start, records)) this.#send({ type: "timeline", id: run.id, columns });
    const disturbance = disturbed();
    if (disturbance) throw new Refusal("failed", disturbance);
    this.#send({
      type: "done",
      id: run.id,
      in_force: inForce(engine.log, engine.facts(), place, settings),
      memory: memoryUse(engine.log),
    });
  }

  async #driven(run, settings, bodies, stop) {
    const model = this.#model;
    const trial = {
      slots: settings.parallel,
      contBatching: settings.contBatching,
      beginPass(pass) {
        if (pass === 0 || !settings.cachePrompt) return;
        throw new Refusal(
          "unsupported",
          "cache-prompt: wllama forgets earlier prompts only when it loads anew, so it can measure one pass over the requests " +
            "and no second; ask for more requests, or for a shorter trial",
        );
      },
      ask: (request, onPiece, signal) => model.ask(bodies[request], run.requests[request], onPiece, signal),
    };
    // A step of a large model can be long: a run that does not end within a while is ended with its engine.
    let patience;
    const killed = new Promise((_, reject) => {
      stop.listen(() => {
        if (!stop.all) return;
        patience ??= setTimeout(async () => {
          await this.#options.engine.exit();
          reject(new Refusal("cancelled", "cancelled on request"));
        }, patienceMs);
      });
    });
    try {
      return await Promise.race([new Drive(run, trial, stop, this.#hear(run), this.#options.now).go(), killed]);
    } finally {
      clearTimeout(patience);
    }
  }

  #hear(run) {
    const { now } = this.#options;
    let told = now();
    return {
      onEmission: run.live ? (request, tokens) => this.#send({ type: "emission", id: run.id, request, tokens }) : undefined,
      onProgress: (requests_done, tokens) => {
        if (now() - told < progressEveryMs) return;
        told = now();
        this.#send({ type: "progress", id: run.id, requests_done, tokens });
      },
    };
  }
}
