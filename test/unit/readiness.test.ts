import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { ExchangeState } from "../../src/domain/market.ts";
import { createReadiness } from "../../src/services/board/readiness.ts";
import { stateOf } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const ENABLED = ["okx", "gate"] as const satisfies readonly ExchangeId[];

function setUp(exchanges: readonly ExchangeId[] = ENABLED) {
  const clock = new ManualClock();
  const startedMs = clock.nowMs();
  const old = { lastOkAtMs: startedMs - 24 * 60 * MINUTE_MS, lastAttemptAtMs: startedMs - 1 };
  const states = new Map<ExchangeId, ExchangeState>();
  const scene = { hasSnapshot: true, isSchemaCurrent: true };
  return {
    clock,
    scene,
    startedMs,
    put: (id: ExchangeId, change: Partial<ExchangeState>) =>
      void states.set(id, stateOf(id, { ...old, ...change })),
    readiness: createReadiness({
      isSchemaCurrent: () => scene.isSchemaCurrent,
      hasSnapshot: () => scene.hasSnapshot,
      states: () => [...states.values()],
      exchanges,
      clock,
    }),
  };
}

describe("startup", () => {
  test("waits for each enabled exchange, by name, until it answers or fails", () => {
    const { readiness, put, startedMs } = setUp();
    expect(readiness()).toBe("okx, gate");
    put("okx", { lastAttemptAtMs: startedMs, lastOkAtMs: startedMs });
    put("gate", {});
    expect(readiness()).toBe("gate");
    put("gate", { lastAttemptAtMs: startedMs, failureKind: "timeout", failuresInRow: 9 });
    expect(readiness()).toBeNull();
  });

  test("does not wait for a batch stored by another process unless it is stale: 3 periods, at least 180 s", () => {
    const { readiness, put, startedMs } = setUp();
    put("okx", { lastOkAtMs: startedMs - 180_000 });
    put("gate", { periodMs: 5 * MINUTE_MS, lastOkAtMs: startedMs - 15 * MINUTE_MS });
    expect(readiness()).toBeNull();
    put("okx", { lastOkAtMs: startedMs - 180_001 });
    put("gate", { periodMs: 5 * MINUTE_MS, lastOkAtMs: startedMs - 15 * MINUTE_MS - 1 });
    expect(readiness()).toBe("okx, gate");
  });

  test("is over after 20 seconds, whichever exchanges are still awaited", async () => {
    const { readiness, clock } = setUp();
    await clock.advance(19_999);
    expect(readiness()).toBe("okx, gate");
    await clock.advance(1);
    expect(readiness()).toBeNull();
  });

  test("is not over without any data, nor with a schema of another version", async () => {
    const { readiness, clock, scene } = setUp();
    scene.hasSnapshot = false;
    await clock.advance(60_000);
    expect(readiness()).toBe("the first batch of any exchange");
    scene.hasSnapshot = true;
    scene.isSchemaCurrent = false;
    expect(readiness()).toBe("a program that knows the schema of this database");
  });

  test("names five exchanges and counts the rest", () => {
    const { readiness } = setUp(EXCHANGE_IDS);
    const named = EXCHANGE_IDS.slice(0, 5).join(", ");
    expect(readiness()).toBe(`${named} and ${EXCHANGE_IDS.length - 5} more exchanges`);
  });
});
