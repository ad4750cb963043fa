import { describe, expect, test } from "bun:test";
import { collect } from "../../src/collector/collector.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, type ScriptedExchange, scriptedExchange } from "../support/scripted-exchange.ts";

const MINUTE_MS = 60_000;
const NAMES = Array.from({ length: 25 }, (_, nth) => `C${nth}`);

/** An exchange whose quotes the test changes from batch to batch. */
function changing(): { okx: ScriptedExchange; show: (extra: Partial<Quote>) => void } {
  let extra: Partial<Quote> = {};
  const okx = scriptedExchange("okx", () => batchOf(NAMES.map((name) => quoteOf(name, extra))));
  return {
    okx,
    show: (next) => {
      extra = next;
    },
  };
}

function start(database: TestDatabase, okx: ScriptedExchange, clock: ManualClock) {
  const lifetime = new AbortController();
  const ended = collect(
    {
      databasePath: database.path,
      exchanges: ["okx"],
      periodMs: MINUTE_MS,
      exchangeOrigin: null,
      logLevel: "silent",
    },
    {
      exchanges: [okx],
      clock,
      random: () => 0.5,
      log: memoryLog(),
      post: () => {},
      lifetime: lifetime.signal,
    },
  );
  return async (): Promise<void> => {
    lifetime.abort();
    await ended;
  };
}

const stateOf = (database: TestDatabase) => database.states.list()[0];
const ratesOf = (database: TestDatabase): ReadonlySet<number> =>
  new Set(database.reader.readExchange("okx")?.rows.map(({ fundingRate }) => fundingRate));

describe("an exchange that changes a unit", () => {
  test("is refused with its old rows kept, and accepted immediately when it is right again", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const { okx, show } = changing();
    const stop = start(database, okx, clock);
    await clock.advance(MINUTE_MS);
    show({ markPrice: 10_000, fundingRate: 0.0004 });
    await clock.advance(MINUTE_MS);
    expect(stateOf(database)).toMatchObject({
      failureKind: "refused_batch",
      failure: "prices are 100 times those of the last accepted batch (median of 25)",
    });
    expect(ratesOf(database)).toEqual(new Set([0.0003]));
    show({ fundingRate: 0.0004 });
    await clock.advance(MINUTE_MS);
    expect(stateOf(database)).toMatchObject({ failureKind: null });
    expect(ratesOf(database)).toEqual(new Set([0.0004]));
    await stop();
  });

  test("is also refused after a restart", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const { okx, show } = changing();
    const stop = start(database, okx, clock);
    await clock.advance(MINUTE_MS);
    await stop();
    show({ fundingRate: 0.03 });
    const stopAgain = start(database, okx, clock);
    await clock.advance(MINUTE_MS);
    expect(stateOf(database)).toMatchObject({
      failure: "rates are 100 times those of the last accepted batch (median of 25)",
    });
    await stopAgain();
  });

  test("is accepted on the operator's command", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const { okx, show } = changing();
    const stop = start(database, okx, clock);
    await clock.advance(MINUTE_MS);
    show({ fundingRate: 0.03 });
    await clock.advance(MINUTE_MS);
    expect(stateOf(database)?.failureKind).toBe("refused_batch");
    database.states.acceptNextSize("okx");
    await clock.advance(2 * MINUTE_MS);
    expect(stateOf(database)).toMatchObject({ failureKind: null });
    expect(ratesOf(database)).toEqual(new Set([0.03]));
    await stop();
  });

  test("is accepted when it has persisted for ten batches and thirty minutes", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const { okx, show } = changing();
    const stop = start(database, okx, clock);
    await clock.advance(MINUTE_MS);
    show({ fundingRate: 0.03 });
    await clock.advance(29 * MINUTE_MS);
    expect(ratesOf(database)).toEqual(new Set([0.0003]));
    await clock.advance(31 * MINUTE_MS);
    expect(ratesOf(database)).toEqual(new Set([0.03]));
    await stop();
  });
});
