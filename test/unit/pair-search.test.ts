import { expect, test } from "bun:test";
import fc from "fast-check";
import { priceGapPct } from "../../src/domain/arbitrage.ts";
import { DECISIONS, hasRefusedGap, isRefusedGap } from "../../src/domain/decision.ts";
import { type ExchangeId, EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { takerFees } from "../../src/domain/fees.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { median } from "../../src/domain/median.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { findPairs } from "../../src/services/finder/arbitrage.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import {
  ARBITRAGE_DEFAULTS,
  type ArbitrageQuery,
  type Pair,
  PAIR_SORTS,
  type PairSort,
  type SameExchange,
} from "../../src/services/finder/pair.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const SOME: readonly ExchangeId[] = ["binance", "okx", "bybit", "gate", "orderly"];
const ASSETS = 70;

/** The fee of orderly is unknown. */
const feesOf = (bpsOf: (place: number) => number) =>
  takerFees(
    new Map(),
    new Map(EXCHANGE_IDS.filter((id) => id !== "orderly").map((id, place) => [id, bpsOf(place)])),
  );
const EQUAL_FEES = feesOf(() => 3);
const FEES = feesOf((place) => 2 + (place % 4) * 1.5);

const BOOK: OpportunityBook = {
  find: (longId, shortId) =>
    (longId + shortId) % 3 === 0
      ? null
      : {
          firstSeenMs: NOON_MS - ((longId * 7 + shortId) % 40) * 60_000,
          lastSeenMs: NOON_MS,
          peakGrossPct: 9,
          unobservedMs: 0,
        },
};

/** Rates in steps, so that many pairs are ties, and some prices too far apart. */
const listingIn = (steps: number) =>
  fc.record({
    rate: fc.integer({ min: -steps, max: steps }).map((step) => (step * 0.0004) / steps),
    hours: fc.constantFrom(8, 8, 8, 4, null),
    price: fc.constantFrom(100, 100, 100.3, 111, null),
    fee: fc.constantFrom(null, null, null, 4.5),
    isListed: fc.constantFrom(true, true, true, false),
  });

const market = fc
  .constantFrom(1, 3, 40)
  .chain((steps) =>
    fc.array(fc.array(listingIn(steps), { minLength: SOME.length, maxLength: SOME.length }), {
      minLength: ASSETS,
      maxLength: ASSETS,
    }),
  )
  .map((assets) =>
    assets.flatMap((listings, asset) =>
      listings.flatMap(({ rate, hours, price, fee, isListed }, at): BoardRow[] => {
        const exchange = SOME[at] ?? expect.unreachable();
        const extra = {
          instrumentId: asset * SOME.length + at + 1,
          fundingRate: rate,
          fundingIntervalHours: hours,
          markPrice: price,
          indexPrice: null,
          takerFeeBps: fee,
        };
        return isListed ? [rowOf(exchange, `A${asset}`, extra)] : [];
      }),
    ),
  );

/** Mostly the usual value: pairs are only counted if no filter needs them. */
const mostly = <Value>(usual: Value, other: Value) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constant(other) },
  );

const query = fc
  .record({
    sort: fc.constantFrom<PairSort[]>("net", "net", "gross", "gross", ...PAIR_SORTS),
    pairs: fc.constantFrom("best" as const, "all" as const),
    sameExchange: mostly<SameExchange>("exclude", "allow"),
    longExchanges: mostly<readonly ExchangeId[] | null>(null, ["okx", "gate"]),
    decisions: fc.oneof(
      { weight: 8, arbitrary: fc.constant<ArbitrageQuery["decisions"]>(["usable", "watch"]) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<ArbitrageQuery["decisions"][]>(["usable"], DECISIONS),
      },
    ),
    minYieldPct: mostly(0, 10.95),
    minNetPct: mostly<number | null>(null, 5),
    minAgeSeconds: mostly(0, 900),
    maxPriceGapPct: mostly<number | null>(null, 0.1),
    minExchanges: mostly(2, 4),
    paidOnBothSides: mostly(false, true),
    fees: fc.constantFrom(FEES, EQUAL_FEES),
    holdHours: fc.constantFrom(24, 500),
  })
  .map((some): ArbitrageQuery => ({
    ...ARBITRAGE_DEFAULTS,
    legs: NO_FILTER,
    ...some,
  }));

const textOf = ({ long, short, grossPct, netPct }: Pair): string =>
  [long.row.record.uid, short.row.record.uid, grossPct, netPct].join(" ");

test("the first pairs and their number equal those of a search that builds every pair", async () => {
  await fc.assert(
    fc.asyncProperty(market, query, fc.constantFrom(1, 3, 20), async (rows, filters, limit) => {
      const snapshot = snapshotOf("1-1", rows, NOON_MS, BOOK);
      const groups = new AssetGroups();
      const some = atOnce(findPairs(snapshot, groups, filters, { end: limit }));
      // Nothing is left out if all pairs are requested.
      const all = atOnce(findPairs(snapshot, groups, filters, { end: Number.POSITIVE_INFINITY }));
      expect(some.length).toBe(all.length);
      const end = Math.min(limit, all.length);
      expect(some.slice(0, end).map(textOf)).toEqual(all.slice(0, end).map(textOf));
    }),
    { numRuns: 120 },
  );
});

test("a gap is refused if and only if its rounded percentage is", () => {
  const price = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  // Prices in the ratio of 21 to 19 differ by 10 percent of their mean.
  const ratio = fc.oneof(
    fc.double({ min: 0.5, max: 2, noNaN: true }),
    fc
      .tuple(fc.integer({ min: -20, max: 20 }), fc.constantFrom(1, 32, 512))
      .map(([steps, size]) => (21 / 19) * (1 + steps * size * Number.EPSILON)),
  );
  fc.assert(
    fc.property(price, ratio, (one, times) => {
      for (const [long, short] of [
        [one, one * times],
        [one * times, one],
      ] as const)
        expect(hasRefusedGap(long, short)).toBe(isRefusedGap(priceGapPct(long, short)));
    }),
    { numRuns: 2_000 },
  );
  for (const [long, short] of [
    [null, 1],
    [1, null],
    [0, 0],
    [-1, 1],
    [-2, 1],
    [0, 1],
  ] as const)
    expect(hasRefusedGap(long, short)).toBe(isRefusedGap(priceGapPct(long, short)));
});

test("the median is the middle of the sorted values, whatever their number", () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, min: -9, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 80, size: "max" }), (values) => {
      const sorted = values.toSorted((left, right) => left - right);
      const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
      expect(median(values)).toBeCloseTo((low + high) / 2, 12);
    }),
  );
});
