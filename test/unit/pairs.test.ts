import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { takerFees } from "../../src/domain/fees.ts";
import { flagBit } from "../../src/domain/flags.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import type { Snapshot } from "../../src/domain/market.ts";
import { Pauses } from "../../src/lib/pauses.ts";
import { atOnce, inSteps } from "../../src/lib/stepwise.ts";
import { findPairs } from "../../src/services/finder/arbitrage.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import {
  ageSecondsOf,
  type ArbitrageQuery,
  breakevenHoursOf,
  cashOf,
  type Pair,
  PAIR_SORTS,
  SAME_EXCHANGE,
} from "../../src/services/finder/pair.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const SOME: readonly ExchangeId[] = ["okx", "bybit", "gate", "kraken", "orderly"];

const QUERY: ArbitrageQuery = {
  legs: NO_FILTER,
  exclude: null,
  longExchanges: null,
  shortExchanges: null,
  sameExchange: "exclude",
  // The fee of orderly is unknown.
  fees: takerFees(
    new Map(),
    new Map([
      ["okx", 0],
      ["bybit", 0],
      ["gate", 5],
      ["kraken", 6],
    ]),
  ),
  holdHours: 24,
  notionalUsd: 10_000,
  capitalUsd: 20_000,
  leverage: 1,
  minNetPct: null,
  minNetUsd: null,
  minYieldPct: 0,
  minAgeSeconds: 0,
  maxPriceGapPct: null,
  decisions: ["usable", "watch", "refuse"],
  sort: "net",
  minExchanges: 2,
  paidOnBothSides: false,
  pairs: "all",
};

/** Some pairs have lasted long enough to be usable, some not; the others are unknown. */
const BOOK: OpportunityBook = {
  find: (longId, shortId) =>
    (longId + shortId) % 3 === 0
      ? null
      : {
          firstSeenMs: NOON_MS - ((longId + shortId) % 5) * 300_000,
          lastSeenMs: NOON_MS,
          peakGrossPct: 5,
          unobservedMs: 0,
        },
};

const MARKET = fc
  .uniqueArray(
    fc.record({
      exchange: fc.constantFrom(...SOME),
      base: fc.constantFrom("A", "B"),
      quote: fc.constantFrom("USDT", "USDC"),
      // Few different rates, so that ranks are often equal.
      rate: fc.constantFrom(-0.001, 0, 0.0001, 0.002, 0.02),
      interval: fc.constantFrom(1, 8, 8, null),
      continuous: fc.constantFrom(true, false, false),
      next: fc.constantFrom(0.5, 4, 7.5, null),
      ownFee: fc.constantFrom(0.9, 30, null, null),
      price: fc.constantFrom(100, 100, 105, 120),
      blocked: fc.constantFrom(true, false, false),
    }),
    {
      minLength: 4,
      maxLength: 14,
      selector: ({ exchange, base, quote }) => `${exchange} ${base} ${quote}`,
    },
  )
  .map((listings) =>
    snapshotOf(
      "1-1",
      listings.map(({ exchange, base, quote, blocked, ...one }, index) =>
        rowOf(
          exchange,
          base,
          {
            instrumentId: index,
            quote,
            fundingRate: one.rate,
            fundingIntervalHours: one.interval,
            accrual: one.continuous ? "continuous" : "periodic",
            nextFundingAtMs:
              one.continuous || one.next === null ? null : NOON_MS + one.next * HOUR_MS,
            takerFeeBps: one.ownFee,
            markPrice: one.price,
          },
          blocked || one.interval === null ? flagBit("interval_unknown") : 0,
        ),
      ),
      NOON_MS,
      BOOK,
    ),
  );

/** The exchanges and symbols of a pair as one text: no name in this market is a prefix of another one. */
function legsOf({ long, short }: Pair): string {
  const names = [long, short].map(({ row: { record } }) => [
    record.exchange,
    record.exchangeSymbol,
  ]);
  return names.flat().join(" ");
}

