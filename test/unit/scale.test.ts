import { describe, expect, test } from "bun:test";
import { judgeScale, type PendingScale } from "../../src/collector/scale.ts";
import type { LastQuote } from "../../src/db/market/last-quotes.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** This many identical quotes of a batch. */
function quotes(count: number, extra: Partial<Quote> = {}): readonly Quote[] {
  return Array.from({ length: count }, (_, nth) => quoteOf(`C${nth}`, extra));
}

/** The same, as stored after an accepted batch. */
function asLast(from: readonly Quote[]): readonly LastQuote[] {
  return from.map((quote) => ({
    ...quote,
    lastPrice: quote.lastPrice ?? null,
    observedAtMs: quote.receivedAtMs,
  }));
}

/** The verdict on a batch with other numbers than the last one. */
function reasonFor(
  before: Partial<Quote>,
  after: Partial<Quote>,
  count = 20,
  nowMs = NOON_MS + MINUTE_MS,
) {
  const last = asLast(quotes(count, before));
  return judgeScale(quotes(count, after), last, [], nowMs)?.reason ?? null;
}

describe("a batch in other units than the last one", () => {
  test.each([
    [{ fundingRate: 0.0003 }, { fundingRate: 0.03 }, "rates are 100 times"],
    [{ fundingRate: -0.03 }, { fundingRate: 0.0003 }, "rates are 0.01 times"],
    [{ fundingIntervalHours: 8 }, { fundingIntervalHours: 0.25 }, "rates are 32 times"],
    [{ markPrice: 100 }, { markPrice: 2_001 }, "prices are 20 times"],
    [{ markPrice: 100 }, { markPrice: 4.99 }, "prices are 0.05 times"],
    [
      { markPrice: null, indexPrice: 100 },
      { markPrice: 50, indexPrice: 10_000 },
      "prices are 100 times",
    ],
    [
      { markPrice: null, indexPrice: null, lastPrice: 100 },
      { markPrice: null, indexPrice: null, lastPrice: 1 },
      "prices are 0.01 times",
    ],
  ] as const)("%j, then %j: %s", (before, after, reason) => {
    expect(reasonFor(before, after)).toBe(
      `${reason} those of the last accepted batch (median of 20)`,
    );
  });

  test.each([
    ["20 times is not another unit", { fundingRate: 0.0001 }, { fundingRate: 0.002 }],
    ["neither is a twentieth", { markPrice: 100 }, { markPrice: 5 }],
    ["another sign is a market move", { fundingRate: 0.0003 }, { fundingRate: -0.0003 }],
    ["noise before", { fundingRate: 7e-6 }, { fundingRate: 0.0003 }],
    ["noise after", { fundingRate: 0.0003 }, { fundingRate: 7e-6 }],
    ["an unknown interval", { fundingIntervalHours: null }, { fundingRate: 0.03 }],
    [
      "no next time, so it is unknown what passed",
      { nextFundingAtMs: null },
      { fundingRate: 0.03 },
    ],
    ["no previous price", { markPrice: null, indexPrice: null }, { markPrice: 10_000 }],
  ] as const)("%s: accepted", (_why, before, after) => {
    expect(reasonFor(before, after)).toBeNull();
  });

  test("is judged by the median of at least twenty instruments that both have", () => {
    expect(reasonFor({}, { fundingRate: 0.03 }, 19)).toBeNull();
    const last = asLast(quotes(20));
    const others = Array.from({ length: 20 }, (_, nth) =>
      quoteOf(`D${nth}`, { fundingRate: 0.03 }),
    );
    expect(judgeScale(others, last, [], NOON_MS)).toBeNull();
    const some = [...quotes(40, { fundingRate: 0.03 }).slice(0, 19), ...quotes(40).slice(19)];
    expect(judgeScale(some, asLast(quotes(40)), [], NOON_MS)).toBeNull();
  });

  test("a settlement between the two resets the rates: they are not compared, prices are", () => {
    const scaled = { fundingRate: 0.03 };
    const before = { nextFundingAtMs: NOON_MS + HOUR_MS };
    expect(reasonFor(before, { ...scaled, ...before })).not.toBeNull();
    expect(reasonFor(before, scaled, 20, NOON_MS + HOUR_MS)).toBeNull();
    // The exchange's own clock may be ahead of ours.
    expect(reasonFor(before, { ...scaled, nextFundingAtMs: NOON_MS + 9 * HOUR_MS })).toBeNull();
    expect(reasonFor(before, { ...scaled, markPrice: 1 }, 20, NOON_MS + HOUR_MS)).toContain(
      "prices",
    );
  });

  test("a continuous rate is compared within one quoting period", () => {
    const continuous = { accrual: "continuous", nextFundingAtMs: null } as const;
    const scaled = { ...continuous, fundingRate: 0.03 };
    expect(reasonFor(continuous, scaled)).toContain("rates are 100 times");
    expect(reasonFor(continuous, scaled, 20, NOON_MS + 8 * HOUR_MS)).toBeNull();
  });
});

