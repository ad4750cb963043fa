import { expect, test } from "bun:test";
import { join } from "node:path";
import { startSimulator } from "../../src/simulator/server.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { allShown } from "../support/service-api.ts";

const README = join(import.meta.dir, "../../README.md");
const DEMO_ADDRESS = "http://127.0.0.1:8083";

/** The ones used in the examples, and one that calls Bitcoin XBT. */
const EXCHANGES = ["okx", "bybit", "kraken"] as const;

/** While this runs no interval changes, and no sample is an hour old when its settlement is due. */
const RIGHTLY_EMPTY = [
  `${DEMO_ADDRESS}/api/intervals/changes`,
  `${DEMO_ADDRESS}/api/funding/forecast-error?base=BTC`,
];

test(
  "every curl example of the README responds 200 with non-empty data",
  async () => {
    const text = await Bun.file(README).text();
    const urls = [...text.matchAll(/^curl -s '([^']+)'$/gm)].map((match) => match[1] ?? "");
    expect(urls.length).toBeGreaterThanOrEqual(8);
    using simulator = startSimulator({ nowMs: () => Date.now() });
    using database = temporaryDatabasePath();
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      BACKFILL_DAYS: "730",
    });
    await allShown(service.origin, EXCHANGES);
    // An answer about all of the past is kept for a minute, also an empty one.
    await until(async () => {
      const response = await fetch(`${service.origin}/api/funding/history/BTC`);
      return /"count":[2-9][0-9]/.test(await response.text());
    });
    for (const url of urls) {
      expect(url).toStartWith(DEMO_ADDRESS);
      let shown = "";
      // The past is read in the background: what is about it is empty in the first seconds.
      await until(
        async () => {
          const response = await fetch(url.replace(DEMO_ADDRESS, service.origin));
          const body = await response.text();
          shown = `${url}: ${response.status} ${body.slice(0, 300)}`;
          const isEmpty = /"count":0\b/.test(body) && !RIGHTLY_EMPTY.includes(url);
          return response.status === 200 && !isEmpty && body.length > 90;
        },
        () => shown,
      );
    }
  },
  LONG_MS,
);
