// A run: requests as they arrive, so many in flight, passes, cancels.
import { Answer } from "./answer.js";
import { Arrivals } from "./arrivals.js";
import { Refusal } from "./flags.js";

// What is wanted to end before its time. Set from outside while a run goes on.
export class Stop {
  all = false;
  requests = new Set();
  #listeners = [];

  listen(listener) {
    this.#listeners.push(listener);
  }

  run() {
    this.all = true;
    this.#listeners.forEach((listener) => listener());
  }

  request(id) {
    this.requests.add(id);
    this.#listeners.forEach((listener) => listener());
  }
}

export class Drive {
  #run;
  #trial;
  #stop;
  #hear;
  #now;
  #arrivals;
  #queue = []; // records that have arrived and wait for a slot
  #inFlight = new Map(); // record → AbortController
  #records = [];
  #tokens = 0;
  #done = 0;
  #timer;
  #passEnded; // {resolve, reject} of this pass

  // `trial`: slots, contBatching, beginPass(pass) and ask(request, onPiece, signal) → the reason why it broke off, or "".
  // `hear`: onEmission(id, tokens), onProgress(requests, tokens), each may be absent. `now`: milliseconds, monotonic.
  constructor(run, trial, stop, hear, now) {
    this.#run = run;
    this.#trial = trial;
    this.#stop = stop;
    this.#hear = hear;
    this.#now = now;
    this.#arrivals = new Arrivals(run.requests, run.concurrency);
  }

  // Returns {start, records} for timelineOf(). Throws a Refusal.
  async go() {
    this.#stop.listen(() => this.#obey());
    let start;
    for (let pass = 0; ; ++pass) {
      await this.#trial.beginPass(pass);
      const tokensBefore = this.#tokens;
      const began = this.#now();
      start ??= began;
      await this.#onePass(pass, began);
      const ofPass = this.#records.filter((record) => record.pass === pass);
      if (this.#enough(start, ofPass, this.#tokens > tokensBefore)) return { start, records: this.#records };
    }
  }

  #onePass(pass, now) {
    return new Promise((resolve, reject) => {
      this.#passEnded = { resolve, reject };
      this.pass = pass;
      this.#arrivals.beginPass(now);
      if (this.#stop.all) this.#obey();
      else this.#moveOn();
    }).finally(() => clearTimeout(this.#timer));
  }

  // Arrivals, then slots; then a timer for the next that is to arrive.
  #moveOn() {
    clearTimeout(this.#timer);
    if (this.#stop.all) return;
    for (let arrival; (arrival = this.#arrivals.take(this.#now()));) this.#arrived(arrival);
    this.#admit();
    const next = this.#arrivals.next();
    if (next !== undefined) this.#timer = setTimeout(() => this.#moveOn(), Math.max(next - this.#now(), 0));
    else if (this.#arrivals.passOver()) this.#passEnded.resolve();
  }

  #arrived({ request, at }) {
    const asked = this.#run.requests[request];
    const answer = new Answer(asked.max_tokens ?? 128, (tokens) => {
      this.#tokens += tokens;
      this.#hear.onEmission?.(asked.id, tokens);
    });
    const record = { id: asked.id, request, pass: this.pass, arrival: at, admitted: undefined, end: undefined, answer };
    this.#records.push(record);
    if (this.#stop.requests.has(asked.id)) this.#ended(record, "cancelled");
    else this.#queue.push(record);
  }

  // Without continuous batching a batch is admitted together, when the one before has ended.
  #admit() {
    if (!this.#trial.contBatching && this.#inFlight.size > 0) return;
    while (this.#queue.length > 0 && this.#inFlight.size < this.#trial.slots) this.#serve(this.#queue.shift());
  }

  async #serve(record) {
    const abort = new AbortController();
    this.#inFlight.set(record, abort);
    record.admitted = this.#now();
    try {
      const broken = await this.#trial.ask(record.request, (chunk) => record.answer.piece(chunk, this.#now()), abort.signal);
      this.#inFlight.delete(record);
      this.#ended(record, broken === "" ? record.answer.finish : broken === "cancelled" ? broken : `error: ${broken}`);
      this.#hear.onProgress?.(this.#done, this.#tokens);
      if (this.#stop.all) this.#obey();
      else this.#moveOn();
    } catch (error) {
      this.#inFlight.delete(record);
      this.#passEnded.reject(error);
    }
  }

  #ended(record, finish) {
    record.end = this.#now();
    record.answer.finish = finish || "error: wllama's answer ended without a reason";
    this.#done += 1;
    this.#arrivals.ended(record.request, record.end);
  }

  #obey() {
    const unwanted = (record) => this.#stop.all || this.#stop.requests.has(record.id);
    for (const [record, abort] of this.#inFlight) if (unwanted(record)) abort.abort();
    if (this.#stop.all) {
      clearTimeout(this.#timer);
      if (this.#inFlight.size === 0) this.#passEnded?.reject(new Refusal("cancelled", "cancelled on request"));
      return;
    }
    for (const record of this.#queue.filter(unwanted)) this.#ended(record, "cancelled");
    this.#queue = this.#queue.filter((record) => record.end === undefined);
    if (this.#passEnded) this.#moveOn();
  }

  #enough(start, ofPass, counted) {
    if (this.#records.some((record) => record.answer.finish.startsWith("error"))) return true;
    if (ofPass.every((record) => record.answer.finish === "cancelled")) return true;
    const lastEnd = Math.max(...ofPass.map((record) => record.end));
    const longEnough = lastEnd - start >= (this.#run.min_s ?? 0) * 1000;
    return longEnough && (this.#tokens >= (this.#run.min_tokens ?? 0) || !counted);
  }
}
