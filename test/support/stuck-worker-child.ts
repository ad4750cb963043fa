/** Stands in for the collector: sends one message, then hangs in the system as on an unresponsive disk. */
import { readFileSync } from "node:fs";
import type { ToWorker } from "../../src/collector/protocol.ts";

declare const self: Worker;

self.onmessage = (event: MessageEvent<ToWorker>) => {
  if (event.data.type !== "start") return;
  self.postMessage({ type: "heartbeat" });
  // A pipe without a writer: opening it blocks, and no signal of the runtime ends that.
  readFileSync(`${event.data.settings.databasePath}.pipe`);
};
