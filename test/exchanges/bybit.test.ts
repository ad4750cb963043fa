import { expect, test } from "bun:test";
import { bybit } from "../../src/exchanges/bybit.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const TICKERS = "/v5/market/tickers?category=linear";
const INSTRUMENTS = "/v5/market/instruments-info?category=linear&limit=1000";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 250;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2022, 1, 3, 7);

/** The fields read from the rows. */
const readTicker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  indexPrice: "64010.00",
  markPrice: "64000.50",
  openInterest: "50000.000",
  openInterestValue: "3200025000.00",
  singleOpenInterest: "25000.000",
  singleOpenInterestValue: "1600012500.00",
  turnover24h: "9876543210.5000",
  fundingRate: "0.000083",
  nextFundingTime: String(at(16)),
  fundingIntervalHour: "8",
  fundingCap: "0.005",
  curPreListingPhase: "",
  ...extra,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  ...readTicker(symbol, extra),
  lastPrice: "64001.10",
  volume24h: "154000.1000",
  deliveryTime: "0",
});

const readInstrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  symbol,
  contractType: "LinearPerpetual",
  status: "Trading",
  baseCoin,
  quoteCoin: "USDT",
  settleCoin: "USDT",
  launchTime: String(LISTED),
  isPreListing: false,
  symbolType: "",
  upperFundingRate: "0.005",
  lowerFundingRate: "-0.005",
  ...extra,
});
const instrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  deliveryTime: "0",
  fundingInterval: 480,
  ...readInstrument(symbol, baseCoin, extra),
});

const LIVE = [
  instrument("BTCUSDT", "BTC"),
  instrument("1000PEPEUSDT", "1000PEPE", { fundingInterval: 240, symbolType: "innovation" }),
  instrument("SHIB1000USDT", "SHIB1000"),
  instrument("BTCPERP", "BTC", { quoteCoin: "USDC", settleCoin: "USDC" }),
  instrument("TSLAUSDT", "TSLA", { symbolType: "stock" }),
];
const DEAD = [
  instrument("OLDUSDT", "OLD", { status: "Closed" }),
  instrument("ENDUSDT", "END", { status: "Settling" }),
  instrument("BTCUSDT-25DEC26", "BTC", { contractType: "LinearFutures", fundingInterval: 0 }),
  instrument("ETHBTC", "ETH", { quoteCoin: "BTC", settleCoin: "BTC" }),
  instrument("ETHUSDT-B", "ETH", { settleCoin: "BTC" }),
  instrument("OPENAIUSDT", "OPENAI", { isPreListing: true }),
  instrument("NEWUSDT", "NEW", { isPreListing: true }),
];

const TICKER_ROWS = [
  ticker("BTCUSDT"),
  ticker("1000PEPEUSDT", {
    indexPrice: "0.00801",
    markPrice: "0.008",
    openInterest: "1000000006.0",
    openInterestValue: "8000000",
    singleOpenInterest: undefined,
    singleOpenInterestValue: "",
    fundingRate: "-0.0021",
    fundingIntervalHour: "4",
    fundingCap: "0.02",
  }),
  ticker("SHIB1000USDT", { fundingIntervalHour: "1", nextFundingTime: String(at(14)) }),
  ticker("BTCPERP"),
  ticker("TSLAUSDT", { fundingRate: "0" }),
  ticker("OLDUSDT"),
  ticker("ENDUSDT"),
  ticker("BTCUSDT-25DEC26", { fundingRate: "", nextFundingTime: "0", fundingIntervalHour: "" }),
  ticker("ETHBTC"),
  ticker("ETHUSDT-B"),
  ticker("OPENAIUSDT", { fundingRate: "0", curPreListingPhase: "ContinuousTrading" }),
  ticker("NEWUSDT", { fundingRate: "0" }),
  ticker("STRANGEUSDT"),
];

