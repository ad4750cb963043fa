import { describe, expect, test } from "bun:test";
import { backpack } from "../../src/exchanges/backpack.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const PRICES = "/api/v1/markPrices";
const OPEN_INTEREST = "/api/v1/openInterest";
const TICKERS = "/api/v1/tickers";
const MARKETS = "/api/v1/markets";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const HOUR_MS = 3_600_000;

type Row = Readonly<Record<string, unknown>>;

const price = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: "0.0000125",
  indexPrice: "64010",
  markPrice: "64000.5",
  nextFundingTimestamp: at(14),
  ...extra,
});
const openInterest = (symbol: string, amount: string): Row => ({
  symbol,
  openInterest: amount,
  timestamp: AT - 90,
});
const ticker = (symbol: string, quoteVolume: string): Row => ({
  symbol,
  quoteVolume,
  volume: "551.25",
  priceChangePercent: "N/A",
});
const market = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  baseSymbol: symbol.split("_")[0],
  quoteSymbol: symbol.split("_")[1],
  marketType: "PERP",
  orderBookState: "Open",
  visible: true,
  rwaMarketType: null,
  fundingInterval: HOUR_MS,
  fundingRateUpperBound: "100",
  fundingRateLowerBound: "-75",
  createdAt: "2025-01-21T06:34:54.691858",
  ...extra,
});

const BTC = "BTC_USDC_PERP";
const BONK = "kBONK_USDC_PERP";
const CRCL = "CRCL.US_USDC_PERP";
const LIVE = [
  market(BTC),
  market(BONK, { fundingInterval: String(8 * HOUR_MS) }),
  market(CRCL, { rwaMarketType: "STOCK" }),
  market("KAS_USDC_PERP"),
];
const SKIPPED = [
  market("SOL_USDC", { marketType: "SPOT" }),
  market("BTC_USD_IPERP", { marketType: "IPERP" }),
  market("BTC_USDC_DATED", { marketType: "DATED" }),
  market("RAIN_USDC_PREDICTION", { marketType: "PREDICTION" }),
  market("OLD_USDC_PERP", { orderBookState: "Closed" }),
  market("POST_USDC_PERP", { orderBookState: "PostOnly" }),
  market("HIDDEN_USDC_PERP", { visible: false }),
  market("ETH_BTC_PERP"),
];

