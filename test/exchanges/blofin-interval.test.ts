import { expect, test } from "bun:test";
import { blofin } from "../../src/exchanges/blofin.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const at = (hour: number): string => String(Date.UTC(2026, 9, 5, hour));
const CALL = "/api/v1/market/";
const HISTORY = `${CALL}funding-rate-history?instId=BTC-USDT&limit=1`;
const rate = (fundingTime: string) => ({ instId: "BTC-USDT", fundingRate: "0.0001", fundingTime });
const reply = (...data: readonly unknown[]) => ({ code: "0", msg: "success", data });
const BODIES: Bodies = {
  [`${CALL}mark-price`]: reply({ instId: "BTC-USDT", markPrice: "1", indexPrice: "1" }),
  [`${CALL}tickers`]: reply({ instId: "BTC-USDT", last: "1", volCurrency24h: "1" }),
  [`${CALL}instruments`]: reply({
    instId: "BTC-USDT",
    baseCurrency: "BTC",
    quoteCurrency: "USDT",
    settleCurrency: "USDT",
    instType: "SWAP",
    contractType: "linear",
    state: "live",
  }),
};

/** The interval that a history yields, and what its request failed with. */
async function learn(history: unknown, nowMs = AT, next = at(16)) {
  const rates = reply(rate(next));
  const bodies = { ...BODIES, [`${CALL}funding-rate`]: rates, [HISTORY]: history };
  const source = memorySource(bodies, { nowMs });
  const failures: unknown[] = [];
  const { quotes } = await blofin.refresh({
    ...source,
    rotation: (name, keys, everyMs, loadOne) =>
      source.rotation(name, keys, everyMs, (http, key) =>
        loadOne(http, key).catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
      ),
  });
  return { hours: quotes[0]?.fundingIntervalHours, failures };
}

test("blofin: a listing without a settlement yet has no interval, which is no failure", async () => {
  expect(await learn(reply())).toEqual({ hours: null, failures: [] });
});

test("blofin: of more settlements than were asked for the newest counts, in whatever order", async () => {
  const rows = [at(4), at(8), at(0)].map(rate);
  expect(await learn(reply(...rows))).toEqual({ hours: 8, failures: [] });
  expect(await learn(reply(...rows, rate("")))).toEqual({ hours: 8, failures: [] });
});

test("blofin: a history that is an error or no list is a failure", async () => {
  for (const body of [
    { code: "152014", msg: "no" },
    { code: "0", data: null },
  ]) {
    expect(await learn(body)).toMatchObject({ hours: null, failures: [{ kind: "bad_envelope" }] });
  }
});

test("blofin: an interval is unknown while the history may lack the settlement of the full hour just past", async () => {
  // Settled at 8, next at 16: a 4 h contract whose history lacks 12 o'clock looks the same for a moment.
  const hoursAt = async (nowMs: number, next = at(16)) =>
    (await learn(reply(rate(at(8))), nowMs, next)).hours;
  expect(await hoursAt(Number(at(12)) + 59_000)).toBeNull();
  expect(await hoursAt(Number(at(12)) + 61_000)).toBe(8);
  expect(await hoursAt(Number(at(13)) + 1_000)).toBe(8);
  // Nine hours are the last of 8 h and the first of 1 h.
  expect(await hoursAt(Number(at(16)) + 1_000, at(17))).toBeNull();
});
