import { describe, expect, test } from "bun:test";
import { woox } from "../../src/exchanges/woox.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/v3/public/fundingRate";
const FUTURES = "/v3/public/futures";
const INSTRUMENTS = "/v3/public/instruments";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 40_000;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  estFundingRate: "0.00008301",
  estFundingRateTimestamp: STAMP,
  lastFundingRate: "-0.00002",
  lastFundingRateTimestamp: at(8),
  nextFundingTime: at(16),
  lastFundingIntervalHours: 8,
  estFundingIntervalHours: 8,
  ...extra,
});

const futures = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  indexPrice: "64010",
  markPrice: "64000.5",
  estFundingRate: "0.0009",
  lastFundingRate: "-0.0009",
  openInterest: "221.5",
  "24hVolume": "12000.25",
  "24hAmount": "768000000.75",
  ...extra,
});

const instrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  status: "TRADING",
  baseAsset: symbol.split("_")[1],
  baseAssetMultiplier: 1,
  quoteAsset: symbol.split("_")[2],
  fundingIntervalHours: 1,
  fundingCap: "0.0075",
  fundingFloor: "-0.006",
  ...extra,
});

const BTC = "PERP_BTC_USDT";
const INCH = "PERP_1INCH_USDT";
const MANY = "PERP_MANY_USDT";
const LIVE = [
  instrument(BTC),
  instrument(INCH, { fundingCap: 0.02, fundingFloor: -0.03 }),
  instrument(MANY, { baseAssetMultiplier: 1000 }),
];
const SKIPPED = [
  instrument("SPOT_BTC_USDT"),
  instrument("PERP_OLD_USDT", { status: "SUSPENDED" }),
  instrument("PERP_NEW_USDT", { status: "TESTING" }),
  instrument("PERP_ETH_BTC"),
  instrument("PERP_BTC_USDT_261225"),
];

const reply = (rows: unknown): Row => ({ success: true, data: { rows }, timestamp: AT - 90 });

const BODIES: Bodies = {
  [RATES]: reply([
    rate(BTC),
    rate(INCH, { estFundingRate: "-0.00121", estFundingIntervalHours: 4 }),
    rate(MANY, { estFundingRate: "0" }),
    ...SKIPPED.map((row) => rate(String(row["symbol"]))),
    rate("PERP_COMING_USDT"),
  ]),
  [FUTURES]: reply([
    futures(BTC),
    futures(INCH, { indexPrice: "0.26", markPrice: "0.25", openInterest: "4000" }),
    futures("SPOT_BTC_USDT"),
  ]),
  [INSTRUMENTS]: reply([...LIVE, ...SKIPPED]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  woox.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (rateExtra: Row, instrumentExtra: Row = {}) =>
  refresh({
    ...BODIES,
    [RATES]: reply([rate(BTC, rateExtra)]),
    [INSTRUMENTS]: reply([instrument(BTC, instrumentExtra), instrument(INCH)]),
  });

describe("woox", () => {
  test("rates and futures every cycle, the list on its own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await woox.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "rates", null],
      ["secondary", "futures", null],
      ["instruments", "instruments", 30 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      woox.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(3);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([BTC, INCH, MANY]);
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: -0.00002,
      settledAtMs: at(8),
      rateCap: 0.0075,
      rateFloor: -0.006,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 221.5 * 64000.5,
      volume24hUsd: 768000000.75,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a digit at the start of a ticker stays; a contract of 4 h; a missing index or floor is unknown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "1INCH",
      multiplier: 1,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.02,
      rateFloor: -0.03,
      openInterestUsd: 1000,
    });
    expect(quotes[2]).toMatchObject({ base: "MANY", multiplier: 1000, fundingRate: 0 });
    const holes = { ...BODIES, [FUTURES]: reply([futures(BTC, { indexPrice: null })]) };
    expect((await refresh(holes)).quotes[0]).toMatchObject({
      indexPrice: null,
      markPrice: 64000.5,
    });
    expect((await refreshBtc({}, { fundingFloor: null })).quotes[0]?.rateFloor).toBeNull();
  });

  test.each(["status", "baseAssetMultiplier"])(
    "a contract without %s is refused and said",
    async (key) => {
      expect(await refreshBtc({}, { [key]: null })).toMatchObject({
        quotes: [],
        rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
        expected: 1,
      });
    },
  );

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-2", "implausible_rate"],
  ])("a rate of %p is refused as %s", async (estFundingRate, reason) => {
    expect(await refreshBtc({ estFundingRate })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason }],
      expected: 2,
    });
  });

  test("next times: a past one is kept with its old stamp, days past is dead, seconds are refused", async () => {
    const frozen = { nextFundingTime: at(16, 4), estFundingRateTimestamp: at(15, 4) };
    expect((await refreshBtc(frozen)).quotes).toMatchObject([
      { nextFundingAtMs: at(16, 4), exchangeTimeMs: at(15, 4) },
    ]);
    expect(await refreshBtc({ nextFundingTime: at(8, 3) })).toMatchObject({
      quotes: [],
      rejects: [],
      expected: 2,
    });
    expect((await refreshBtc({ nextFundingTime: at(16) / 1000 })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ estFundingIntervalHours: 1 })).quotes).toMatchObject([
      { nextFundingAtMs: null, fundingIntervalHours: null, intervalSource: null },
    ]);
    expect((await refreshBtc({ estFundingIntervalHours: null })).quotes).toMatchObject([
      { nextFundingAtMs: at(16), fundingIntervalHours: null, baselineRate: null },
    ]);
    // What another interval rests at is not documented.
    const hourly = { estFundingIntervalHours: 1, nextFundingTime: at(14) };
    expect((await refreshBtc(hourly)).quotes).toMatchObject([
      { fundingIntervalHours: 1, baselineRate: null },
    ]);
  });

  test("a last charge without its time is none", async () => {
    for (const key of ["lastFundingRate", "lastFundingRateTimestamp"]) {
      expect((await refreshBtc({ [key]: null })).quotes).toMatchObject([
        { settledRate: null, settledAtMs: null },
      ]);
    }
  });

  test("futures failing cost prices and quantities only; rates or the list failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [FUTURES]: down });
    expect(quotes).toHaveLength(3);
    expect(quotes[0]).toMatchObject({
      fundingRate: 0.00008301,
      markPrice: null,
      indexPrice: null,
      openInterestUsd: null,
      volume24hUsd: null,
    });
    for (const key of [RATES, INSTRUMENTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await woox.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(woox.explain(raw, INCH)).toMatchObject({
      rows: { rates: { symbol: INCH, estFundingRate: "-0.00121", estFundingIntervalHours: 4 } },
      formula: "{rates.estFundingRate}",
    });
    expect(woox.explain(raw, "PERP_NOPE_USDT")).toBeNull();
  });

  test.each([
    ["an error", { success: false, code: -1005, message: "invalid symbol" }, "bad_envelope"],
    ["too many requests", { success: false, code: -1003, message: "wait" }, "rate_limited"],
    ["too many, and nothing else", { code: -1003, message: "wait" }, "rate_limited"],
    ["success as a text", { ...reply([rate(BTC)]), success: "true" }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", { success: true }, "bad_envelope"],
  ])("%s fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("the code of too many requests is one at any status", () => {
    expect(woox.facts.classifyFailure?.(400, '{"success":false,"code":-1003}')).toBe(
      "rate_limited",
    );
    expect(woox.facts.classifyFailure?.(400, '{"success":false,"code":-1005}')).toBeNull();
  });
});

