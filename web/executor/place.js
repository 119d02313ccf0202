// What this browser lets wllama do, found out once: threads, WebGPU, how finely its clock ticks.

// Why there is only one thread, for people; "" where there may be several.
export function whyOneThread(scope) {
  if (!scope.isSecureContext) {
    return "one thread only: browsers allow shared memory to pages that came over HTTPS or from this machine itself";
  }
  if (!scope.crossOriginIsolated) {
    const headers = "Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy";
    return `one thread only: the page is not cross-origin isolated (its server must send ${headers})`;
  }
  if (typeof scope.SharedArrayBuffer === "undefined") return "one thread only: this browser shares no memory between threads";
  return "";
}

// The smallest step that performance.now() makes, in microseconds: 5 in an isolated page of Chromium, 100 in another.
function clockStepUs(scope) {
  let smallest = Infinity;
  for (let i = 0; i < 5; ++i) {
    const before = scope.performance.now();
    let after = before;
    while (after === before) after = scope.performance.now();
    smallest = Math.min(smallest, after - before);
  }
  return Math.max(1, Math.round(smallest * 1000));
}

// Whether memory may be larger than 4 GB: the usual build of wllama wants that.
function hasWideMemory(scope) {
  try {
    return new scope.WebAssembly.Memory({ address: "i64", initial: 1n }) !== null;
  } catch {
    return false;
  }
}

async function hasGpu(scope) {
  try {
    return (await scope.navigator.gpu?.requestAdapter()) != null;
  } catch {
    return false;
  }
}

// `scope`: the page's global object.
export async function placeOf(scope) {
  const why = whyOneThread(scope);
  // As wllama chooses its build: where WebAssembly cannot wait for JavaScript (Safari) it is another, but never in Firefox.
  const suspends = "Suspending" in scope.WebAssembly;
  const compat = !/Firefox\//.test(scope.navigator.userAgent) && !(suspends && hasWideMemory(scope));
  return {
    multiThread: why === "",
    whyOneThread: why,
    isolated: scope.crossOriginIsolated === true,
    cores: scope.navigator.hardwareConcurrency || 1,
    gpu: (suspends || compat) && (await hasGpu(scope)),
    asyncRead: suspends || compat,
    compat,
    clockStepUs: clockStepUs(scope),
  };
}
