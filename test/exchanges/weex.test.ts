import { describe, expect, test } from "bun:test";
import { weex } from "../../src/exchanges/weex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/capi/v3/market/premiumIndex";
const TICKERS = "/capi/v3/market/ticker/24hr";
const INSTRUMENTS = "/capi/v3/market/exchangeInfo";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 250;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.5",
  indexPrice: "64010",
  forecastFundingRate: "0.00008301",
  lastFundingRate: "-0.00002",
  interestRate: "0.001",
  nextFundingTime: at(16),
  time: STAMP,
  collectCycle: 480,
  ...extra,
});

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  lastPrice: "64001.1",
  volume: "79101.5",
  quoteVolume: "5062575120.25",
  markPrice: "64000.5",
  indexPrice: "64010",
  ...extra,
});

const instrument = (symbol: string, baseAsset: string, extra: Row = {}): Row => ({
  symbol,
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  contractVal: 0.0001,
  forwardContractFlag: true,
  contractType: "PERPETUAL",
  underlyingType: "COIN",
  ...extra,
});

const tradFi = (underlyingType: string): Row => ({
  contractType: "TRADIFI_PERPETUAL",
  underlyingType,
});

const PEPE = "1000PEPEUSDT";
const PEPE_PRICES = { markPrice: "0.02", indexPrice: "0.0201" };
const BABY = "1MBABYDOGEUSDT";
const CHINESE = "币安人生USDT";
const LIVE = [
  instrument("BTCUSDT", "BTC"),
  instrument(PEPE, "1000PEPE"),
  instrument(BABY, "1MBABYDOGE"),
  instrument("GASUSDT", "GAS"),
  instrument(CHINESE, "币安人生"),
  instrument("TSLAUSDT", "TSLA", tradFi("Stocks")),
  instrument("JP225USDT", "JP225"),
];
const LIVE_SYMBOLS = LIVE.map((row) => String(row["symbol"]));
const SKIPPED = [
  instrument("BTCSUSDT", "BTC", { quoteAsset: "SUSDT", marginAsset: "SUSDT" }),
  instrument("ETHSUSDT", "ETH", { marginAsset: "SUSDT" }),
  instrument("BTCUSD", "BTC", { quoteAsset: "USD", marginAsset: "BTC" }),
  instrument("ETHUSDX", "ETH", { forwardContractFlag: false }),
  instrument("OPENAIUSDT", "OPENAI", tradFi("Pre-IPO")),
  instrument("ETHBTC", "ETH", { quoteAsset: "BTC", marginAsset: "BTC" }),
];

const ERROR = { code: -1142, msg: "Parameter 'symbol' is invalid." };
const list = (rows: readonly Row[]): Row => ({ assets: [], symbols: rows });

const BODIES: Bodies = {
  [RATES]: [
    rate("BTCUSDT"),
    rate(PEPE, { forecastFundingRate: "-0.00121", collectCycle: 240, ...PEPE_PRICES }),
    rate(BABY, { forecastFundingRate: "0", collectCycle: 60, nextFundingTime: at(14) }),
    ...["GASUSDT", CHINESE, "TSLAUSDT", "JP225USDT"].map((symbol) => rate(symbol)),
    ...SKIPPED.map((row) => rate(String(row["symbol"]))),
    rate("STRANGERUSDT"),
  ],
  [TICKERS]: [ticker("BTCUSDT"), ticker(PEPE, PEPE_PRICES)],
  [INSTRUMENTS]: list([...LIVE, ...SKIPPED]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  weex.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (rateExtra: Row, instrumentExtra: Row = {}) =>
  refresh({
    ...BODIES,
    [RATES]: [rate("BTCUSDT", rateExtra)],
    [INSTRUMENTS]: list([instrument("BTCUSDT", "BTC", instrumentExtra), instrument(PEPE, "PEPE")]),
  });

describe("weex", () => {
  test("rates and tickers every cycle, the list on its own period, and nothing one by one", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await weex.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs]).toSorted()).toEqual([
      ["essential", "rates", null],
      ["instruments", "instruments", 30 * 60_000],
      ["secondary", "tickers", null],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      weex.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(3);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 7, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(LIVE_SYMBOLS);
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: -0.00002,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: null,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestUsd: null,
      volume24hUsd: 5062575120.25,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("multipliers, minutes to hours, a zero rate, and a stock and an index with their class", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({ base: "PEPE", multiplier: 1000, fundingIntervalHours: 4 });
    expect(quotes[2]).toMatchObject({
      base: "BABYDOGE",
      multiplier: 1_000_000,
      fundingRate: 0,
      fundingIntervalHours: 1,
      volume24hUsd: null,
    });
    expect(quotes[5]).toMatchObject({ base: "TSLA", assetClass: "stock" });
    expect(quotes[6]).toMatchObject({ base: "JP225", assetClass: "index" });
  });

  test.each([
    ["Indices", "index"],
    ["Metals", "metal"],
    ["Forex", "forex"],
    ["Commodities", "commodity"],
  ] as const)("underlyingType %p is the class %p", async (type, assetClass) => {
    expect((await refreshBtc({}, tradFi(type))).quotes[0]?.assetClass).toBe(assetClass);
  });

  test("a contract whose kind cannot be told is refused and said", async () => {
    const keys = Object.keys(instrument("", "")).filter(
      (key) => key !== "symbol" && key !== "contractVal",
    );
    for (const key of keys) {
      const { quotes, rejects, expected } = await refreshBtc({}, { [key]: null });
      expect({ quotes, rejects, expected }).toMatchObject({
        quotes: [],
        rejects: [{ exchangeSymbol: "BTCUSDT", reason: "bad_row" }],
        expected: 1,
      });
    }
  });

  test("a kind of another name is unknown, no broken row", async () => {
    for (const kind of [{ underlyingType: "Bonds" }, { contractType: "DELIVERY" }]) {
      expect(await refreshBtc({}, kind)).toMatchObject({
        quotes: [],
        rejects: [{ exchangeSymbol: "BTCUSDT", reason: "unknown_kind" }],
        expected: 1,
      });
    }
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-2", "implausible_rate"],
  ])("a rate of %p is refused as %s", async (forecastFundingRate, reason) => {
    expect(await refreshBtc({ forecastFundingRate })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason }],
    });
  });

  test("next times: 1970 is none, a past one is kept, days past is a dead contract, days ahead a wrong unit", async () => {
    expect((await refreshBtc({ nextFundingTime: 28_800_000 })).quotes[0]).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: 8,
    });
    expect((await refreshBtc({ nextFundingTime: at(13) })).quotes[0]?.nextFundingAtMs).toBe(at(13));
    expect(await refreshBtc({ nextFundingTime: at(13, 2) })).toMatchObject({
      quotes: [],
      rejects: [],
      expected: 2,
    });
    expect((await refreshBtc({ nextFundingTime: at(16, 9) })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ collectCycle: 60 })).quotes[0]).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
    });
    expect((await refreshBtc({ collectCycle: null })).quotes[0]).toMatchObject({
      nextFundingAtMs: at(16),
      fundingIntervalHours: null,
      intervalSource: null,
    });
  });

  test("the ticker's live prices go before those beside the rate, which serve while it fails", async () => {
    const fresh = {
      ...BODIES,
      [TICKERS]: [ticker("BTCUSDT", { markPrice: "2", indexPrice: "3" })],
    };
    expect((await refresh(fresh)).quotes[0]).toMatchObject({ markPrice: 2, indexPrice: 3 });
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down });
    expect(quotes).toHaveLength(7);
    expect(quotes[0]).toMatchObject({ markPrice: 64000.5, indexPrice: 64010, volume24hUsd: null });
    for (const key of [RATES, INSTRUMENTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await weex.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(weex.explain(raw, PEPE)).toMatchObject({
      rows: { rates: { symbol: PEPE, forecastFundingRate: "-0.00121", collectCycle: 240 } },
      formula: "{rates.forecastFundingRate}",
    });
    expect(weex.explain(raw, "NOPEUSDT")).toBeNull();
  });

  test.each([
    ["an error", ERROR],
    ["an empty list", []],
    ["no list", { data: [] }],
  ])("%s fails the refresh", async (_, body) => {
    for (const key of [RATES, INSTRUMENTS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });
});

