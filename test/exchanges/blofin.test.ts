import { expect, test } from "bun:test";
import { blofin } from "../../src/exchanges/blofin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, MUTATIONS, negativeRate } from "../support/mutations.ts";

const history = (symbol: string): string =>
  `/api/v1/market/funding-rate-history?instId=${symbol}&limit=2`;

const AT = Date.UTC(2026, 9, 5, 13, 30);
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
const LISTED = Date.UTC(2024, 2, 14, 10);

const RATE = { fundingRate: "0.000083", fundingTime: String(at(16)) };
const PUBLISHED = {
  fundingInterval: "8",
  fundingIntervalUnit: "hour",
  fundingRateCap: "0.005",
  fundingRateFloor: "-0.004",
};
const rate = (instId: string, extra: Row = {}): Row => ({
  instId,
  ...RATE,
  ...PUBLISHED,
  ...extra,
});
/** All rows before September 2026 were like this. */
const silent = (instId: string, extra: Row = {}): Row => ({ instId, ...RATE, ...extra });
const PRICE = { indexPrice: "64010", markPrice: "64000.5", ts: String(AT) };
const price = (instId: string): Row => ({ instId, ...PRICE });
const VOLUME = { last: "64001", vol24h: "3224820", volCurrency24h: "3000.5" };
const ticker = (instId: string): Row => ({ instId, ...VOLUME });
const instrument = (base: string, extra: Row = {}): Row => ({
  instId: `${base}-USDT`,
  baseCurrency: base,
  quoteCurrency: "USDT",
  settleCurrency: "USDT",
  contractValue: "0.001",
  listTime: String(LISTED),
  expireTime: "1704124800000",
  instType: "SWAP",
  contractType: "linear",
  state: "live",
  assetClass: "Crypto",
  ...extra,
});
const reply = (data: unknown): Row => ({ code: "0", msg: "success", data });
const settled = (symbol: string, ...hours: readonly number[]): Row =>
  reply(
    hours.map((hour) => ({
      instId: symbol,
      fundingRate: "0.0001",
      fundingTime: String(at(hour)),
    })),
  );
const interest = (instId: string): Row => ({
  instId,
  openInterest: "4455385",
  openInterestCurrency: "4455.25",
});

const LIVE = [
  instrument("BTC"),
  instrument("1000BONK"),
  instrument("TSLA", { assetClass: "Stocks" }),
  instrument("4STOCK"),
];
const DEAD = [
  instrument("OLD", { state: "suspend" }),
  instrument("INV", { contractType: "inverse", quoteCurrency: "USD", settleCurrency: "INV" }),
  instrument("DATED", { instType: "FUTURES" }),
  instrument("EURO", { quoteCurrency: "EUR" }),
  instrument("ETHBTC"),
];

const unknownKind = (key: string, value: string): Change => [
  `${key} ${value}`,
  { [`instruments.${key}`]: value },
  "unknown_kind",
];
/** An implausible interval leaves the history's. */
const interval = (title: string, key: string, value: unknown): Change => [
  `a published interval of ${title} leaves that of the history`,
  { [`rates.${key}`]: value },
  { fundingIntervalHours: 8, intervalSource: "derived" },
];
const [HOURS, UNIT] = ["fundingInterval", "fundingIntervalUnit"];

