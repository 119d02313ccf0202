// The page: joins the hub that its address names, offers the executor, and shows what goes on.
import { Agent } from "./agent/agent.js";
import { factsOf } from "./agent/facts.js";
import { hubFrom } from "./agent/join.js";
import { Models } from "./agent/models.js";
import { idFrom, isId, proposedId } from "./agent/names.js";
import { Store } from "./agent/store.js";
import { Attention } from "./attention.js";
import { prepareExecutor } from "./executor/executor.js";
import { View } from "./view.js";
import * as vendor from "./vendor.js";

const view = new View(document);
const attention = new Attention(document, navigator, (words) => view.screen(words));
const remembered = "edgelab-device";
let agent = null;

// Where the browser keeps nothing for this page, its name lasts as long as the page.
function remember(id) {
  try {
    localStorage.setItem(remembered, id);
  } catch {
    // another name next time
  }
}

function deviceId() {
  try {
    const known = localStorage.getItem(remembered);
    if (isId(known)) return known;
  } catch {
    // as if there were none
  }
  const id = proposedId(navigator.userAgent);
  remember(id);
  return id;
}

function makeAgent(device, executor, store) {
  return new Agent({
    nats: vendor.nats,
    device,
    agent: `edgelab-web ${executor.version}`,
    executor: {
      id: "wllama",
      hello: executor.hello,
      open: (models, send) =>
        executor.open(
          (name) => models.blob(name.slice("sha256:".length)),
          () => attention.disturbance(),
          send,
        ),
    },
    makeModels: (connection) => new Models(store, vendor, connection),
    facts: () => factsOf(navigator),
    now: () => performance.now(),
    on: {
      joined: () => view.joined(),
      away: () => view.away(),
      closed: (error) => error && view.refused(error),
      refused: (answer) => view.refusedSession(answer.reason),
      session(session, reason) {
        attention.wanted(session !== null);
        view.session(session, reason);
      },
      line: (direction, line) => view.line(direction, line),
      fetch: (progress) => view.fetch(progress),
    },
  });
}

async function join(executor, store) {
  const { hub, fault } = hubFrom(location, location.hash);
  const device = deviceId();
  view.device(device, hub?.server ?? "none");
  if (!hub) return view.askForHub(fault);
  agent = makeAgent(device, executor, store);
  try {
    await agent.join(hub);
  } catch (error) {
    view.refused(error);
  }
  return undefined;
}

async function start() {
  const executor = await prepareExecutor(document.baseURI);
  view.place(executor.place, executor.hello.library);
  const store = await Store.open();
  view.onJoin = (text) => {
    const { hub, fault, hash } = hubFrom(location, text);
    if (!hub) return view.askForHub(fault);
    location.hash = hash;
    return undefined;
  };
  view.onRename = async (text) => {
    const id = idFrom(text);
    if (!isId(id)) return view.trouble("A name has letters of a to z, digits and dashes, 63 at most.");
    remember(id);
    await agent?.leave();
    return join(executor, store);
  };
  addEventListener("hashchange", async () => {
    await agent?.leave();
    await join(executor, store);
  });
  await attention.begin();
  await join(executor, store);
}

start().catch((error) => view.broken(error));
