// What the page takes from packages that are no ES modules as npm has them; esbuild makes one file of it (layout.mjs).
export * as nats from "@nats-io/nats-core";
export * as jetstream from "@nats-io/jetstream";
export { sha256 } from "js-sha256";
