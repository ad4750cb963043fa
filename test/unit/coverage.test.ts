import { describe, expect, test } from "bun:test";
import { FAILURE_KINDS, MISSING_STATUSES } from "../../src/domain/exchange.ts";
import { Board } from "../../src/services/board/board.ts";
import { coverageOf, missingReason } from "../../src/services/board/coverage.ts";
import { snapshotOf, withStatuses } from "../support/board.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

describe("the reason why an exchange is missing", () => {
  const kinds = [...FAILURE_KINDS, null];

  test("is a sentence in plain words: no number, no address, no internal name", () => {
    for (const status of MISSING_STATUSES)
      for (const kind of kinds)
        for (const isFrozen of [false, true])
          expect(missingReason(status, kind, isFrozen)).toMatch(/^[A-Z][a-z ]+(: [a-z ]+)?\.$/);
  });

  test("distinguishes the kinds of failure if there is one", () => {
    for (const status of ["starting", "stale", "down"] as const) {
      const reasons = new Set(kinds.map((kind) => missingReason(status, kind, false)));
      expect(reasons.size).toBe(kinds.length);
    }
  });

  test("mentions a stopped clock of the exchange, also while it answers", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const frozen = new Set(["BTCUSDT"]);
    const batch = acceptedBatch("okx", epoch, NOON_MS, [quoteOf("BTC")], { frozen });
    database.writer.commit(batch);
    const clock = new ManualClock(NOON_MS);
    const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
    board.poll();
    expect(coverageOf(board.current() ?? snapshotOf("0-0", []), {}).missing).toEqual([
      {
        exchange: "okx",
        status: "stale",
        reason: "No new rates for too long: its own clock stands still.",
      },
    ]);
  });
});

test("the requested exchanges are each counted once, however they are named", () => {
  const snapshot = withStatuses(snapshotOf("1-1", []), {
    okx: "ok",
    gate: "down",
    htx: "starting",
  });
  const of = (query: Parameters<typeof coverageOf>[1]) => {
    const { asked: count, missing } = coverageOf(snapshot, query);
    return [count, ...missing.map(({ exchange }) => exchange)];
  };
  expect(of({})).toEqual([3, "gate", "htx"]);
  expect(of({ exchange: null, exclude: null })).toEqual([3, "gate", "htx"]);
  expect(of({ exchange: ["okx", "okx", "gate"] })).toEqual([2, "gate"]);
  expect(of({ exchange: ["okx", "mexc", "gate"], exclude: ["gate"] })).toEqual([2, "mexc"]);
  expect(of({ exclude: ["gate", "mexc"] })).toEqual([2, "htx"]);
  expect(of({ exchange: [] })).toEqual([0]);
});
