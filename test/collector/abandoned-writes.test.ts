import { expect, test } from "bun:test";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import { WriteQueueFull } from "../../src/db/write-queue.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { start } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { LONG_MS } from "../support/patience.ts";
import { paymentsEvery, withPast } from "../support/past-exchange.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const PERIOD_MS = 100;

test(
  "a write that is abandoned without a shutdown ends the collector with an error; live payments are lost and named",
  async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    let settledAtMs = NOON_MS - 3_600_000;
    // A payment in each refresh of each exchange, so that hundreds of writes wait within seconds.
    const exchanges = Object.values(EXCHANGES).map(({ facts }) =>
      scriptedExchange(facts.id, () => {
        settledAtMs += 1_000;
        return batchOf([quoteOf("BTC", { settledRate: 0.0001, settledAtMs })]);
      }),
    );
    const page = Promise.withResolvers<void>();
    const [first] = exchanges;
    if (first === undefined) throw new Error("there are no exchanges");
    const { history: past } = withPast(first, {
      paging: { by: "nothing" },
      rows: 10,
      payments: () => paymentsEvery(8, NOON_MS - 86_400_000, NOON_MS),
    });
    if (past.kind !== "settlements") throw new Error(past.kind);
    const history = {
      ...past,
      load: (...request: Parameters<typeof past.load>) =>
        page.promise.then(() => past.load(...request)),
    };
    using other = openDb(historyFile(database.path));
    other.run("BEGIN IMMEDIATE");
    const collected = [{ ...first, history }, ...exchanges.slice(1)];
    const { ended, log, lifetime } = start(database, collected, clock, () => 0.5, PERIOD_MS);
    const failed = ended.catch((error: unknown) => error);
    const isDropped = () => log.events().includes("settlements_dropped");
    for (let nth = 0; nth < 20 && !isDropped(); nth += 1) await clock.advance(PERIOD_MS * 5);
    expect(isDropped()).toBe(true);
    expect(Bun.peek.status(failed)).toBe("pending");
    page.resolve();
    expect(await failed).toBeInstanceOf(WriteQueueFull);
    lifetime.abort();
  },
  LONG_MS,
);
