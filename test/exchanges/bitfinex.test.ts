import { describe, expect, test } from "bun:test";
import { bitfinex } from "../../src/exchanges/bitfinex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/v2/status/deriv?keys=ALL";
const TICKERS = "/v2/tickers?symbols=ALL";
const PAIRS = "/v2/conf/pub:info:pair:futures";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 2_500;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

/** A status row with some positions changed. */
const status = (key: string, other: Readonly<Record<number, unknown>> = {}): unknown[] => {
  const row: unknown[] = Array.from({ length: 24 }, () => null);
  const values = {
    0: key,
    1: STAMP,
    3: 64020,
    4: 63990,
    6: 40000000,
    8: at(16),
    9: -0.0007,
    10: 82,
    12: 0.00014501,
    15: 64000.5,
    18: 9635.5,
    22: 0.0005,
    23: 0.0025,
  };
  for (const [index, value] of Object.entries({ ...values, ...other })) row[Number(index)] = value;
  return row;
};

const ticker = (key: string, last = 64001, volume = 120.5): unknown[] => [
  key,
  64000,
  1.5,
  64002,
  2.5,
  -12,
  -0.0002,
  last,
  volume,
  65000,
  63000,
];

const BTC = "tBTCF0:USTF0";
const IOTA = "tIOTF0:USTF0";
const LUNA = "tLUNAF0:USTF0";
const LUNA2 = "tLUNA2F0:USTF0";
const INDEX = "tGERMANY40IXF0:USTF0";
const LIVE = [BTC, IOTA, LUNA, LUNA2, INDEX];
const SKIPPED = ["tETHF0:BTCF0", "tTESTBTCF0:TESTUSDTF0"];
const SPOT = "tBTCUST";

const pairs = (symbols: readonly string[]): unknown => [
  symbols.map((symbol) => [symbol.slice(1), [null, null, "0.02", "5000.0", null, 0.01, 0.005]]),
];

