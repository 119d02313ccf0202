// When requests arrive: in a closed loop, at fixed times, or after the one that they follow (docs/PROTOCOL.md, "How to run it").
// Knows no clock: times are what the caller says, in milliseconds.

// What makes the requests of a run senseless, in words; undefined where nothing does.
export function faultIn(requests) {
  if (!Array.isArray(requests) || requests.length === 0) return "a run without requests";
  const index = new Map();
  const followed = new Set();
  let timed = 0;
  let untimed = 0;
  for (const [i, request] of requests.entries()) {
    const name = `request '${request.id}': `;
    if (typeof request.id !== "string" || index.has(request.id))
      return `${name}expected an id that is a text and unique in the run`;
    const kinds = [request.prompt != null, (request.messages ?? []).length > 0, request.synthetic_tokens != null];
    if (kinds.filter(Boolean).length !== 1) return `${name}expected exactly one of prompt, messages and synthetic_tokens`;
    if ((request.max_tokens ?? 128) < 1) return `${name}max_tokens must be at least 1`;
    if ((request.synthetic_tokens ?? 1) < 1) return `${name}synthetic_tokens must be at least 1`;
    if (request.after != null) {
      if (request.arrival_us != null) return `${name}it follows another, so it has no arrival_us`;
      if (!index.has(request.after)) return `${name}it follows '${request.after}', which is no earlier request of the run`;
      if (followed.has(request.after)) return `${name}it follows '${request.after}', which another follows already`;
      followed.add(request.after);
    } else if (request.arrival_us != null) {
      if (request.arrival_us < 0) return `${name}arrival_us is negative`;
      timed += 1;
    } else {
      untimed += 1;
    }
    index.set(request.id, i);
  }
  if (timed > 0 && untimed > 0) return "arrival_us is given for some of the requests that follow none; expected all or none";
  return undefined;
}

export class Arrivals {
  #follower = new Map(); // request → the one that follows it
  #order = []; // those that follow none
  #offsets = null; // of #order, ms after the start of a pass; null: a closed loop
  #concurrency;
  #toCome = 0; // into #order
  #waiting = []; // {request, at}, by time
  #open = 0; // not ended in this pass

  constructor(requests, concurrency) {
    const index = new Map(requests.map((request, i) => [request.id, i]));
    requests.forEach((request, i) => {
      if (request.after != null) this.#follower.set(index.get(request.after), i);
      else this.#order.push(i);
    });
    this.#concurrency = Math.max(concurrency ?? 1, 1);
    if (requests[this.#order[0]].arrival_us != null) {
      this.#order.sort((a, b) => requests[a].arrival_us - requests[b].arrival_us);
      this.#offsets = this.#order.map((i) => requests[i].arrival_us / 1000);
    }
    this.count = requests.length;
  }

  beginPass(now) {
    this.#open = this.count;
    const atOnce = this.#offsets ? this.#order.length : Math.min(this.#concurrency, this.#order.length);
    this.#waiting = this.#order.slice(0, atOnce).map((request, i) => ({ request, at: now + (this.#offsets?.[i] ?? 0) }));
    this.#toCome = atOnce;
  }

  // The next that has arrived by `now`, or undefined.
  take(now) {
    return this.#waiting.length > 0 && this.#waiting[0].at <= now ? this.#waiting.shift() : undefined;
  }

  // When the next arrives that is known of; undefined: nobody does before another has ended.
  next() {
    return this.#waiting[0]?.at;
  }

  ended(request, now) {
    this.#open -= 1;
    const follower = this.#follower.get(request);
    if (follower !== undefined) this.#insert({ request: follower, at: now });
    else if (!this.#offsets && this.#toCome < this.#order.length) this.#insert({ request: this.#order[this.#toCome++], at: now });
  }

  passOver() {
    return this.#open === 0;
  }

  #insert(arrival) {
    const place = this.#waiting.findIndex((one) => one.at > arrival.at);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, arrival);
  }
}
