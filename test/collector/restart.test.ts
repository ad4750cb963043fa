import { expect, test } from "bun:test";
import { runLoop } from "../../src/collector/loop.ts";
import type { ExchangeState } from "../../src/domain/market.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const PERIOD_MS = 60_000;
/** Every start is spread over a second and a half. */
const SPREAD_MS = 1_500;

/** Ages of the last batch in the database, in milliseconds; null if there is none. */
const AGES = { okx: 20_000, bybit: 59_000, gate: 60_000, mexc: 3_600_000, kraken: -5_000 } as const;

/** The stored state of each exchange when a collector starts at noon. */
function storedStates(): readonly ExchangeState[] {
  using database = testDatabase();
  const ids: ExchangeId[] = ["okx", "bybit", "gate", "mexc", "kraken", "binance"];
  const epoch = startCollecting(database, ids, NOON_MS - 2 * 3_600_000);
  for (const [id, ageMs] of Object.entries(AGES) as [keyof typeof AGES, number][]) {
    const quotes = [quoteOf("BTC", { receivedAtMs: NOON_MS - ageMs })];
    database.writer.commit(acceptedBatch(id, epoch, NOON_MS - ageMs, quotes));
  }
  return database.states.list().map((state) => ({ ...state, periodMs: PERIOD_MS }));
}

test("after a restart an exchange is refreshed when its last batch is a period old, and the others immediately", async () => {
  const clock = new ManualClock(NOON_MS);
  const lifetime = new AbortController();
  const requestedAt = new Map<string, number[]>();
  const states = storedStates();
  const runners = states.map(({ exchange }) => ({
    id: exchange,
    async cycle() {
      requestedAt.set(exchange, [...(requestedAt.get(exchange) ?? []), clock.monotonicMs()]);
      const outcome = { kind: "accepted", rows: 1, degradedBy: null, detail: null } as const;
      return { outcome, tookMs: 0, rejects: {}, newKinds: [], waitedMs: 0, pauseMs: PERIOD_MS };
    },
  }));
  const looping = runLoop(runners, states, {
    clock,
    random: () => 0.5,
    log: memoryLog(),
    lifetime: lifetime.signal,
    onCycle: () => {},
  });
  await clock.advance(3 * PERIOD_MS);
  lifetime.abort();
  await looping;
  const halfSpread = SPREAD_MS / 2;
  const firstOf = (id: string): number | undefined => requestedAt.get(id)?.[0];
  expect(firstOf("okx")).toBe(40_000 + halfSpread);
  expect(firstOf("bybit")).toBe(1_000 + halfSpread);
  // Old enough, never refreshed, and one with a time in the future.
  for (const id of ["gate", "mexc", "binance", "kraken"]) expect(firstOf(id)).toBe(halfSpread);
  // Those that waited are spread already: their second refresh is a whole period later.
  expect(requestedAt.get("okx")?.[1]).toBe(40_000 + halfSpread + PERIOD_MS);
});
