import { expect, test } from "bun:test";
import { blofin } from "../../src/exchanges/blofin.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const at = (hour: number): string => String(Date.UTC(2026, 9, 5, hour));
const CALL = "/api/v1/market/";
const HISTORY = `${CALL}funding-rate-history?instId=BTC-USDT&limit=2`;
const rate = (fundingTime: string) => ({ instId: "BTC-USDT", fundingRate: "0.0001", fundingTime });
const reply = (...data: readonly unknown[]) => ({ code: "0", msg: "success", data });
const BODIES: Bodies = {
  [`${CALL}mark-price`]: reply({ instId: "BTC-USDT", markPrice: "1", indexPrice: "1" }),
  [`${CALL}tickers`]: reply({ instId: "BTC-USDT", last: "1", volCurrency24h: "1" }),
  [`${CALL}open-interest`]: reply({ instId: "BTC-USDT", openInterestCurrency: "1" }),
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

/** The interval derived from a history, and the failure of its request. */
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

test("blofin: a listing without a settlement yet has no interval, which is not a failure", async () => {
  expect(await learn(reply())).toEqual({ hours: null, failures: [] });
});

test("blofin: the newest settlements count, in whatever order", async () => {
  const rows = [at(0), at(8)].map(rate);
  expect(await learn(reply(...rows))).toEqual({ hours: 8, failures: [] });
  expect(await learn(reply(...rows, rate("")))).toEqual({ hours: 8, failures: [] });
  expect(await learn(reply(...[at(4), at(12), at(8)].map(rate)))).toEqual({
    hours: 4,
    failures: [],
  });
});

test("blofin: a single settlement gives no interval: it may not be the newest", async () => {
  expect(await learn(reply(rate(at(8))))).toEqual({ hours: null, failures: [] });
});

test("blofin: an error, an invalid list or another instrument's history is a failure", async () => {
  for (const body of [
    { code: "152014", msg: "no" },
    { code: "0", data: null },
    reply({ ...rate(at(8)), instId: "ETH-USDT" }, { ...rate(at(0)), instId: "ETH-USDT" }),
    reply(rate(at(8)), { ...rate(at(0)), instId: "ETH-USDT" }),
  ]) {
    expect(await learn(body)).toMatchObject({ hours: null, failures: [{ kind: "bad_envelope" }] });
  }
});

const MINUTE_MS = 60_000;

test("blofin: a history that lags never doubles an interval", async () => {
  const hoursAt = async (nowMs: number, hours: readonly number[], next: string) =>
    (await learn(reply(...hours.map((hour) => rate(at(hour)))), nowMs, next)).hours;
  for (const lag of [1, 59, 61, 5 * 60, 50 * 60].map((seconds) => seconds * 1000)) {
    // At 4 h without 12 o'clock, at 8 h without 8 o'clock, at 1 h without 13 o'clock.
    expect(await hoursAt(Number(at(12)) + lag, [8, 4], at(16))).toBeNull();
    expect(await hoursAt(Number(at(8)) + lag, [0, -8], at(16))).toBeNull();
    expect(await hoursAt(Number(at(13)) + lag, [12, 11], at(14))).toBeNull();
  }
  expect(await hoursAt(Number(at(12)) + MINUTE_MS, [12, 8], at(16))).toBe(4);
});

test("blofin: an interval just halved is not mistaken for the old one while its first settlement may be missing", async () => {
  const old = reply(rate(at(8)), rate(at(0)));
  for (const minutes of [0, 1, 9])
    expect((await learn(old, Number(at(12)) + minutes * MINUTE_MS)).hours).toBeNull();
  expect((await learn(old, Number(at(12)) + 11 * MINUTE_MS)).hours).toBe(8);
  expect((await learn(old, Number(at(11)) + 59 * MINUTE_MS)).hours).toBe(8);
});

test("blofin: an interval that was changed is unknown until it has settled twice", async () => {
  // From 8 h to 4 h, and from 4 h to 8 h.
  expect((await learn(reply(rate(at(8)), rate(at(0))), AT, at(12))).hours).toBeNull();
  expect((await learn(reply(rate(at(8)), rate(at(4))), Number(at(9)), at(16))).hours).toBeNull();
  expect((await learn(reply(rate(at(12)), rate(at(8))), AT, at(16))).hours).toBe(4);
});

test("blofin: times from two moments give no interval", async () => {
  const early = await learn(reply(rate(at(8)), rate(at(0))), Number(at(7)));
  expect(early.hours).toBeNull();
});
