import { expect, test } from "bun:test";
import fc from "fast-check";
import { boardRow, shortenToSameRow } from "../../src/domain/market.ts";
import { rowOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

const instantMs = fc.integer({ min: -30 * HOUR_MS, max: 30 * HOUR_MS });

test("the span in which a row stays the same contains the moment and ends exactly where the row changes", () => {
  let ends = 0;
  fc.assert(
    fc.property(
      fc.record({
        observedAtMs: instantMs.map((ms) => NOON_MS + ms),
        nextFundingAtMs: fc.option(instantMs.map((ms) => NOON_MS + ms)),
        fundingIntervalHours: fc.option(fc.constantFrom(1, 4, 8)),
        frozen: fc.boolean(),
        settling: fc.boolean(),
      }),
      fc.constantFrom(10_000, 60_000, HOUR_MS, 8 * HOUR_MS),
      fc.array(instantMs, { minLength: 1, maxLength: 20 }),
      (extra, periodMs, moments) => {
        const { record } = rowOf("okx", "BTC", extra);
        const terms = { periodMs, marks: 0, interestOfCoins: false };
        const asOfMs = NOON_MS + (moments[0] ?? 0);
        const span = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
        shortenToSameRow(span, record, asOfMs, terms);
        const { fromMs, untilMs } = span;
        expect(fromMs <= asOfMs && asOfMs <= untilMs).toBe(true);
        const row = boardRow(record, asOfMs, terms);
        const ofSpan = [fromMs, untilMs].filter(Number.isFinite);
        const inside = moments
          .map((ms) => NOON_MS + ms)
          .filter((atMs) => fromMs <= atMs && atMs <= untilMs);
        for (const atMs of [...ofSpan, ...inside])
          expect(boardRow(record, atMs, terms)).toEqual(row);
        for (const atMs of [fromMs - 1, untilMs + 1].filter(Number.isFinite)) {
          expect(boardRow(record, atMs, terms)).not.toEqual(row);
          ends += 1;
        }
      },
    ),
    { numRuns: 3_000 },
  );
  expect(ends).toBeGreaterThan(1_000);
});
