import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { BoardStore } from "../../src/db/history/board-store.ts";
import { pastBoard } from "../../src/services/history/past-board.ts";
import {
  LOOK_BACK_MS,
  type NoPastBoard,
  type PastBoard,
  type PastListings,
  shownMomentMs,
  textsOf,
} from "../../src/services/history/past-market.ts";
import { rowOf } from "../support/board.ts";
import { historyInMemory } from "../support/history-db.ts";
import { samplingInto } from "../support/sampled-market.ts";
import { SamplesInMemory } from "../support/samples-in-memory.ts";

const DAY_S = 86_400;
/** Two hours before midnight, so that refreshes fall on both sides of it. */
const START_S = Date.UTC(2026, 10, 2, 22) / 1000;
const EXCHANGES = ["bybit", "okx"] as const;

/** One refresh, or what became known between two. */
const step = fc.record({
  exchange: fc.constantFrom(...EXCHANGES),
  afterS: fc.constantFrom(1, 59, 60, 61, 599, 600, 601, 3_600, 7_200),
  bases: fc.uniqueArray(fc.constantFrom("BTC", "ETH", "LIT", "PEPE"), { minLength: 1 }),
  rate: fc.integer({ min: -500, max: 500 }).map((n) => n / 1e6),
  intervalHours: fc.constantFrom(1, 8, null),
  aheadS: fc.option(fc.constantFrom(1, 60, 3_600)),
  flags: fc.constantFrom(0, flagBit("suspect"), flagBit("identity_conflict")),
  assetId: fc.constantFrom("A", "A~2", null),
  terms: fc.record({
    renamed: fc.constantFrom("", "", "", "2"),
    quote: fc.constantFrom("USDT", "USDT", "USDC"),
    multiplier: fc.constantFrom(1, 1_000),
    assetClass: fc.constantFrom("crypto", "stock", null),
    accrual: fc.constantFrom("periodic", "periodic", "continuous"),
  }),
  ends: fc.constantFrom(null, null, null, "BTC", "ETH"),
});

const TERMS = {
  renamed: "",
  quote: "USDT",
  multiplier: 1,
  assetClass: "crypto",
  accrual: "periodic",
} as const;

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Writes the same history into the real store and into a plain one. */
function written(steps: readonly Step[]) {
  const db = historyInMemory();
  const store = samplingInto(db);
  const plain = new SamplesInMemory();
  const ended = new Set<string>();
  let atS = START_S;
  for (const { exchange, bases, rate, intervalHours, aheadS, flags, assetId, ...more } of steps) {
    atS += more.afterS;
    const { renamed, ...terms } = more.terms;
    const nextFundingAtMs = aheadS === null ? null : (atS + aheadS) * 1000;
    const rows = bases
      .filter((base) => !ended.has(exchange + base))
      .map((base) =>
        rowOf(
          exchange,
          base,
          {
            ...terms,
            base: base + renamed,
            uid: `${exchange}:${base}`,
            exchangeSymbol: `${base}USDT`,
            fundingRate: rate,
            fundingIntervalHours: intervalHours,
            nextFundingAtMs,
            assetId,
          },
          flags,
        ),
      );
    if (rows.length > 0) plain.refresh(exchange, atS * 1000, rows);
    const instruments = rows.map(({ record }) => {
      const { markPrice, indexPrice, openInterestUsd, volume24hUsd } = record;
      const sample = { rate, intervalHours, nextFundingAtMs };
      return {
        series: { ...seriesOf(record), firstSeen: atS * 1000 },
        sample: { ...sample, markPrice, indexPrice, openInterestUsd, volume24hUsd },
        flags,
        assetId,
      };
    });
    if (instruments.length > 0) store.write(exchange, atS, instruments);
    const { ends } = more;
    const uid = `${exchange}:${ends}`;
    if (ends === null || ended.has(exchange + ends) || store.series.idOf(uid) === null) continue;
    ended.add(exchange + ends);
    // As found out later: the last time at which it was seen.
    store.series.end(uid, atS * 1000);
  }
  return { db, store, plain, endS: atS };
}

function seriesOf({ uid, exchange, exchangeSymbol, base, quote, settle, ...of }: MarketRecord) {
  const { assetClass, accrual } = of;
  const multiplier = of.multiplier ?? of.tickerMultiplier;
  const names = { uid, exchange, exchangeSymbol, base, quote, settle };
  return { ...names, multiplier, assetClass, accrual, listedAt: null, endedAt: null };
}

function boardOf(db: Database, atS: number): PastBoard | NoPastBoard {
  const known = new BoardStore(db);
  return atOnce(pastBoard(known, { atMs: atS * 1000, periodsMs: { okx: 60_000 } }));
}

/** A board by exchange and uid, without ids of the store. */
function shown(board: PastBoard | NoPastBoard) {
  if (!("exchanges" in board) || !board.exchanges.some(hasRows)) return "nothing";
  const others = textsOf(board.otherBases).toSorted();
  return { atMs: board.atMs, others, exchanges: board.exchanges.filter(hasRows).map(rowsIn) };
}

