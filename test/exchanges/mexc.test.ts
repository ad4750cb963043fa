import { expect, test } from "bun:test";
import { mexc } from "../../src/exchanges/mexc.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import type { Exemption } from "../support/mutations.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 700;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: 0.000081,
  maxFundingRate: 0.0021,
  minFundingRate: -0.0019,
  collectCycle: 8,
  nextSettleTime: at(16),
  timestamp: STAMP,
  idxPrice: 71010.5,
  fairPrice: 71000.25,
  ...extra,
});

const readTicker = (symbol: string): Row => ({
  symbol,
  amount24: 7029024.75,
  holdVol: 412000,
  indexPrice: 71009,
  fairPrice: 71003.5,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  ...readTicker(symbol),
  timestamp: STAMP - 3000,
  ...extra,
});

const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  baseCoin: symbol.split("_")[0],
  quoteCoin: "USDT",
  settleCoin: "USDT",
  contractSize: 0.0001,
  state: 0,
  type: 1,
  futureType: 1,
  ...extra,
});

const LIVE = [
  contract("BTC_USDT"),
  contract("1000BONK_USDT", { contractSize: 10 }),
  contract("TESLA_USDT", { type: 2, contractSize: 0.01 }),
  contract("ETH_USDC", { quoteCoin: "USDC", settleCoin: "USDC" }),
  contract("SOL_USD1", { quoteCoin: "USD1", settleCoin: "USD1" }),
];
const DEAD = [
  contract("OLD_USDT", { state: 3 }),
  contract("HALT_USDT", { state: 4 }),
  contract("BTC_USDT_261225", { baseCoin: "BTC", futureType: 2 }),
  contract("BTC_USD", { quoteCoin: "USD", settleCoin: "BTC" }),
  contract("ETH_BTC", { quoteCoin: "BTC", settleCoin: "BTC" }),
];

