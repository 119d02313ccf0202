// A phone that joins: opens the page at an address, in headless Chromium, and says what the page says: one line for each change.
// `node join.mjs ADDRESS NAME [SCREENSHOT.png]`; a picture is taken when a line `picture` comes in. Until its input ends.
import { createInterface } from "node:readline";
import { browse } from "./site.mjs";

const [address, name, picture] = process.argv.slice(2);
const browser = await browse();
const page = await browser.newPage();
page.on("pageerror", (error) => console.log(`fault: ${error.message}`));
await page.addInitScript((id) => {
  localStorage.setItem("edgelab-device", id);
  addEventListener("DOMContentLoaded", () => {
    const say = () =>
      console.info(
        `page: ${["state", "now", "trouble", "done", "failed", "last"]
          .map((part) => document.getElementById(part))
          .filter((part) => !part.hidden)
          .map((part) => part.textContent)
          .join(" | ")}`,
      );
    new MutationObserver(say).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}, name);
let said = "";
page.on("console", (message) => {
  if (!message.text().startsWith("page: ") || message.text() === said) return;
  said = message.text();
  console.log(said);
});
await page.goto(address);
createInterface({ input: process.stdin })
  .on("line", async (line) => {
    if (line === "picture" && picture) await page.screenshot({ path: picture, fullPage: true });
    console.log("picture taken");
  })
  .on("close", async () => {
    await browser.close();
    process.exit(0);
  });