const BODIES: Bodies = {
  [PRICES]: [
    price(BTC),
    price(BONK, {
      fundingRate: "-0.00121",
      nextFundingTimestamp: at(16),
      markPrice: "0.025",
      indexPrice: "0.0251",
    }),
    price(CRCL, { fundingRate: "0" }),
    price("KAS_USDC_PERP"),
    ...SKIPPED.map((row) => price(String(row["symbol"]))),
    price("NEW_USDC_PERP"),
  ],
  [OPEN_INTEREST]: [openInterest(BTC, "551.98"), openInterest(BONK, "40000")],
  [TICKERS]: [ticker(BTC, "35280000.25"), ticker("SOL_USDC", "21584.5")],
  [MARKETS]: [...LIVE, ...SKIPPED],
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  backpack.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (priceExtra: Row, marketExtra: Row = {}) =>
  refresh({
    ...BODIES,
    [PRICES]: [price(BTC, priceExtra)],
    [MARKETS]: [market(BTC, marketExtra), market(BONK)],
  });

describe("backpack", () => {
  test("prices, open interest and tickers every cycle, the markets on their own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await backpack.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "markPrices", null],
      ["secondary", "openInterest", null],
      ["secondary", "tickers", null],
      ["instruments", "markets", 5 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      backpack.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(4);
  });

  test("a market becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(
      LIVE.map((row) => String(row["symbol"])),
    );
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.0000125,
      fundingIntervalHours: 1,
      intervalSource: "published",
      nextFundingAtMs: at(14),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.01,
      rateFloor: -0.0075,
      baselineRate: null,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      // Both sides are 551.98 BTC.
      openInterestDigit: 8,
      openInterestUsd: 275.99 * 64000.5,
      volume24hUsd: 35280000.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a small k is a thousand, a capital one is not; an equity is its ticker; an interval as a text", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "BONK",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 8,
      nextFundingAtMs: at(16),
      openInterestUsd: 500,
      volume24hUsd: null,
    });
    expect(quotes[2]).toMatchObject({ base: "CRCL", multiplier: 1, assetClass: "stock" });
    expect(quotes[3]).toMatchObject({ base: "KAS", multiplier: 1 });
  });

  test.each(["marketType", "orderBookState", "visible", "baseSymbol", "quoteSymbol"])(
    "a market whose %s is null is refused and said",
    async (key) => {
      expect(await refreshBtc({}, { [key]: null })).toMatchObject({
        quotes: [],
        rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
        expected: 1,
      });
    },
  );

  test("`visible` may be absent from a whole list, which is an older one, never from one row of it", async () => {
    expect(await refreshBtc({}, { visible: undefined })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
    });
    const { visible: _visible, ...older } = market(BTC);
    const batch = await refresh({ ...BODIES, [PRICES]: [price(BTC)], [MARKETS]: [older] });
    expect(batch).toMatchObject({ quotes: [{ exchangeSymbol: BTC }], rejects: [] });
  });

  test.each([
    ["INDEX", "index"],
    ["STOCK", "stock"],
    [null, "crypto"],
    ["BOND", null],
    [undefined, null],
  ] as const)("rwaMarketType %p is the class %p", async (rwaMarketType, assetClass) => {
    expect((await refreshBtc({}, { rwaMarketType })).quotes).toMatchObject([{ assetClass }]);
  });

  test("a market of a type that nobody knows is an unknown kind, no broken row", async () => {
    expect(await refreshBtc({}, { marketType: "EVERLASTING" })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason: "unknown_kind" }],
      expected: 1,
    });
  });

  test("a listed interval is unknown where its grid does not hold the row's own next time", async () => {
    const listed = (hours: number) => refreshBtc({}, { fundingInterval: hours * HOUR_MS });
    expect((await listed(2)).quotes).toMatchObject([{ fundingIntervalHours: 2 }]);
    for (const hours of [8, 480, 1 / 60])
      expect((await listed(hours)).quotes).toMatchObject([
        { nextFundingAtMs: at(14), fundingIntervalHours: null, intervalSource: null },
      ]);
  });

  test("without bounds there are none", async () => {
    const unbound = { fundingRateUpperBound: null, fundingRateLowerBound: undefined };
    expect((await refreshBtc({}, unbound)).quotes).toMatchObject([
      { exchangeSymbol: BTC, rateCap: null, rateFloor: null },
    ]);
  });

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

  test("next times: days past is a dead contract, microseconds are refused, one beyond the listed interval contradicts it", async () => {
    expect(await refreshBtc({ nextFundingTimestamp: at(8, 3) })).toMatchObject({
      quotes: [],
      rejects: [],
    });
    expect((await refreshBtc({ nextFundingTimestamp: at(14) * 1000 })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ nextFundingTimestamp: at(16) })).quotes).toMatchObject([
      { nextFundingAtMs: at(16), fundingIntervalHours: null, intervalSource: null },
    ]);
    expect((await refreshBtc({}, { fundingInterval: null })).quotes).toMatchObject([
      { nextFundingAtMs: at(14), fundingIntervalHours: null, intervalSource: null },
    ]);
  });

  test("an interval of a list older than half an hour is unknown", async () => {
    const age = (minutes: number) => ({ receivedAtMs: { markets: AT - minutes * 60_000 } });
    expect((await refresh(BODIES, age(30))).quotes[0]?.fundingIntervalHours).toBe(1);
    expect((await refresh(BODIES, age(31))).quotes[0]).toMatchObject({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: at(14),
    });
  });

  test("open interest and tickers failing cost their field only; prices or markets failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [OPEN_INTEREST]: down, [TICKERS]: down });
    expect(quotes).toHaveLength(4);
    expect(quotes[0]).toMatchObject({
      fundingRate: 0.0000125,
      markPrice: 64000.5,
      openInterestUsd: null,
      volume24hUsd: null,
    });
    for (const key of [PRICES, MARKETS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await backpack.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(backpack.explain(raw, CRCL)).toEqual({
      rows: {
        markPrices: price(CRCL, { fundingRate: "0" }),
        markets: expect.objectContaining({ symbol: CRCL, fundingInterval: HOUR_MS }),
        openInterest: null,
        tickers: null,
      },
      formula: "{markPrices.fundingRate}",
    });
    expect(backpack.explain(raw, BTC)?.rows).toMatchObject({
      openInterest: { openInterest: "551.98" },
      tickers: { quoteVolume: "35280000.25" },
    });
    expect(backpack.explain(raw, "NOPE_USDC_PERP")).toBeNull();
  });

  test.each([
    ["an error", { code: "INVALID_CLIENT_REQUEST", message: "bad" }, "bad_envelope"],
    ["too many requests", { code: "TOO_MANY_REQUESTS", message: "wait" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["no list", { data: [] }, "bad_envelope"],
  ])("%s fails the refresh", async (_, body, kind) => {
    for (const key of [PRICES, MARKETS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind });
    }
  });

  test("the code of too many requests is one at any status", () => {
    expect(backpack.facts.classifyFailure?.(400, '{"code":"TOO_MANY_REQUESTS"}')).toBe(
      "rate_limited",
    );
    expect(backpack.facts.classifyFailure?.(400, '{"code":"INVALID_CLIENT_REQUEST"}')).toBeNull();
  });
});

