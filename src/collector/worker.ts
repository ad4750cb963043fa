/** The worker thread's entry point: collects until it is asked to stop. Everything else is in collector.ts. */
import { asUnusable, databaseFailure, UnusableDatabase } from "../db/failure.ts";
import type { Origin, OriginRequest } from "../domain/origin.ts";
import { EXCHANGES } from "../exchanges/registry.ts";
import { systemClock } from "../lib/clock.ts";
import { GarbageMeter } from "../lib/garbage.ts";
import { createLog, errorText } from "../lib/log.ts";
import { collect, type Explaining, NOT_COLLECTING } from "./collector.ts";
import type { CollectorSettings, FromWorker, ToWorker } from "./protocol.ts";

declare const self: Worker;

/**
 * Payloads of megabytes come and go all the time and little of them is retained. By default the heap grows to twice the
 * retained size before a collection; forcing one, some 30 ms long, keeps the thread 15 MB smaller. At the usual pace of
 * all exchanges that happens four times a minute.
 */
const COLLECT_EVERY_BYTES = 4 * 1024 * 1024;

const lifetime = new AbortController();
const explaining: Explaining = { now: NOT_COLLECTING };
const sink = { write: (line: string): void => post({ type: "log", line }) };
/** Uses the configured level as soon as the settings are known. */
let log = createLog("info", sink).child({ part: "collector" });

function post(message: FromWorker): void {
  self.postMessage(message);
}

async function run(settings: CollectorSettings): Promise<void> {
  log = createLog(settings.logLevel, sink).child({ part: "collector" });
  try {
    const garbage = new GarbageMeter(COLLECT_EVERY_BYTES, () => Bun.gc(true));
    const deps = {
      exchanges: Object.values(EXCHANGES),
      clock: systemClock,
      random: Math.random,
      log,
      post,
      lifetime: lifetime.signal,
      onRead: (bytes: number) => garbage.add(bytes),
    };
    await collect(settings, deps, explaining);
    post({ type: "stopped" });
  } catch (error) {
    const reason = asUnusable(settings.databasePath, error)?.message ?? errorText(error);
    log.error("collector_failed", { reason });
    if (error instanceof UnusableDatabase || databaseFailure(error)?.running === "end")
      post({ type: "database_unusable", reason });
    process.exit(1);
  }
}

/** The origin of a row according to the payloads. An error here must not end the collecting thread. */
async function originOf(request: OriginRequest): Promise<Origin> {
  try {
    return await explaining.now(request);
  } catch (error) {
    const { exchange, exchangeSymbol } = request;
    log.error("explanation_failed", { exchange, exchangeSymbol, reason: errorText(error) });
    return "unreadable";
  }
}

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.type) {
    case "start":
      void run(message.settings);
      break;
    case "explain":
      void originOf(message).then((origin) => post({ type: "explained", id: message.id, origin }));
      break;
    case "stop":
      lifetime.abort();
      break;
  }
};
