// The executor as a page makes it: wllama from files beside the page, and what this browser lets it do.
import { Engine, wllamaFrom } from "./engine.js";
import { placeOf } from "./place.js";
import { helloOf, Session } from "./session.js";

// Finds out what there is. Returns {place, version, hello, open(openModel, disturbed, send)}; each open() is a Session with nothing
// loaded, of which there is to be one at a time: they share an engine.
export async function prepareExecutor(base) {
  const [wllama, versions, place] = await Promise.all([
    import(new URL("wllama/index.js", base).href),
    fetch(new URL("versions.json", base)).then((answer) => answer.json()),
    placeOf(globalThis),
  ]);
  const library = `wllama ${versions.wllama} (llama.cpp ${wllama.Wllama.getLibllamaVersion()})`;
  const about = { place, library, version: versions.agent };
  const engine = new Engine(wllamaFrom(wllama, base));
  return {
    place,
    version: versions.agent,
    hello: helloOf(about),
    open(openModel, disturbed, send) {
      const now = () => performance.now();
      return new Session({ ...about, engine, openModel, disturbed, now }, send);
    },
  };
}
