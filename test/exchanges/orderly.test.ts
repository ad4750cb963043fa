import { describe, expect, test } from "bun:test";
import { orderly } from "../../src/exchanges/orderly.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/v1/public/futures";
const INFO = "/v1/public/info";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 300;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  index_price: 64010.25,
  mark_price: 64000.5,
  sum_unitary_funding: 26522.5,
  est_funding_rate: 0.000083,
  last_funding_rate: 0.00010041,
  next_funding_time: at(16),
  open_interest: 110.5,
  "24h_volume": 102.25,
  "24h_amount": 6595662.5,
  ...extra,
});
const info = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding_period: 8,
  cap_funding: 0.000375,
  floor_funding: -0.00035,
  interest_rate: 0.0001,
  ...extra,
});
const reply = (rows: unknown): Row => ({ success: true, timestamp: STAMP, data: { rows } });

const LIVE = ["PERP_BTC_USDC", "PERP_1000PEPE_USDC", "PERP_NEAR_USDT", "PERP_XAU_USDC"];
const BODIES: Bodies = {
  [RATES]: reply([
    rate("PERP_BTC_USDC"),
    rate("PERP_1000PEPE_USDC", { est_funding_rate: -0.00121, last_funding_rate: 0 }),
    rate("PERP_NEAR_USDT", { est_funding_rate: 0, next_funding_time: at(14) }),
    rate("PERP_XAU_USDC", { "24h_amount": 0, index_price: null, open_interest: 0 }),
    // Dead: neither prices nor trades.
    rate("PERP_OLD_USDC", { "24h_amount": 0, mark_price: "0", index_price: "0" }),
    rate("PERP_BTC_EUR"),
    rate("SPOT_BTC_USDC"),
    rate("PERP_PRELISTED_USDC"),
  ]),
  [INFO]: reply([
    info("PERP_BTC_USDC"),
    info("PERP_1000PEPE_USDC", { funding_period: 4, cap_funding: 0.02, floor_funding: -0.02 }),
    info("PERP_NEAR_USDT", { funding_period: 1 }),
    info("PERP_XAU_USDC"),
    info("PERP_OLD_USDC"),
    info("PERP_BTC_EUR"),
    info("SPOT_BTC_USDC"),
  ]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  orderly.refresh(memorySource(bodies, { nowMs: AT, ...options }));
const btcOf = async (rateExtra: Row, infoExtra: Row = {}, options = {}) => {
  const bodies = {
    [RATES]: reply([rate("PERP_BTC_USDC", rateExtra)]),
    [INFO]: reply([info("PERP_BTC_USDC", infoExtra)]),
  };
  const batch = await refresh(bodies, options);
  return { batch, quote: batch.quotes[0] };
};

const BTC = { exchangeSymbol: "PERP_BTC_USDC", base: "BTC", multiplier: 1, quote: "USDC" };
const UNKNOWN = { predictedRate: null, instantRate: null, assetClass: null, listedAtMs: null };

describe("orderly", () => {
  test("rates every cycle, the list with its periods every five minutes, together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await orderly.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "rates", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 300_000 },
    ]);
    expect(source.requests).toEqual([RATES, INFO]);
    expect(source.mostAtOnce()).toBe(2);
    expect(orderly.facts.requestsPerRefresh).toBe(1);
  });

  test("a market becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...UNKNOWN,
      settle: "USDC",
      accrual: "periodic",
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      settledRate: 0.00010041,
      settledAtMs: null,
      rateCap: 0.000375,
      rateFloor: -0.00035,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestUsd: 110.5 * 64000.5,
      volume24hUsd: 6595662.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("multiplier and period of each market; dead, foreign and pre-listed ones are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(LIVE);
    const pepe = { base: "PEPE", multiplier: 1000, fundingIntervalHours: 4, baselineRate: null };
    expect(quotes[1]).toMatchObject({ ...pepe, rateCap: 0.02, rateFloor: -0.02, settledRate: 0 });
    const near = { quote: "USDT", settle: "USDT", fundingRate: 0, fundingIntervalHours: 1 };
    expect(quotes[2]).toMatchObject({ ...near, nextFundingAtMs: at(14) });
    expect(quotes[3]).toMatchObject({ indexPrice: null, openInterestUsd: 0, volume24hUsd: 0 });
  });

  test("a period counts while the list is young and the next time does not contradict it", async () => {
    const age = (minutes: number) => ({ receivedAtMs: { instruments: AT - minutes * 60_000 } });
    expect((await btcOf({}, {}, age(30))).quote?.fundingIntervalHours).toBe(8);
    const old = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: at(16) };
    const limitless = { rateCap: null, rateFloor: null, baselineRate: null };
    expect((await btcOf({}, {}, age(31))).quote).toMatchObject({ ...old, ...limitless });
    const { quote } = await btcOf({}, { funding_period: 1 });
    expect(quote).toMatchObject({ ...old, ...limitless });
  });

  test.each([
    ["no rate", { est_funding_rate: null }, "bad_rate"],
    ["a placeholder", { est_funding_rate: 123 }, "implausible_rate"],
    ["seconds", { next_funding_time: at(16) / 1000 }, "bad_next_time"],
  ])("%s: refused", async (_, extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 1 });
  });

  test("one past by days is dead; a settled rate over the notional is unknown", async () => {
    const dead = await btcOf({ next_funding_time: at(16) - 3 * 86_400_000 });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [] });
    expect((await btcOf({ last_funding_rate: 9 })).quote?.settledRate).toBeNull();
  });

  test("a name of another form is refused, never cut", async () => {
    const names = ["PERP_BTC", "PERP__USDC", "PERP_A_B_USDC"];
    const bodies = { ...BODIES, [INFO]: reply(names.map((name) => info(name))) };
    const { quotes, rejects, expected } = await refresh(bodies);
    expect({ quotes, expected }).toEqual({ quotes: [], expected: 0 });
    expect(rejects.map((reject) => reject.exchangeSymbol)).toEqual(names);
  });

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

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const may = (
  where: string,
  mutations: Exemption["mutations"],
  ...fields: Exemption["fields"]
): Exemption => ({ at: where, mutations, fields, why: LEGAL });
const exemptions: readonly Exemption[] = [
  may("rates.est_funding_rate", ["negative"], "fundingRate"),
  may("rates.last_funding_rate", ["negative"], "settledRate"),
  may("rates.mark_price", ["huge"], "markPrice", "openInterestUsd"),
  // A null that becomes a price is the price of a market that had none.
  may("rates.index_price", ["huge", "flipped", "negative"], "indexPrice"),
  may("rates.open_interest", ["huge"], "openInterestUsd"),
  may("rates.24h_amount", ["huge"], "volume24hUsd"),
];

test("orderly: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly Row[] => Object(body).data.rows;
  // Without the dead market: a price is all that would make it a live one.
  const alive = (key: string) =>
    reply(rows(BODIES[key]).filter((row) => row["symbol"] !== "PERP_OLD_USDC"));
  const breaches = await mutationBreaches({
    bodies: { [RATES]: alive(RATES), [INFO]: alive(INFO) },
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "info", request: INFO, rows },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("orderly, recorded", (read) => {
  test("the futures of August 2026 with the list, which is from the documentation", async () => {
    const bodies = {
      [RATES]: await read("orderly", "futures.json"),
      [INFO]: await read("orderly", "info.json"),
    };
    const { quotes, rejects, expected } = await refresh(bodies, { nowMs: 1786022130500 });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    const btc = { fundingRate: 0.0001, settledRate: 0.00010041, nextFundingAtMs: 1786032000000 };
    expect(quotes).toMatchObject([{ ...btc, fundingIntervalHours: 8, rateCap: 0.000375 }]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(110.64612 * 64171, 3);
    expect(quotes[0]).toMatchObject({ volume24hUsd: 6595662.199482, baselineRate: 0.0001 });
  });
});