describe("rates and prices that both change units", () => {
  const MORE = { nextFundingAtMs: NOON_MS + 48 * HOUR_MS, fundingIntervalHours: 24 };

  /** The verdicts on consecutive batches, one a minute. */
  function verdicts(batches: readonly Partial<Quote>[]): readonly string[] {
    let pending: readonly PendingScale[] = [];
    return batches.map((extra, nth) => {
      const batch = quotes(20, { ...MORE, ...extra });
      const refusal = judgeScale(
        batch,
        asLast(quotes(20, MORE)),
        pending,
        NOON_MS + nth * MINUTE_MS,
      );
      pending = refusal?.pending ?? [];
      return refusal?.reason.split(" are ")[0] ?? "taken";
    });
  }

  test("are each refused until they have lasted: a change of rates does not confirm one of prices", () => {
    const rates = Array.from({ length: 20 }, () => ({ fundingRate: 0.03 }));
    const both = Array.from({ length: 40 }, () => ({ fundingRate: 0.03, markPrice: 1 }));
    expect(verdicts([...rates, ...both]).slice(0, 51)).toEqual([
      ...Array.from({ length: 30 }, () => "rates"),
      ...Array.from({ length: 20 }, () => "prices"),
      "taken",
    ]);
  });

  test("are accepted together when both have lasted", () => {
    const both = Array.from({ length: 32 }, () => ({ fundingRate: 0.03, markPrice: 1 }));
    expect(verdicts(both).indexOf("taken")).toBe(30);
  });
});

describe("a new unit is trusted", () => {
  /** This many batches of `after`, one per `everyMs`; how often they were refused before one was accepted. */
  function refusals(scales: readonly number[], everyMs: number): number {
    const next = { nextFundingAtMs: NOON_MS + 48 * HOUR_MS, fundingIntervalHours: 24 };
    const last = asLast(quotes(20, next));
    let pending: readonly PendingScale[] = [];
    for (const [nth, scale] of scales.entries()) {
      const batch = quotes(20, { ...next, fundingRate: 0.0003 * scale });
      const refusal = judgeScale(batch, last, pending, NOON_MS + nth * everyMs);
      if (refusal === null) return nth;
      pending = refusal.pending;
    }
    return scales.length;
  }

  test("after ten similar batches over thirty minutes", () => {
    expect(
      refusals(
        Array.from({ length: 20 }, () => 100),
        4 * MINUTE_MS,
      ),
    ).toBe(9);
    expect(
      refusals(
        Array.from({ length: 40 }, () => 100),
        MINUTE_MS,
      ),
    ).toBe(30);
  });

  test("and not before: a different batch restarts the count", () => {
    expect(
      refusals(
        Array.from({ length: 20 }, (_, nth) => (nth % 2 === 0 ? 100 : 1_000)),
        4 * MINUTE_MS,
      ),
    ).toBe(20);
    expect(
      refusals(
        Array.from({ length: 20 }, (_, nth) => 100 + nth * 4),
        4 * MINUTE_MS,
      ),
    ).toBe(9);
  });
});
