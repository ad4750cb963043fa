import { describe, expect, test } from "bun:test";
import { btse } from "../../src/exchanges/btse.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const TICKERS = "/public-api/market/v1/ticker/24hr?types=%5B%22FuturesPerpetual%22%5D";
const PRICES = "/futures/api/v2.3/price";
const MARKETS = "/public-api/market/v1/markets?types=%5B%22FuturesPerpetual%22%5D";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 250;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  lastPrice: "64001.1",
  amount: "789198764",
  volume: "502595131.75",
  closeTime: Math.floor(STAMP / 1000),
  openInterest: "29489680",
  fundingRate: "0.00008301",
  nextFundingTime: at(16),
  fundingIntervalMinutes: 480,
  ...extra,
});

const price = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  indexPrice: 64010,
  lastPrice: 64001.1,
  markPrice: 64000.5,
  ...extra,
});

const market = (symbol: string, baseCurrency: string, extra: Row = {}): Row => ({
  symbol,
  type: "FuturesPerpetual",
  category: "CRYPTO",
  tradeCurrency: `${baseCurrency}-PERP`,
  baseCurrency,
  quoteCurrency: "USDT",
  active: true,
  contractSize: "0.00001",
  availableSettlement: ["USD", "USDT"],
  ...extra,
});

const BTC = "BTC-PERP-USDT";
const PEPE = "1KPEPE-PERP-USDT";
const LIVE = [
  market(BTC, "BTC"),
  market(PEPE, "1KPEPE", { contractSize: "1" }),
  market("TRUMPSOL-PERP-USDT", "TRUMPSOL"),
  market("1INCH-PERP-USDT", "1INCH"),
  market("QNT-PERP-USDT", "QNT", { category: "STOCK" }),
  market("GAS-PERP-USDT", "GAS", { category: "COMMODITIES" }),
];
const SKIPPED = [
  market("OLD-PERP-USDT", "OLD", { active: false }),
  market("BTC-260925-USDT", "BTC", { type: "FuturesTimeBased" }),
  market("BTC-USDT", "BTC", { type: "Spot" }),
  market("ETH-PERP-BTC", "ETH", { quoteCurrency: "BTC" }),
];

const reply = (data: unknown, extra: Row = {}): Row => ({
  data,
  code: 1,
  msg: "Success",
  success: true,
  time: STAMP,
  ...extra,
});

