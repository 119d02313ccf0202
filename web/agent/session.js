// One session with a coordinator (docs/FLEET.md): an executor, lent until either side ends it.
import { modelName, refusal } from "./guard.js";
import { Link } from "./link.js";

const tickMs = 50;
const farewellMs = 5000; // for the other side to say that it heard the end

export class AgentSession {
  #options;
  #link;
  #executor;
  #ticking;
  #fetching = new AbortController();
  #ended = false;

  // `options`: id, coordinator (text), leaseMs, now(), publish(bytes), models (Models),
  // open(send) → {submit(line), close()}: an executor; onEnd(reason), once, when the executor has ended; onLinkDone(), when no frame
  // is of interest any more; onLine(direction, line) and onFetch({digits, bytes, of}) for whoever shows what goes on.
  constructor(options) {
    this.#options = options;
    this.#link = new Link({
      publish: options.publish,
      leaseMs: options.leaseMs,
      now: options.now,
      onLine: (line) => this.#heard(line),
      onFrame: (kind, text) => this.#frame(kind, text),
      onBroken: (reason) => this.end(reason),
    });
    this.#executor = options.open((line) => {
      options.onLine("up", line);
      this.#link.sendLine(line);
    });
    this.#ticking = setInterval(() => this.#link.tick(), tickMs);
  }

  get id() {
    return this.#options.id;
  }

  get coordinator() {
    return this.#options.coordinator;
  }

  receive(bytes) {
    this.#link.receive(bytes);
  }

  reconnected() {
    this.#link.sendAgain();
  }

  // Ends it from this side: the executor first, then the other side is told why.
  async end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#fetching.abort();
    await this.#executor.close();
    this.#link.send("end", reason);
    this.#options.onEnd(reason);
    setTimeout(() => this.#stopLink(), farewellMs);
    const settled = setInterval(() => {
      if (!this.#link.settled) return;
      clearInterval(settled);
      this.#stopLink();
    }, tickMs);
    setTimeout(() => clearInterval(settled), farewellMs);
  }

  #stopLink() {
    if (this.#ticking === null) return;
    clearInterval(this.#ticking);
    this.#ticking = null;
    this.#link.finish();
    this.#options.onLinkDone?.();
  }

  async #heard(line) {
    if (this.#ended) return;
    this.#options.onLine("down", line);
    const refused = refusal(line);
    if (refused) return this.#link.sendLine(JSON.stringify(refused));
    if (typeOf(line) === "bye") return this.end("the executor ended: bye");
    this.#executor.submit(line);
  }

  async #frame(kind, text) {
    if (kind === "end") return this.#endedByOther(text);
    if (this.#ended) return undefined;
    if (kind !== "fetch") return this.end(`a frame of the kind '${kind.slice(0, 40)}'`);
    const wanted = wantedModel(text);
    return wanted ? this.#fetch(wanted) : this.end("a fetch without a model, sha256: and 64 hexadecimal digits, and its bytes");
  }

  async #endedByOther(reason) {
    this.#stopLink();
    if (this.#ended) return;
    this.#ended = true;
    this.#fetching.abort();
    await this.#executor.close();
    this.#options.onEnd(reason || "the coordinator ended it");
  }

  async #fetch({ model, bytes }) {
    const answer = (more) => this.#ended || this.#link.send("fetched", JSON.stringify({ model, ...more }));
    const digits = model.slice("sha256:".length);
    const tell = (there) => {
      this.#options.onFetch({ digits, bytes: there, of: bytes });
      this.#link.send("fetching", JSON.stringify({ model, bytes: there }));
    };
    try {
      await this.#options.models.fetch(digits, bytes, tell, this.#fetching.signal);
      this.#options.onFetch({ digits, bytes, of: bytes });
      return answer({});
    } catch (error) {
      return answer({ reason: error?.message ?? String(error), ...(error?.damaged && { damaged: true }) });
    }
  }
}

// {model, bytes} of a fetch's body; undefined where it makes no sense.
function wantedModel(text) {
  try {
    const { model, bytes } = JSON.parse(text);
    const senseless = typeof model !== "string" || !modelName.test(model) || !Number.isSafeInteger(bytes) || bytes < 0;
    return senseless ? undefined : { model, bytes };
  } catch {
    return undefined;
  }
}

function typeOf(line) {
  try {
    return JSON.parse(line)?.type;
  } catch {
    return undefined;
  }
}