const description: ExchangeDescription = {
  exchange: blofin,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/api/v1/market/funding-rate",
      rows: ["data"],
      body: reply([
        rate("BTC-USDT"),
        rate("1000BONK-USDT", { fundingRate: "-0.00121", fundingInterval: 4 }),
        silent("TSLA-USDT", { fundingRate: "0", fundingTime: String(at(14)) }),
        silent("4STOCK-USDT"),
        ...DEAD.map((row) => rate(String(row["instId"]))),
        rate("UNLISTED-USDT"),
      ]),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v1/market/instruments",
      rows: ["data"],
      body: reply([...LIVE, ...DEAD]),
    },
    {
      name: "prices",
      kind: "secondary",
      request: "/api/v1/market/mark-price",
      rows: ["data"],
      body: reply([price("BTC-USDT"), price("OLD-USDT")]),
      lost: { markPrice: null, indexPrice: null, openInterestUsd: null },
    },
    {
      name: "tickers",
      kind: "secondary",
      everyMs: 3 * 60_000,
      request: "/api/v1/market/tickers",
      rows: ["data"],
      body: reply([ticker("BTC-USDT"), ticker("OLD-USDT")]),
      lost: { volume24hUsd: null },
    },
    {
      name: "openInterest",
      kind: "secondary",
      everyMs: 3 * 60_000,
      request: "/api/v1/market/open-interest",
      rows: ["data"],
      body: reply([interest("BTC-USDT"), interest("OLD-USDT")]),
      lost: { openInterestUsd: null, openInterestDigit: null },
    },
  ],
  // Only requested if a row states no interval.
  perInstrument: {
    kind: "rotation",
    name: "settlements",
    everyMs: 15 * 60_000,
    requests: [history("TSLA-USDT"), history("4STOCK-USDT")],
    rows: ["data"],
    bodies: {
      [history("BTC-USDT")]: settled("BTC-USDT", 8, 0),
      [history("1000BONK-USDT")]: settled("1000BONK-USDT", 12, 8),
      [history("TSLA-USDT")]: settled("TSLA-USDT", 13, 12),
      [history("4STOCK-USDT")]: new RequestFailure("timeout", "no answer"),
    },
  },
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.005,
      rateFloor: -0.004,
      markPrice: 64000.5,
      indexPrice: 64010,
      // 4,455.25 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 285_138_227.625,
      volume24hUsd: 3000.5 * 64001,
    },
    {
      exchangeSymbol: "1000BONK-USDT",
      base: "BONK",
      multiplier: 1000,
      fundingIntervalHours: 4,
      openInterestUsd: null,
    },
    {
      exchangeSymbol: "TSLA-USDT",
      assetClass: "stock",
      // By its history.
      fundingIntervalHours: 1,
      intervalSource: "derived",
      rateCap: null,
      rateFloor: null,
    },
    {
      exchangeSymbol: "4STOCK-USDT",
      // A coin named like a stock.
      base: "4STOCK",
      assetClass: "crypto",
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: at(16),
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: { rates: rate("BTC-USDT"), instruments: { state: "live" } },
    unknown: "UNLISTED-USDT",
  },
  kindKeys: {
    instruments: "instType contractType state baseCurrency quoteCurrency settleCurrency",
  },
  changes: [
    unknownKind("contractType", "quanto"),
    unknownKind("instType", "EVENT"),
    ["another class", { "instruments.assetClass": "Bonds" }, { assetClass: null }],
    interval("minutes as hours", HOURS, "480"),
    interval("hours as milliseconds", HOURS, "28800000"),
    interval("another unit", UNIT, "minute"),
    interval("no unit", UNIT, null),
    interval("half an hour", HOURS, "0.5"),
    interval("nothing", HOURS, ""),
    [
      "a published interval that the next time exceeds",
      { "rates.fundingInterval": "1" },
      { fundingIntervalHours: null, intervalSource: null },
    ],
    ["an empty rate", { "rates.fundingRate": "" }, "bad_rate"],
    ["no rate", { "rates.fundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "rates.fundingRate": "-2" }, "implausible_rate"],
    ["a settlement in seconds", { "rates.fundingTime": String(at(16) / 1000) }, "bad_next_time"],
    ["a dead contract", { "rates.fundingTime": String(at(16) - 3 * 86_400_000) }, "not shown"],
  ],
  failures: [
    ["an error", { code: "152002", msg: "Parameter bar error." }, "bad_envelope"],
    ["too many requests", { code: "429", msg: "slow down" }, "rate_limited"],
    ["no list", reply(null), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ],
  // A ban, or a geo-block if the page names countries.
  classified: [
    [403, "<html>in restricted countries", "geo_blocked"],
    [403, "<html>Forbidden", "banned"],
    [403, "access is restricted, slow down", "banned"],
    [500, "", null],
  ],
  exemptions: [
    negativeRate("rates.fundingRate"),
    ...["rates.fundingInterval", "rates.fundingIntervalUnit"].map((where) => ({
      at: where,
      mutations: MUTATIONS,
      fields: ["intervalSource"] as const,
      why: "the history gives the same interval",
    })),
    hugeAmount("prices.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("openInterest.openInterestCurrency", "openInterestUsd"),
    hugeAmount("prices.indexPrice", "indexPrice"),
    hugeAmount("tickers.last", "volume24hUsd"),
    hugeAmount("tickers.volCurrency24h", "volume24hUsd"),
    anyName("instruments.baseCurrency", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "rate, list and history of BTC at the time of the rate",
      files: {
        rates: "funding-rate.json",
        instruments: "instruments.json",
        tickers: "tickers.json",
        prices: "mark-price.json",
        [history("BTC-USDT")]: "funding-rate-history.json",
      },
      atMs: 1703462400000 - 60_000,
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            fundingRate: 0.000330372404346635,
            nextFundingAtMs: 1703462400000,
            // The history contains the next settlement: no interval follows from it.
            fundingIntervalHours: null,
            markPrice: null,
            volume24hUsd: 3224.82 * 27187,
          },
        ],
      },
    },
    {
      title: "prices of ETH and the ticker of ADA, joined to rates and a list made for them",
      files: { prices: "mark-price.json", tickers: "tickers-ada-recorded.json" },
      made: {
        rates: reply([rate("ETH-USDT"), rate("ADA-USDT")]),
        instruments: reply([instrument("ETH"), instrument("ADA")]),
      },
      yields: {
        quotes: [
          { markPrice: 1620.58, indexPrice: 1620.78, volume24hUsd: null },
          { markPrice: null, volume24hUsd: 198560100 * 0.5315 },
        ],
      },
    },
    { title: "an error", files: { rates: "error-parameter.json" }, yields: "bad_envelope" },
  ],
};

