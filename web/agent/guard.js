// What a coordinator may not say to an executor: to name files of the device. Refusals are answers, and reach no executor.

export const modelName = /^sha256:[0-9a-f]{64}$/;

// The reason why this line is answered by an error instead, and its kind; undefined: it may pass.
export function refusal(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return undefined; // the executor says what is wrong with it
  }
  if (message === null || typeof message !== "object") return undefined;
  const id = Number.isSafeInteger(message.id) ? message.id : 0;
  const refuse = (reason, kind = "bad-request") => ({ type: "error", id, kind, reason });
  for (const field of message.type === "load" ? ["model", "draft"] : []) {
    const name = message[field];
    if (name != null && name !== "" && !modelName.test(name))
      return refuse(`${field}: expected sha256: and 64 hexadecimal digits, no path`);
  }
  if (message.type === "score" && message.stream != null)
    return refuse("stream: a socket of this device cannot be named from elsewhere", "unsupported");
  for (const [flag, value] of [...Object.entries(message.flags ?? {}), ...Object.entries(message.against ?? {})]) {
    const ofModel = flag === "model" || flag === "draft-model" || flag.includes(".");
    const elsewhere = flag === "extra-args" || flag === "rpc";
    if (value !== "" && (elsewhere || (ofModel && /[/\\]/.test(value))))
      return refuse(`a device takes no ${flag} from a coordinator`, "unsupported");
  }
  return undefined;
}