const reply = (data: unknown): Row => ({ success: true, code: 0, data });

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} ${String(value)}`,
  { [`rates.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} ${String(value)}`,
  { [`instruments.${key}`]: value },
  outcome,
];
const NO_COINS = { "instruments.baseCoin": undefined, "instruments.quoteCoin": undefined };

/** Documented: the ticker has the price if the rates lack it. */
const orOfTicker = (key: string, ...fields: Exemption["fields"]): Exemption => ({
  at: `rates.${key}`,
  mutations: ["missing", "null", "NaN", "negative", "empty", "object"],
  fields,
  why: "the ticker has the price if the rates lack it",
});

const description: ExchangeDescription = {
  exchange: mexc,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/api/v1/contract/funding_rate",
      rows: ["data"],
      body: reply([
        rate("BTC_USDT"),
        rate("1000BONK_USDT", { fundingRate: -5e-5, collectCycle: 4, fairPrice: 0.02 }),
        rate("TESLA_USDT", { fundingRate: 0, collectCycle: 24, nextSettleTime: at(0, 6) }),
        rate("ETH_USDC", { collectCycle: 1, nextSettleTime: at(14) }),
        rate("SOL_USD1"),
        ...DEAD.map((row) => rate(String(row["symbol"]))),
        rate("WBTC_USDT"),
      ]),
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/api/v1/contract/ticker",
      rows: ["data"],
      body: reply([
        ticker("BTC_USDT"),
        ticker("1000BONK_USDT", { holdVol: 50000 }),
        ticker("OLD_USDT"),
      ]),
      lost: { openInterestUsd: null, openInterestDigit: null, volume24hUsd: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v1/contract/detail",
      rows: ["data"],
      body: reply([...LIVE, ...DEAD]),
    },
  ],
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC_USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0.000081,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.0021,
      rateFloor: -0.0019,
      markPrice: 71000.25,
      indexPrice: 71010.5,
      // 412,000 contracts of 0.0001 BTC are 41.2 BTC.
      openInterestDigit: 2,
      openInterestUsd: 412000 * 0.0001 * 71000.25,
      volume24hUsd: 7029024.75,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "1000BONK_USDT",
      base: "BONK",
      multiplier: 1000,
      fundingRate: -0.00005,
      openInterestUsd: 10000,
      fundingIntervalHours: 4,
    },
    {
      // A stock by its usual ticker.
      exchangeSymbol: "TESLA_USDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: 24,
    },
    { exchangeSymbol: "ETH_USDC", base: "ETH", settle: "USDC", fundingIntervalHours: 1 },
    { exchangeSymbol: "SOL_USD1", base: "SOL", quote: "USD1", settle: "USD1" },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: {
      rates: rate("BTC_USDT"),
      instruments: contract("BTC_USDT"),
      tickers: readTicker("BTC_USDT"),
    },
    unknown: "NONE_USDT",
    isWhole: true,
  },
  kindKeys: { instruments: "state futureType settleCoin" },
  changes: [
    listChange("state", "x", "bad_row"),
    listChange("settleCoin", 7, "bad_row"),
    listChange("futureType", undefined, "bad_row"),
    listChange("futureType", 3, "unknown_kind"),
    ["coins that are also in the symbol", NO_COINS, { base: "BTC", quote: "USDT" }],
    [
      "the settlement coin, which is not in the symbol",
      { ...NO_COINS, "instruments.settleCoin": "BTC" },
      "not shown",
    ],
    [
      "prices that the rates lack come from the ticker",
      { "rates.fairPrice": undefined, "rates.idxPrice": undefined },
      { markPrice: 71003.5, indexPrice: 71009 },
    ],
    rateChange("fundingRate", null, "bad_rate"),
    rateChange("fundingRate", -1.5, "implausible_rate"),
    rateChange("nextSettleTime", at(16) / 1000, "bad_next_time"),
    rateChange("collectCycle", null, { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) }),
    // The next time contradicts it.
    rateChange("collectCycle", 1, { ...UNKNOWN_INTERVAL, nextFundingAtMs: null }),
    // A dead contract.
    rateChange("nextSettleTime", at(8, 2), "not shown"),
  ],
  failures: [
    ["an error", { success: false, code: 1002, message: "no" }, "bad_envelope"],
    ["too frequent, in short", { code: "510" }, "rate_limited"],
    ["too frequent", { success: false, code: 510, message: "slow down" }, "rate_limited"],
    ["no success flag", { code: 0, data: [rate("BTC_USDT")] }, "bad_envelope", "rates"],
    [
      "success with a code",
      { success: true, code: 9, data: [rate("BTC_USDT")] },
      "bad_envelope",
      "rates",
    ],
    ["an empty list", reply([]), "bad_envelope"],
    ["a page", "<html>Access Denied</html>", "bad_envelope"],
  ],
  // The web firewall and code 510 are rate limits.
  classified: [
    [403, "<HTML>Access Denied", "rate_limited"],
    [400, '{"success":false,"code":510}', "rate_limited"],
    [500, '{"code":5100}', null],
  ],
  exemptions: [
    negativeRate("rates.fundingRate"),
    orOfTicker("fairPrice", "markPrice", "openInterestUsd"),
    orOfTicker("idxPrice", "indexPrice"),
    hugeAmount("rates.fairPrice", "markPrice", "openInterestUsd"),
    hugeAmount("rates.idxPrice", "indexPrice"),
    hugeAmount("tickers.holdVol", "openInterestUsd"),
    hugeAmount("tickers.amount24", "volume24hUsd"),
    hugeAmount("instruments.contractSize", "openInterestUsd"),
    anyName("instruments.baseCoin", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the rates of September 2026, joined to the recorded contract",
      files: {
        rates: "funding_rate-all.json",
        tickers: "ticker-all.json",
        instruments: "contract-detail.json",
      },
      atMs: 1789455552000,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.000067,
            fundingIntervalHours: 8,
            volume24hUsd: null,
            markPrice: 77240.4,
            indexPrice: 77271.6,
            rateCap: 0.0018,
            rateFloor: -0.0018,
            nextFundingAtMs: 1789459200000,
          },
        ],
      },
    },
    {
      title: "the tickers of 2021, joined to a rate and a contract made for them",
      files: { tickers: "ticker-all.json" },
      made: {
        rates: reply([rate("ETH_USDT")]),
        instruments: reply([contract("ETH_USDT", { contractSize: 0.01 })]),
      },
      yields: {
        quotes: [{ volume24hUsd: 141331823.5755, openInterestUsd: 5832946 * 0.01 * 71000.25 }],
      },
    },
    { title: "an error is not a list", files: { rates: "error.json" }, yields: "bad_envelope" },
    {
      title: "a reply for one symbol is not a list",
      files: { rates: "funding_rate-one.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

test("a mexc reject names the undocumented futureType", async () => {
  const instruments = reply([contract("BTC_USDT", { futureType: 3 }), contract("ETH_USDT")]);
  const { rejects } = await refreshOf(description, { instruments });
  expect(rejects).toMatchObject([{ exchangeSymbol: "BTC_USDT", detail: "futureType 3" }]);
});

test("mexc: an old list, whose rows all lack futureType, is read by the coins", async () => {
  const instruments = reply([contract("BTC_USDT", { futureType: undefined })]);
  const { quotes } = await refreshOf(description, { instruments });
  expect(quotes.map((quote) => quote.base)).toEqual(["BTC"]);
});
