import { expect, test } from "bun:test";
import { join } from "node:path";
import { startSimulator } from "../../src/simulator/server.ts";
import { startService, temporaryDatabasePath } from "../support/service.ts";
import { allShown } from "../support/service-api.ts";

const README = join(import.meta.dir, "../../README.md");
const DEMO_ADDRESS = "http://127.0.0.1:8083";

/** The ones used in the examples, and one that calls Bitcoin XBT. */
const EXCHANGES = ["okx", "bybit", "kraken"] as const;

test("every curl example of the README responds 200 with non-empty data", async () => {
  const text = await Bun.file(README).text();
  const urls = [...text.matchAll(/^curl -s '([^']+)'$/gm)].map((match) => match[1] ?? "");
  expect(urls.length).toBeGreaterThanOrEqual(8);
  using simulator = startSimulator({ nowMs: () => Date.now() });
  using database = temporaryDatabasePath();
  await using service = await startService({
    DATABASE_PATH: database.path,
    EXCHANGE_ORIGIN: simulator.origin,
    EXCHANGES: EXCHANGES.join(","),
  });
  await allShown(service.origin, EXCHANGES);
  for (const url of urls) {
    expect(url).toStartWith(DEMO_ADDRESS);
    const response = await fetch(url.replace(DEMO_ADDRESS, service.origin));
    const body = await response.text();
    expect([url, response.status]).toEqual([url, 200]);
    // No interval changes while this runs: only that list is rightly empty.
    if (!url.endsWith("/api/intervals/changes")) expect(body).not.toMatch(/"count":0\b/);
    expect(body.length).toBeGreaterThan(90);
  }
});