const LEGAL = "a large or negative value cannot be told from a wrong one here";
const exemptions: readonly Exemption[] = [
  ...(
    [
      ["rates.forecastFundingRate", "negative", ["fundingRate"]],
      ["rates.lastFundingRate", "negative", ["settledRate"]],
      ["tickers.markPrice", "huge", ["markPrice"]],
      ["tickers.indexPrice", "huge", ["indexPrice"]],
      ["rates.markPrice", "huge", ["markPrice"]],
      ["rates.indexPrice", "huge", ["indexPrice"]],
      ["tickers.quoteVolume", "huge", ["volume24hUsd"]],
    ] as const
  ).map(([place, mutation, fields]) => ({ at: place, mutations: [mutation], fields, why: LEGAL })),
  {
    at: "instruments.baseAsset",
    mutations: ["NaN", "huge", "negative", "flipped"],
    fields: ["base", "multiplier", "assetClass"],
    why: "any text may be a ticker",
  },
];

test("weex: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const listed = (body: unknown) => rows(Reflect.get(Object(body), "symbols"));
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "tickers", request: TICKERS, rows },
      { name: "instruments", request: INSTRUMENTS, rows: listed },
    ],
    refresh: async (bodies) => weex.parse(await weex.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("weex, recorded", (read) => {
  test.each([
    ["premiumIndex.json", "ETHUSDT", 1775597594265, 0.00005618, 0.00001031, 1775606400000],
    ["premiumIndex-documented.json", "BTCUSDT", 1764505777345, 0.00025, 0.00025, 1764510000000],
  ])("%s, joined to a list made for it", async (file, symbol, nowMs, next, last, nextMs) => {
    const { quotes, rejects } = await refresh(
      {
        [RATES]: await read("weex", file),
        [TICKERS]: await read("weex", "ticker-24hr.json"),
        [INSTRUMENTS]: list([instrument(symbol, symbol.slice(0, 3))]),
      },
      { nowMs },
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { fundingRate: next, settledRate: last, nextFundingAtMs: nextMs, fundingIntervalHours: 8 },
    ]);
    if (symbol !== "ETHUSDT") return;
    expect(quotes).toMatchObject([{ markPrice: 2081.8, volume24hUsd: 1310647345.19346 }]);
    // Not shown: in ETH it would be $3.7 bn on an exchange that trades $1.3 bn a day.
    expect(await read("weex", "openInterest.json")).toMatchObject({ openInterest: "1772356.352" });
    expect(quotes[0]?.openInterestUsd).toBeNull();
  });

  test("a list without contract types is refused row by row, an error is a bad envelope", async () => {
    const listed = { ...BODIES, [INSTRUMENTS]: await read("weex", "exchangeInfo.json") };
    expect(await refresh(listed)).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }] });
    const failed = { ...BODIES, [RATES]: await read("weex", "error-invalid-symbol.json") };
    const failure = await refresh(failed).catch((e: unknown) => e);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });
});
