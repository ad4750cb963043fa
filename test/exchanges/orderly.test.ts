import { describe, expect, test } from "bun:test";
import { orderly } from "../../src/exchanges/orderly.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  AT,
  at,
  BODIES,
  INFO,
  info,
  LIVE,
  rate,
  RATES,
  reply,
  type Row,
  SETTLED,
  settled,
  STAMP,
} from "./orderly-payloads.ts";

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  orderly.refresh(memorySource(bodies, { nowMs: AT, ...options }));
const btcOf = async (rateExtra: Row, infoExtra: Row = {}, options = {}) => {
  const bodies = {
    [SETTLED]: reply([settled("PERP_ETH_USDC", 8, 16)]),
    [RATES]: reply([rate("PERP_BTC_USDC", rateExtra)]),
    [INFO]: reply([info("PERP_BTC_USDC", infoExtra)]),
  };
  const batch = await refresh(bodies, options);
  return { batch, quote: batch.quotes[0] };
};

const BTC = { exchangeSymbol: "PERP_BTC_USDC", base: "BTC", multiplier: 1, quote: "USDC" };
const UNKNOWN = { predictedRate: null, instantRate: null, assetClass: null, listedAtMs: null };

describe("orderly", () => {
  test("requests rates and settlements every cycle, the list with its periods every five minutes, concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await orderly.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "rates", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 300_000 },
      { kind: "secondary", name: "settlements", everyMs: null },
    ]);
    expect(source.requests).toEqual([RATES, INFO, SETTLED]);
    expect(source.mostAtOnce()).toBe(3);
    expect(orderly.facts.requestsPerRefresh).toBe(2);
  });

  test("a market becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    // The one without prices is listed, and remains expected.
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 6, unlisted: 1 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...UNKNOWN,
      settle: "USDC",
      accrual: "periodic",
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      settledRate: 0.00010042,
      settledAtMs: at(8),
      rateCap: 0.000375,
      rateFloor: -0.00035,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 110.5 * 64000.5,
      volume24hUsd: 6595662.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("multiplier and period of each market; dead, foreign and pre-listed ones are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(LIVE);
    const pepe = { base: "PEPE", multiplier: 1000, fundingIntervalHours: 4 };
    expect(quotes[1]).toMatchObject({ ...pepe, rateCap: 0.02, rateFloor: -0.02 });
    expect(quotes[1]).toMatchObject({ settledRate: 0, settledAtMs: at(12) });
    const near = { quote: "USDT", settle: "USDT", fundingRate: 0, fundingIntervalHours: 1 };
    expect(quotes[2]).toMatchObject({ ...near, nextFundingAtMs: at(14) });
    // This one is not in the settlements: the rate is known, but not when it was charged.
    expect(quotes[2]).toMatchObject({ settledRate: 0.00010041, settledAtMs: null });
    expect(quotes[3]).toMatchObject({ indexPrice: null, openInterestUsd: 0, volume24hUsd: 0 });
    expect(quotes[3]).toMatchObject({ settledRate: 0.00010042, settledAtMs: null });
  });

  test("a broker's market has the broker in its symbol alone", async () => {
    const { quotes, rejects } = await refresh(BODIES);
    expect(rejects).toEqual([]);
    const names = { base: "AAPL", multiplier: 1, quote: "USDC", settle: "USDC" };
    expect(quotes[4]).toMatchObject({ exchangeSymbol: "PERP_AAPL_USDC_mythos", ...names });
  });

  test.each([
    [1, 0.0000125],
    [4, 0.00005],
    [8, 0.0001],
  ])("an interest of 0.0001 is per 8 hours: at %i h the baseline is %p", async (hours, rest) => {
    const { quote } = await btcOf(
      { next_funding_time: at(14 + 2 * (hours > 1 ? 1 : 0)) },
      { funding_period: hours },
    );
    expect(quote).toMatchObject({ fundingIntervalHours: hours, baselineRate: rest });
  });

  test.each([
    ["as far apart as the list says", settled("PERP_BTC_USDC", 8, 16), 8],
    ["half as far apart: the list is out of date", settled("PERP_BTC_USDC", 12, 16), null],
    [
      "half as far apart but for milliseconds",
      settled("PERP_BTC_USDC", 12, 16, { last_funding_rate_timestamp: at(12) + 7 }),
      null,
    ],
    ["those of another period than the rate's", settled("PERP_BTC_USDC", 12, 20), 8],
    ["apart by no interval: one was left out", settled("PERP_BTC_USDC", 0, 16), 8],
  ])("settlements %s", async (_, row, hours) => {
    const rows = { [RATES]: reply([rate("PERP_BTC_USDC")]), [SETTLED]: reply([row]) };
    const { quotes } = await refresh({ ...BODIES, ...rows });
    const source = hours === null ? null : "published";
    expect(quotes[0]).toMatchObject({ fundingIntervalHours: hours, intervalSource: source });
  });

  test("without the settlements the rates are served, the last one without its time", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [SETTLED]: down });
    expect(quotes).toHaveLength(5);
    expect(quotes[0]).toMatchObject({ settledRate: 0.00010041, settledAtMs: null });
    // One in the future, or days in the past, is not accepted.
    for (const hour of [16, -60]) {
      const rows = { ...BODIES, [SETTLED]: reply([settled("PERP_BTC_USDC", hour, 16)]) };
      expect((await refresh(rows)).quotes[0]).toMatchObject({ settledAtMs: null });
    }
  });

  test("a period counts while the list is recent and the next time does not contradict it", async () => {
    const age = (minutes: number) => ({ receivedAtMs: { instruments: AT - minutes * 60_000 } });
    expect((await btcOf({}, {}, age(30))).quote?.fundingIntervalHours).toBe(8);
    const old = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: at(16) };
    const limitless = { rateCap: null, rateFloor: null, baselineRate: null };
    expect((await btcOf({}, {}, age(31))).quote).toMatchObject({ ...old, ...limitless });
    const { quote } = await btcOf({}, { funding_period: 1 });
    expect(quote).toMatchObject({ ...old, ...limitless });
  });

  test.each([
    [480, 16],
    [5, 16],
    // The list is older than the row: 20:00 is not on the 8-hour grid.
    [8, 20],
    [4, 14],
  ])("a period of %p with a next time at %i is unknown", async (funding_period, hour) => {
    const { quote } = await btcOf({ next_funding_time: at(hour) }, { funding_period });
    expect(quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(hour) });
    expect(quote).toMatchObject({ rateCap: null, rateFloor: null, baselineRate: null });
  });

  test("a market listed twice with different rates is not shown; equal duplicates are merged", async () => {
    const twins = (second: Row) =>
      refresh({
        ...BODIES,
        [RATES]: reply([rate("PERP_BTC_USDC"), second, rate("PERP_XAU_USDC")]),
      });
    const { quotes, rejects } = await twins(rate("PERP_BTC_USDC", { est_funding_rate: 0.0002 }));
    expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["PERP_XAU_USDC"]);
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    expect((await twins(rate("PERP_BTC_USDC"))).quotes).toHaveLength(2);
  });

  test.each([
    ["no rate", { est_funding_rate: null }, "bad_rate"],
    ["a placeholder", { est_funding_rate: 123 }, "implausible_rate"],
    ["seconds", { next_funding_time: at(16) / 1000 }, "bad_next_time"],
  ])("%s: refused", async (_, extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 1 });
  });

  test("one days in the past is dead; a settled rate over the notional is unknown", async () => {
    const dead = await btcOf({ next_funding_time: at(16) - 3 * 86_400_000 });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [] });
    expect((await btcOf({ last_funding_rate: 9 })).quote?.settledRate).toBeNull();
  });

  test("a name with another form is an unknown kind: never truncated, and not a bad row", async () => {
    const names = ["PERP_BTC", "PERP__USDC", "PERP_A_USDC_b_c", "PERP_A_USDC_", "OPTION_BTC_USDC"];
    const bodies = { ...BODIES, [INFO]: reply(names.map((name) => info(name))) };
    const { quotes, rejects, expected } = await refresh(bodies);
    expect({ quotes, expected }).toEqual({ quotes: [], expected: 0 });
    expect(rejects.map((reject) => [reject.exchangeSymbol, reject.reason])).toEqual(
      names.map((name) => [name, "unknown_kind"]),
    );
  });

  test.each([[{ status: 1 }], [{ status: {} }], [{ is_pretge: "true" }], [{ is_pretge: 1 }]])(
    "a market with %p is unclear",
    async (extra) => {
      const { batch } = await btcOf({}, extra);
      const rejects = [{ exchangeSymbol: "PERP_BTC_USDC", reason: "bad_row" }];
      expect(batch).toMatchObject({ quotes: [], rejects, expected: 0 });
    },
  );

  test.each([
    ["an error", { success: false, code: -1012, message: "no" }, "bad_envelope"],
    ["too many requests", { success: false, code: -1003, message: "slow" }, "rate_limited"],
    ["maintenance", { success: false, code: -1011, message: "later" }, "bad_envelope"],
    ["no data", { success: true, timestamp: STAMP }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a word for success", { ...reply([rate("X")]), success: "true" }, "bad_envelope"],
  ])("%s fails the refresh, for rates and list alike", async (_, body, kind) => {
    for (const key of [RATES, INFO]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind });
    }
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("PERP_BTC_USDC")?.origin).toMatchObject({
      rows: { rates: { est_funding_rate: 0.000083 }, instruments: { funding_period: 8 } },
      formula: "{rates.est_funding_rate}",
    });
    expect(explain("PERP_PRELISTED_USDC")).toBeNull();
  });
});

describeRecorded("orderly, recorded", (read) => {
  test("the futures of August 2026 with the list, which is from the documentation", async () => {
    const bodies = {
      [RATES]: await read("orderly", "futures.json"),
      [INFO]: await read("orderly", "info.json"),
      // Recorded at another time than the futures.
      [SETTLED]: await read("orderly", "funding-rates.json"),
    };
    const { quotes, rejects, expected } = await refresh(bodies, { nowMs: 1786022130500 });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    const btc = { fundingRate: 0.0001, settledRate: 0.00010041, nextFundingAtMs: 1786032000000 };
    expect(quotes).toMatchObject([{ ...btc, fundingIntervalHours: 8, rateCap: 0.000375 }]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(110.64612 * 64171, 3);
    expect(quotes[0]).toMatchObject({ volume24hUsd: 6595662.199482, baselineRate: 0.0001 });
  });
});
