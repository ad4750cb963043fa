import { describe, expect, test } from "bun:test";
import {
  remainingWaitMs,
  FIRST_STATED_WAIT_MS,
  type Pause,
  retryDelayMs,
} from "../../src/collector/retry-delay.ts";
import { FAILURE_KINDS, type FailureKind } from "../../src/domain/exchange.ts";
import { stateOf } from "../support/board.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The pauses of `count` consecutive failures of one kind, in minutes. */
function ladder(
  kind: FailureKind,
  retryAfterMs: number | null,
  count: number,
  before = 0,
): number[] {
  const minutes: number[] = [];
  let previous: Pause | null = null;
  for (let n = 1; n <= count; n += 1) {
    const failuresInRow = before + n;
    const input = { kind, failuresInRow, retryAfterMs, periodMs: MINUTE_MS, previous };
    const ms = retryDelayMs(input);
    previous = { kind, ms };
    minutes.push(ms / MINUTE_MS);
  }
  return minutes;
}

describe("the pause after a failure", () => {
  test("a 451 is retried after 2 minutes, then twice as long each time, at most 30", () => {
    expect(ladder("geo_blocked", null, 7)).toEqual([2, 4, 8, 16, 30, 30, 30]);
  });

  test("the first failure of its kind counts, not the time-outs before it", () => {
    expect(ladder("geo_blocked", null, 2, 40)).toEqual([2, 4]);
    const previous = { kind: "timeout", ms: 5 * MINUTE_MS } as const;
    const after = { failuresInRow: 41, retryAfterMs: null, periodMs: MINUTE_MS, previous };
    expect(retryDelayMs({ kind: "geo_blocked", ...after })).toBe(2 * MINUTE_MS);
  });

  test("a ban without an end is treated the same way", () => {
    expect(ladder("banned", null, 6)).toEqual([2, 4, 8, 16, 30, 30]);
  });

  test("a stated wait of minutes is honoured exactly, however often it comes", () => {
    for (const kind of ["rate_limited", "banned", "http"] as const) {
      expect(ladder(kind, 7 * MINUTE_MS, 4)).toEqual([7, 7, 7, 7]);
    }
  });

  test("a ban of three days is honoured only if it is repeated", () => {
    const minutes = ladder("banned", 3 * DAY_MS, 12);
    expect(minutes.slice(0, 4)).toEqual([10, 20, 40, 80]);
    expect(minutes.at(-1)).toBe((3 * DAY_MS) / MINUTE_MS);
  });

  test.each(FAILURE_KINDS.map((kind) => [kind]))(
    "no single answer (%s) stops an exchange for longer than ten minutes, whatever it states",
    (kind) => {
      for (const retryAfterMs of [null, 0, MINUTE_MS, 3 * DAY_MS, Number.MAX_SAFE_INTEGER]) {
        const [first = Number.NaN] = ladder(kind, retryAfterMs, 1);
        expect(first * MINUTE_MS).toBeLessThanOrEqual(FIRST_STATED_WAIT_MS);
        expect(first).toBeGreaterThanOrEqual(1);
      }
    },
  );

  test("is never shorter than the period", () => {
    const input = {
      failuresInRow: 1,
      retryAfterMs: null,
      periodMs: 45 * MINUTE_MS,
      previous: null,
    };
    for (const kind of FAILURE_KINDS) {
      expect(retryDelayMs({ kind, ...input })).toBe(45 * MINUTE_MS);
    }
  });
});

describe("the remaining pause after a restart", () => {
  const failedAtMs = Date.UTC(2026, 10, 2, 12);
  const waiting = (failureKind: FailureKind, pauseMs: number) =>
    stateOf("okx", {
      failureKind,
      failuresInRow: 1,
      lastAttemptAtMs: failedAtMs,
      retryAtMs: failedAtMs + pauseMs,
    });

  test("is what the exchange asked for, counted from the failure", () => {
    for (const kind of ["rate_limited", "banned", "geo_blocked"] as const) {
      const state = waiting(kind, 8 * MINUTE_MS);
      expect(remainingWaitMs(state, failedAtMs + 3 * MINUTE_MS)).toBe(5 * MINUTE_MS);
      expect(remainingWaitMs(state, failedAtMs + 9 * MINUTE_MS)).toBe(0);
    }
    expect(remainingWaitMs(waiting("timeout", 8 * MINUTE_MS), failedAtMs)).toBe(0);
    expect(remainingWaitMs(stateOf("okx"), failedAtMs)).toBe(0);
  });

  test("is half an hour at most, and no longer than the pause if the clock was set back", () => {
    expect(remainingWaitMs(waiting("banned", 3 * DAY_MS), failedAtMs)).toBe(30 * MINUTE_MS);
    expect(remainingWaitMs(waiting("banned", 4 * MINUTE_MS), failedAtMs - DAY_MS)).toBe(
      4 * MINUTE_MS,
    );
  });
});
