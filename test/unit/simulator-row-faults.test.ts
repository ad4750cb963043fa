import { describe, expect, test } from "bun:test";
import { applies, ENCODERS } from "../../src/simulator/encoders.ts";
import { FAULTS } from "../../src/simulator/fault-names.ts";
import { EXCHANGES } from "../../src/simulator/listing.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { FIRST, type FirstName, ratesOf, ratesRows } from "../support/simulator-rates.ts";
import { ask, demoMarket, type Json, objectOf } from "../support/simulator.ts";

const STEP_MS = 5_000;

/** The rows of the rates payload in one market, without a fault and with it. */
async function bothWays(
  exchange: FirstName,
  fault: Parameters<Market["setFault"]>[1],
): Promise<{ readonly whole: readonly Json[]; readonly spoilt: readonly Json[] }> {
  const market = demoMarket();
  const whole = await ratesRows(market, exchange);
  market.setFault(exchange, fault);
  return { whole, spoilt: await ratesRows(market, exchange) };
}

function changedPlaces(whole: readonly Json[], spoilt: readonly Json[]): readonly number[] {
  return whole.flatMap((row, index) => (Bun.deepEquals(row, spoilt[index]) ? [] : [index]));
}

describe.each([...FIRST])("%s", (exchange) => {
  const { rate, prices } = ratesOf(exchange);

  test("empty_list: a normal reply without rows", async () => {
    const { whole, spoilt } = await bothWays(exchange, { name: "empty_list" });
    expect(whole.length).toBeGreaterThan(200);
    expect(spoilt).toEqual([]);
  });

  test("half_list: every second rate row, each unchanged", async () => {
    const { whole, spoilt } = await bothWays(exchange, { name: "half_list" });
    expect(spoilt).toEqual(whole.filter((_row, index) => index % 2 === 0));
  });

  test("garbage_numbers: every third rate row with numbers, and no other", async () => {
    const { whole, spoilt } = await bothWays(exchange, { name: "garbage_numbers" });
    const spoilable = (row: Json | undefined): boolean => row !== undefined && rate in row;
    const changed = changedPlaces(whole, spoilt);
    expect(changed.every((index) => index % 3 === 0)).toBe(true);
    const left = whole.flatMap((row, index) =>
      index % 3 === 0 && spoilable(row) && !changed.includes(index) ? [index] : [],
    );
    expect(left).toEqual([]);
    const ways = new Set(changed.map((index) => String(spoilt[index]?.[rate])));
    for (const nonsense of ["abc", "1e+300", "NaN"]) expect(ways).toContain(nonsense);
    const below = changed.filter((index) => prices.some((key) => spoilt[index]?.[key] === "-1"));
    expect(below.length > 0).toBe(prices.length > 0);
  });

  test("missing_field: the rate is gone from every row, and nothing else", async () => {
    const { whole, spoilt } = await bothWays(exchange, { name: "missing_field" });
    expect(spoilt.some((row) => rate in row)).toBe(false);
    const stripped = whole.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([key]) => key !== rate)),
    );
    expect(spoilt).toEqual(stripped);
  });

  test("error_envelope: HTTP 200 with an envelope in place of rates", async () => {
    const market = demoMarket();
    market.setFault(exchange, { name: "error_envelope" });
    const response = await ask(market, exchange, ratesOf(exchange).request);
    expect(response.status).toBe(200);
    const body: unknown = await response.json();
    expect(Array.isArray(body)).toBe(false);
    expect(Object.keys(objectOf(body)).length).toBeGreaterThan(1);
    // An exchange may send an empty list with its error code; none sends rows.
    expect(await ratesRows(market, exchange).catch(() => [])).toEqual([]);
  });

  test("the truth is that of the market without faults, whatever is wrong", () => {
    const market = demoMarket();
    const before = market.truth(exchange);
    market.setFault(exchange, { name: "garbage_numbers" });
    expect(market.truth(exchange)).toEqual(before);
  });
});

