// A model and what it needs to be ready for a run: an engine with the right settings, a context of the right size, prompts.
import { bodyOf } from "./answer.js";
import { Refusal } from "./flags.js";
import { memoryUse } from "./ledger.js";
import { SyntheticPrompts } from "./prompts.js";

const smallestContext = 1024; // tokens a slot
const templateBytes = 512; // around the messages of a chat, at most
const keptStatesBytes = 256 << 20; // of earlier prompts, before they are thrown away between two trials
const always = { warmup: true, ctx_shift: false, cache_idle_slots: false, reasoning_format: "none", skip_chat_parsing: true };
const encoder = new TextEncoder();

// Browsers first run WebAssembly as it was compiled in haste and put better code in its place while it runs: what a trial measures
// is to be the latter. Read again and again until that is no faster any more.
const warmUpText =
  "Before anything is measured, the engine reads these lines, which nobody has asked for: they have letters, digits like 1,024, " +
  "and names like Lisbon or Osaka. What it answers is thrown away.";
const warmUpTokens = 3;
const mostWarmUps = 4;
const stillFaster = 0.9;

// Tokens that a request may need. No text is more tokens than it has bytes, but for those that every text begins and ends with.
function need(request) {
  const text = request.prompt ?? (request.messages ?? []).map((one) => Object.values(one).join("")).join("");
  const prompt = request.synthetic_tokens ?? encoder.encode(text).length + (request.messages ? templateBytes : 0) + 2;
  return prompt + (request.max_tokens ?? 128) + 1;
}

const promptTokens = (chunk) => (chunk.timings ? chunk.timings.prompt_n + chunk.timings.cache_n : undefined);

export class Model {
  #engine;
  #name;
  #blob;
  #trainedContext = smallestContext;
  #keptBytes = 0; // states of earlier prompts that wllama holds: an estimate
  #warm = false;
  #prompts = new SyntheticPrompts((text) => this.#count(text));

  constructor(engine, name, blob) {
    this.#engine = engine;
    this.#name = name;
    this.#blob = blob;
  }

  // Loads it for the first time. Throws a Refusal.
  async load(settings) {
    const magic = new TextDecoder().decode(await this.#blob.slice(0, 4).arrayBuffer());
    if (magic !== "GGUF") throw new Refusal("failed", `${this.#name} is no GGUF file`);
    await this.#ready(settings, smallestContext);
    const { n_ctx_train, n_vocab } = this.#engine.facts();
    this.#trainedContext = n_ctx_train;
    return { model_bytes: memoryUse(this.#engine.log).model_bytes ?? null, n_ctx_train, n_vocab };
  }

  // Makes it ready for a run that begins cold: bodies of its requests, in order. Throws a Refusal.
  async prepare(run, settings) {
    if (settings.cachePrompt) this.#keptBytes = Infinity; // what is kept of earlier trials would be found
    await this.#ready(settings, this.#contextFor(run.requests));
    if (!this.#warm) await this.#warmUp();
    const bodies = [];
    for (const [i, request] of run.requests.entries()) {
      const prompt = request.synthetic_tokens ? await this.#synthetic(request, run.seed ?? 0, i) : request.prompt;
      const seed = ((run.seed ?? 0) * 1_000_003 + i) % 0x7fffffff;
      bodies.push(bodyOf(run, request, prompt, seed, settings));
    }
    return bodies;
  }

  // One answer: its pieces, and why it broke off ("" where it did not). Throws a Refusal where the engine broke down.
  async ask(body, request, onPiece, signal) {
    let tokens = 0;
    const broken = await this.#engine.generate(
      body,
      (chunk) => {
        onPiece(chunk);
        tokens = promptTokens(chunk) ?? tokens;
      },
      signal,
    );
    this.#keptBytes += tokens * this.#bytesAToken();
    if (broken === "" && request.synthetic_tokens && tokens !== request.synthetic_tokens) {
      return `its prompt came out as ${tokens} tokens, not ${request.synthetic_tokens}`;
    }
    return broken;
  }

  async #ready(settings, tokensASlot) {
    const load = { ...settings.load, ...always, n_ctx: settings.context || tokensASlot * settings.parallel };
    if (this.#engine.has(this.#name, load) && this.#keptBytes < keptStatesBytes) return;
    await this.#engine.load(this.#name, this.#blob, load);
    this.#keptBytes = 0;
    this.#warm = false;
  }

  async #warmUp() {
    const body = bodyOf({ temperature: 0 }, { max_tokens: warmUpTokens, ignore_eos: true }, warmUpText, 0, {
      cachePrompt: false,
      tokenIds: false,
    });
    let before = Infinity;
    for (let i = 0; i < mostWarmUps; ++i) {
      const began = performance.now();
      const broken = await this.#engine.generate(body, () => {});
      const took = performance.now() - began;
      if (broken || took > before * stillFaster) break; // no room for it in a small context: then it is as it is
      before = took;
    }
    this.#warm = true;
  }

  // A power of two, so that blocks which draw other requests seldom need another; never more than the model was made for.
  #contextFor(requests) {
    const longest = Math.max(...requests.map(need), smallestContext);
    return Math.min(2 ** Math.ceil(Math.log2(longest)), Math.max(this.#trainedContext, smallestContext));
  }

  async #synthetic(request, seed, index) {
    try {
      return await this.#prompts.of(request.synthetic_tokens, seed, index);
    } catch (error) {
      if (error instanceof Refusal) error.message = `request '${request.id}': ${error.message}`;
      throw error;
    }
  }

  // How many tokens a text is: it has to be read for that.
  async #count(text) {
    let tokens = 0;
    const body = bodyOf({ temperature: 0 }, { max_tokens: 1 }, text, 0, { cachePrompt: false, tokenIds: false });
    const broken = await this.#engine.generate(body, (chunk) => (tokens = promptTokens(chunk) ?? tokens));
    if (broken || tokens === 0)
      throw new Refusal("failed", `wllama cannot say how many tokens a text is: ${broken || "it does not tell"}`);
    return tokens;
  }

  // What the KV cache takes for each, and so what is kept of an earlier prompt.
  #bytesAToken() {
    return (memoryUse(this.#engine.log).kv_cache_bytes ?? 0) / Math.max(this.#engine.facts().n_ctx, 1);
  }
}
