import { expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { backpack } from "../../src/exchanges/backpack.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const HOUR_MS = 3_600_000;

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

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const classChange = (
  rwaMarketType: string | null | undefined,
  assetClass: AssetClass | null,
): Change => [
  `the class ${rwaMarketType}`,
  { "markets.rwaMarketType": rwaMarketType },
  { assetClass },
];
const listedChange = (hours: number, outcome: Change[2]): Change => [
  `a listed interval of ${hours} h`,
  { "markets.fundingInterval": hours * HOUR_MS },
  outcome,
];

const description: ExchangeDescription = {
  exchange: backpack,
  nowMs: AT,
  payloads: [
    {
      name: "markPrices",
      kind: "essential",
      request: "/api/v1/markPrices",
      rows: [],
      body: [
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
    },
    {
      name: "openInterest",
      kind: "secondary",
      request: "/api/v1/openInterest",
      rows: [],
      body: [openInterest(BTC, "551.98"), openInterest(BONK, "40000")],
      lost: { openInterestDigit: null, openInterestUsd: null },
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/api/v1/tickers",
      rows: [],
      body: [ticker(BTC, "35280000.25"), ticker("SOL_USDC", "21584.5")],
      lost: { volume24hUsd: null },
    },
    {
      name: "markets",
      kind: "instruments",
      everyMs: 5 * 60_000,
      request: "/api/v1/markets",
      rows: [],
      body: [...LIVE, ...SKIPPED],
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      assetClass: "crypto",
      fundingRate: 0.0000125,
      fundingIntervalHours: 1,
      intervalSource: "published",
      nextFundingAtMs: at(14),
      rateCap: 0.01,
      rateFloor: -0.0075,
      markPrice: 64000.5,
      indexPrice: 64010,
      // Both sides are 551.98 BTC.
      openInterestDigit: 8,
      openInterestUsd: 275.99 * 64000.5,
      volume24hUsd: 35280000.25,
    },
    {
      // A lower-case k is a thousand; its interval is text.
      exchangeSymbol: BONK,
      base: "BONK",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 8,
      nextFundingAtMs: at(16),
      openInterestUsd: 500,
      volume24hUsd: null,
    },
    { exchangeSymbol: CRCL, base: "CRCL", multiplier: 1, assetClass: "stock" },
    { exchangeSymbol: "KAS_USDC_PERP", base: "KAS", multiplier: 1 },
  ],
  explained: {
    formula: "{markPrices.fundingRate}",
    rows: {
      markPrices: price(BTC),
      openInterest: { openInterest: "551.98" },
      tickers: { quoteVolume: "35280000.25" },
    },
    unknown: "NOPE_USDC_PERP",
  },
  kindKeys: { markets: "marketType orderBookState visible baseSymbol quoteSymbol" },
  changes: [
    ["no `visible`, unlike others", { "markets.visible": undefined }, "bad_row"],
    classChange("INDEX", "index"),
    classChange("STOCK", "stock"),
    classChange(null, "crypto"),
    classChange("BOND", null),
    classChange(undefined, null),
    ["an unknown type", { "markets.marketType": "EVERLASTING" }, "unknown_kind"],
    // Unknown, as the row's own next time is not on its grid.
    listedChange(2, { fundingIntervalHours: 2 }),
    ...[8, 480, 1 / 60].map((hours) =>
      listedChange(hours, { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(14) }),
    ),
    [
      "no bounds",
      { "markets.fundingRateUpperBound": null, "markets.fundingRateLowerBound": undefined },
      { rateCap: null, rateFloor: null },
    ],
    ["an empty rate", { "markPrices.fundingRate": "" }, "bad_rate"],
    ["no rate", { "markPrices.fundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "markPrices.fundingRate": "-2" }, "implausible_rate"],
    ["a next time past by days", { "markPrices.nextFundingTimestamp": at(8, 3) }, "not shown"],
    [
      "a next time in microseconds",
      { "markPrices.nextFundingTimestamp": at(14) * 1000 },
      "bad_next_time",
    ],
    [
      "a next time beyond the listed interval",
      { "markPrices.nextFundingTimestamp": at(16) },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) },
    ],
    [
      "no interval",
      { "markets.fundingInterval": null },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(14) },
    ],
  ],
  failures: [
    ["an error", { code: "INVALID_CLIENT_REQUEST", message: "bad" }, "bad_envelope"],
    ["too many requests", { code: "TOO_MANY_REQUESTS", message: "wait" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["no list", { data: [] }, "bad_envelope"],
  ],
  classified: [
    [400, '{"code":"TOO_MANY_REQUESTS"}', "rate_limited"],
    [400, '{"code":"INVALID_CLIENT_REQUEST"}', null],
  ],
  exemptions: [
    negativeRate("markPrices.fundingRate"),
    hugeAmount("markPrices.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("markPrices.indexPrice", "indexPrice"),
    hugeAmount("openInterest.openInterest", "openInterestUsd"),
    hugeAmount("tickers.quoteVolume", "volume24hUsd"),
    anyName("markets.baseSymbol", "base", "multiplier"),
    {
      at: "markets.rwaMarketType",
      mutations: ["null"],
      fields: ["assetClass"],
      why: "coins have null there",
    },
  ],
  recorded: [
    {
      title: "marks and open interest of July 2025, at 8 h then, joined to a market made for them",
      // The recorded ticker is of a spot market.
      files: {
        markPrices: "mark-prices.json",
        openInterest: "open-interest.json",
        tickers: "tickers.json",
      },
      made: { markets: [market(BTC, { fundingInterval: 28800000 })] },
      atMs: 1753105736000,
      yields: {
        rejects: [],
        quotes: [
          {
            fundingRate: 0.0001,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1753113600000,
            markPrice: 118343.51853741,
            indexPrice: 118333.18643195,
            volume24hUsd: null,
            openInterestUsd: expect.closeTo((1273.85214 / 2) * 118343.51853741, 3),
          },
        ],
      },
    },
    {
      title: "the market list, joined to a mark made for it",
      files: { markets: "markets.json" },
      made: {
        markPrices: [price("SOL_USDC_PERP", { nextFundingTimestamp: at(16) }), price("SOL_USDC")],
      },
      yields: {
        rejects: [],
        expected: 1,
        quotes: [{ base: "SOL", fundingIntervalHours: 8, rateCap: 0.01, rateFloor: -0.01 }],
      },
    },
  ],
};
testExchange(description);

test("a backpack list without any `visible` is an older one, and is shown", async () => {
  const { visible: _visible, ...older } = market(BTC);
  const batch = await refreshOf(description, { markPrices: [price(BTC)], markets: [older] });
  expect(batch).toMatchObject({ quotes: [{ exchangeSymbol: BTC }], rejects: [] });
});

test("an interval of a backpack list older than half an hour is unknown", async () => {
  const ofAge = async (minutes: number) => {
    const receivedAtMs = { markets: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await backpack.refresh(source)).quotes[0];
  };
  expect((await ofAge(30))?.fundingIntervalHours).toBe(1);
  expect(await ofAge(31)).toMatchObject({ ...UNKNOWN_INTERVAL, nextFundingAtMs: at(14) });
});

test("a backpack market is explained by its own rows as received", async () => {
  const { explain } = await refreshOf(description);
  expect(explain(CRCL)?.origin.rows).toEqual({
    markPrices: price(CRCL, { fundingRate: "0" }),
    markets: expect.objectContaining({ symbol: CRCL, fundingInterval: HOUR_MS }),
    openInterest: null,
    tickers: null,
  });
});
