import { expect, test } from "bun:test";
import { lbank } from "../../src/exchanges/lbank.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: "0.00003745",
  positionFeeRate: "0.00003745",
  positionFeeTime: 28800,
  nextFeeTime: at(16),
  markedPrice: "71000.5",
  underlyingPrice: "71010.2",
  volume: "33534.2858",
  turnover: "1200636218.25",
  instrumentStatus: "2",
  lastTime: AT / 1000 - 7,
  ...extra,
});
const NO_FUNDING = { fundingRate: undefined, positionFeeTime: undefined };
const instrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  baseCurrency: symbol.replace(/USDT$/, ""),
  priceCurrency: "USDT",
  clearCurrency: "USDT",
  needSuspend: 0,
  volumeMultiple: 1,
  ...extra,
});
const reply = (data: unknown, extra: Row = {}): Row => ({
  data,
  error_code: 0,
  msg: "Success",
  result: "true",
  success: true,
  ...extra,
});

const LIVE = [
  ...["BTCUSDT", "1000SATSUSDT", "HK50USDT"].map((symbol) => instrument(symbol)),
  instrument("SUGARUSDT", { needSuspend: 1 }),
];
const DEAD = [
  instrument("10001000SATSUSDT"),
  instrument("BTCUSDC", { priceCurrency: "USDC" }),
  instrument("BTCUSD", { clearCurrency: "BTC" }),
];
const symbolOf = (row: Row): string => String(row["symbol"]);

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const failed = { error_code: 20156, result: "false", success: false };
const tooMany = { error_code: "183", success: false };

const description: ExchangeDescription = {
  exchange: lbank,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/cfd/openApi/v1/pub/marketData?productGroup=SwapU",
      rows: ["data"],
      body: reply([
        rate("BTCUSDT"),
        rate("1000SATSUSDT", { fundingRate: "-0.0012", positionFeeTime: "14400" }),
        rate("HK50USDT", {
          fundingRate: "0",
          positionFeeTime: 3600,
          nextFeeTime: String(at(14)),
          underlyingPrice: "0.0",
        }),
        rate("SUGARUSDT", { fundingRate: "0.0" }),
        ...DEAD.map((row) => rate(symbolOf(row))),
        rate("CRTUSDT", NO_FUNDING),
        rate("10TAUSDT", { fundingRate: undefined }),
        rate("NEWUSDT"),
      ]),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 1_800_000,
      request: "/cfd/openApi/v1/pub/instrument?productGroup=SwapU",
      rows: ["data"],
      body: reply([...LIVE, ...DEAD, instrument("CRTUSDT"), instrument("10TAUSDT")]),
    },
  ],
  expected: 6,
  unlisted: 1,
  // Odd, otherwise quoted or settled, fundless and unlisted ones are not shown.
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0.00003745,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      markPrice: 71000.5,
      indexPrice: 71010.2,
      volume24hUsd: 1200636218.25,
      exchangeTimeMs: AT - 7000,
    },
    {
      exchangeSymbol: "1000SATSUSDT",
      base: "SATS",
      multiplier: 1000,
      fundingRate: -0.0012,
      fundingIntervalHours: 4,
    },
    {
      exchangeSymbol: "HK50USDT",
      base: "HK50",
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      indexPrice: null,
    },
    // With trading hours.
    { exchangeSymbol: "SUGARUSDT", base: "SUGAR", fundingRate: 0 },
  ],
  explained: {
    formula: "{marketData.fundingRate}",
    rows: {
      marketData: { fundingRate: "0.00003745", positionFeeTime: 28800 },
      instrument: { baseCurrency: "BTC" },
    },
    unknown: "NONEUSDT",
  },
  kindKeys: { instruments: "baseCurrency priceCurrency clearCurrency" },
  changes: [
    ...[undefined, null, "x", "1"].map((needSuspend): Change => [
      `trading hours of ${needSuspend}`,
      { "instruments.needSuspend": needSuspend },
      { base: "BTC" },
    ]),
    ["no rate", { "rates.fundingRate": "" }, "bad_rate"],
    ["a rate over its notional", { "rates.fundingRate": "-3" }, "implausible_rate"],
    ["a next time in seconds", { "rates.nextFeeTime": at(16) / 1000 }, "bad_next_time"],
    ["a dead contract", { "rates.nextFeeTime": at(8, 2) }, "not shown"],
    [
      "no interval",
      { "rates.positionFeeTime": undefined },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) },
    ],
    [
      "an interval that the next time contradicts",
      { "rates.positionFeeTime": 3600 },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: null },
    ],
  ],
  failures: [
    ["an error", failed, "bad_envelope"],
    ["a success with a code", reply([rate("BTCUSDT")], { error_code: "7" }), "bad_envelope"],
    ["too many requests, in short", { error_code: 183 }, "rate_limited"],
    ["too many requests", tooMany, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
  ],
  classified: [
    [400, JSON.stringify(failed), null],
    [400, JSON.stringify(reply([rate("BTCUSDT")], { error_code: "7" })), null],
    [400, JSON.stringify({ error_code: 183 }), "rate_limited"],
    [400, JSON.stringify(tooMany), "rate_limited"],
    [400, JSON.stringify(reply([])), null],
    [400, "<html></html>", null],
  ],
  // Only their symbols keep them from being counted.
  unmutated: ["CRTUSDT", "10TAUSDT", "10001000SATSUSDT"],
  exemptions: [
    negativeRate("rates.fundingRate"),
    hugeAmount("rates.markedPrice", "markPrice"),
    hugeAmount("rates.underlyingPrice", "indexPrice"),
    hugeAmount("rates.turnover", "volume24hUsd"),
    anyName("instruments.baseCurrency", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "market data and instruments as a known client prints them",
      files: { rates: "marketData.json", instruments: "instrument.json" },
      atMs: 1730730000000,
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.0001,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1730736000000,
            markPrice: 68434.1,
            indexPrice: 68455.904,
            volume24hUsd: 1200636218.210558,
          },
        ],
      },
    },
    {
      title: "an empty success",
      files: { rates: "marketData-missing-productGroup.json" },
      yields: "bad_envelope",
    },
    { title: "an error", files: { rates: "error-delisted.json" }, yields: "bad_envelope" },
    {
      title: "the shape of 2023 has no rates: all contracts are missing, which refuses the batch",
      files: { rates: "marketData-2023-shape.json" },
      yields: { quotes: [], expected: 6 },
    },
  ],
};

testExchange(description);

test("lbank: rates that vanish from the reply are missing, not uncounted", async () => {
  const lost = LIVE.map((row, n) => rate(symbolOf(row), n > 0 ? NO_FUNDING : {}));
  const batch = await refreshOf(description, { rates: reply(lost), instruments: reply(LIVE) });
  expect(batch).toMatchObject({ rejects: [], expected: 4 });
  expect(batch.quotes.map((q) => q.base)).toEqual(["BTC"]);
});
