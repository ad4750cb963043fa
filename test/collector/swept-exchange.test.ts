import { describe, expect, test } from "bun:test";
import { collect } from "../../src/collector/collector.ts";
import type { Batch } from "../../src/domain/quote.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const MINUTE_MS = 60_000;

/** Ten requests per second, and one for each instrument if `each` says so. */
function exchangeOf(next: () => Batch, each?: number): Exchange {
  const exchange = scriptedExchange("okx", next);
  if (each === undefined) return exchange;
  return { ...exchange, facts: { ...exchange.facts, requestsPerInstrument: each } };
}

/** Collects for `forMs` with the configured period. */
async function collectFor(
  database: TestDatabase,
  exchange: Exchange,
  { forMs, periodMs }: { readonly forMs: number; readonly periodMs: number },
): Promise<void> {
  const clock = new ManualClock(NOON_MS);
  const lifetime = new AbortController();
  const { path: databasePath } = database;
  const settings = { exchanges: ["okx"], exchangeOrigin: null, logLevel: "silent" } as const;
  const shared = { clock, log: memoryLog(), lifetime: lifetime.signal };
  const ended = collect(
    { ...settings, databasePath, periodMs },
    { ...shared, exchanges: [exchange], random: () => 0.5, post: () => {} },
  );
  await clock.advance(forMs);
  lifetime.abort();
  await ended;
}

const quotesOf = (count: number) => Array.from({ length: count }, (_, n) => quoteOf(`C${n}`));
const stateOf = (database: TestDatabase) =>
  database.states.list().find(({ exchange }) => exchange === "okx");

describe("the period of an exchange", () => {
  const periodAfter = async (database: TestDatabase, exchange: Exchange, periodMs: number) => {
    await collectFor(database, exchange, { forMs: 5_000, periodMs });
    return stateOf(database)?.periodMs;
  };

  test("with one request per instrument is long enough for all of them in its first half", async () => {
    using database = testDatabase();
    const swept = exchangeOf(() => batchOf(quotesOf(199)), 1);
    // The number is not known yet: a usual period is assumed.
    expect(await periodAfter(database, swept, 5_000)).toBe(60_000);
    // 1 + 199 requests take 20 s at this pace.
    expect(await periodAfter(database, swept, 5_000)).toBe(40_000);
    expect(await periodAfter(database, swept, 90_000)).toBe(90_000);
  });

  test("with only bulk lists is the configured one", async () => {
    using database = testDatabase();
    expect(
      await periodAfter(
        database,
        exchangeOf(() => batchOf(quotesOf(9))),
        5_000,
      ),
    ).toBe(5_000);
  });
});

test("instruments whose rows in the exchange's own list become unreadable are not delisted", async () => {
  using database = testDatabase();
  let refreshes = 0;
  const exchange = exchangeOf(() => {
    refreshes += 1;
    if (refreshes === 1) return batchOf(quotesOf(20), { expected: 20 });
    const reject = { exchangeSymbol: null, reason: "bad_row", detail: "status" } as const;
    return batchOf(quotesOf(18), { expected: 18, rejects: [reject, reject] });
  });
  await collectFor(database, exchange, { forMs: 10 * MINUTE_MS, periodMs: MINUTE_MS });
  expect(refreshes).toBeGreaterThan(5);
  expect(stateOf(database)).toMatchObject({
    symbols: 18,
    degradedBy:
      "18 instruments, 18 in the exchange's own list, 20 trusted before; 2 rows could not be used",
  });
  expect(database.reader.read(() => true)?.rows.get("okx")).toHaveLength(20);
});