const reply = (result: Row, extra: Row = {}): Row => ({
  retCode: 0,
  retMsg: "OK",
  result: { category: "linear", ...result },
  retExtInfo: {},
  time: STAMP,
  ...extra,
});
const tickersReply = (...list: readonly unknown[]): Row => reply({ list });
const listReply = (list: readonly unknown[], nextPageCursor = ""): Row =>
  reply({ list, nextPageCursor });

const BTC = instrument("BTCUSDT", "BTC");
const { isPreListing: _mark, ...UNMARKED } = BTC;

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
const nextChange = (title: string, nextFundingTime: unknown, outcome: Change[2]): Change => [
  `a next time ${title}`,
  { "tickers.nextFundingTime": nextFundingTime },
  outcome,
];
const typeChange = (symbolType: string, outcome: Change[2]): Change => [
  `the symbol type "${symbolType}"`,
  { "instruments.symbolType": symbolType },
  outcome,
];

const description: ExchangeDescription = {
  exchange: bybit,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "essential",
      request: TICKERS,
      rows: ["result", "list"],
      body: tickersReply(...TICKER_ROWS),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: INSTRUMENTS,
      rows: ["result", "list"],
      body: listReply([...LIVE, ...DEAD]),
    },
  ],
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      takerFeeBps: null,
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.005,
      rateFloor: -0.005,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1600012500,
      volume24hUsd: 9876543210.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      assetClass: "crypto",
      takerFeeBps: 11,
      fundingRate: -0.0021,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.02,
      rateFloor: -0.02,
      openInterestDigit: 6,
      // Without the single figure half of both sides'.
      openInterestUsd: 4_000_000,
    },
    {
      exchangeSymbol: "SHIB1000USDT",
      base: "SHIB",
      multiplier: 1000,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: 0.0000125,
    },
    { exchangeSymbol: "BTCPERP", quote: "USDC", settle: "USDC" },
    {
      exchangeSymbol: "TSLAUSDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: null,
    },
  ],
  explained: {
    formula: "{tickers.fundingRate}",
    rows: { tickers: readTicker("BTCUSDT"), instruments: readInstrument("BTCUSDT", "BTC") },
    unknown: "NONEUSDT",
    isWhole: true,
  },
  kindKeys: { instruments: "isPreListing contractType status baseCoin quoteCoin settleCoin" },
  changes: [
    // The list says which contracts are pre-market, whatever the ticker's phase.
    ...["Finished", "CallAuction", "ContinuousTrading"].map((phase): Change => [
      `the phase ${phase}`,
      { "tickers.curPreListingPhase": phase },
      { exchangeSymbol: "BTCUSDT" },
    ]),
    [
      "a pre-market contract of a past phase",
      { "tickers.curPreListingPhase": "Finished", "instruments.isPreListing": true },
      "not shown",
    ],
    ["a pre-market mark as a text", { "instruments.isPreListing": "false" }, "bad_row"],
    ["a pre-market mark as a number", { "instruments.isPreListing": 0 }, "bad_row"],
    ["a missing mark, unlike others", { "instruments.isPreListing": undefined }, "bad_row"],
    typeChange("ETF", { assetClass: "etf", takerFeeBps: null }),
    typeChange("innovation", { assetClass: "crypto", takerFeeBps: 11 }),
    typeChange("moonbase", { assetClass: null, takerFeeBps: null }),
    ["an option", { "instruments.contractType": "LinearOption" }, "unknown_kind"],
    // The list's minutes are never read.
    ["no interval in the ticker", { "tickers.fundingIntervalHour": "" }, NO_INTERVAL],
    ["minutes in the ticker", { "tickers.fundingIntervalHour": "480" }, NO_INTERVAL],
    [
      "limits in the list only",
      {
        "tickers.fundingCap": "",
        "instruments.upperFundingRate": "0.01",
        "instruments.lowerFundingRate": "-0.02",
      },
      { rateCap: 0.01, rateFloor: -0.02 },
    ],
    ["an empty rate", { "tickers.fundingRate": "" }, "bad_rate"],
    ["no rate", { "tickers.fundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "tickers.fundingRate": "1.01" }, "implausible_rate"],
    nextChange("of 0 means no funding", "0", "not shown"),
    nextChange("in seconds", String(at(16) / 1000), "bad_next_time"),
    nextChange("in the past", String(at(13)), { nextFundingAtMs: at(13), fundingIntervalHours: 8 }),
    nextChange("past by days", String(at(13, 3)), "not shown"),
    [
      "a next time beyond the interval",
      { "tickers.fundingIntervalHour": "1" },
      { ...NO_INTERVAL, nextFundingAtMs: null },
    ],
    [
      "odd amounts lose only their own fields",
      {
        "tickers.turnover24h": {},
        "tickers.markPrice": "0",
        "tickers.openInterestValue": "-1",
      },
      { volume24hUsd: null, markPrice: null, fundingRate: 0.000083 },
    ],
    ["an open interest of 0", { "tickers.singleOpenInterestValue": "0" }, { openInterestUsd: 0 }],
  ],
  failures: [
    ["an error", { retCode: 10001, retMsg: "Illegal category", result: {} }, "bad_envelope"],
    [
      "too many requests",
      { retCode: 10006, retMsg: "Too many visits!", result: {} },
      "rate_limited",
    ],
    ["too many from the address", { retCode: 10018, retMsg: "ip", result: {} }, "rate_limited"],
    ["too many without a result", { retCode: 10006, retMsg: "Too many visits!" }, "rate_limited"],
    ["no code", { result: { list: TICKER_ROWS } }, "bad_envelope"],
    ["an empty list", listReply([]), "bad_envelope"],
    ["no result", { retCode: 0, retMsg: "OK" }, "bad_envelope"],
  ],
  classified: [
    [403, '{"retMsg":"access too frequent"}', "banned"],
    [403, "403, Access Too Frequent.", "banned"],
    [403, "\n<!DOCTYPE html><html>", "geo_blocked"],
    [403, "{}", null],
    [502, "<html>", null],
  ],
  exemptions: [
    negativeRate("tickers.fundingRate"),
    hugeAmount("tickers.markPrice", "markPrice"),
    hugeAmount("tickers.indexPrice", "indexPrice"),
    hugeAmount("tickers.turnover24h", "volume24hUsd"),
    hugeAmount("tickers.openInterestValue", "openInterestUsd"),
    {
      at: "tickers.singleOpenInterest",
      mutations: ["flipped"],
      fields: ["openInterestDigit"],
      why: "a number where there was none cannot be distinguished from a right one",
    },
    {
      at: "tickers.singleOpenInterestValue",
      mutations: ["huge", "flipped"],
      fields: ["openInterestUsd"],
      why: "a number where there was none cannot be distinguished from a right one",
    },
    {
      at: "tickers.fundingCap",
      mutations: ["missing", "null", "NaN", "huge", "negative", "empty", "object"],
      fields: ["rateCap", "rateFloor"],
      why: "the list's limits are used instead, which may be older",
    },
    anyName("instruments.baseCoin", "base", "multiplier"),
    {
      at: "instruments.symbolType",
      mutations: ["empty"],
      fields: ["assetClass", "baselineRate"],
      why: "an empty type is documented to mean a coin",
    },
  ],
  recorded: [
    {
      title: "the trimmed rows of September 2026, joined to a list made for them",
      files: { tickers: "tickers-linear.json" },
      made: {
        instruments: listReply([
          instrument("0GUSDT", "0G"),
          BTC,
          instrument("BTCPERP", "BTC", { quoteCoin: "USDC", settleCoin: "USDC" }),
          instrument("BTCUSDT-02OCT26", "BTC", { contractType: "LinearFutures" }),
          instrument("OPENAIUSDT", "OPENAI", { isPreListing: true }),
        ]),
      },
      atMs: 1789824034328,
      yields: {
        rejects: [],
        unlisted: 0,
        quotes: [
          {
            base: "0G",
            fundingRate: 0.00005,
            fundingIntervalHours: 4,
            baselineRate: 0.00005,
            nextFundingAtMs: 1789833600000,
            exchangeTimeMs: null,
            openInterestUsd: expect.closeTo(2226665.33 / 2, 4),
          },
          { base: "BTC", fundingRate: 0.0001 },
          { base: "BTC", fundingRate: 0.0001 },
        ],
      },
    },
    {
      title: "the complete row of November 2025, joined to the documentation's instrument of 2023",
      files: { tickers: "tickers-linear-full.json", instruments: "instruments-info.json" },
      atMs: 1762220792000,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "BTC",
            assetClass: null,
            listedAtMs: 1585526400000,
            fundingRate: 0.00001938,
            fundingIntervalHours: 8,
            rateCap: 0.005,
            nextFundingAtMs: 1762243200000,
            markPrice: 107084,
            // Both sides, 50,923.331: an odd number of steps.
            openInterestDigit: 1,
            openInterestUsd: 5453073976.8 / 2,
            volume24hUsd: 10983940889.69,
            exchangeTimeMs: 1762220791908,
          },
        ],
      },
    },
    {
      title: "the error answer is a bad envelope",
      files: { tickers: "error.json" },
      yields: "bad_envelope",
    },
  ],
};
testExchange(description);

