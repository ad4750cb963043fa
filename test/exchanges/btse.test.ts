import { expect, test } from "bun:test";
import { btse } from "../../src/exchanges/btse.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 250;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

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

const RECORDED = { tickers: "ticker-24hr.json", markets: "markets.json" };
const RECORDED_AT = 1786602644300;

const description: ExchangeDescription = {
  exchange: btse,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "essential",
      request: "/public-api/market/v1/ticker/24hr?types=%5B%22FuturesPerpetual%22%5D",
      rows: ["data"],
      body: reply([
        ticker(BTC),
        ticker(PEPE, {
          fundingRate: "-0.00121",
          fundingIntervalMinutes: 240,
          openInterest: "4000",
        }),
        ticker("TRUMPSOL-PERP-USDT", { fundingRate: "0" }),
        ticker("1INCH-PERP-USDT"),
        ticker("QNT-PERP-USDT"),
        ticker("GAS-PERP-USDT"),
        ...SKIPPED.map((row) => ticker(String(row["symbol"]))),
        ticker("NEW-PERP-USDT"),
      ]),
    },
    {
      name: "prices",
      kind: "secondary",
      request: "/futures/api/v2.3/price",
      rows: [],
      body: [
        price("BTC-PERP"),
        price("1KPEPE-PERP", { markPrice: 0.25, indexPrice: 0.26 }),
        price("BTC-260925"),
      ],
      lost: { markPrice: null, indexPrice: null, openInterestUsd: null },
    },
    {
      name: "markets",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/public-api/market/v1/markets?types=%5B%22FuturesPerpetual%22%5D",
      rows: ["data", "symbols"],
      body: reply({ symbols: [...LIVE, ...SKIPPED] }),
    },
  ],
  expected: 6,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 8,
      // 294.8968 coins.
      openInterestUsd: expect.closeTo(294.8968 * 64000.5, 4),
      volume24hUsd: 502595131.75,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: PEPE,
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      openInterestUsd: 1000,
      indexPrice: 0.26,
    },
    // A code with another name.
    { exchangeSymbol: "TRUMPSOL-PERP-USDT", base: "TRUMP", fundingRate: 0, markPrice: null },
    { exchangeSymbol: "1INCH-PERP-USDT", base: "1INCH", multiplier: 1, assetClass: "crypto" },
    { exchangeSymbol: "QNT-PERP-USDT", base: "QNT", assetClass: "stock" },
    { exchangeSymbol: "GAS-PERP-USDT", base: "GAS", assetClass: "commodity" },
  ],
  explained: {
    formula: "{tickers.fundingRate}",
    rows: { tickers: { symbol: BTC, fundingRate: "0.00008301", fundingIntervalMinutes: 480 } },
    unknown: "NOPE-PERP-USDT",
  },
  kindKeys: { markets: "type active baseCurrency quoteCurrency" },
  changes: [
    ["another category", { "markets.category": "FOREX" }, { assetClass: null }],
    ["an empty rate", { "tickers.fundingRate": "" }, "bad_rate"],
    ["no rate", { "tickers.fundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "tickers.fundingRate": "-2" }, "implausible_rate"],
    [
      "a next time of 0",
      { "tickers.nextFundingTime": 0 },
      { nextFundingAtMs: null, fundingIntervalHours: 8 },
    ],
    ["a next time past by days", { "tickers.nextFundingTime": at(8, 3) }, "not shown"],
    ["a next time in seconds", { "tickers.nextFundingTime": at(16) / 1000 }, "bad_next_time"],
    [
      "a next time beyond the interval",
      { "tickers.fundingIntervalMinutes": 60 },
      { nextFundingAtMs: null, fundingIntervalHours: null, intervalSource: null },
    ],
    [
      "no interval",
      { "tickers.fundingIntervalMinutes": "" },
      { nextFundingAtMs: at(16), fundingIntervalHours: null, baselineRate: null },
    ],
    [
      "an hourly one: its baseline is not documented",
      { "tickers.fundingIntervalMinutes": 60, "tickers.nextFundingTime": at(14) },
      { fundingIntervalHours: 1, baselineRate: null },
    ],
    [
      "no size",
      { "markets.contractSize": undefined },
      { openInterestUsd: null, markPrice: 64000.5 },
    ],
    [
      "no mark",
      { "prices.markPrice": 0 },
      { openInterestUsd: null, markPrice: null, indexPrice: 64010 },
    ],
  ],
  failures: [
    ["an error", { code: 10010004, msg: "Invalid", success: false, data: null }, "bad_envelope"],
    ["another code", reply([ticker(BTC)], { code: 0 }), "bad_envelope"],
    ["success as a text", reply([ticker(BTC)], { success: "true" }), "bad_envelope"],
    ["one object instead of a list", reply(ticker(BTC)), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", reply(undefined), "bad_envelope"],
  ],
  exemptions: [
    negativeRate("tickers.fundingRate"),
    hugeAmount("tickers.openInterest", "openInterestUsd"),
    hugeAmount("tickers.volume", "volume24hUsd"),
    hugeAmount("prices.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("prices.indexPrice", "indexPrice"),
    hugeAmount("markets.contractSize", "openInterestUsd"),
    anyName("markets.baseCurrency", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the tickers of August 2026, joined to the recorded markets, which hold BTC alone",
      files: RECORDED,
      made: { prices: [price("BTC-PERP", { markPrice: 63790 })] },
      atMs: RECORDED_AT,
      yields: {
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
            openInterestUsd: expect.closeTo(294.8968 * 63790, 4),
          },
        ],
      },
    },
    {
      title: "the same without prices",
      files: RECORDED,
      made: { prices: new RequestFailure("http", "not recorded") },
      atMs: RECORDED_AT,
      yields: { quotes: [{ markPrice: null, openInterestUsd: null }] },
    },
    {
      title:
        "the price row of a white label, joined to tickers made for it: a mark of 0 is missing",
      files: { prices: "futures-v2.3-price.json" },
      yields: {
        quotes: [
          { markPrice: null, indexPrice: 36288.949684967 },
          ...LIVE.slice(1).map(() => ({})),
        ],
      },
    },
  ],
};
testExchange(description);

test("an error instead of btse's prices affects only prices and open interest", async () => {
  const prices = { status: 400, errorCode: -2, message: "bad" };
  const { quotes } = await refreshOf(description, { prices });
  expect(quotes).toHaveLength(6);
  expect(quotes[0]).toMatchObject({
    fundingRate: 0.00008301,
    markPrice: null,
    openInterestUsd: null,
    volume24hUsd: 502595131.75,
  });
});

test("a btse contract is explained by its own row", async () => {
  const { explain } = await refreshOf(description);
  expect(explain(PEPE)?.origin.rows).toMatchObject({
    tickers: { symbol: PEPE, fundingRate: "-0.00121", fundingIntervalMinutes: 240 },
  });
});