const LEGAL = "the value is as legal as the right one";
const exemptions: readonly Exemption[] = [
  ...(
    [
      ["prices.fundingRate", "negative", ["fundingRate"]],
      ["prices.markPrice", "huge", ["markPrice", "openInterestUsd"]],
      ["prices.indexPrice", "huge", ["indexPrice"]],
      ["openInterest.openInterest", "huge", ["openInterestUsd"]],
      ["tickers.quoteVolume", "huge", ["volume24hUsd"]],
    ] as const
  ).map(([place, mutation, fields]) => ({ at: place, mutations: [mutation], fields, why: LEGAL })),
  {
    at: "markets.baseSymbol",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: "any text may be a ticker",
  },
  {
    at: "markets.rwaMarketType",
    mutations: ["null"],
    fields: ["assetClass"],
    why: "coins have null there",
  },
];

test("backpack: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "prices", request: PRICES, rows },
      { name: "openInterest", request: OPEN_INTEREST, rows },
      { name: "tickers", request: TICKERS, rows },
      { name: "markets", request: MARKETS, rows },
    ],
    refresh: async (bodies) =>
      backpack.parse(await backpack.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("backpack, recorded", (read) => {
  const nowMs = 1753105736000;

  test("marks and open interest of July 2025, at 8 h then, joined to a market made for them", async () => {
    const { quotes, rejects } = await refresh(
      {
        [PRICES]: await read("backpack", "mark-prices.json"),
        [OPEN_INTEREST]: await read("backpack", "open-interest.json"),
        // The recorded ticker is of a spot market.
        [TICKERS]: await read("backpack", "tickers.json"),
        [MARKETS]: [market(BTC, { fundingInterval: 28800000 })],
      },
      { nowMs },
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        fundingRate: 0.0001,
        fundingIntervalHours: 8,
        nextFundingAtMs: 1753113600000,
        markPrice: 118343.51853741,
        indexPrice: 118333.18643195,
        volume24hUsd: null,
      },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo((1273.85214 / 2) * 118343.51853741, 3);
  });

  test("the market list, joined to a mark made for it", async () => {
    const batch = await refresh({
      ...BODIES,
      [PRICES]: [price("SOL_USDC_PERP", { nextFundingTimestamp: at(16) }), price("SOL_USDC")],
      [MARKETS]: await read("backpack", "markets.json"),
    });
    expect(batch).toMatchObject({
      rejects: [],
      expected: 1,
      quotes: [{ base: "SOL", fundingIntervalHours: 8, rateCap: 0.01, rateFloor: -0.01 }],
    });
  });
});