const BODIES: Bodies = {
  [TICKERS]: reply([
    ticker(BTC),
    ticker(PEPE, { fundingRate: "-0.00121", fundingIntervalMinutes: 240, openInterest: "4000" }),
    ticker("TRUMPSOL-PERP-USDT", { fundingRate: "0" }),
    ticker("1INCH-PERP-USDT"),
    ticker("QNT-PERP-USDT"),
    ticker("GAS-PERP-USDT"),
    ...SKIPPED.map((row) => ticker(String(row["symbol"]))),
    ticker("NEW-PERP-USDT"),
  ]),
  [PRICES]: [
    price("BTC-PERP"),
    price("1KPEPE-PERP", { markPrice: 0.25, indexPrice: 0.26 }),
    price("BTC-260925"),
  ],
  [MARKETS]: reply({ symbols: [...LIVE, ...SKIPPED] }),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  btse.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (tickerExtra: Row, marketExtra: Row = {}) =>
  refresh({
    ...BODIES,
    [TICKERS]: reply([ticker(BTC, tickerExtra)]),
    [MARKETS]: reply({ symbols: [market(BTC, "BTC", marketExtra), market(PEPE, "1KPEPE")] }),
  });

describe("btse", () => {
  test("tickers and prices every cycle, the markets on their own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await btse.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "tickers", null],
      ["secondary", "prices", null],
      ["instruments", "markets", 30 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      btse.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(3);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 6, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(
      LIVE.map((row) => String(row["symbol"])),
    );
    const { openInterestUsd, ...btc } = quotes[0] ?? {};
    // 294.8968 coins.
    expect(openInterestUsd).toBeCloseTo(294.8968 * 64000.5, 4);
    expect(btc).toEqual({
      openInterestDigit: 8,
      exchangeSymbol: BTC,
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
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      volume24hUsd: 502595131.75,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("1K is a thousand, 1INCH is not; a code with another name; the class of its category", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      openInterestUsd: 1000,
      indexPrice: 0.26,
    });
    expect(quotes[2]).toMatchObject({ base: "TRUMP", fundingRate: 0, markPrice: null });
    expect(quotes[3]).toMatchObject({ base: "1INCH", multiplier: 1, assetClass: "crypto" });
    expect(quotes[4]).toMatchObject({ base: "QNT", assetClass: "stock" });
    expect(quotes[5]).toMatchObject({ base: "GAS", assetClass: "commodity" });
    expect((await refreshBtc({}, { category: "FOREX" })).quotes[0]?.assetClass).toBeNull();
  });

  test.each(["type", "active", "baseCurrency", "quoteCurrency"])(
    "a market without %s is refused and said",
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
  ])("a rate of %p is refused as %s", async (fundingRate, reason) => {
    expect(await refreshBtc({ fundingRate })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason }],
      expected: 2,
    });
  });

  test("next times: 0 is none, days past is a dead contract, seconds are refused, one beyond an interval is unknown", async () => {
    expect((await refreshBtc({ nextFundingTime: 0 })).quotes).toMatchObject([
      { nextFundingAtMs: null, fundingIntervalHours: 8 },
    ]);
    expect(await refreshBtc({ nextFundingTime: at(8, 3) })).toMatchObject({
      quotes: [],
      rejects: [],
    });
    expect((await refreshBtc({ nextFundingTime: at(16) / 1000 })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ fundingIntervalMinutes: 60 })).quotes).toMatchObject([
      { nextFundingAtMs: null, fundingIntervalHours: null, intervalSource: null },
    ]);
    expect((await refreshBtc({ fundingIntervalMinutes: "" })).quotes).toMatchObject([
      { nextFundingAtMs: at(16), fundingIntervalHours: null, baselineRate: null },
    ]);
    // What another interval rests at is not documented.
    const hourly = { fundingIntervalMinutes: 60, nextFundingTime: at(14) };
    expect((await refreshBtc(hourly)).quotes).toMatchObject([
      { fundingIntervalHours: 1, baselineRate: null },
    ]);
  });

  test("a contract without a size has no open interest, one without a mark neither", async () => {
    const sizeless = await refreshBtc({}, { contractSize: undefined });
    expect(sizeless.quotes).toMatchObject([{ openInterestUsd: null, markPrice: 64000.5 }]);
    const markless = { ...BODIES, [PRICES]: [price("BTC-PERP", { markPrice: 0 })] };
    expect((await refresh(markless)).quotes[0]).toMatchObject({
      openInterestUsd: null,
      markPrice: null,
      indexPrice: 64010,
    });
  });

  test("prices failing cost prices and open interest only; tickers or markets failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const legacyError = { status: 400, errorCode: -2, message: "bad" };
    for (const body of [down, legacyError]) {
      const { quotes } = await refresh({ ...BODIES, [PRICES]: body });
      expect(quotes).toHaveLength(6);
      expect(quotes[0]).toMatchObject({
        fundingRate: 0.00008301,
        markPrice: null,
        openInterestUsd: null,
        volume24hUsd: 502595131.75,
      });
    }
    for (const key of [TICKERS, MARKETS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await btse.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(btse.explain(raw, PEPE)).toMatchObject({
      rows: { tickers: { symbol: PEPE, fundingRate: "-0.00121", fundingIntervalMinutes: 240 } },
      formula: "{tickers.fundingRate}",
    });
    expect(btse.explain(raw, "NOPE-PERP-USDT")).toBeNull();
  });

  test.each([
    ["an error", { code: 10010004, msg: "Invalid", success: false, data: null }],
    ["another code", reply([ticker(BTC)], { code: 0 })],
    ["success as a text", reply([ticker(BTC)], { success: "true" })],
    ["one object in place of a list", reply(ticker(BTC))],
    ["an empty list", reply([])],
    ["no list", reply(undefined)],
  ])("%s fails the refresh", async (_, body) => {
    for (const key of [TICKERS, MARKETS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });
});

const exemptions: readonly Exemption[] = [
  ...(
    [
      ["tickers.fundingRate", "negative", ["fundingRate"]],
      ["tickers.openInterest", "huge", ["openInterestUsd"]],
      ["tickers.volume", "huge", ["volume24hUsd"]],
      ["prices.markPrice", "huge", ["markPrice", "openInterestUsd"]],
      ["prices.indexPrice", "huge", ["indexPrice"]],
      ["markets.contractSize", "huge", ["openInterestUsd"]],
    ] as const
  ).map(([place, mutation, fields]) => ({
    at: place,
    mutations: [mutation],
    fields,
    why: "a large or negative value cannot be told from a wrong one here",
  })),
  {
    at: "markets.baseCurrency",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: "any text may be a ticker",
  },
];

test("btse: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const data = (body: unknown): unknown => Reflect.get(Object(body), "data");
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "tickers", request: TICKERS, rows: (body) => rows(data(body)) },
      { name: "prices", request: PRICES, rows },
      {
        name: "markets",
        request: MARKETS,
        rows: (body) => rows(Reflect.get(Object(data(body)), "symbols")),
      },
    ],
    refresh: async (bodies) => btse.parse(await btse.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("btse, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");

  test("the tickers of August 2026, joined to the recorded markets, which hold BTC alone", async () => {
    const bodies = {
      [TICKERS]: await read("btse", "ticker-24hr.json"),
      [PRICES]: [price("BTC-PERP", { markPrice: 63790 })],
      [MARKETS]: await read("btse", "markets.json"),
    };
    const batch = await refresh(bodies, { nowMs: 1786602644300 });
    expect(batch).toMatchObject({
      rejects: [],
      expected: 1,
      unlisted: 1,
      quotes: [
        {
          exchangeSymbol: BTC,
          fundingRate: 0.0001,
          fundingIntervalHours: 8,
          nextFundingAtMs: 1786608000000,
          volume24hUsd: 502595131.844331,
          exchangeTimeMs: 1786602644221,
        },
      ],
    });
    expect(batch.quotes[0]?.openInterestUsd).toBeCloseTo(294.8968 * 63790, 4);
    const alone = await refresh({ ...bodies, [PRICES]: down }, { nowMs: 1786602644300 });
    expect(alone.quotes).toMatchObject([{ markPrice: null, openInterestUsd: null }]);
  });

  test("the price row of a white label, joined to tickers made for it: a mark of 0 is a hole", async () => {
    const body = await read("btse", "futures-v2.3-price.json");
    expect((await refresh({ ...BODIES, [PRICES]: body })).quotes[0]).toMatchObject({
      markPrice: null,
      indexPrice: 36288.949684967,
    });
  });
});
