import { expect, test } from "bun:test";
import { toobit } from "../../src/exchanges/toobit.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  rate: "0.0000255",
  period: "8H",
  nextFundingTime: String(at(16)),
  interest: "0.0001",
  fundingRateCap: "0.003",
  fundingRateFloor: "-0.0025",
  ...extra,
});
const mark = (symbolId: string, price: unknown): Row => ({ exchangeId: 301, symbolId, price });
const ticker = (s: string, qv: unknown, op: unknown): Row => ({
  t: String(AT),
  s,
  c: "71000",
  v: "90000",
  qv,
  op,
});
const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  status: "TRADING",
  inverse: false,
  baseAsset: symbol,
  quoteAsset: symbol.split("-")[2],
  marginToken: symbol.split("-")[2],
  underlying: symbol.split("-")[0],
  indexToken: `${symbol.split("-")[0]}USDT`,
  contractMultiplier: "0.001",
  isRwa: false,
  categories: [],
  closingStartTime: "0",
  ...extra,
});
const list = (contracts: unknown): Row => ({ timezone: "UTC", symbols: [], contracts });

const LIVE = [
  contract("BTC-SWAP-USDT"),
  contract("1000PEPE-SWAP-USDT", { indexToken: "PEPEUSDT" }),
  contract("TSLA-SWAP-USDT", { isRwa: true, rwaType: "STOCK", categories: ["TradFi"] }),
  contract("BTC-SWAP-USDC", { indexToken: "BTCUSDC" }),
];
const DEAD = [
  contract("OLD-SWAP-USDT", { status: "CLOSE_FORBIDDEN" }),
  contract("SOON-SWAP-USDT", { status: "ONLINE" }),
  contract("BTC-SWAP-USD", { inverse: true, marginToken: "BTC" }),
  contract("TESTDOGE-SWAP-TESTX8Z9"),
];

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const RWA = { "instruments.isRwa": true, "instruments.rwaType": "STOCK" };
/** Just after its settlement a row still shows it as the next one. */
const settled = (afterMs: number, settling: boolean): Change => [
  `${afterMs} ms after the settlement that the row shows as the next one`,
  {},
  { nextFundingAtMs: at(16), fundingIntervalHours: 8, settling },
  at(16) + afterMs,
];

