// Models that were fetched, kept in this browser: parts of some megabytes in IndexedDB, which unlike browsers' other stores is there
// for pages without TLS too. A part that is stored stays, so that a fetch goes on where it was.

const parts = "parts"; // [digits, number] → {blob, sequence: of the stream's message that it ends with}
const whole = "whole"; // digits → {bytes, used: ms since 1970}

function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

const rangeOf = (digits) => IDBKeyRange.bound([digits, 0], [digits, Infinity]);

export class Store {
  #db;

  static async open(name = "edgelab-models") {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(parts);
      request.result.createObjectStore(whole);
    };
    const store = new Store();
    store.#db = await answerOf(request);
    return store;
  }

  // The model as a blob, or undefined where it is not whole.
  async blob(digits) {
    const transaction = this.#db.transaction([parts, whole], "readwrite");
    const about = await answerOf(transaction.objectStore(whole).get(digits));
    if (!about) return undefined;
    transaction.objectStore(whole).put({ ...about, used: Date.now() }, digits);
    const all = await answerOf(transaction.objectStore(parts).getAll(rangeOf(digits)));
    return new Blob(all.map((part) => part.blob));
  }

  // What is there of a model that is not whole: {blob, sequence, count}.
  async begun(digits) {
    const all = await answerOf(this.#db.transaction(parts).objectStore(parts).getAll(rangeOf(digits)));
    return { blob: new Blob(all.map((part) => part.blob)), sequence: all.at(-1)?.sequence ?? 0, count: all.length };
  }

  // Where the browser gives no more room, the models that were used longest ago make some.
  async add(digits, number, blob, sequence) {
    for (;;) {
      try {
        const transaction = this.#db.transaction(parts, "readwrite");
        transaction.objectStore(parts).put({ blob, sequence }, [digits, number]);
        return await done(transaction);
      } catch (error) {
        if (error?.name !== "QuotaExceededError" || !(await this.#dropOldest(digits))) throw error;
      }
    }
  }

  async complete(digits, bytes) {
    const transaction = this.#db.transaction(whole, "readwrite");
    transaction.objectStore(whole).put({ bytes, used: Date.now() }, digits);
    await done(transaction);
  }

  async drop(digits) {
    const transaction = this.#db.transaction([parts, whole], "readwrite");
    transaction.objectStore(whole).delete(digits);
    transaction.objectStore(parts).delete(rangeOf(digits));
    await done(transaction);
  }

  async #dropOldest(but) {
    const transaction = this.#db.transaction(whole);
    const [keys, values] = await Promise.all([
      answerOf(transaction.objectStore(whole).getAllKeys()),
      answerOf(transaction.objectStore(whole).getAll()),
    ]);
    const oldest = keys
      .map((key, i) => ({ key, used: values[i].used }))
      .filter(({ key }) => key !== but)
      .sort((a, b) => a.used - b.used)[0];
    if (oldest) await this.drop(oldest.key);
    return oldest !== undefined;
  }
}
