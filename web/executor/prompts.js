// Prompts of an exact number of tokens, for an engine that has no tokeniser and says only how many tokens a text was.
//
// Words that are one token each wherever they stand are found by asking: a text grows by one token when they are appended once
// more. Texts made of them have as many tokens as words, and those that every text begins with. Whether a prompt came out as
// meant stands in its answer, and the session looks.
import { Refusal } from "./flags.js";

const candidates = [
  " the",
  " and",
  " of",
  " to",
  " a",
  " in",
  " was",
  " is",
  " on",
  " he",
  " it",
  " that",
  " with",
  " for",
  " be",
  " at",
];
const enoughWords = 6;

// 32 bits from any number of numbers (FNV-1a, then mixed as in MurmurHash3's end): the same for the same.
function drawn(...numbers) {
  let state = 0x811c9dc5;
  for (const number of numbers) {
    for (let left = number >>> 0, i = 0; i < 4; ++i, left >>>= 8) state = Math.imul(state ^ (left & 0xff), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

export class SyntheticPrompts {
  #count; // (text) → how many tokens it is, those that every text begins with included
  #vocabulary = null;

  constructor(count) {
    this.#count = count;
  }

  async of(tokens, seed, index) {
    this.#vocabulary ??= await this.#find();
    const { words, base } = this.#vocabulary;
    const shortest = Math.max(base, 1); // no text at all, where the model begins with a token of its own
    if (tokens < shortest)
      throw new Refusal("unsupported", `a prompt of ${tokens} tokens: this model's shortest has ${shortest}`);
    let text = "";
    for (let i = base; i < tokens; ++i) text += words[drawn(seed, index, i) % words.length];
    return text;
  }

  async #find() {
    const words = [];
    let base;
    for (const word of candidates) {
      const once = await this.#count(word);
      if ((await this.#count(word + word)) !== once + 1) continue;
      base ??= once - 1;
      if (once - 1 === base) words.push(word);
      if (words.length === enoughWords) break;
    }
    if (words.length === 0)
      throw new Refusal("unsupported", "synthetic prompts: this model has no common word that is one token wherever it stands");
    return { words, base };
  }
}
