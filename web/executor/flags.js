// Flags of the catalogue as wllama's parameters: what hello says of each, and what a value becomes.

// A value that cannot be run, with the kind of error that the protocol has for it.
export class Refusal extends Error {
  constructor(kind, reason) {
    super(reason);
    this.kind = kind;
  }
}

const yes = { support: "yes" };
const no = (reason) => ({ support: "no", reason });
const only = (values, reason) => ({ support: "values", values, reason });
const fixed = (values, reason) => ({ support: "fixed", values, reason });

const cacheTypes = ["f32", "f16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"];
const noCpuChoice = "a web page does not choose CPUs, priorities or memory nodes";
const noDrafter = "wllama drafts with a second model only, and takes none from a page that loads models from memory";

// What can be done here. `place` says of the browser: multiThread, whyOneThread, gpu (bool), asyncRead (bool).
export function flagSupport(place) {
  const flags = {};
  for (const name of [
    "ctx-size",
    "batch-size",
    "ubatch-size",
    "parallel",
    "kv-unified",
    "swa-full",
    "cont-batching",
    "cache-prompt",
    "cache-reuse",
  ]) {
    flags[name] = yes;
  }
  flags["threads"] = place.multiThread ? yes : fixed(["1"], place.whyOneThread);
  flags["threads-batch"] = fixed([], "wllama reads prompts with as many threads as it generates with");
  flags["cache-type-k"] = only(cacheTypes, "wllama knows these");
  flags["cache-type-v"] = only(cacheTypes, "wllama knows these");
  flags["flash-attn"] = only(["off", "auto"], "wllama leaves the choice to llama.cpp or switches it off");
  flags["kv-cache"] = only(["on"], "wllama always keeps keys and values");
  flags["n-gpu-layers"] = place.gpu ? yes : only(["0", "auto"], "this browser has no WebGPU adapter");
  flags["no-kv-offload"] = place.gpu ? yes : only(["off"], "this browser has no WebGPU adapter");
  flags["load-mode"] = fixed([place.asyncRead ? "none" : "mmap"], "the browser decides how wllama reads a file");
  flags["speculative-decoding"] = only(["off"], noDrafter);
  flags["prompt-lookup"] = only(["off"], "wllama has no drafter without a model");
  flags["spec-type"] = only(["none"], noDrafter);
  for (const name of ["cpu-mask", "cpu-range", "prio", "poll", "numa"]) flags[name] = no(noCpuChoice);
  for (const name of ["split-mode", "main-gpu", "op-offload", "repack"]) flags[name] = no("wllama has no such setting");
  flags["rpc"] = no("a web page opens no plain connections to other machines");
  flags["extra-args"] = no("it starts no other program");
  return flags;
}

// What only this executor has. wllama fails an answer in which a character is made of several tokens where it is to tell their ids.
export const ownFlags = [
  {
    name: "token-ids",
    type: "on-off",
    values: [],
    default_value: "off",
    scope: "request",
    effect: "exact",
    help: "Tell the ids of generated tokens, at temperature 0. Answers with characters of several tokens (many emojis) then fail.",
  },
];

function whole(flags, name, least, otherwise) {
  const text = flags[name] ?? "";
  if (text === "") return otherwise;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new Refusal("bad-request", `flag '${name}' is '${text}'; expected a whole number of at least ${least}`);
  }
  return Number(text);
}

function onOff(flags, name, otherwise) {
  const text = flags[name] ?? "";
  if (text === "") return otherwise;
  if (text !== "on" && text !== "off") throw new Refusal("bad-request", `flag '${name}' is '${text}'; expected on or off`);
  return text === "on";
}

function gpuLayers(flags, place) {
  const text = flags["n-gpu-layers"] ?? "";
  if (text === "auto" || text === "all") return place.gpu ? 99999 : 0;
  return whole(flags, "n-gpu-layers", 0, 0);
}

// One buffer for all where prefixes are to be shared among slots; else attention goes over a slot's own cells only.
function unified(flags, parallel, cachePrompt) {
  const text = flags["kv-unified"] ?? "";
  if (text === "" || text === "auto") return parallel > 1 && cachePrompt;
  return onOff(flags, "kv-unified", false);
}

function refuseOthers(flags, support) {
  for (const [name, value] of Object.entries(flags)) {
    const here = support[name];
    if (here?.support !== "values" || value === "" || here.values.includes(value)) continue;
    throw new Refusal(
      "unsupported",
      `flag '${name}' is '${value}', but here it can only be ${here.values.join(" or ")}: ${here.reason}`,
    );
  }
}

// What of the flags wllama is told when it loads (`load`), and with each request (`cachePrompt`, `tokenIds`). The size of the context
// is left to the caller where the flags leave it open (`context` is 0). Throws a Refusal.
export function settingsFor(flags, place) {
  refuseOthers(flags, flagSupport(place));
  const parallel = whole(flags, "parallel", 1, 1);
  const batch = whole(flags, "batch-size", 1, 2048);
  const ubatch = whole(flags, "ubatch-size", 1, Math.min(512, batch));
  const cachePrompt = onOff(flags, "cache-prompt", false);
  const load = {
    n_threads: place.multiThread ? whole(flags, "threads", 1, Math.max(1, Math.floor(place.cores / 2))) : 1,
    n_batch: batch,
    n_ubatch: ubatch,
    n_parallel: parallel,
    kv_unified: unified(flags, parallel, cachePrompt),
    n_gpu_layers: gpuLayers(flags, place),
    no_kv_offload: onOff(flags, "no-kv-offload", false),
    cache_type_k: flags["cache-type-k"] || "f16",
    cache_type_v: flags["cache-type-v"] || "f16",
    flash_attn: flags["flash-attn"] === "auto",
    swa_full: onOff(flags, "swa-full", false),
    cont_batching: onOff(flags, "cont-batching", false),
    n_cache_reuse: whole(flags, "cache-reuse", 0, 0),
  };
  const tokenIds = onOff(flags, "wllama.token-ids", false);
  return { load, parallel, cachePrompt, tokenIds, contBatching: load.cont_batching, context: whole(flags, "ctx-size", 1, 0) };
}
