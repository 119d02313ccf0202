// The browser's executor as a program that speaks the protocol over standard input and output: `edgelab run` and the contract suite
// take it for any other. It takes --plain for a page that is not cross-origin isolated.
import { createInterface } from "node:readline";
import { browse, InPage, serve } from "./site.mjs";

const site = await serve({ isolated: !process.argv.includes("--plain") });
const browser = await browse();
const executor = await InPage.open(browser, site.origin, { onLine: (line) => process.stdout.write(`${line}\n`) });

let ending = false;

async function end() {
  if (ending) return;
  ending = true;
  await browser.close();
  await site.close();
  process.exit(0);
}

let sent = Promise.resolve(); // one after the other, as they came
createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (/"type"\s*:\s*"bye"/.test(line)) void end();
    else
      sent = sent
        .then(() => ending || executor.submit(line))
        .catch((error) => ending || process.stderr.write(`${error.stack}\n`));
  })
  .on("close", end);
