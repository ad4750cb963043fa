import { expect, test } from "bun:test";
import { phemex } from "../../src/exchanges/phemex.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const ratesAt = (page: number): string =>
  `/contract-biz/public/real-funding-rates?pageNum=${page}&pageSize=200`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2023, 4, 9, 12);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingInterval: 28800,
  toNextfundingInterval: 9000,
  nextfundingTime: at(16),
  fundingRate: "0.00002255",
  interestRate: "0.0001",
  fundingRateCap: "0.003",
  fundingRateFloor: "-0.0025",
  ...extra,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markRp: "71000.5",
  indexRp: "71011",
  openInterestRv: "1500.25",
  turnoverRv: "228000111.5",
  volumeRq: "3211.4",
  fundingRateRr: "0.00002255",
  ...extra,
});
const perpetual = (symbol: string, baseCurrency: string, extra: Row = {}): Row => ({
  symbol,
  type: "PerpetualV2",
  status: "Listed",
  perpProductSubType: "Normal",
  baseCurrency,
  quoteCurrency: "USDT",
  settleCurrency: "USDT",
  listTime: LISTED,
  fundingInterval: 28800,
  ...extra,
});

const DEAD = [
  perpetual("OLDUSDT", "OLD", { status: "Delisted" }),
  perpetual("IPOUSDT", "IPO", { perpProductSubType: "PreMarket" }),
  perpetual("BTCUSDQ", "BTC", { type: "Futures" }),
  perpetual("ETHBTC", "ETH", { quoteCurrency: "BTC" }),
  perpetual("ETHUSDX", "ETH", { settleCurrency: "ETH" }),
];
const COIN_MARGINED = { symbol: "BTCUSD", type: "Perpetual", status: "Listed" };

const page = (rows: readonly unknown[], total: unknown = rows.length): Row => ({
  code: 0,
  msg: "OK",
  data: { total, rows },
});
const products = (...perpProductsV2: readonly unknown[]): Row => ({
  code: 0,
  msg: "",
  data: { products: [COIN_MARGINED, { symbol: 7 }], perpProductsV2 },
});

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];

/** From the tickers. */
const GONE = { markPrice: null, indexPrice: null, openInterestUsd: null, volume24hUsd: null };

