// What people see. Takes what happens, changes texts; decides nothing.

const usual = {
  "kv-cache": "on",
  "cache-type-k": "f16",
  "cache-type-v": "f16",
  "cache-prompt": "off",
  "cache-reuse": "0",
  "kv-unified": "auto",
  "swa-full": "off",
  "flash-attn": "off",
  "cont-batching": "off",
  parallel: "1",
  "batch-size": "2048",
  "ubatch-size": "512",
  "n-gpu-layers": "0",
};

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;

function settingsIn(flags) {
  const named = Object.entries(flags ?? {}).filter(
    ([name, value]) => (name in usual && value !== "" && value !== usual[name]) || name === "threads",
  );
  return named.map(([name, value]) => `${name} ${value}`).join(", ") || "as the baseline";
}

export class View {
  onJoin = () => {};
  onRename = () => {};
  #parts = {};
  #done = 0;
  #failed = 0;
  #of = 0; // requests of the trial

  constructor(document) {
    for (const one of document.querySelectorAll("[id]")) this.#parts[one.id] = one;
    this.#parts.join.addEventListener("submit", (event) => {
      event.preventDefault();
      this.onJoin(this.#parts.hub.value);
    });
    this.#parts.naming.addEventListener("submit", (event) => {
      event.preventDefault();
      this.onRename(this.#parts.name.value);
    });
  }

  place(place, library) {
    this.#text("threads", place.multiThread ? `up to ${place.cores}` : "one");
    this.#text("gpu", place.gpu ? "WebGPU" : "none that this page may use");
    this.#text("library", library);
    this.#show(
      "why",
      place.whyOneThread !== "",
      place.whyOneThread.replace(/^./, (first) => first.toUpperCase()),
    );
  }

  device(id, server) {
    this.#parts.name.value = id;
    this.#text("address", server);
    this.#state("connecting");
    this.#show("join", false);
    this.trouble("");
  }

  joined() {
    this.#state("joined", "joined");
    this.trouble("");
  }

  away() {
    this.#state("hub is away", "bad");
    this.trouble("The hub does not answer. This page goes on trying.");
  }

  askForHub(fault) {
    this.#state("no hub");
    this.#show("join", true);
    this.#text("now", "Not joined.");
    this.trouble(fault);
  }

  refused(error) {
    const words = String(error?.message ?? error);
    const token = /authoriz|auth/i.test(words);
    this.#state("not joined", "bad");
    this.#show("join", true);
    this.trouble(
      token ? "The hub refuses the token. Take the address from what the hub prints now." : `The hub cannot be reached: ${words}`,
    );
  }

  refusedSession(reason) {
    this.#show("last", true, `A coordinator was refused: ${reason}`);
  }

  broken(error) {
    this.#state("broken", "bad");
    this.trouble(`This browser cannot run the page: ${error?.message ?? error}`);
  }

  trouble(words) {
    this.#show("trouble", words !== "", words);
  }

  screen(words) {
    this.#text("screen", words);
  }

  session(session, reason) {
    this.#parts.name.disabled = session !== null;
    this.#parts.naming.querySelector("button").disabled = session !== null;
    this.#show("trial", false);
    this.#show("bar", false);
    this.#text("now", session ? `In a session with ${session.coordinator}.` : "Waiting for a coordinator.");
    if (session) this.#text("coordinator", session.coordinator);
    else if (reason) this.#show("last", true, `The last session ended: ${reason}`);
  }

  fetch({ bytes, of }) {
    this.#bar(bytes / of);
    this.#text("now", bytes < of ? `Fetching a model: ${megabytes(bytes)} of ${megabytes(of)}` : "The model is here.");
  }

  // Of the executor protocol, as it goes by; `emission` lines are many, and nobody could read what they change.
  line(direction, line) {
    if (direction === "up" && /^\{"type":"(emission|timeline|scored)"/.test(line)) return;
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (direction === "down") this.#asked(message);
    else this.#answered(message);
  }

  #asked(message) {
    if (message.type === "load") this.#text("now", "Loading the model.");
    if (message.type !== "run") return;
    this.#of = message.requests?.length ?? 0;
    this.#text("now", "A trial runs.");
    this.#show("trial", true);
    this.#progress(0, 0);
    this.#text("settings", settingsIn(message.flags));
  }

  #answered(message) {
    if (message.type === "progress") this.#progress(message.requests_done, message.tokens);
    if (message.type === "loaded") this.#text("now", "The model is loaded.");
    if (message.type === "done") this.#text("done", String(++this.#done));
    if (message.type === "error") {
      this.#text("failed", String(++this.#failed));
      this.#show("last", true, `Last: ${message.reason}`);
    }
    if (message.type !== "done" && message.type !== "error") return;
    this.#text("now", "Between trials.");
    this.#show("bar", false);
    this.#show("trial", false);
  }

  #progress(requests, tokens) {
    this.#text("requests", requests > this.#of ? `${requests}, again and again` : `${requests} of ${this.#of}`);
    this.#text("tokens", String(tokens));
    this.#bar(this.#of > 0 ? Math.min(requests / this.#of, 1) : 0);
  }

  #bar(share) {
    this.#parts.bar.hidden = false;
    this.#parts.bar.value = share;
  }

  #state(words, kind = "") {
    this.#text("state", words);
    this.#parts.state.className = `pill ${kind}`;
  }

  #show(id, visible, words) {
    this.#parts[id].hidden = !visible;
    if (words !== undefined) this.#text(id, words);
  }

  #text(id, words) {
    this.#parts[id].textContent = words;
  }
}
