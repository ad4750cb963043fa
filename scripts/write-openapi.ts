/** Writes the API document as the service serves it: `bun scripts/write-openapi.ts`. */
import { join } from "node:path";
import { createApp } from "../src/http/app.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createLog } from "../src/lib/log.ts";
import { createMetrics } from "../src/services/metrics.ts";

export const OPENAPI_FILE = join(import.meta.dir, "../docs/openapi.json");

/** The document of an application without data: it depends on the routes alone. */
export async function servedDocument(): Promise<string> {
  const board = { current: () => null, byId: () => null, freshForMs: () => 0, knowsBase: () => false };
  const health = (): never => {
    throw new Error("assertion failed: the document must not need data");
  };
  const app = createApp({
    board,
    health,
    exchanges: [],
    intervalChanges: () => [],
    askForOrigin: () => Promise.resolve(null),
    metrics: createMetrics({ board, health, clock: systemClock }),
    clock: systemClock,
    log: createLog("silent"),
    trustedProxies: [],
    publicUrl: null,
  });
  const response = await app.fetch(new Request("http://localhost/openapi.json"));
  return response.text();
}

if (import.meta.main) await Bun.write(OPENAPI_FILE, await servedDocument());
