import { expect } from "bun:test";
import { woox } from "../../src/exchanges/woox.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Row } from "../support/exchange-description.ts";
import { testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 40_000;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

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

const NO_CHARGE = { settledRate: null, settledAtMs: null };
const tooMany = { code: -1003, message: "wait" };

testExchange({
  exchange: woox,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/v3/public/fundingRate",
      rows: ["data", "rows"],
      body: reply([
        rate(BTC),
        rate(INCH, { estFundingRate: "-0.00121", estFundingIntervalHours: 4 }),
        rate(MANY, { estFundingRate: "0" }),
        ...SKIPPED.map((row) => rate(String(row["symbol"]))),
        rate("PERP_COMING_USDT"),
      ]),
    },
    {
      name: "futures",
      kind: "secondary",
      request: "/v3/public/futures",
      rows: ["data", "rows"],
      body: reply([
        futures(BTC),
        futures(INCH, { indexPrice: "0.26", markPrice: "0.25", openInterest: "4000" }),
        futures("SPOT_BTC_USDT"),
      ]),
      lost: {
        markPrice: null,
        indexPrice: null,
        openInterestDigit: null,
        openInterestUsd: null,
        volume24hUsd: null,
      },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/v3/public/instruments",
      rows: ["data", "rows"],
      body: reply([...LIVE, ...SKIPPED]),
    },
  ],
  expected: 3,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      settledRate: -0.00002,
      settledAtMs: at(8),
      rateCap: 0.0075,
      rateFloor: -0.006,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 221.5 * 64000.5,
      volume24hUsd: 768000000.75,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: INCH,
      // A digit at the start of a ticker is kept.
      base: "1INCH",
      multiplier: 1,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.02,
      rateFloor: -0.03,
      openInterestUsd: 1000,
    },
    { exchangeSymbol: MANY, base: "MANY", multiplier: 1000, fundingRate: 0 },
  ],
  explained: {
    formula: "{rates.estFundingRate}",
    rows: { rates: { symbol: BTC, estFundingRate: "0.00008301", estFundingIntervalHours: 8 } },
    unknown: "PERP_NOPE_USDT",
  },
  kindKeys: { instruments: "status baseAssetMultiplier" },
  changes: [
    ["no index", { "futures.indexPrice": null }, { indexPrice: null, markPrice: 64000.5 }],
    ["no floor", { "instruments.fundingFloor": null }, { rateFloor: null }],
    ["an empty rate", { "rates.estFundingRate": "" }, "bad_rate"],
    ["no rate", { "rates.estFundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "rates.estFundingRate": "-2" }, "implausible_rate"],
    [
      "a past next time is kept with its old stamp",
      { "rates.nextFundingTime": at(16, 4), "rates.estFundingRateTimestamp": at(15, 4) },
      { nextFundingAtMs: at(16, 4), exchangeTimeMs: at(15, 4) },
    ],
    ["a next time past by days", { "rates.nextFundingTime": at(8, 3) }, "not shown"],
    ["a next time in seconds", { "rates.nextFundingTime": at(16) / 1000 }, "bad_next_time"],
    [
      "an interval that the next time contradicts",
      { "rates.estFundingIntervalHours": 1 },
      { nextFundingAtMs: null, fundingIntervalHours: null, intervalSource: null },
    ],
    [
      "no interval",
      { "rates.estFundingIntervalHours": null },
      { nextFundingAtMs: at(16), fundingIntervalHours: null, baselineRate: null },
    ],
    [
      "an hourly one: its baseline is not documented",
      { "rates.estFundingIntervalHours": 1, "rates.nextFundingTime": at(14) },
      { fundingIntervalHours: 1, baselineRate: null },
    ],
    ["a time without its last charge", { "rates.lastFundingRate": null }, NO_CHARGE],
    ["a last charge without its time", { "rates.lastFundingRateTimestamp": null }, NO_CHARGE],
  ],
  failures: [
    ["an error", { success: false, code: -1005, message: "invalid symbol" }, "bad_envelope"],
    ["too many requests", { success: false, ...tooMany }, "rate_limited"],
    ["too many, without details", tooMany, "rate_limited"],
    ["success as a text", { ...reply([rate(BTC)]), success: "true" }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", { success: true }, "bad_envelope"],
  ],
  classified: [
    [400, '{"success":false,"code":-1003}', "rate_limited"],
    [400, '{"success":false,"code":-1005}', null],
  ],
  exemptions: [
    negativeRate("rates.estFundingRate"),
    negativeRate("rates.lastFundingRate", "settledRate"),
    hugeAmount("futures.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("futures.indexPrice", "indexPrice"),
    hugeAmount("futures.openInterest", "openInterestUsd"),
    hugeAmount("futures.24hAmount", "volume24hUsd"),
    hugeAmount("instruments.baseAssetMultiplier", "multiplier"),
  ],
  recorded: [
    {
      title: "the rates of July 2025, joined to a list made for them",
      files: { rates: "fundingRate.json" },
      made: { futures: new RequestFailure("http", "not recorded") },
      atMs: 1751624037798,
      yields: {
        rejects: [],
        quotes: [
          {
            exchangeSymbol: BTC,
            fundingRate: -0.00000441,
            settledRate: -0.00004953,
            settledAtMs: 1751616000000,
            nextFundingAtMs: 1751644800000,
            fundingIntervalHours: 8,
            exchangeTimeMs: 1751623979022,
          },
        ],
      },
    },
    {
      title: "the futures, joined to rates and a list made for them",
      files: { futures: "futures.json" },
      made: { rates: reply([rate(BTC)]) },
      yields: {
        quotes: [
          {
            markPrice: 63028,
            indexPrice: 63049,
            volume24hUsd: 756e6,
            openInterestUsd: expect.closeTo(221.3498 * 63028, 3),
          },
        ],
      },
    },
    {
      title: "the list contains only a spot row: nothing is shown",
      files: { instruments: "instruments.json" },
      yields: { quotes: [], rejects: [], expected: 0 },
    },
  ],
});
