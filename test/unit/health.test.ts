import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type FailureKind } from "../../src/domain/exchange.ts";
import type { ExchangeState } from "../../src/domain/market.ts";
import { healthReport, type HealthReport } from "../../src/services/board/health.ts";
import { stateOf } from "../support/board.ts";

const NOW_MS = Date.UTC(2026, 10, 2, 12);
const HOUR_MS = 3_600_000;
const STALE_AFTER_MS = 900_000;

type Plan = readonly [count: number, change: Partial<ExchangeState>];

const FRESH = { lastOkAtMs: NOW_MS - 5_000 };
const OFF = { enabled: false, lastOkAtMs: NOW_MS - 99 * HOUR_MS };
const STALE = { lastOkAtMs: NOW_MS - STALE_AFTER_MS - 1 };

/** Geo-blocked now; its last batch is this old, null if there was none. */
function blocked(lastOkAgoMs: number | null): Partial<ExchangeState> {
  const lastOkAtMs = lastOkAgoMs === null ? null : NOW_MS - lastOkAgoMs;
  const failureKind: FailureKind = "geo_blocked";
  return { lastOkAtMs, failureKind, failure: "HTTP 451", failuresInRow: 1 };
}

/** Health with this many exchanges of each kind. */
function healthOf(...plans: readonly Plan[]): HealthReport {
  const changes = plans.flatMap(([count, change]) => Array.from({ length: count }, () => change));
  const states = changes.map((change, index) => stateOf(EXCHANGE_IDS[index] ?? "okx", change));
  return healthReport({
    states,
    frozen: new Set(),
    collectorHeartbeatMs: NOW_MS,
    totalRows: 1,
    nowMs: NOW_MS,
    staleAfterMs: STALE_AFTER_MS,
  });
}

describe("health", () => {
  test("is ok with all enabled exchanges fresh; disabled ones do not count", () => {
    expect(healthOf([38, FRESH], [3, OFF])).toMatchObject({
      status: "ok",
      enabledExchanges: 38,
      freshExchanges: 38,
      staleExchanges: [],
    });
  });

  test("one that delivered a moment ago but is geo-blocked now is not fresh", () => {
    expect(healthOf([1, blocked(60_000)], [37, FRESH])).toMatchObject({
      status: "degraded",
      freshExchanges: 37,
      staleExchanges: [EXCHANGE_IDS[0]],
    });
  });

  test.each([
    ["within 24 hours counts", 24 * HOUR_MS, "degraded", 1],
    ["over 24 hours ago does not", 24 * HOUR_MS + 1, "ok", 0],
    ["never does not", null, "ok", 0],
  ] as const)("a blocked exchange that delivered %s", (_name, lastOkAgoMs, status, stale) => {
    const report = healthOf([1, blocked(lastOkAgoMs)], [37, FRESH]);
    expect([report.status, report.staleExchanges.length]).toEqual([status, stale]);
  });

  test("with 17 of 38 fresh it is not ok, however long the others have been blocked", () => {
    for (const agoMs of [null, HOUR_MS, 48 * HOUR_MS]) {
      expect(healthOf([17, FRESH], [21, blocked(agoMs)]).status).toBe("degraded");
    }
  });

  test("the threshold is 80 % of the enabled ones: 80 % is ok, less is not", () => {
    for (let enabled = 1; enabled <= EXCHANGE_IDS.length; enabled += 1) {
      for (let fresh = 1; fresh <= enabled; fresh += 1) {
        const { status } = healthOf([fresh, FRESH], [enabled - fresh, blocked(null)]);
        const expected = fresh * 5 >= enabled * 4 ? "ok" : "degraded";
        expect([fresh, enabled, status]).toEqual([fresh, enabled, expected]);
      }
    }
  });

  test("many that keep failing make it degraded before their last batches are stale, a few do not", () => {
    const failing = (times: number) => ({
      ...FRESH,
      failureKind: "timeout" as const,
      failuresInRow: times,
    });
    expect(healthOf([13, FRESH], [25, failing(3)])).toMatchObject({
      status: "degraded",
      freshExchanges: 13,
      staleExchanges: [],
    });
    expect(healthOf([13, FRESH], [25, failing(2)]).status).toBe("ok");
    expect(healthOf([31, FRESH], [7, failing(9)])).toMatchObject({
      status: "ok",
      freshExchanges: 31,
    });
    // 503 starts at the threshold: until then the last batches may still be shown, flagged as stale.
    expect(healthOf([38, failing(9)]).status).toBe("degraded");
  });

  test("one stale exchange makes it degraded", () => {
    expect(healthOf([37, FRESH], [1, STALE]).status).toBe("degraded");
  });

  test("it is down without any fresh exchange, even if all of them delivered a minute ago and are blocked now", () => {
    expect(healthOf([38, blocked(60_000)]).status).toBe("down");
    expect(healthOf([38, STALE]).status).toBe("down");
    expect(healthOf([3, OFF]).status).toBe("down");
  });

  test("shows for each exchange the kind of failure and our text", () => {
    const words = (change: Partial<ExchangeState>): string | null | undefined =>
      healthOf([1, change]).exchanges[0]?.lastError;
    expect(words(FRESH)).toBeNull();
    expect(words(blocked(null))).toBe("geo_blocked: HTTP 451");
    expect(words({ failureKind: "banned", failure: null })).toBe("banned");
    expect(words({ degradedBy: "volume: http: HTTP 500" })).toBe("volume: http: HTTP 500");
  });
});