/** A list instead of Bybit's, and only Bitcoin's ticker. */
const btcWith = (list: readonly Row[], row = ticker("BTCUSDT")) =>
  refreshOf(description, { tickers: tickersReply(row), instruments: listReply(list) });

test("in a bybit list that lacks the mark the phase decides, and what it expects is unchanged", async () => {
  const of = (phase: string) =>
    btcWith([UNMARKED], ticker("BTCUSDT", { curPreListingPhase: phase }));
  expect(await of("Finished")).toMatchObject({ quotes: [{ base: "BTC" }], expected: 1 });
  expect(await of("CallAuction")).toMatchObject({ quotes: [], rejects: [], expected: 1 });
});

test("a bybit contract without either mark against being pre-market is rejected", async () => {
  expect((await btcWith([UNMARKED])).quotes).toHaveLength(1);
  const { curPreListingPhase: _phase, ...bare } = ticker("BTCUSDT");
  expect(await btcWith([UNMARKED], bare)).toMatchObject({
    quotes: [],
    rejects: [{ exchangeSymbol: "BTCUSDT", reason: "bad_row" }],
  });
});

test("bybit's list is read to its last page, even if that is empty", async () => {
  const second = `${INSTRUMENTS}&cursor=first%3D50%26last`;
  const third = `${INSTRUMENTS}&cursor=p3`;
  const bodies = {
    [TICKERS]: tickersReply(...TICKER_ROWS),
    [INSTRUMENTS]: listReply(LIVE.slice(0, 2), "first=50&last"),
    [second]: listReply(LIVE.slice(2), "p3"),
    [third]: listReply([], ""),
  };
  const source = memorySource(bodies, { nowMs: AT });
  const { expected, quotes } = await bybit.refresh(source);
  expect([expected, quotes.length]).toEqual([5, 5]);
  expect(source.requests).toEqual([TICKERS, INSTRUMENTS, second, third]);
});

test("an endless cursor fails bybit's list after ten pages", async () => {
  const endless = listReply(LIVE, "again");
  const bodies = {
    [TICKERS]: tickersReply(...TICKER_ROWS),
    [INSTRUMENTS]: endless,
    [`${INSTRUMENTS}&cursor=again`]: endless,
  };
  const source = memorySource(bodies, { nowMs: AT });
  await expect(bybit.refresh(source)).rejects.toMatchObject({ kind: "bad_envelope" });
  expect(source.requests).toHaveLength(11);
});