/** The sort key of a pair, unknown last: written plainly. */
function keyOf(pair: Pair, sort: ArbitrageQuery["sort"]): number {
  const { netPct, grossPct } = pair;
  const age = ageSecondsOf(pair);
  const breakevenHours = breakevenHoursOf(pair);
  const known = {
    net: netPct,
    cash: cashOf(pair).netUsd,
    gross: grossPct,
    breakeven: breakevenHours === null ? null : -breakevenHours,
    lasted: age,
  }[sort];
  return known ?? -1e300;
}

/** Some hold for less time than the fees take, some request what remains. */
const PLAN = fc.record({
  holdHours: fc.constantFrom(0.25, 3, 24, 720),
  minNetPct: fc.constantFrom(null, null, -50, 10),
  minNetUsd: fc.constantFrom(null, null, -20, 5),
});

/** The exchanges allowed for each leg. */
const SIDES = fc.record({
  longExchanges: fc.option(fc.subarray([...SOME], { minLength: 1 })),
  shortExchanges: fc.option(fc.subarray([...SOME], { minLength: 1 })),
  sameExchange: fc.constantFrom(...SAME_EXCHANGE),
});

/** A frozen clock: the work never takes long. */

async function allPairs(snapshot: Snapshot, query: ArbitrageQuery): Promise<readonly Pair[]> {
  const end = Number.POSITIVE_INFINITY;
  const found = atOnce(findPairs(snapshot, new AssetGroups(), query, { end }));
  const all = found.slice(0, end);
  expect(all).toHaveLength(found.length);
  return all;
}

test("any page of the list is that part of all pairs, sorted plainly", async () => {
  await fc.assert(
    fc.asyncProperty(
      MARKET,
      fc.constantFrom(...PAIR_SORTS),
      fc.nat(40),
      fc.nat(40),
      async (snapshot, sort, from, size) => {
        const query = { ...QUERY, sort };
        const all = await allPairs(snapshot, query);
        const plainly = all.toSorted(
          (left, right) =>
            keyOf(right, sort) - keyOf(left, sort) || (legsOf(left) < legsOf(right) ? -1 : 1),
        );
        expect(all).toEqual(plainly);
        const end = from + size;
        const found = atOnce(findPairs(snapshot, new AssetGroups(), query, { end }));
        expect(found).toHaveLength(all.length);
        expect(found.slice(from, end)).toEqual(plainly.slice(from, end));
      },
    ),
  );
});

test("the best of each asset is the first of all its pairs, for every order and decision", async () => {
  const decisions = fc.constantFrom<ArbitrageQuery["decisions"]>(
    ["usable"],
    ["watch"],
    ["usable", "watch"],
    ["usable", "watch", "refuse"],
  );
  await fc.assert(
    fc.asyncProperty(
      MARKET,
      fc.constantFrom(...PAIR_SORTS),
      decisions,
      PLAN,
      fc.oneof(fc.constant({}), SIDES),
      async (snapshot, sort, shown, plan, sides) => {
        const listed = (pairs: ArbitrageQuery["pairs"]) =>
          allPairs(snapshot, { ...QUERY, ...plan, ...sides, sort, decisions: shown, pairs });
        const firsts = new Map<string, Pair>();
        for (const pair of await listed("all"))
          if (!firsts.has(pair.group.assetId)) firsts.set(pair.group.assetId, pair);
        expect(await listed("best")).toEqual([...firsts.values()]);
      },
    ),
  );
});

