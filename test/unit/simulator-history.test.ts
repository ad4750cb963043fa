import { expect, test } from "bun:test";
import { HistoryLimits } from "../../src/simulator/history-limits.ts";
import { demoMarket } from "../support/simulator.ts";

const HOUR_MS = 3_600_000;

test("payments are on the grid of the interval that held then, and some intervals have changed", () => {
  const market = demoMarket({ scale: 0.2 });
  const changed = market.truth("binance").instruments.filter((one) => {
    const payments = market.payments("binance", one.exchange_symbol) ?? [];
    for (const [index, { slotMs, intervalHours }] of payments.entries()) {
      const next = payments[index + 1];
      expect(slotMs % (intervalHours * HOUR_MS)).toBe(0);
      if (next?.intervalHours === intervalHours)
        expect(next.slotMs - slotMs).toBe(intervalHours * HOUR_MS);
    }
    expect(payments.at(-1)?.intervalHours).toBe(one.funding_interval_hours ?? Number.NaN);
    return new Set(payments.map(({ intervalHours }) => intervalHours)).size > 1;
  });
  expect(changed.length).toBeGreaterThan(0);
});

test("the newest payment is the settled rate of the live row", () => {
  const market = demoMarket({ scale: 0.2 });
  for (const { exchange_symbol, settled_rate } of market.truth("okx").instruments)
    expect(market.payments("okx", exchange_symbol)?.at(-1)?.rate).toBeCloseTo(settled_rate ?? 9, 9);
});

test("whoever exceeds the limit of a history is banned for a minute, from everything", () => {
  const limits = new HistoryLimits(1);
  const limit = { requests: 2, perMs: 1_000 };
  expect(limits.allows("okx", limit, 0)).toBe(true);
  expect(limits.allows("okx", limit, 900)).toBe(true);
  expect(limits.allows("okx", limit, 1_000)).toBe(true);
  expect(limits.allows("okx", limit, 1_100)).toBe(false);
  expect(limits.allows("okx", undefined, 61_000)).toBe(false);
  expect(limits.allows("bybit", limit, 61_000)).toBe(true);
  expect(limits.allows("okx", limit, 61_100)).toBe(true);
});