const hasRows = ({ seriesId }: PastListings): boolean => seriesId.length > 0;

function rowsIn(of: PastListings) {
  return Object.fromEntries(
    Object.entries(of)
      .filter(([name]) => name !== "seriesId")
      .map(([name, column]) => [name, valuesOf(column)]),
  );
}

function valuesOf(column: PastListings[keyof PastListings]) {
  if (typeof column === "string") return textsOf(column);
  return column instanceof Float64Array || column instanceof Uint32Array ? [...column] : column;
}

/** Moments around everything that happens. */
const moment = fc
  .tuple(fc.nat({ max: 30 * 3_600 }), fc.constantFrom(-1, 0, 1))
  .map(([afterS, by]) => START_S + afterS + by);

describe("the board of a moment, read from the store,", () => {
  test("is that of a plain list of everything that was sampled by then", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.array(moment, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(null, 0, 3 * 3_600, 2 * DAY_S),
        async (steps, moments, rolledUpAfterS) => {
          const { db, store, plain, endS } = written(steps);
          if (rolledUpAfterS !== null) store.rollUpAll(endS + rolledUpAfterS);
          for (const atS of [endS, endS - 1, ...moments])
            expect([atS, shown(boardOf(db, atS))]).toEqual([
              atS,
              shown(await plain.at(atS * 1000)),
            ]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("stays the same whatever is stored, rolled up, ended or found out afterwards", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 2 * 3_600, 2 * DAY_S),
        (before, after, rolledUpAfterS) => {
          const { db, endS } = written(before);
          const first = shown(boardOf(db, endS));
          const all = written([...before, ...after]);
          all.store.rollUpAll(all.endS + rolledUpAfterS);
          expect(shown(boardOf(all.db, endS))).toEqual(first);
        },
      ),
    );
  });
});

describe("the reader", () => {
  test("names the first sample where the look-back has none", () => {
    const { db } = written([
      {
        exchange: "okx",
        afterS: 1,
        bases: ["BTC"],
        rate: 0,
        intervalHours: 8,
        aheadS: null,
        flags: 0,
        assetId: null,
        terms: TERMS,
        ends: null,
      },
    ]);
    const nothing = { firstMs: (START_S + 1) * 1000 };
    expect(boardOf(db, START_S)).toEqual(nothing);
    expect(shown(boardOf(db, START_S + LOOK_BACK_MS / 1000))).not.toBe("nothing");
    expect(boardOf(db, START_S + 1 + LOOK_BACK_MS / 1000)).toEqual(nothing);
    expect(boardOf(historyInMemory(), START_S)).toEqual({ firstMs: null });
  });

  test("knows neither multiplier nor class from before they were kept with their time", () => {
    const rows = ([1, 1_000] as const).map((multiplier): Step => ({
      exchange: "okx",
      afterS: 60,
      bases: ["PEPE"],
      rate: 0,
      intervalHours: 8,
      aheadS: null,
      flags: 0,
      assetId: "A",
      terms: { ...TERMS, multiplier },
      ends: null,
    }));
    const { db } = written(rows);
    db.run("DELETE FROM series_events WHERE kind = 'terms' AND at < ?", [START_S + 120]);
    const shownAt = (atS: number) => {
      const board = boardOf(db, atS);
      const [of] = "exchanges" in board ? board.exchanges.map(rowsIn) : [];
      return [of?.base, of?.quote, of?.multiplier, of?.assetClass];
    };
    expect(shownAt(START_S + 119)).toEqual([["PEPE"], ["USDT"], [Number.NaN], [""]]);
    expect(shownAt(START_S + 120)).toEqual([["PEPE"], ["USDT"], [1_000], ["crypto"]]);
  });

  test("shows months of which only hours are kept as of the hour that is asked for then", () => {
    const rows = Array.from({ length: 200 }, (_, n): Step => ({
      exchange: "okx",
      afterS: 601,
      bases: ["BTC"],
      rate: n / 1e6,
      intervalHours: 8,
      aheadS: null,
      flags: 0,
      assetId: "A",
      terms: TERMS,
      ends: null,
    }));
    const { db, store, endS } = written(rows);
    const nowS = START_S + 75 * DAY_S;
    const atS = shownMomentMs((endS - 5_000) * 1000, nowS * 1000) / 1000;
    const before = shown(boardOf(db, atS));
    expect(atS % 3_600).toBe(0);
    for (let night = endS; night <= nowS; night += DAY_S / 2) store.rollUpAll(night);
    const { months } = db
      .query<{ months: number }, []>("SELECT count(*) AS months FROM sample_months")
      .get() ?? { months: 0 };
    expect(months).toBeGreaterThan(0);
    expect(shown(boardOf(db, atS))).toEqual(before);
  });
});