test("a fixed leg and two legs on one exchange choose among all pairs, and no listing is paired with itself", async () => {
  await fc.assert(
    fc.asyncProperty(MARKET, SIDES, async (snapshot, sides) => {
      const { longExchanges, shortExchanges, sameExchange } = sides;
      const anyPair = await allPairs(snapshot, { ...QUERY, sameExchange: "allow" });
      const ids = (pair: Pair) =>
        [pair.long, pair.short]
          .map(({ row }) => row.record.instrumentId)
          .toSorted()
          .join();
      expect(anyPair.every(({ long, short }) => long !== short)).toBe(true);
      expect(new Set(anyPair.map(ids)).size).toBe(anyPair.length);
      const fits = ({ long, short }: Pair) => {
        const [longAt, shortAt] = [long.row.record.exchange, short.row.record.exchange];
        return (
          (longExchanges?.includes(longAt) ?? true) &&
          (shortExchanges?.includes(shortAt) ?? true) &&
          (sameExchange === "allow" || longAt !== shortAt)
        );
      };
      // With equal or unknown rates neither is the lower: such a pair may be the other way round.
      const passing = anyPair
        .flatMap((pair) => {
          const turned = { ...pair, long: pair.short, short: pair.long };
          const isTied = (pair.grossPct ?? 0) === 0;
          return [pair, ...(isTied ? [turned] : [])].filter(fits).slice(0, 1);
        })
        .toSorted(
          (left, right) =>
            keyOf(right, "net") - keyOf(left, "net") || (legsOf(left) < legsOf(right) ? -1 : 1),
        );
      const found = await allPairs(snapshot, { ...QUERY, ...sides });
      expect(found.map(legsOf)).toEqual(passing.map(legsOf));
    }),
  );
});

test("the best pair of an asset may not have the most extreme rate, if that exchange costs more", async () => {
  // gate and okx are equally far from kraken; okx has no fee.
  const snapshot = snapshotOf("1-1", [
    rowOf("gate", "A", { fundingRate: -0.001 }),
    rowOf("okx", "A", { fundingRate: -0.001 }),
    rowOf("kraken", "A", { fundingRate: 0.002 }),
  ]);
  const best = await allPairs(snapshot, { ...QUERY, pairs: "best" });
  expect(best.map(legsOf)).toEqual(["okx AUSDT kraken AUSDT"]);
});

test("the pair that pays its fees first may not have the highest yield", async () => {
  const leg = (exchange: ExchangeId, fundingRate: number, nextInHours: number) =>
    rowOf(exchange, "A", { fundingRate, nextFundingAtMs: NOON_MS + nextInHours * HOUR_MS });
  // Four fills cost 0.1 and 0.12 %: gate pays 0.2 % in 4 h, kraken 0.125 % in half an hour, by the mean in 7.7 h.
  const rows = [leg("okx", 0, 4), leg("gate", 0.002, 4), leg("kraken", 0.00125, 0.5)];
  const query: ArbitrageQuery = { ...QUERY, sort: "breakeven", pairs: "best" };
  const best = await allPairs(snapshotOf("1-1", rows), query);
  expect(best.map(legsOf)).toEqual(["okx AUSDT kraken AUSDT"]);
  expect(best.map(breakevenHoursOf)).toEqual([0.5]);
});

test("a rejected pair hides no other pair of its asset, however good it is", async () => {
  const rates = [-0.001, 0, 0.002] as const;
  const rows = (["okx", "bybit", "gate"] as const).map((exchange, index) =>
    rowOf(exchange, "A", { instrumentId: index, fundingRate: rates[index] ?? 0 }),
  );
  // The widest, okx and gate, is new.
  const book: OpportunityBook = {
    find: (longId, shortId) => (longId === 0 && shortId === 2 ? null : BOOK.find(1, 3)),
  };
  const query: ArbitrageQuery = { ...QUERY, decisions: ["usable"], sort: "gross", pairs: "best" };
  const best = await allPairs(snapshotOf("1-1", rows, NOON_MS, book), query);
  expect(best.map(legsOf)).toEqual(["bybit AUSDT gate AUSDT"]);
});

test("a long search yields to the event loop, and finds the same", async () => {
  const rows = SOME.flatMap((exchange) =>
    Array.from({ length: 300 }, (_, n) => rowOf(exchange, `C${n}`, { instrumentId: n })),
  );
  const snapshot = snapshotOf("1-1", rows, NOON_MS, BOOK);
  const expected = await allPairs(snapshot, QUERY);
  // Each reading of this clock is a millisecond later.
  let nowMs = 0;
  const restless = new Pauses({ monotonicMs: () => (nowMs += 1) });
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const part = { end: Number.POSITIVE_INFINITY };
  const found = await inSteps(findPairs(snapshot, new AssetGroups(), QUERY, part), restless);
  isOver = true;
  expect(found.slice(0, found.length)).toEqual(expected);
  expect(turns).toBeGreaterThan(300 / 5);
});
