import { describe, expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { settlementsAhead } from "../../src/services/finder/calendar.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

/** All settlements within `hours` of noon: how many hours ahead, whose, at which rate. */
function ahead(rows: readonly BoardRow[], hours = 8, asOfMs = NOON_MS) {
  const found = atOnce(
    settlementsAhead(snapshotOf("1-1", rows, asOfMs), { filter: NO_FILTER, hours }),
  );
  return found
    .slice(0, found.length)
    .map(({ row, settlesAt, rate, rateSource }) => [
      (settlesAt * 1000 - NOON_MS) / HOUR_MS,
      row.record.base,
      rate,
      rateSource,
    ]);
}

describe("the settlements ahead", () => {
  test("of an hourly and an 8 h listing, by time, then by open interest", () => {
    const rows = [
      rowOf("okx", "HOUR", {
        fundingIntervalHours: 1,
        fundingRate: 0.0001,
        predictedRate: 0.0002,
        nextFundingAtMs: NOON_MS + HOUR_MS,
        openInterestUsd: 1,
      }),
      rowOf("gate", "EIGHT", {
        fundingRate: -0.0003,
        nextFundingAtMs: NOON_MS + 4 * HOUR_MS,
        openInterestUsd: 2,
      }),
    ];
    expect(ahead(rows)).toEqual([
      [1, "HOUR", 0.0001, "live"],
      [2, "HOUR", 0.0002, "predicted"],
      [3, "HOUR", null, null],
      [4, "EIGHT", -0.0003, "live"],
      [4, "HOUR", null, null],
      [5, "HOUR", null, null],
      [6, "HOUR", null, null],
      [7, "HOUR", null, null],
      [8, "HOUR", null, null],
    ]);
  });

  test("begin after the snapshot's time and include the end of the requested hours", () => {
    const rows = [
      rowOf("okx", "NOW", { fundingIntervalHours: 24, nextFundingAtMs: NOON_MS }),
      rowOf("okx", "END", { nextFundingAtMs: NOON_MS + 8 * HOUR_MS }),
      rowOf("okx", "LATER", { nextFundingAtMs: NOON_MS + 8 * HOUR_MS + 1_000 }),
    ];
    expect(ahead(rows)).toEqual([[8, "END", 0.0001, "live"]]);
    expect(ahead(rows, 0.5)).toEqual([]);
  });

  test("continue if a settlement has just passed and its rate is being charged while the next is unknown", () => {
    const hourly = { fundingIntervalHours: 1, nextFundingAtMs: NOON_MS };
    const rows = [
      rowOf("okx", "A", { ...hourly, predictedRate: 0.0007 }),
      rowOf("okx", "B", hourly),
    ];
    expect(ahead(rows, 1, NOON_MS + 5_000)).toEqual([
      [1, "A", 0.0007, "predicted"],
      [1, "B", null, null],
    ]);
  });

  test("have no known next rate for a row that still shows the charged one", () => {
    const hourly = { fundingIntervalHours: 1, nextFundingAtMs: NOON_MS + HOUR_MS, settling: true };
    const rows = [rowOf("gate", "A", { ...hourly, predictedRate: 0.0007 }, flagBit("settling"))];
    expect(ahead(rows, 2)).toEqual([
      [1, "A", null, null],
      [2, "A", 0.0007, "predicted"],
    ]);
  });

  test("exclude continuous funding, unknown intervals or times, and rows that cannot be trusted", () => {
    const rows = [
      rowOf("deribit", "CONT", { accrual: "continuous" }),
      rowOf("okx", "NOINT", { fundingIntervalHours: null }),
      rowOf("okx", "NOTIME", { nextFundingAtMs: null }),
      rowOf("okx", "STALE", {}, flagBit("stale")),
      rowOf("okx", "THIN", {}, flagBit("thin")),
    ];
    expect(ahead(rows).map(([, base]) => base)).toEqual(["THIN"]);
  });

  test("at one time are ordered by open interest, unknown last, then by exchange and symbol", () => {
    const rows = [
      rowOf("okx", "C", { openInterestUsd: null }),
      rowOf("okx", "B", { openInterestUsd: 0 }),
      rowOf("gate", "D", { openInterestUsd: null }),
      rowOf("bybit", "A", { openInterestUsd: 5 }),
      rowOf("binance", "E", { openInterestUsd: 5 }),
    ];
    expect(ahead(rows).map(([, base]) => base)).toEqual(["E", "A", "B", "D", "C"]);
  });

  test("come from intervals of at least a minute: no exchange has shorter ones", () => {
    const every = (seconds: number) => {
      const next = { nextFundingAtMs: NOON_MS + seconds * 1000 };
      return ahead([rowOf("okx", "A", { fundingIntervalHours: seconds / 3600, ...next })], 1);
    };
    expect(every(60)).toHaveLength(60);
    expect(every(59)).toEqual([]);
  });

  test("at a time shared by several intervals are in one order, not interval by interval", () => {
    const at = (base: string, fundingIntervalHours: number, openInterestUsd: number) =>
      rowOf("okx", base, { fundingIntervalHours, openInterestUsd });
    const rows = [at("A", 8, 4), at("B", 1, 3), at("C", 8, 2), at("D", 1, 1)];
    expect(ahead(rows, 4).map(([, base]) => base)).toEqual(["A", "B", "C", "D"]);
  });

  test("are only those of rows that pass the filter", () => {
    const rows = [rowOf("okx", "A"), rowOf("gate", "A"), rowOf("okx", "B", { volume24hUsd: 1 })];
    const filter = { ...NO_FILTER, exchanges: ["okx" as const], minVolumeUsd: 2 };
    const found = atOnce(settlementsAhead(snapshotOf("1-1", rows), { filter, hours: 8 }));
    expect(found.slice(0, 9).map(({ row }) => row.record.uid)).toEqual(["okx:AUSDT:1"]);
  });
});

const listing = fc.record({
  exchange: fc.constantFrom("okx" as const, "gate" as const, "bybit" as const),
  base: fc.constantFrom("A", "B", "C", "D", "E", "F"),
  interval: fc.constantFrom(0.5, 1, 2, 24),
  aheadMs: fc.oneof(
    fc.integer({ min: 0, max: 3 }).map((hours) => hours * HOUR_MS),
    fc.integer({ min: -HOUR_MS, max: 24 * HOUR_MS }),
  ),
  openInterest: fc.option(fc.integer({ min: 0, max: 3 })),
});

const market = fc
  .uniqueArray(listing, { maxLength: 16, selector: ({ exchange, base }) => `${exchange} ${base}` })
  .map((listings) =>
    listings.map(({ exchange, base, interval, aheadMs, openInterest }) =>
      rowOf(exchange, base, {
        fundingIntervalHours: interval,
        nextFundingAtMs: NOON_MS + aheadMs,
        openInterestUsd: openInterest,
      }),
    ),
  );

/** Every settlement enumerated and sorted: the expected list, written plainly. */
function plainly(rows: readonly BoardRow[], hours: number): string[] {
  const found: { at: number; size: number; name: string; nth: number }[] = [];
  for (const { record } of rows) {
    const { nextFundingAtMs, fundingIntervalHours } = record;
    if (nextFundingAtMs === null || fundingIntervalHours === null) continue;
    for (let nth = 0; nth < 200; nth += 1) {
      const at = Math.floor(nextFundingAtMs / 1000) + nth * fundingIntervalHours * 3_600;
      const isIn = at > NOON_MS / 1000 && at <= NOON_MS / 1000 + hours * 3_600;
      const name = `${record.exchange} ${record.exchangeSymbol}`;
      if (isIn) found.push({ at, size: record.openInterestUsd ?? -1, name, nth });
    }
  }
  found.sort(
    (left, right) =>
      left.at - right.at || right.size - left.size || (left.name < right.name ? -1 : 1),
  );
  return found.map(({ at, name, nth }) => `${at} ${name}${nth === 0 ? " live" : ""}`);
}

test("any page of the list is that part of all settlements, sorted plainly", () => {
  fc.assert(
    fc.property(
      market,
      fc.integer({ min: 1, max: 48 }),
      fc.nat(60),
      fc.nat(60),
      fc.boolean(),
      (rows, hours, from, size, isRestOrdered) => {
        const part = isRestOrdered ? undefined : { from, end: from + size };
        const query = { filter: NO_FILTER, hours };
        const found = atOnce(settlementsAhead(snapshotOf("1-1", rows), query, part));
        const expected = plainly(rows, hours);
        expect(found.length).toBe(expected.length);
        const shown = found.slice(from, from + size).map(({ row, settlesAt, rateSource }) => {
          const { exchange, exchangeSymbol } = row.record;
          return `${settlesAt} ${exchange} ${exchangeSymbol}${rateSource === null ? "" : " live"}`;
        });
        expect(shown).toEqual(expected.slice(from, from + size));
      },
    ),
  );
});
