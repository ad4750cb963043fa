import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import { Board } from "../../src/services/board/board.ts";
import { testApp } from "../support/app.ts";
import { TestBoard } from "../support/board.ts";
import { start } from "../support/collecting.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EIGHT_HOURS_MS = 8 * HOUR_MS;

/** What is charged every eight hours and stated afterwards. */
const RATES: Partial<Record<ExchangeId, number>> = { okx: -0.0001, bybit: 0.0002 };

/** The last slot. */
const slotAt = (nowMs: number): number => Math.floor(nowMs / EIGHT_HOURS_MS) * EIGHT_HOURS_MS;

function exchangeOf(id: ExchangeId, clock: ManualClock, listedAtMs: () => number) {
  const rate = RATES[id] ?? 0;
  return scriptedExchange(id, () => {
    const nowMs = clock.nowMs();
    return batchOf([
      quoteOf("BTC", {
        receivedAtMs: nowMs,
        listedAtMs: listedAtMs(),
        fundingRate: 3 * rate,
        nextFundingAtMs: slotAt(nowMs) + EIGHT_HOURS_MS,
        settledRate: rate,
        settledAtMs: slotAt(nowMs),
      }),
    ]);
  });
}

/** The pair as /arb shows it, from what the database has now. */
async function pairOf(database: TestDatabase, clock: ManualClock) {
  const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
  board.poll();
  const snapshot = board.current();
  if (snapshot === null) throw new Error("nothing is stored");
  const response = await testApp(new TestBoard(snapshot)).get(
    "/api/funding/arb?fees=all:0&decision=usable,watch,refuse",
  );
  const [row] = ((await response.json()) as ArbList).rows;
  return row;
}

describe("/arb after days of collecting", () => {
  test("shows what both legs paid, from half of seven days on, and the inflation", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    let bybitListedAtMs = 1_000;
    const exchanges = [
      exchangeOf("okx", clock, () => 1_000),
      exchangeOf("bybit", clock, () => bybitListedAtMs),
    ];
    /** Collects for some minutes after each of the next slots, and is down in between. */
    const collectAfter = async (slots: number): Promise<void> => {
      for (let slot = 0; slot < slots; slot += 1) {
        const nextMs = slotAt(clock.nowMs()) + EIGHT_HOURS_MS + MINUTE_MS;
        await clock.advance(nextMs - clock.nowMs());
        const run = start(database, exchanges, clock, () => 0);
        await clock.advance(4 * MINUTE_MS);
        await run.stop();
      }
    };
    const settled = async () => {
      const row = await pairOf(database, clock);
      return [row?.long.settled_7d_apr_pct, row?.short.settled_7d_apr_pct, row?.inflation];
    };
    // Ten payments cover 80 hours, eleven 88: at least 84 are needed.
    await collectAfter(10);
    expect(await settled()).toEqual([null, null, null]);
    await collectAfter(1);
    // Long okx: -10.95 % a year, short bybit: 21.9 %; both live rates are three times what was charged.
    expect(await settled()).toEqual([-10.95, 21.9, 3]);
    // A new instrument under the same ticker has no past.
    bybitListedAtMs = 2_000;
    await collectAfter(1);
    expect(await settled()).toEqual([-10.95, null, null]);
  });
});
