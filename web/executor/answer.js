// One request's answer, from the pieces that wllama hands over: what became visible when, how it ended.
//
// A piece is one token, or several where a character ended in a later one. The end token is a piece without text, or none at all;
// so a piece without text is held until the next says whether it was the end.

const emptyCounts = { promptTokens: -1, cachedTokens: -1, serverPrefillNs: -1, serverDecodeNs: -1 };
const toNs = (ms) => Math.round(ms * 1e6);

// The body for a request of a run (docs/PROTOCOL.md). `settings`: cachePrompt and tokenIds. Ids come with the likeliest tokens,
// which cost nothing where there is but one left to choose from.
export function bodyOf(run, request, prompt, seed, settings) {
  const body = {
    ...(request.messages?.length > 0 ? { messages: request.messages } : { prompt }),
    max_tokens: request.max_tokens ?? 128,
    ignore_eos: request.ignore_eos ?? false,
    cache_prompt: settings.cachePrompt,
    timings_per_token: true,
    seed,
  };
  if ((run.temperature ?? 0) <= 0) {
    const ids = settings.tokenIds ? { n_probs: 1, post_sampling_probs: true } : {};
    return { ...body, temperature: 0, top_k: 1, samplers: ["top_k"], ...ids };
  }
  return {
    ...body,
    temperature: run.temperature,
    top_k: run.top_k ?? 0,
    top_p: run.top_p ?? 1,
    samplers: ["top_k", "top_p", "temperature"],
  };
}

export class Answer {
  text = "";
  finish = "";
  emissions = []; // {at: ms, tokens}
  tokenIds = [];
  counts = { ...emptyCounts };
  #onTokens; // (tokens)
  #maxTokens;
  #made = 0; // tokens that the engine has told of
  #held = null; // {at, tokens, ids}: without text as yet

  constructor(maxTokens, onTokens) {
    this.#maxTokens = maxTokens;
    this.#onTokens = onTokens;
  }

  piece(chunk, at) {
    const choice = chunk.choices?.[0];
    if (!choice) return;
    const text = choice.text ?? choice.delta?.content ?? "";
    this.text += text;
    const made = chunk.timings?.predicted_n ?? this.#made;
    const fresh = Math.max(made - this.#made, 0);
    this.#made = Math.max(made, this.#made);
    if (choice.finish_reason) return this.#end(choice.finish_reason, fresh, chunk, at);
    if (fresh === 0) return;
    this.#tellHeld();
    this.#held = { at, tokens: fresh, ids: (choice.logprobs?.content ?? []).map((one) => one.id) };
    if (text !== "") this.#tellHeld();
  }

  // Whether every visible token's id is known.
  get hasAllIds() {
    return this.tokenIds.length === this.emissions.reduce((sum, one) => sum + one.tokens, 0);
  }

  #tellHeld() {
    const held = this.#held;
    this.#held = null;
    if (held === null || held.tokens === 0) return;
    this.emissions.push({ at: held.at, tokens: held.tokens });
    this.tokenIds.push(...held.ids);
    this.#onTokens(held.tokens);
  }

  #end(reason, fresh, chunk, at) {
    const byEndToken = reason === "stop";
    if (byEndToken && fresh === 0 && this.#held !== null) {
      this.#held.tokens -= 1;
      this.#held.ids.pop();
    }
    this.#tellHeld();
    const unseen = fresh - (byEndToken ? 1 : 0);
    if (unseen > 0) {
      this.#held = { at, tokens: unseen, ids: [] };
      this.#tellHeld();
    }
    this.#count(chunk.timings ?? {}, byEndToken);
    if (byEndToken) this.finish = "stop";
    else if (reason === "length")
      this.finish = this.#made >= this.#maxTokens ? "length" : "error: its context was full before the answer ended";
    else this.finish = `error: wllama ended it with '${reason}'; expected stop or length`;
  }

  #count(timings, byEndToken) {
    if (timings.prompt_n === undefined) return;
    this.counts.cachedTokens = timings.cache_n;
    this.counts.promptTokens = timings.prompt_n + timings.cache_n;
    this.counts.serverPrefillNs = toNs(timings.prompt_ms);
    // From the first token to the last, the end token included; scaled to those that are seen.
    const steps = timings.predicted_n - 1;
    const seen = byEndToken ? Math.max(steps - 1, 0) : steps;
    if (steps > 0) this.counts.serverDecodeNs = toNs((timings.predicted_ms * seen) / steps);
  }
}
