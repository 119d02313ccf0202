// Names as docs/FLEET.md has them.

const idRule = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const isId = (text) => typeof text === "string" && idRule.test(text);
export const isSession = (text) => typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

export function hexDigits(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What this device might be called until somebody says better: android-3f9a.
export function proposedId(userAgent) {
  const known = [
    [/Android/, "android"],
    [/iPhone/, "iphone"],
    [/iPad/, "ipad"],
    [/CrOS/, "chromebook"],
    [/Macintosh/, "mac"],
    [/Windows/, "windows"],
    [/Linux/, "linux"],
  ];
  const kind = known.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "browser";
  return `${kind}-${hexDigits(2)}`;
}

// What may be typed as a name, made into an id; "" where nothing is left of it.
export function idFrom(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
}
