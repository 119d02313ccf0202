// wllama, one instance at a time: a model with the settings it was loaded with. Only this file knows wllama's interface.
//
// What wllama 3.8.1 does that its callers must know: it has no tokeniser and takes prompts as texts; a model that cannot be
// loaded is no exception, only a result that says so and lines in its log; each poll for a request's next piece moves all
// requests on by a step and hands over one piece of one of them; states of earlier prompts are kept, and only loading anew
// forgets them; an exception in C++ comes out as one about an array's length, with the reason in the log.
import { Refusal } from "./flags.js";

const keptLines = 2000;
const outOfMemory =
  /out of memory|\bOOM\b|failed to allocate|cannot allocate|alloc.*failed|Maximum call stack|could not allocate memory/i;

// The last thing that llama.cpp complained of, without the name of the function that did.
function complaint(lines) {
  const errors = lines.filter((line) => line.level === "error" && !line.text.startsWith("Stack trace"));
  const first = errors.find((line) => /error|failed|require|not/i.test(line.text)) ?? errors[0];
  return first?.text.replace(/^[\w ]+: /, "").trim();
}

export class Engine {
  #make; // (logger) → a Wllama that has loaded nothing
  #wllama = null;
  #lines = []; // of its log, since it was made
  #key = ""; // of the model and the settings that it has
  #dead = false;

  constructor(make) {
    this.#make = make;
  }

  get log() {
    return this.#lines.map((line) => line.text).join("\n");
  }

  // Whether exactly this is loaded, and alive.
  has(name, settings) {
    return this.#wllama !== null && !this.#dead && this.#key === this.#keyOf(name, settings);
  }

  // Loads the blob, in place of what was loaded before. Throws a Refusal.
  async load(name, blob, settings) {
    await this.exit();
    const add =
      (level) =>
      (...words) => {
        if (words.every((word) => typeof word === "object")) return;
        this.#lines.push({ level, text: words.join(" ") });
        if (this.#lines.length > keptLines) this.#lines.splice(keptLines / 2, 1); // how it was loaded stands at the beginning
      };
    this.#wllama = this.#make({ debug: add("debug"), log: add("log"), warn: add("warn"), error: add("error") });
    let trouble = "";
    try {
      await this.#wllama.loadModel([blob], settings);
      if (this.#wllama.getLoadedContextInfo().success) this.#key = this.#keyOf(name, settings);
      else trouble = "llama.cpp cannot load it";
    } catch (error) {
      trouble = error?.message ?? String(error);
    }
    if (this.#key !== "") return;
    const reason = complaint(this.#lines) ?? trouble;
    const kind = outOfMemory.test(`${trouble} ${reason}`) ? "oom" : "failed";
    await this.exit();
    throw new Refusal(kind, `the model cannot be loaded: ${reason}`);
  }

  // {n_vocab, n_ctx, n_ctx_train, …} as wllama read it back.
  facts() {
    return {
      ...this.#wllama.getLoadedContextInfo(),
      multiThread: this.#wllama.isMultithread(),
      threads: this.#wllama.getNumThreads(),
    };
  }

  // Asks for one answer; each piece goes to `onPiece` when wllama hands it over. Returns the reason why the answer ended before
  // its time, or "". A Refusal, where the engine is of no use any more.
  async generate(body, onPiece, signal) {
    const before = this.#lines.length;
    const options = { ...body, stream: true, onData: onPiece, abortSignal: signal };
    try {
      if (body.messages) await this.#wllama.createChatCompletion(options);
      else await this.#wllama.createCompletion(options);
      return "";
    } catch (error) {
      if (error?.name === "AbortError") return "cancelled";
      const reason = complaint(this.#lines.slice(before)) ?? error?.message ?? String(error);
      if (error?.name !== "RuntimeError") return error?.message ?? String(error); // llama.cpp refused this one
      if (/invalid UTF-8/.test(reason)) return "what it generated is no UTF-8, and wllama cannot hand that on";
      this.#dead = true;
      throw new Refusal(outOfMemory.test(`${reason} ${error.message}`) ? "oom" : "failed", `wllama broke down: ${reason}`);
    }
  }

  // Ends it, whatever it is doing: calls in progress may then never return.
  async exit() {
    const old = this.#wllama;
    this.#wllama = null;
    this.#lines = [];
    this.#key = "";
    this.#dead = false;
    await old?.exit();
  }

  #keyOf(name, settings) {
    return JSON.stringify([name, settings]);
  }
}

// A function that makes a Wllama from files below `base` (a URL): nothing is fetched from elsewhere.
export function wllamaFrom(module, base) {
  return (logger) => {
    const wllama = new module.Wllama({ default: new URL("wllama/wllama.wasm", base).href }, { logger });
    // For browsers without the means that the usual build needs (Safari).
    wllama.setCompat({
      worker: new URL("wllama/compat/wllama.js", base).href,
      wasm: new URL("wllama/compat/wllama.wasm", base).href,
    });
    return wllama;
  };
}