const BODIES: Bodies = {
  [RATES]: [
    status(BTC),
    status(IOTA, { 9: 0.0305, 12: 0, 23: 0.025 }),
    status(LUNA, { 9: 0.0002, 12: -0.0025 }),
    status(LUNA2),
    status(INDEX),
    ...SKIPPED.map((key) => status(key)),
    status("tNEWF0:USTF0"),
    status("tNEWF0:BTCF0"),
  ],
  [TICKERS]: [
    ticker(SPOT),
    ["fUSD", 0.0003, 0.0002, 30, 1000, 0.0003, 2, 2000, 0, 0, 0.0003, 1000000, 0.0004, 0.0001],
    ticker(BTC),
    ticker(IOTA, 0.25, 4000),
  ],
  [PAIRS]: pairs([...LIVE, ...SKIPPED]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  bitfinex.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (other: Readonly<Record<number, unknown>>) =>
  refresh({ ...BODIES, [RATES]: [status(BTC, other)] });

describe("bitfinex", () => {
  test("status and tickers every cycle, the pairs with their own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await bitfinex.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "status", null],
      ["secondary", "tickers", null],
      ["instruments", "pairs", 2 * 3_600_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      bitfinex.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(3);
  });

  test("a row becomes a quote with every field from its position", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(LIVE);
    const { predictedRate, ...btc } = quotes[0] ?? {};
    // 0.0007 below zero, minus the dead band of 0.0005.
    expect(predictedRate).toBeCloseTo(-0.0002, 15);
    expect(btc).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00014501,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: at(16),
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.0025,
      rateFloor: -0.0025,
      baselineRate: null,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64000.5,
      openInterestDigit: 5,
      openInterestUsd: 9635.5 * 64000.5,
      volume24hUsd: 120.5 * 64001,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("Bitfinex's codes become the assets they denote", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.base)).toEqual([
      "BTC",
      "IOTA",
      "LUNC",
      "LUNA",
      "GERMANY40IX",
    ]);
    expect(quotes[1]).toMatchObject({ fundingRate: 0, volume24hUsd: 1000 });
    expect(quotes[2]).toMatchObject({ fundingRate: -0.0025, volume24hUsd: null });
  });

  test.each([
    [0.0305, 0.0005, 0.025, 0.025],
    [-0.0305, 0.0005, 0.025, -0.025],
    [-0.0005, 0.0005, 0.025, 0],
    [0.0002, 0.0005, 0.0025, 0],
    [0.5, 0, null, 0.5],
    [0.0007, null, 0.0025, null],
    [null, 0.0005, 0.0025, null],
    [0.0007, 0.0005, "?", null],
    [0.9, 0.0005, {}, null],
    [0.9, 0.0005, true, null],
    [0.9, {}, 0.0025, null],
  ])("an average of %p, band %p and limit %p predict %p", async (average, band, limit, right) => {
    const { quotes } = await refreshBtc({ 9: average, 22: band, 23: limit });
    expect(quotes[0]?.predictedRate).toBe(right);
  });

  test("a row that ends before its limit predicts nothing: only a null limit means none", async () => {
    const cut = { ...BODIES, [RATES]: [status(BTC).slice(0, 23)] };
    expect((await refresh(cut)).quotes).toMatchObject([{ predictedRate: null, rateCap: null }]);
  });

  test("a short row has no limits and no prediction", async () => {
    const short = { ...BODIES, [RATES]: [status(BTC).slice(0, 19)] };
    expect((await refresh(short)).quotes).toMatchObject([
      { fundingRate: 0.00014501, predictedRate: null, rateCap: null, rateFloor: null },
    ]);
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    [-2, "implausible_rate"],
  ])("a rate of %p is rejected as %s", async (value, reason) => {
    expect(await refreshBtc({ 12: value })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason }],
    });
  });

  test("next times: days in the past is a dead contract, seconds are rejected, one beyond 8 h is unknown with the interval", async () => {
    expect(await refreshBtc({ 8: at(8, 3) })).toMatchObject({ quotes: [], rejects: [] });
    expect((await refreshBtc({ 8: at(16) / 1000 })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ 8: at(0, 6) })).quotes).toMatchObject([
      { nextFundingAtMs: at(0, 6), fundingIntervalHours: null, intervalSource: null },
    ]);
    expect((await refreshBtc({ 8: null })).quotes).toMatchObject([
      { nextFundingAtMs: null, fundingIntervalHours: 8 },
    ]);
  });

  test("a row without a key is rejected, the others stay", async () => {
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [RATES]: [status(BTC), status(IOTA, { 0: 7 }), "x"],
    });
    expect(quotes).toHaveLength(1);
    expect(rejects).toMatchObject([{ reason: "bad_row" }, { reason: "bad_row" }]);
  });

  test("failing tickers affect only the volume; failing status or pairs fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down });
    expect(quotes).toHaveLength(5);
    expect(quotes[0]).toMatchObject({ markPrice: 64000.5, volume24hUsd: null });
    for (const key of [RATES, PAIRS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await bitfinex.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(bitfinex.explain(raw, BTC)).toEqual({
      rows: { status: status(BTC), pairs: { symbol: BTC }, tickers: ticker(BTC) },
      formula: "{status.12}",
    });
    expect(bitfinex.explain(raw, "tNOPEF0:USTF0")).toBeNull();
  });

  test.each([
    ["an error", ["error", 10020, "symbol: invalid"], "bad_envelope"],
    ["a breach of the rate", ["error", 11010, "ratelimit: error"], "rate_limited"],
    ["a breach as an object", { error: "ERR_RATE_LIMIT" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["no list", null, "bad_envelope"],
  ])("%s fails the refresh", async (_, body, kind) => {
    for (const key of [RATES, PAIRS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({
        kind,
        retryAfterMs: kind === "rate_limited" ? 60_000 : null,
      });
    }
  });

  test("exceeding the rate limit counts with any status and waits the documented minute", () => {
    const { classifyFailure, statedWaitMs } = bitfinex.facts;
    for (const body of ['{"error":"ERR_RATE_LIMIT"}', '["error",11010,"ratelimit: error"]']) {
      expect(classifyFailure?.(500, body)).toBe("rate_limited");
      expect(statedWaitMs?.(body, AT)).toBe(60_000);
    }
    expect(classifyFailure?.(500, '["error",10020,"symbol: invalid"]')).toBeNull();
    expect(statedWaitMs?.('["error",10020,"symbol: invalid"]', AT)).toBeNull();
  });
});

const exemptions: readonly Exemption[] = (
  [
    ["status.12", ["negative"], ["fundingRate"]],
    ["status.9", ["negative"], ["predictedRate"]],
    ["status.23", ["null"], ["predictedRate"]],
    ["status.15", ["huge"], ["markPrice", "indexPrice", "openInterestUsd"]],
    ["status.18", ["huge"], ["openInterestUsd"]],
    ["tickers.7", ["huge"], ["volume24hUsd"]],
    ["tickers.8", ["huge"], ["volume24hUsd"]],
  ] as const
).map(([place, mutations, fields]) => ({
  at: place,
  mutations,
  fields,
  why: "the value is as legal as the right one; an absent limit is none",
}));

test("bitfinex: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "status", request: RATES, rows },
      { name: "tickers", request: TICKERS, rows },
      { name: "pairs", request: PAIRS, rows: (body) => rows(rows(body)[0]) },
    ],
    refresh: async (bodies) =>
      bitfinex.parse(await bitfinex.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("bitfinex, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");
  const refreshAt = async (file: string, nowMs: number, symbols: readonly string[]) =>
    refresh(
      { [RATES]: await read("bitfinex", file), [TICKERS]: down, [PAIRS]: pairs(symbols) },
      { nowMs },
    );

  test("the status rows of 2023 and 2024, joined to made-up pairs, each at its time", async () => {
    const XRP = "tXRPF0:USTF0";
    expect((await refreshAt("status-deriv.json", 1691165060000, [BTC])).quotes).toMatchObject([
      {
        fundingRate: 0.00014548,
        predictedRate: 0,
        rateCap: 0.0025,
        nextFundingAtMs: 1691193600000,
      },
    ]);
    expect((await refreshAt("status-deriv.json", 1706256987000, [XRP])).quotes).toMatchObject([
      { base: "XRP", fundingRate: 0, markPrice: 0.5123016, fundingIntervalHours: 8 },
    ]);
  });

  test("the short rows of 2020", async () => {
    const symbols = [BTC, "tETHF0:USTF0"];
    const file = "status-deriv-2020-short-rows.json";
    expect((await refreshAt(file, 1579781547000, symbols)).quotes).toMatchObject([
      { fundingRate: 0, predictedRate: null, rateCap: null, nextFundingAtMs: 1579795200000 },
      { base: "ETH", markPrice: 162.16 },
    ]);
  });

  test("the pair list, joined to made-up rates", async () => {
    const { quotes, expected } = await refresh({
      ...BODIES,
      [RATES]: [status("tAAVEF0:USTF0")],
      [PAIRS]: await read("bitfinex", "conf-info-pair-futures.json"),
    });
    expect({ expected, quotes }).toMatchObject({ expected: 1, quotes: [{ base: "AAVE" }] });
  });
});
