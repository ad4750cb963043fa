/** The worker thread's entry: collects until it is told to stop. Everything else is in collector.ts. */
import { EXCHANGES } from "../exchanges/registry.ts";
import { systemClock } from "../lib/clock.ts";
import { createLog, errorText } from "../lib/log.ts";
import { collect } from "./collector.ts";
import type { CollectorSettings, FromWorker, ToWorker } from "./protocol.ts";

declare const self: Worker;

const lifetime = new AbortController();

function post(message: FromWorker): void {
  self.postMessage(message);
}

async function run(settings: CollectorSettings): Promise<void> {
  const log = createLog(settings.logLevel).child({ part: "collector" });
  try {
    await collect(settings, {
      exchanges: Object.values(EXCHANGES),
      clock: systemClock,
      random: Math.random,
      log,
      post,
      lifetime: lifetime.signal,
    });
    post({ type: "stopped" });
  } catch (error) {
    log.error("collector_failed", { reason: errorText(error) });
    process.exit(1);
  }
}

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.type) {
    case "start":
      void run(message.settings);
      break;
    case "stop":
      lifetime.abort();
      break;
  }
};