testExchange(description);

test.each([
  ["480", "hour"],
  ["28800000", "hour"],
  ["8", "minute"],
  ["8", null],
  ["0.5", "hour"],
  ["", "hour"],
])("blofin: before the histories are requested, %p %p is not an interval", async (...published) => {
  const [fundingInterval, fundingIntervalUnit] = published;
  const rates = reply([rate("BTC-USDT", { fundingInterval, fundingIntervalUnit })]);
  const bodies = Object.fromEntries(
    description.payloads.map(({ name, request, body }) => [
      request,
      name === "rates" ? rates : body,
    ]),
  );
  const source = memorySource(bodies, { nowMs: AT, rotationsEmpty: true });
  const { quotes } = await blofin.refresh(source);
  expect(quotes).toMatchObject([{ fundingIntervalHours: null, nextFundingAtMs: at(16) }]);
});

test("blofin: differing duplicates are not shown, in the rates and in joined payloads", async () => {
  const other = { fundingRate: "0.0009" };
  for (const rows of [
    [rate("BTC-USDT"), rate("BTC-USDT", other)],
    [rate("BTC-USDT", other), rate("BTC-USDT")],
  ]) {
    const batch = await refreshOf(description, { rates: reply([...rows, rate("1000BONK-USDT")]) });
    expect(batch.quotes.map(({ base }) => base)).toEqual(["BONK"]);
    expect(batch.rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
  }
  const twice = (key: string, row: Row, twin: Row) => ({ [key]: reply([row, twin, price("X")]) });
  const { quotes } = await refreshOf(description, {
    ...twice("openInterest", interest("BTC-USDT"), {
      ...interest("BTC-USDT"),
      openInterestCurrency: "7",
    }),
    ...twice("tickers", ticker("BTC-USDT"), { ...ticker("BTC-USDT"), last: "7" }),
  });
  expect(quotes[0]).toMatchObject({ openInterestUsd: null, volume24hUsd: null });
});
