// What the tests of the page share: a static server, a browser, the executor in a page.
import { createRequire } from "node:module";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";

export const source = process.env.EDGELAB_SOURCE_DIR ?? path.resolve(import.meta.dirname, "../..");
const site = path.join(source, "build/web");
const packages = path.join(source, "build/web-packages");
if (!existsSync(path.join(site, "versions.json"))) throw new Error("build/web is not there; ./lab web makes it");
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const blank = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>test</title>";

// Serves the site on loopback, an empty page at /blank.html, and any file of this machine at /file?PATH.
export async function serve({ isolated }) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const headers = isolated ? { ...isolation } : {};
    if (url.pathname === "/blank.html") return response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(blank);
    const file =
      url.pathname === "/file" ? decodeURIComponent(url.search.slice(1)) : path.join(site, path.normalize(url.pathname));
    const about = await stat(file.endsWith("/") ? `${file}index.html` : file).catch(() => null);
    if (!about?.isFile()) return response.writeHead(404, headers).end("no such file");
    headers["Content-Type"] = types[path.extname(file)] ?? (file.endsWith("/") ? "text/html" : "application/octet-stream");
    headers["Content-Length"] = about.size;
    response.writeHead(200, headers);
    createReadStream(file.endsWith("/") ? `${file}index.html` : file).pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      }),
  };
}

// A name of this machine that browsers do not take for it: pages from there, without TLS, are none that browsers trust.
export const elsewhere = "phone.test";

// A browser with a fresh profile.
export async function browse() {
  const { chromium } = createRequire(path.join(packages, "package.json"))("playwright-core");
  const profile = await mkdtemp(path.join(os.tmpdir(), "edgelab-web-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.EDGELAB_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    viewport: { width: 390, height: 844 },
    ignoreHTTPSErrors: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=MAP ${elsewhere} 127.0.0.1`,
    ],
  });
  return {
    newPage: () => context.newPage(),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

// The executor in a page of its own: ask(message) → its answers, the last one included.
export class InPage {
  #page;
  #answers = [];
  #heard = () => {};
  #id = 0;

  // `onLine(line)`: each that it says. `before`: a function that runs in the page before anything else.
  static async open(browser, origin, { onLine, before } = {}) {
    const one = new InPage();
    one.#page = await browser.newPage();
    if (before) await one.#page.addInitScript(before);
    await one.#page.exposeFunction("heard", (line) => {
      one.#answers.push(JSON.parse(line));
      one.#heard();
      onLine?.(line);
    });
    await one.#page.goto(`${origin}/blank.html`);
    await one.#page.evaluate(async () => {
      const { prepareExecutor } = await import("/executor/executor.js");
      const open = async (name) => {
        const answer = await fetch(`/file?${encodeURIComponent(name)}`);
        if (!answer.ok) throw new Error("there is no such file");
        return answer.blob();
      };
      window.disturbance = "";
      window.session = (await prepareExecutor(document.baseURI)).open(open, () => window.disturbance, window.heard);
    });
    return one;
  }

  get page() {
    return this.#page;
  }

  submit(line) {
    return this.#page.evaluate((text) => void window.session.submit(text), line);
  }

  // Sends the message with an id of its own, and waits for its last answer. `meanwhile(answer, id)` is called with each.
  async ask(message, meanwhile) {
    const id = message.type === "hello" ? undefined : ++this.#id;
    this.#answers = [];
    let seen = 0;
    const last = new Promise((resolve) => {
      this.#heard = () => {
        while (seen < this.#answers.length) {
          const answer = this.#answers[seen++];
          meanwhile?.(answer, id);
          if (!["progress", "emission", "timeline"].includes(answer.type)) resolve();
        }
      };
    });
    await this.submit(JSON.stringify({ ...message, id }));
    await last;
    return this.#answers;
  }
}

// The columns of all timelines among the answers, put together.
export function columnsOf(answers) {
  const all = { requests: {}, emissions: {}, token_ids: [] };
  for (const { type, columns } of answers) {
    if (type !== "timeline") continue;
    all.token_ids.push(...(columns.token_ids ?? []));
    for (const table of ["requests", "emissions"]) {
      for (const [name, values] of Object.entries(columns[table] ?? {})) (all[table][name] ??= []).push(...values);
    }
  }
  return all;
}