/** The bytes of every usual request, with old timestamps and without, after the market moved. */
async function usualBytes(exchange: FirstName, isFrozen: boolean): Promise<readonly string[]> {
  const market = demoMarket();
  if (isFrozen) market.setFault(exchange, { name: "frozen_timestamps" });
  market.step(STEP_MS * 12);
  const bodies: string[] = [];
  for (const request of market.encoder(exchange).usual) {
    bodies.push(await (await ask(market, exchange, request)).text());
  }
  return bodies;
}

describe("frozen_timestamps", () => {
  const stamped = FIRST.filter((exchange) => ratesOf(exchange).stamps.length > 0);

  test.each(stamped)("%s: rows have the old time and the new numbers", async (exchange) => {
    const market = demoMarket();
    const stamps = (rows: readonly Json[]): ReadonlySet<unknown> =>
      new Set(rows.flatMap((row) => ratesOf(exchange).stamps.map((key) => row[key])));
    const before = await ratesRows(market, exchange);
    expect(stamps(before).size).toBe(1);
    market.setFault(exchange, { name: "frozen_timestamps" });
    market.step(STEP_MS * 12);
    const frozen = await ratesRows(market, exchange);
    expect(stamps(frozen)).toEqual(stamps(before));
    expect(frozen).not.toEqual(before);
    market.clearFaults(exchange);
    const after = await ratesRows(market, exchange);
    expect(stamps(after)).not.toEqual(stamps(before));
    const numbers = (rows: readonly Json[]): readonly Json[] =>
      rows.map((row) => ({
        ...row,
        ...Object.fromEntries(ratesOf(exchange).stamps.map((k) => [k, 0])),
      }));
    expect(numbers(frozen)).toEqual(numbers(after));
  });

  test("only the exchanges whose replies contain no time of their own are excepted", async () => {
    const untouched: FirstName[] = [];
    for (const exchange of FIRST) {
      const [sound, frozen] = [await usualBytes(exchange, false), await usualBytes(exchange, true)];
      if (Bun.deepEquals(sound, frozen)) untouched.push(exchange);
    }
    const excepted = FIRST.filter((exchange) => !applies(exchange, "frozen_timestamps"));
    expect(untouched).toEqual(excepted);
    expect(excepted).toEqual(["gate", "kucoin", "hyperliquid"]);
  });
});

test("each exception has a reason, and few exchanges have any except for timestamps", () => {
  const others = FAULTS.filter((fault) => fault !== "frozen_timestamps");
  const refused = EXCHANGES.flatMap((exchange) =>
    others.filter((fault) => !applies(exchange, fault)).map((fault) => `${exchange} ${fault}`),
  );
  const oneByOne = ["cryptocom", "poloniex", "grvt"];
  expect(refused).toEqual(oneByOne.map((exchange) => `${exchange} many_rows`));
  const reasons = EXCHANGES.flatMap((exchange) =>
    Object.values(ENCODERS[exchange].exceptions ?? {}),
  );
  expect(reasons.filter((reason) => reason.length <= 10)).toEqual([]);
});

describe("lists of existing instruments", () => {
  test.each([
    ["binance", "/fapi/v1/exchangeInfo"],
    ["bybit", "/v5/market/instruments-info?category=linear&limit=1000"],
    ["okx", "/api/v5/public/instruments?instType=SWAP"],
    ["bitget", "/api/v3/market/instruments?category=USDT-FUTURES"],
    ["kraken", "/derivatives/api/v3/instruments"],
  ] as const)(
    "%s: stay complete under faults of the rates, and can be empty",
    async (exchange, path) => {
      const market = demoMarket();
      const text = async (): Promise<string> => (await ask(market, exchange, { path })).text();
      const whole = await text();
      for (const name of ["half_list", "garbage_numbers", "missing_field"] as const) {
        market.setFault(exchange, { name });
        expect(await text()).toBe(whole);
      }
      market.setFault(exchange, { name: "empty_list" });
      expect((await text()).length).toBeLessThan(700);
    },
  );
});