const description: ExchangeDescription = {
  exchange: phemex,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: ratesAt(1),
      rows: ["data", "rows"],
      body: page([
        rate("BTCUSDT"),
        rate("u1000PEPEUSDT", { fundingRate: "-0.0011", fundingInterval: 14400 }),
        rate("SPYXUSDT", { fundingRate: "0" }),
        rate("ETHUSDC", { fundingInterval: 3600, nextfundingTime: at(14) }),
        ...DEAD.map((row) => rate(String(row["symbol"]))),
        rate("BTCUSD"),
        rate("NEWUSDT"),
      ]),
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/md/v3/ticker/24hr/all",
      rows: ["result"],
      body: {
        error: null,
        id: 0,
        result: [
          ticker("BTCUSDT"),
          ticker("u1000PEPEUSDT", { markRp: "0.008", openInterestRv: "250000" }),
          ticker("OLDUSDT"),
        ],
      },
      lost: { ...GONE, openInterestDigit: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/public/products",
      rows: ["data", "perpProductsV2"],
      body: products(
        perpetual("BTCUSDT", "BTC"),
        perpetual("u1000PEPEUSDT", "1000 PEPE"),
        perpetual("SPYXUSDT", "SPYX", { perpProductSubType: "TradFi" }),
        perpetual("ETHUSDC", "ETH", { quoteCurrency: "USDC", settleCurrency: "USDC" }),
        ...DEAD,
      ),
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: LISTED,
      fundingRate: 0.00002255,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      markPrice: 71000.5,
      indexPrice: 71011,
      openInterestDigit: 5,
      openInterestUsd: 1500.25 * 71000.5,
      volume24hUsd: 228000111.5,
    },
    {
      exchangeSymbol: "u1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.0011,
      openInterestUsd: 2000,
      fundingIntervalHours: 4,
      baselineRate: null,
    },
    // A fund by its usual ticker.
    { exchangeSymbol: "SPYXUSDT", base: "SPY", assetClass: null, fundingRate: 0 },
    {
      exchangeSymbol: "ETHUSDC",
      base: "ETH",
      settle: "USDC",
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      markPrice: null,
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: {
      rates: { fundingRate: "0.00002255", fundingInterval: 28800 },
      instruments: { status: "Listed" },
    },
    unknown: "NONEUSDT",
  },
  kindKeys: {
    instruments: "type status perpProductSubType baseCurrency quoteCurrency settleCurrency",
  },
  changes: [
    ["an unknown kind", { "instruments.perpProductSubType": "Lottery" }, "unknown_kind"],
    rateChange("fundingRate", "", "bad_rate"),
    rateChange("fundingRate", "-3", "implausible_rate"),
    rateChange("nextfundingTime", at(16) / 1000, "bad_next_time"),
    rateChange("fundingInterval", null, { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) }),
    // The next time contradicts it.
    rateChange("fundingInterval", 3600, { ...UNKNOWN_INTERVAL, nextFundingAtMs: null }),
    // A dead contract.
    rateChange("nextfundingTime", at(8, 2), "not shown"),
  ],
  failures: [
    ["an error", { code: 11011, msg: "no", data: null }, "bad_envelope"],
    [
      "an error of the other dialect",
      { error: { code: 6001 }, id: null, result: null },
      "bad_envelope",
    ],
    ["an empty list", page([]), "bad_envelope"],
    ["no total", page([rate("BTCUSDT")], null), "bad_envelope", "rates"],
    ["no rows", { code: "0", data: {} }, "bad_envelope"],
  ],
  exemptions: [
    negativeRate("rates.fundingRate"),
    hugeAmount("tickers.markRp", "markPrice", "openInterestUsd"),
    hugeAmount("tickers.indexRp", "indexPrice"),
    hugeAmount("tickers.openInterestRv", "openInterestUsd"),
    hugeAmount("tickers.turnoverRv", "volume24hUsd"),
    anyName("instruments.baseCurrency", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "rates and products as printed in the documentation, tickers of another symbol",
      files: {
        rates: "real-funding-rates.json",
        tickers: "ticker-24hr-all-v3.json",
        instruments: "public-products.json",
      },
      atMs: 1742457600000 - 2519_000,
      yields: {
        rejects: [],
        expected: 1,
        unlisted: 0,
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.00001369,
            rateCap: 0.02,
            rateFloor: -0.02,
            listedAtMs: 1668225600000,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1742457600000,
            assetClass: null,
          },
        ],
      },
    },
    {
      title: "the tickers, joined to a rate and a product made for them",
      files: { tickers: "ticker-24hr-all-v3.json" },
      made: { rates: page([rate("ETHUSDT")]), instruments: products(perpetual("ETHUSDT", "ETH")) },
      yields: {
        quotes: [
          {
            base: "ETH",
            markPrice: 1905.733555189,
            indexPrice: 1906.275,
            openInterestUsd: 7115 * 1905.733555189,
            volume24hUsd: 128200614.5585,
          },
        ],
      },
    },
    {
      title: "an empty page",
      files: { rates: "real-funding-rates-empty.json" },
      yields: "bad_envelope",
    },
    { title: "an error", files: { rates: "error-invalid-argument.json" }, yields: "bad_envelope" },
  ],
};

testExchange(description);

test("phemex tickers with an error lose only their fields", async () => {
  const tickers = { error: { code: 6001 }, result: null };
  const { quotes } = await refreshOf(description, { tickers });
  expect(quotes).toHaveLength(4);
  expect(quotes[0]).toMatchObject({ fundingRate: 0.00002255, ...GONE });
});

test("phemex pages are read until the total is reached, or no more come", async () => {
  const [first, second] = [rate("BTCUSDT"), rate("ETHUSDC")];
  const shown = async (...pages: readonly Row[]) =>
    refreshOf(description, Object.fromEntries(pages.map((body, n) => [ratesAt(n + 1), body])));
  const whole = await shown(page([first], "2"), page([second], 2));
  expect(whole.quotes.map((quote) => quote.base)).toEqual(["BTC", "ETH"]);
  const short = await shown(page([first], 2), page([], 2));
  expect(short.quotes.map((quote) => quote.base)).toEqual(["BTC"]);
  expect(short.leftOut).toBeUndefined();
  const other = { ...first, fundingRate: "0.0009" };
  expect(await shown(page([first, second], 3), page([other], 3))).toMatchObject({
    quotes: [{ base: "ETH" }],
    rejects: [0, 1].map(() => ({ exchangeSymbol: "BTCUSDT", reason: "ambiguous" })),
  });
});

test("no more than eight pages of phemex are read, and what is left out is reported", async () => {
  const pages = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [ratesAt(n), page([rate(`A${n}`)], 1e9)]);
  const bodies = { ...bodiesOf(description), ...Object.fromEntries(pages) };
  const source = memorySource(bodies, { nowMs: AT });
  const { leftOut } = await phemex.refresh(source);
  expect(source.requests).toHaveLength(10);
  expect(leftOut).toBe("rates after the first 8 of 1000000000");
});

describeRecorded("phemex, recorded", (read) => {
  test("a ticker of one symbol is not a list, and loses its fields", async () => {
    const tickers = await read("phemex", "ticker-24hr-one-symbol-v2.json");
    expect((await refreshOf(description, { tickers })).quotes[0]?.markPrice).toBeNull();
  });
});
