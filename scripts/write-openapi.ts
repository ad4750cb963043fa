/** Writes the OpenAPI document as the service serves it: `bun scripts/write-openapi.ts`. */
import { join } from "node:path";
import { EVENT_DATA } from "../src/http/stream/events.ts";
import { AssetGroups } from "../src/services/finder/asset-groups.ts";
import { ServedBoard } from "../src/services/board/served-board.ts";
import { intervalChanges } from "../src/services/finder/interval-changes.ts";
import { NO_PAST_MARKET } from "../src/services/history/past-market.ts";
import { feeTable } from "../src/domain/fees.ts";
import { createApp } from "../src/http/app.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createLog } from "../src/lib/log.ts";
import { createMetrics } from "../src/http/metrics/metrics.ts";
import { StreamHub } from "../src/http/stream/hub.ts";

export const OPENAPI_FILE = join(import.meta.dir, "../docs/openapi.json");

/** The document of an application without data: it depends only on the routes. */
export async function servedDocument(): Promise<string> {
  const board = {
    current: () => null,
    byId: () => null,
    pin: () => {},
    freshForMs: () => 0,
    knowsBase: () => false,
    onPublish: () => () => {},
  };
  const health = (): never => {
    throw new Error("assertion failed: the document must not need data");
  };
  const clock = systemClock;
  const log = createLog("silent", { write: () => {} });
  const streams = new StreamHub({ board, clock, log, data: EVENT_DATA });
  const app = createApp({
    board: new ServedBoard(board, clock),
    health,
    readiness: () => null,
    exchanges: [],
    groups: new AssetGroups(),
    pastMarket: NO_PAST_MARKET,
    fees: feeTable(null),
    history: { ask: health },
    intervalChanges: intervalChanges({ newest: () => null, has: () => false, between: () => [] }),
    askForOrigin: () => Promise.resolve("not_in_memory"),
    streams,
    metrics: createMetrics({ board, health, clock, streams: () => streams.stats() }),
    clock,
    log,
    trustedProxies: [],
    publicUrl: null,
  });
  const response = await app.fetch(new Request("http://localhost/openapi.json"));
  return response.text();
}

if (import.meta.main) await Bun.write(OPENAPI_FILE, await servedDocument());
