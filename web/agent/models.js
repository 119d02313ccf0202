// Models from the hub's object store, by SHA-256 (docs/FLEET.md, "Models"): once, and on from where a fetch was broken off.

const bucket = "edgelab-models";
const chunkBytes = 131_072;
const chunksInAPart = 32;
const readBytes = 1 << 22;
const tellEveryMs = 1000;
const stalledMs = 30_000;

// What the hub sent does not add up to the model.
class NotTheModel extends Error {
  damaged = true;
}

function goOnUnless(signal) {
  if (signal.aborted) throw new Error("the session ended");
}

// The digest that a blob's bytes have added to.
async function digested(hash, blob, signal) {
  for (let at = 0; at < blob.size; at += readBytes) {
    goOnUnless(signal);
    hash.update(new Uint8Array(await blob.slice(at, at + readBytes).arrayBuffer()));
  }
}

export class Models {
  #store;
  #vendor;
  #connection;

  // `vendor`: vendor.js; `connection`: of NATS.
  constructor(store, vendor, connection) {
    this.#store = store;
    this.#vendor = vendor;
    this.#connection = connection;
  }

  async blob(digits) {
    const blob = await this.#store.blob(digits);
    if (!blob) throw new Error("this model has not been fetched");
    return blob;
  }

  // Sees to it that the model is here. `tell(bytes)` about once a second; `signal` ends it. Throws an Error with the reason.
  async fetch(digits, bytes, tell, signal) {
    if (await this.#store.blob(digits)) return;
    await this.#seekOnHub(digits);
    const begun = await this.#store.begun(digits);
    try {
      return await this.#goOn(digits, bytes, begun, tell, signal);
    } catch (error) {
      if (begun.count === 0 || signal.aborted || !(error instanceof NotTheModel)) throw error;
    }
    // The hub's store may have been made anew since the part came, with other sequences. Where the hub is away the part stays.
    await this.#seekOnHub(digits);
    goOnUnless(signal);
    await this.#store.drop(digits);
    return this.#goOn(digits, bytes, await this.#store.begun(digits), tell, signal);
  }

  async #goOn(digits, bytes, begun, tell, signal) {
    const hash = this.#vendor.sha256.create();
    await digested(hash, begun.blob, signal);
    await this.#read(digits, bytes, begun, hash, tell, signal);
    goOnUnless(signal);
    const found = hash.hex();
    if (found === digits) return this.#store.complete(digits, bytes);
    await this.#store.drop(digits);
    throw new NotTheModel(`what the hub has under this name is another file: its SHA-256 is ${found}`);
  }

  // Metadata are uploaded last: what has them is whole.
  async #seekOnHub(digits) {
    const { jetstream } = this.#vendor;
    const manager = await jetstream.jetstreamManager(this.#connection);
    const subject = `$O.${bucket}.M.${btoa(digits).replaceAll("+", "-").replaceAll("/", "_")}`;
    const found = await manager.streams.getMessage(`OBJ_${bucket}`, { last_by_subj: subject }).catch((error) => error);
    if (found instanceof Error && !/no message found|stream not found|not found/i.test(found.message)) throw found;
    if (!found || found instanceof Error) throw new Error("neither this device nor the hub has this model");
  }

  async #read(digits, bytes, begun, hash, tell, signal) {
    let size = begun.blob.size;
    let { count } = begun;
    let waiting = [];
    let toldAt = performance.now();
    let heardAt = toldAt;
    if (size >= bytes) return;
    goOnUnless(signal);
    const messages = await this.#chunksAfter(digits, begun.sequence);
    const stop = () => messages.stop();
    signal.addEventListener("abort", stop);
    const watch = setInterval(() => performance.now() - heardAt > stalledMs && stop(), 1000);
    try {
      goOnUnless(signal); // it may have ended while the consumer was opened
      for await (const message of messages) {
        goOnUnless(signal);
        heardAt = performance.now();
        const data = message.data.slice();
        hash.update(data);
        waiting.push(data);
        size += data.length;
        if (waiting.length === chunksInAPart || size >= bytes) {
          await this.#store.add(digits, count++, new Blob(waiting), message.seq);
          waiting = [];
        }
        if (size >= bytes) break;
        if (heardAt - toldAt < tellEveryMs) continue;
        toldAt = heardAt;
        tell(size);
      }
    } finally {
      clearInterval(watch);
      signal.removeEventListener("abort", stop);
      await messages.close();
    }
    goOnUnless(signal);
    if (size < bytes) throw new NotTheModel(`of ${bytes} bytes the hub sent ${size}, and nothing for ${stalledMs / 1000} s`);
    if (size > bytes) throw new NotTheModel(`the hub's file has more than the ${bytes} bytes that it should have`);
  }

  async #chunksAfter(digits, sequence) {
    const { jetstream } = this.#vendor;
    const from = sequence > 0 ? { deliver_policy: jetstream.DeliverPolicy.StartSequence, opt_start_seq: sequence + 1 } : {};
    const options = { filter_subjects: `$O.${bucket}.C.${digits}`, ...from };
    const consumer = await jetstream.jetstream(this.#connection).consumers.get(`OBJ_${bucket}`, options);
    return consumer.consume({ max_bytes: 32 * chunkBytes });
  }
}