const exemptions: readonly Exemption[] = (
  [
    ["rates.estFundingRate", "negative", ["fundingRate"]],
    ["rates.lastFundingRate", "negative", ["settledRate"]],
    ["futures.markPrice", "huge", ["markPrice", "openInterestUsd"]],
    ["futures.indexPrice", "huge", ["indexPrice"]],
    ["futures.openInterest", "huge", ["openInterestUsd"]],
    ["futures.24hAmount", "huge", ["volume24hUsd"]],
    ["instruments.baseAssetMultiplier", "huge", ["multiplier"]],
  ] as const
).map(([place, mutation, fields]) => ({
  at: place,
  mutations: [mutation],
  fields,
  why: "a large or negative value cannot be told from a wrong one here",
}));

test("woox: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => {
    const found: unknown = Reflect.get(Object(Reflect.get(Object(body), "data")), "rows");
    return Array.isArray(found) ? found : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "futures", request: FUTURES, rows },
      { name: "instruments", request: INSTRUMENTS, rows },
    ],
    refresh: async (bodies) => woox.parse(await woox.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("woox, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");

  test("the rates of July 2025, joined to a list made for them", async () => {
    const { quotes, rejects } = await refresh(
      { ...BODIES, [RATES]: await read("woox", "fundingRate.json"), [FUTURES]: down },
      { nowMs: 1751624037798 },
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        exchangeSymbol: BTC,
        fundingRate: -0.00000441,
        settledRate: -0.00004953,
        settledAtMs: 1751616000000,
        nextFundingAtMs: 1751644800000,
        fundingIntervalHours: 8,
        exchangeTimeMs: 1751623979022,
      },
    ]);
  });

  test("the futures, joined to rates and a list made for them", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [FUTURES]: await read("woox", "futures.json"),
    });
    expect(quotes[0]).toMatchObject({ markPrice: 63028, indexPrice: 63049, volume24hUsd: 756e6 });
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(221.3498 * 63028, 3);
  });

  test("the list holds a spot row alone: nothing is shown", async () => {
    const bodies = { ...BODIES, [INSTRUMENTS]: await read("woox", "instruments.json") };
    expect(await refresh(bodies)).toMatchObject({ quotes: [], rejects: [], expected: 0 });
  });
});
