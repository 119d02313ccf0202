// Lays the site out: node layout.mjs PACKAGES SITE. PACKAGES is the folder in which `npm ci` has been; SITE is made, or replaced
// when all is there.
import { createRequire } from "node:module";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const source = path.dirname(fileURLToPath(import.meta.url));
const [packages, site] = process.argv.slice(2).map((one) => path.resolve(one));
const modules = path.join(packages, "node_modules");
const made = `${site}.new`;

const ours = ["index.html", "page.js", "view.js", "attention.js", "style.css", "icon.svg", "manifest.json", "executor", "agent"];
const theirs = {
  "@wllama/wllama/esm/index.js": "wllama/index.js",
  "@wllama/wllama/esm/wasm/wllama.wasm": "wllama/wllama.wasm",
  "@wllama/wllama-compat/wasm/wllama.js": "wllama/compat/wllama.js",
  "@wllama/wllama-compat/wasm/wllama.wasm": "wllama/compat/wllama.wasm",
};
const licensed = {
  "@wllama/wllama": "LICENCE",
  "@nats-io/nats-core": "LICENSE",
  "@nats-io/jetstream": "LICENSE",
  "js-sha256": "LICENSE.txt",
};

async function versionOf(name) {
  return JSON.parse(await readFile(path.join(modules, name, "package.json"), "utf8")).version;
}

async function licences() {
  const texts = Object.entries(licensed).map(async ([name, file]) => {
    const text = await readFile(path.join(modules, name, file), "utf8");
    return `${name} ${await versionOf(name)}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

await rm(made, { recursive: true, force: true });
await mkdir(path.join(made, "wllama/compat"), { recursive: true });
for (const name of ours) await cp(path.join(source, name), path.join(made, name), { recursive: true });
await rm(path.join(made, "executor/README.md"), { force: true });
await rm(path.join(made, "agent/README.md"), { force: true });
for (const [from, to] of Object.entries(theirs)) await cp(path.join(modules, from), path.join(made, to));
const esbuild = createRequire(path.join(packages, "package.json"))("esbuild");
await esbuild.build({
  entryPoints: [path.join(source, "vendor.js")],
  outfile: path.join(made, "vendor.js"),
  nodePaths: [modules],
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
});
const versions = {
  agent: JSON.parse(await readFile(path.join(source, "package.json"), "utf8")).version,
  wllama: await versionOf("@wllama/wllama"),
};
await writeFile(path.join(made, "versions.json"), `${JSON.stringify(versions)}\n`);
await writeFile(path.join(made, "licences.txt"), await licences());
await rm(site, { recursive: true, force: true });
await rename(made, site);
