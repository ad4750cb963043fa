import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MarketReview } from "../../src/collector/market-review.ts";
import { ReviewRepository, type ReviewRow } from "../../src/db/market/review-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { AssetClass, Quote } from "../../src/domain/quote.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const IDS = ["binance", "bybit", "okx", "gate"] as const satisfies readonly ExchangeId[];
/** TON and GRAM are configured as one asset. */
const BASES = ["LIT", "TON", "GRAM"] as const;

/** What an exchange lists under a base; null if nothing. */
interface Cell {
  readonly price: number | null;
  readonly assetClass: AssetClass | null;
  readonly multiplier: number;
}

const CELL: fc.Arbitrary<Cell | null> = fc.option(
  fc.record({
    price: fc.constantFrom(100, 100, 101, 102.5, 104, 109, 112, 800, null),
    assetClass: fc.constantFrom<(AssetClass | null)[]>("crypto", "crypto", "stock", null),
    multiplier: fc.constantFrom(1, 1, 1, 10),
  }),
  { nil: null, freq: 4 },
);

const STEP = fc.record({
  changes: fc.array(
    fc.record({
      exchange: fc.constantFrom(...IDS),
      base: fc.constantFrom(...BASES),
      cell: CELL,
      /** Whether only the price differs: the usual step of a market. */
      isPriceOnly: fc.constantFrom(true, true, false),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  seconds: fc.constantFrom(2, 2, 2, 20, 60, 200, 4_200),
  /** Enough runs for a persistent misfit to take effect. */
  cycles: fc.constantFrom(1, 1, 3, 11),
});

type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;
type Market = Map<string, Cell | null>;

/** A database and its review; `isChanged`: decides only what may have changed. */
function world(isChanged: boolean) {
  const database = testDatabase();
  const epoch = startCollecting(database, IDS, NOON_MS);
  const repository = new ReviewRepository(database.db, database.epochs);
  const review = new MarketReview(repository, isChanged ? database.writer : null);
  return {
    take: (market: Market, atMs: number): number => {
      for (const exchange of IDS) {
        const quotes = BASES.flatMap((base) => {
          const cell = market.get(`${exchange} ${base}`) ?? null;
          if (cell === null) return [];
          const { price, ...rest } = cell;
          const prices = { indexPrice: price, markPrice: price };
          return [quoteOf(base, { ...rest, ...prices, receivedAtMs: atMs })];
        });
        database.writer.commit(acceptedBatch(exchange, epoch, atMs, quotes));
      }
      return review.run(epoch, atMs);
    },
    decided: () => repository.rows(),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function change(market: Market, { changes }: Step): void {
  for (const { exchange, base, cell, isPriceOnly } of changes) {
    const key = `${exchange} ${base}`;
    const before = market.get(key) ?? null;
    market.set(
      key,
      isPriceOnly && before !== null && cell !== null ? { ...before, price: cell.price } : cell,
    );
  }
}

test(
  "a review of names that may have changed gives the same as a review of all names",
  () => {
    let changed = 0;
    fc.assert(
      fc.property(fc.array(STEP, { minLength: 4, maxLength: 10, size: "max" }), (steps) => {
        using touched = world(true);
        using all = world(false);
        const market: Market = new Map();
        for (const exchange of IDS) {
          for (const base of BASES)
            market.set(`${exchange} ${base}`, { price: 100, assetClass: "crypto", multiplier: 1 });
        }
        let atMs = NOON_MS;
        for (const step of steps) {
          change(market, step);
          for (let cycle = 0; cycle < step.cycles; cycle += 1) {
            atMs += step.seconds * 1000;
            const count = touched.take(market, atMs);
            expect(count).toBe(all.take(market, atMs));
            expect(touched.decided()).toEqual([...all.decided()]);
            changed += count;
          }
        }
      }),
      { numRuns: 40 },
    );
    expect(changed).toBeGreaterThan(100);
  },
  LONG_MS,
);

test("a misfit that has passed starts over, even if nothing was decided in between", () => {
  using touched = world(true);
  const market: Market = new Map();
  const cell = { price: 100, assetClass: "crypto", multiplier: 1 } as const;
  for (const exchange of IDS) market.set(`${exchange} LIT`, cell);
  let atMs = NOON_MS;
  const cycles = (price: number, count: number): number => {
    market.set("okx LIT", { ...cell, price });
    let changed = 0;
    for (let cycle = 0; cycle < count; cycle += 1) changed += touched.take(market, (atMs += 1_000));
    return changed;
  };
  expect(cycles(100, 2)).toBe(4);
  expect(cycles(130, 9)).toBe(0);
  expect(cycles(100, 1)).toBe(0);
  expect(cycles(130, 9)).toBe(0);
  expect(cycles(130, 1)).toBeGreaterThan(0);
});

test("a writer reports the bases of listings that were added, removed or changed, once", () => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], NOON_MS);
  let atMs = NOON_MS;
  const changedBy = (quotes: readonly Quote[], exchangeSymbol = "X"): string[] => {
    atMs += 1_000;
    const listed = quotes.map((quote) => ({ ...quote, exchangeSymbol, receivedAtMs: atMs }));
    database.writer.commit(acceptedBatch("okx", epoch, atMs, listed));
    return [...database.writer.takeChangedBases()].toSorted();
  };
  const lit = quoteOf("LIT");
  expect(changedBy([lit])).toEqual(["LIT"]);
  expect(changedBy([{ ...lit, markPrice: 1.5, fundingRate: 0.01 }])).toEqual([]);
  expect(changedBy([{ ...lit, assetClass: "stock" }])).toEqual(["LIT"]);
  expect(changedBy([{ ...lit, assetClass: "stock", multiplier: 10 }])).toEqual(["LIT"]);
  expect(changedBy([quoteOf("LIGHT")])).toEqual(["LIGHT", "LIT"]);
  expect([changedBy([]), changedBy([]), changedBy([])]).toEqual([[], [], ["LIGHT"]]);
  expect(changedBy([])).toEqual([]);
  expect(changedBy([quoteOf("LIGHT")])).toEqual(["LIGHT"]);
  const listedAnew = quoteOf("TON", { listedAtMs: NOON_MS });
  expect(changedBy([{ ...listedAnew, listedAtMs: NOON_MS - 90_000_000 }])).toEqual([
    "LIGHT",
    "TON",
  ]);
  expect(changedBy([{ ...listedAnew, base: "GRAM" }])).toEqual(["GRAM", "TON"]);
});

/** Rows of two names on two exchanges, with the number of times that each was a misfit. */
function countedRows() {
  const read = new Map<string, number>();
  const rows = ["binance", "bybit"].flatMap((exchange, place) =>
    ["LIT", "BTC"].map((base, index): ReviewRow => {
      const row = {
        instrumentId: 2 * place + index + 1,
        exchange: exchange as ExchangeId,
        base,
        quote: "USDT",
        assetClass: null,
        multiplier: 1,
        assetId: base,
        identity: "confirmed" as const,
        provenMultiplier: null,
        implausible: 0,
        price: 100,
        openInterestUsd: null,
        volume24hUsd: null,
        fundingRate: 0.0001,
        fundingIntervalHours: 8,
        observedAtMs: NOON_MS,
        frozen: 0,
        get settledClass(): AssetClass | null {
          read.set(base, (read.get(base) ?? 0) + 1);
          return null;
        },
      };
      return row;
    }),
  );
  return { rows, read };
}

describe("settled names", () => {
  const scene = () => {
    const { rows, read } = countedRows();
    let bases = new Set<string>();
    const repository = {
      rows: () => rows,
      rateScales: () => new Map(),
      store: () => {},
    };
    const review = new MarketReview(repository, {
      takeChangedBases: () => {
        const taken = bases;
        bases = new Set();
        return taken;
      },
    });
    /** The names that a run decides. */
    const decide = (atMs: number): string[] => {
      read.clear();
      review.run(1, atMs);
      return [...read.keys()].toSorted();
    };
    return { rows, decide, touch: (base: string) => bases.add(base) };
  };

  test("are not decided again while their prices stay close, nor when rows are merely updated", () => {
    const { decide, touch, rows } = scene();
    expect(decide(NOON_MS)).toEqual(["BTC", "LIT"]);
    expect(decide(NOON_MS + 1)).toEqual([]);
    touch("LIT");
    expect(decide(NOON_MS + 2)).toEqual(["LIT"]);
    expect(decide(NOON_MS + 3)).toEqual([]);
    const [first] = rows;
    Object.assign(first ?? {}, { price: 102.8 });
    expect(decide(NOON_MS + 4)).toEqual([]);
    Object.assign(first ?? {}, { price: 103 });
    expect(decide(NOON_MS + 5)).toEqual(["LIT"]);
  });

  test("are decided again after ten minutes in any case", () => {
    const { decide } = scene();
    decide(NOON_MS);
    expect(decide(NOON_MS + 599_999)).toEqual([]);
    expect(decide(NOON_MS + 600_000)).toEqual(["BTC", "LIT"]);
  });
});
