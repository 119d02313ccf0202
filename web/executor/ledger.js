// What is in force, from what wllama reads back and llama.cpp's log of how it was loaded. What cannot be read is "unknown".

const unknown = "unknown";

// What stands after the last `label`, up to one of `ends`.
function after(log, label, ends = /[\s),]/) {
  const at = log.lastIndexOf(label);
  if (at < 0) return "";
  return log
    .slice(at + label.length)
    .trimStart()
    .split(ends, 1)[0];
}

function contextValue(log, name) {
  const found = [...log.matchAll(new RegExp(`llama_context: ${name}\\s+= (\\S+)`, "g"))].at(-1);
  return found?.[1] ?? unknown;
}

function flashAttention(log) {
  if (log.includes("enabling flash_attn since it is required")) return "on";
  const resolved = after(log, "Flash Attention ", /\n/);
  if (resolved.startsWith("enabled")) return "on";
  if (/^(not supported|disabled)/.test(resolved)) return "off";
  return { enabled: "on", disabled: "off" }[contextValue(log, "flash_attn")] ?? unknown;
}

// Sum of all buffers of a kind, "CPU KV buffer size =     1.15 MiB"; undefined where the log tells of none. One that is made anew
// is logged again; but several caches (with a window, without) have one name.
function bufferBytes(log, label) {
  const sizes = new Map();
  for (const [, name, size] of log.matchAll(new RegExp(`(.*)${label} buffer size =\\s*([\\d.]+) MiB`, "g"))) {
    sizes.set(label === "KV" ? sizes.size : name, Number(size));
  }
  if (sizes.size === 0) return undefined;
  return Math.round([...sizes.values()].reduce((sum, one) => sum + one, 0) * 1048576);
}

function contextFlags(log) {
  const size = contextValue(log, "n_ctx");
  return {
    "n-ctx": size,
    "ctx-size": size,
    "batch-size": contextValue(log, "n_batch"),
    "ubatch-size": contextValue(log, "n_ubatch"),
    parallel: contextValue(log, "n_seq_max"),
    "kv-unified": { true: "on", false: "off" }[contextValue(log, "kv_unified")] ?? unknown,
    "flash-attn": flashAttention(log),
    "cache-type-k": after(log, ", K (") || unknown,
    "cache-type-v": after(log, ", V (") || unknown,
    "load-mode": after(log, "(load_mode = ") || unknown,
  };
}

// `facts` as Engine.facts() has them, `settings` as settingsFor(). Beside flags it states facts of the browser that decide how fast
// it can be.
export function inForce(log, facts, place, settings) {
  const threads = String(facts.threads);
  return {
    ...contextFlags(log),
    threads,
    "threads-batch": threads,
    "n-gpu-layers": place.gpu ? after(log, "offloaded ", /\//) || unknown : "0",
    "kv-cache": "on",
    "cont-batching": unknown,
    "cache-reuse": unknown,
    "speculative-decoding": "off",
    "multi-thread": facts.multiThread ? "on" : "off",
    "wllama.token-ids": settings.tokenIds ? "on" : "off",
    "cross-origin-isolated": place.isolated ? "on" : "off",
    "wasm-build": place.compat ? "compat" : "usual",
    "clock-step-us": String(place.clockStepUs),
  };
}

export function memoryUse(log) {
  const compute = bufferBytes(log, "compute");
  const known = {
    elsewhere: true, // in a process of the browser's, which a page is told nothing of
    model_bytes: bufferBytes(log, "model"),
    kv_cache_bytes: bufferBytes(log, "KV"),
    compute_bytes: compute === undefined ? undefined : compute + (bufferBytes(log, "output") ?? 0),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