const description: ExchangeDescription = {
  exchange: toobit,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/api/v1/futures/fundingRate",
      rows: [],
      body: [
        rate("BTC-SWAP-USDT"),
        rate("1000PEPE-SWAP-USDT", { rate: "-0.0011", period: "4H" }),
        rate("TSLA-SWAP-USDT", { rate: "0", period: "1H", nextFundingTime: String(at(14)) }),
        rate("BTC-SWAP-USDC", { period: undefined }),
        ...DEAD.map((row) => rate(String(row["symbol"]))),
        rate("TBV_BTC-SWAP-USDT"),
        rate("NEW-SWAP-USDT"),
      ],
    },
    {
      name: "marks",
      kind: "secondary",
      request: "/quote/v1/markPrice",
      rows: [],
      body: [
        mark("BTC-SWAP-USDT", "71000.5"),
        mark("1000PEPE-SWAP-USDT", "0.0081"),
        mark("KITE2511030000", "1"),
      ],
      lost: { markPrice: null, openInterestUsd: null },
    },
    {
      name: "index",
      kind: "secondary",
      request: "/quote/v1/index",
      one: ["index"],
      body: { index: { BTCUSDT: "71010.25", PEPEUSDT: "0.00805" }, edp: { BTCUSDT: "70990" } },
      lost: { indexPrice: null },
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/quote/v1/contract/ticker/24hr",
      rows: [],
      body: [ticker("BTC-SWAP-USDT", "345000111.5", "800000"), ticker("OLD-SWAP-USDT", "1", "2")],
      lost: { volume24hUsd: null, openInterestUsd: null, openInterestDigit: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 1_800_000,
      request: "/api/v1/exchangeInfo",
      rows: ["contracts"],
      body: list([...LIVE, ...DEAD]),
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-SWAP-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      fundingRate: 0.0000255,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      markPrice: 71000.5,
      indexPrice: 71010.25,
      // 800,000 contracts of 0.001 BTC, both sides: half.
      openInterestDigit: 8,
      openInterestUsd: 400 * 71000.5,
      volume24hUsd: 345000111.5,
    },
    {
      exchangeSymbol: "1000PEPE-SWAP-USDT",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.0011,
      fundingIntervalHours: 4,
      // Per 8 hours on the wire.
      baselineRate: 0.00005,
      markPrice: 0.0081,
      // With an index of another name.
      indexPrice: 0.00805,
      volume24hUsd: null,
    },
    {
      exchangeSymbol: "TSLA-SWAP-USDT",
      base: "TSLA",
      assetClass: null,
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      markPrice: null,
    },
    {
      exchangeSymbol: "BTC-SWAP-USDC",
      base: "BTC",
      settle: "USDC",
      ...UNKNOWN_INTERVAL,
      baselineRate: null,
    },
  ],
  explained: {
    formula: "{rates.rate}",
    rows: { rates: rate("BTC-SWAP-USDT"), contracts: { status: "TRADING", inverse: false } },
    unknown: "NONE-SWAP-USDT",
  },
  kindKeys: { instruments: "status inverse underlying quoteAsset marginToken" },
  changes: [
    ["inverse as a text", { "instruments.inverse": "false" }, "bad_row"],
    [
      "a contract with another name is of its underlying",
      { "instruments.baseAsset": "BTC2-SWAP-USDT", "instruments.underlying": "BTC" },
      { base: "BTC", multiplier: 1 },
    ],
    [
      "open interest is half of the contracts by their size and mark",
      { "instruments.contractMultiplier": "0.01" },
      { openInterestUsd: 4000 * 71000.5 },
    ],
    ["no size", { "instruments.contractMultiplier": "" }, { openInterestUsd: null }],
    ["a share", { ...RWA, "instruments.categories": ["TradFi"] }, { assetClass: null }],
    [
      "a currency",
      { ...RWA, "instruments.categories": ["TradFi", "Forex"] },
      { assetClass: "forex" },
    ],
    ["no list of categories", { ...RWA, "instruments.categories": "Forex" }, { assetClass: null }],
    [
      "a coin in another class's category",
      { "instruments.isRwa": false, "instruments.categories": ["RWA", "TradFi"] },
      { assetClass: "crypto" },
    ],
    ["no mark of a coin", { "instruments.isRwa": undefined }, { assetClass: null }],
    ["a text as mark of a coin", { "instruments.isRwa": "false" }, { assetClass: null }],
    settled(-1, false),
    settled(0, true),
    settled(75_000, true),
    settled(90_000, false),
    ["no rate", { "rates.rate": "" }, "bad_rate"],
    ["a rate over its notional", { "rates.rate": "-3" }, "implausible_rate"],
    ["seconds", { "rates.nextFundingTime": String(at(16) / 1000) }, "bad_next_time"],
    ["a dead contract", { "rates.nextFundingTime": String(at(8, 2)) }, "not shown"],
    ...["8", "8D", "H", "", 8, "48H"].map((period): Change => [
      `the period ${period}`,
      { "rates.period": period },
      UNKNOWN_INTERVAL,
    ]),
    [
      "a period that the next time contradicts",
      { "rates.period": "1H" },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: null, settling: false },
    ],
  ],
  failures: [
    ["an error", { code: -1130, msg: "no" }, "bad_envelope"],
    ["too many requests", { code: -1003, msg: "no" }, "rate_limited"],
    ["too many orders", { code: "-1015", msg: "no" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
  ],
  classified: [
    [400, JSON.stringify({ code: -1130, msg: "no" }), null],
    [400, JSON.stringify({ code: -1003, msg: "no" }), "rate_limited"],
    [400, JSON.stringify({ code: "-1015", msg: "no" }), "rate_limited"],
    [400, "[]", null],
    [400, "<html></html>", null],
    [403, "<html>", "banned"],
  ],
  exemptions: [
    negativeRate("rates.rate"),
    hugeAmount("marks.price", "markPrice", "openInterestUsd"),
    hugeAmount("index.BTCUSDT", "indexPrice"),
    hugeAmount("index.PEPEUSDT", "indexPrice"),
    hugeAmount("tickers.qv", "volume24hUsd"),
    hugeAmount("tickers.op", "openInterestUsd"),
    anyName("instruments.underlying", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "a rate without a period and a contract without a mark, of August 2025",
      files: {
        rates: "fundingRate.json",
        index: "index.json",
        instruments: "exchangeInfo.json",
      },
      atMs: 1755950000000,
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            base: "BTC",
            assetClass: null,
            fundingRate: 0.0001071148112848,
            fundingIntervalHours: null,
            nextFundingAtMs: 1755964800000,
            baselineRate: null,
            indexPrice: 42999.21,
          },
        ],
      },
    },
    {
      title: "an error",
      files: { rates: "error-invalid-symbol.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

describeRecorded("toobit, recorded", (read) => {
  test("the mark of one symbol, put into a list, and a ticker, joined to a contract made for it", async () => {
    const one: unknown = await read("toobit", "markPrice-one-symbol.json");
    const marked = (await refreshOf(description, { marks: [one] })).quotes[0];
    expect(marked?.markPrice).toBe(17042.54471);
    const { quotes } = await refreshOf(description, {
      rates: [rate("GRDRUSDT")],
      marks: one,
      tickers: await read("toobit", "ticker-24hr.json"),
      instruments: list([contract("GRDRUSDT", { quoteAsset: "USDT", marginToken: "USDT" })]),
    });
    expect(quotes).toMatchObject([{ volume24hUsd: 0, markPrice: null }]);
  });
});
