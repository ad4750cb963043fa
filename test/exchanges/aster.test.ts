import { expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { aster } from "../../src/exchanges/aster.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 900;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
const LISTED = Date.UTC(2025, 2, 14, 10);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.5",
  indexPrice: "64010.25",
  lastFundingRate: "0.00008300",
  nextFundingTime: at(16),
  time: STAMP,
  ...extra,
});
const interval = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  interestRate: "0.00010000",
  fundingIntervalHours: 8,
  fundingFeeCap: 0.03,
  fundingFeeFloor: -0.02,
  ...extra,
});
const interestAt = (symbol: string): string => `/fapi/v1/openInterest?symbol=${symbol}`;
const interest = (symbol: string, openInterest: unknown = "12.5"): Row => ({
  symbol,
  openInterest,
  time: STAMP,
});
const ticker = (symbol: string): Row => ({
  symbol,
  volume: "8753.2",
  quoteVolume: "9236073.61",
});
const instrument = (baseAsset: string, extra: Row = {}): Row => ({
  symbol: `${baseAsset}USDT`,
  contractType: "PERPETUAL",
  onboardDate: LISTED,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  underlyingType: "COIN",
  underlyingSubType: [],
  symbolType: 0,
  ...extra,
});

const LIVE = [
  instrument("BTC"),
  instrument("1000PEPE"),
  instrument("1MBABYDOGE"),
  instrument("TSLA", { underlyingSubType: ["STOCK"], symbolType: 1 }),
  instrument("ETH", { symbol: "ETHUSD1", quoteAsset: "USD1", marginAsset: "USD1" }),
];
const DEAD = [
  instrument("OLD", { status: "SETTLING" }),
  instrument("SOON", { status: "PENDING_TRADING", contractType: "" }),
  instrument("BTC", { symbol: "BTCUSDT_261225", contractType: "CURRENT_QUARTER" }),
  instrument("COINM", { marginAsset: "COINM" }),
  instrument("EUR", { quoteAsset: "EUR", marginAsset: "EUR" }),
  instrument("OPENAI", { underlyingSubType: ["pre-launch", "STOCK"], symbolType: 1 }),
  instrument("TEST"),
  instrument("TEST2"),
  instrument("", { symbol: "NAMELESSUSDT", pair: "NAMELESS" }),
];
const symbolsOf = (rows: readonly Row[]): string[] => rows.map((row) => String(row["symbol"]));

const NO_TERMS = {
  fundingIntervalHours: null,
  intervalSource: null,
  rateCap: null,
  rateFloor: null,
  baselineRate: null,
};

const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`instruments.${key}`]: value },
  outcome,
];
const classChange = (tags: unknown, symbolType: unknown, assetClass: AssetClass | null): Change => [
  `tags ${JSON.stringify(tags)} and symbolType ${String(symbolType)} are class ${assetClass}`,
  { "instruments.underlyingSubType": tags, "instruments.symbolType": symbolType },
  { assetClass },
];
const intervalChange = (hours: unknown, nextHour: number, outcome: Change[2]): Change => [
  `an interval of "${String(hours)}" with a next time at ${nextHour}`,
  { "intervals.fundingIntervalHours": hours, "rates.nextFundingTime": at(nextHour) },
  outcome,
];
/** An interest of 0.0001 is for 8 hours: the baseline is its share. */
const restChange = (hours: number, nextHour: number, baselineRate: number): Change =>
  intervalChange(hours, nextHour, { fundingIntervalHours: hours, baselineRate });
const unknownChange = (hours: unknown, nextHour: number): Change =>
  intervalChange(hours, nextHour, { ...NO_TERMS, nextFundingAtMs: at(nextHour) });

const description: ExchangeDescription = {
  exchange: aster,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/fapi/v3/exchangeInfo",
      rows: ["symbols"],
      body: { serverTime: STAMP, symbols: [...LIVE, ...DEAD] },
    },
    {
      name: "rates",
      kind: "essential",
      request: "/fapi/v3/premiumIndex",
      rows: [],
      body: [
        rate("BTCUSDT"),
        rate("1000PEPEUSDT", { lastFundingRate: "-0.00121000" }),
        rate("1MBABYDOGEUSDT", { nextFundingTime: at(14) }),
        rate("TSLAUSDT", { lastFundingRate: "0.00000000" }),
        rate("ETHUSD1"),
        ...symbolsOf(DEAD).map((symbol) => rate(symbol)),
        rate("STRANGERUSDT"),
      ],
    },
    {
      name: "intervals",
      kind: "intervals",
      everyMs: 5 * 60_000,
      request: "/fapi/v3/fundingInfo",
      rows: [],
      body: [
        interval("BTCUSDT"),
        interval("1000PEPEUSDT", { fundingIntervalHours: 4 }),
        interval("1MBABYDOGEUSDT", { fundingIntervalHours: 1 }),
        interval("OLDUSDT"),
      ],
      lost: NO_TERMS,
    },
    {
      name: "tickers",
      kind: "secondary",
      everyMs: 3 * 60_000,
      request: "/fapi/v3/ticker/24hr",
      rows: [],
      body: [ticker("BTCUSDT"), ticker("OLDUSDT")],
      lost: { volume24hUsd: null },
    },
  ],
  perInstrument: {
    kind: "rotation",
    name: "openInterest",
    everyMs: 15 * 60_000,
    one: [],
    requests: symbolsOf(LIVE).map(interestAt),
    bodies: Object.fromEntries(
      symbolsOf(LIVE).map((symbol) => [interestAt(symbol), interest(symbol)]),
    ),
  },
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.03,
      rateFloor: -0.02,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 12.5 coins at the mark.
      openInterestDigit: 5,
      openInterestUsd: 12.5 * 64000.5,
      volume24hUsd: 9236073.61,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      fundingRate: -0.00121,
    },
    {
      exchangeSymbol: "1MBABYDOGEUSDT",
      base: "BABYDOGE",
      multiplier: 1e6,
      fundingIntervalHours: 1,
    },
    {
      exchangeSymbol: "TSLAUSDT",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
      nextFundingAtMs: at(16),
    },
    { exchangeSymbol: "ETHUSD1", base: "ETH", quote: "USD1", settle: "USD1" },
  ],
  explained: {
    formula: "{rates.lastFundingRate}",
    rows: { rates: { lastFundingRate: "0.00008300" }, intervals: { fundingIntervalHours: 8 } },
    unknown: "STRANGERUSDT",
  },
  kindKeys: { instruments: "contractType status quoteAsset marginAsset" },
  changes: [
    ...["contractType", "status", "quoteAsset", "marginAsset"].map((key) =>
      listChange(key, 1, "bad_row"),
    ),
    classChange([], 0, "crypto"),
    classChange(["STORAGE"], "0", "crypto"),
    classChange(["STOCK"], 1, "stock"),
    classChange(["ETF"], 1, "etf"),
    classChange(["Commodities", "AOS2", "USD1-RWA"], 1, "commodity"),
    // Tags decide; without a known one only a coin's type is conclusive.
    classChange(["STOCK"], 0, "stock"),
    classChange(["Something"], 1, null),
    classChange([], 1, null),
    classChange([], undefined, null),
    classChange(null, "X", null),
    classChange(["STOCK", "Commodities"], 1, null),
    listChange("underlyingSubType", ["STOCK", "Pre-Launch"], "not shown"),
    [
      "a contract that does not trade yet",
      { "instruments.status": "PENDING_TRADING", "instruments.contractType": "" },
      "not shown",
    ],
    listChange("contractType", "TRADIFI_PERPETUAL", "unknown_kind"),
    listChange("contractType", "NEXT_MONTH", "not shown"),
    listChange("contractType", "PERPETUAL_DELIVERING", "not shown"),
    restChange(1, 14, 0.0000125),
    restChange(2, 14, 0.000025),
    restChange(4, 16, 0.00005),
    restChange(8, 16, 0.0001),
    // Out of date, with the limits that it came with.
    unknownChange(1, 16),
    unknownChange(480, 16),
    unknownChange(5, 16),
    unknownChange("0.25", 16),
    // The list is older than the row: 20:00 is not on the grid of 8 hours, and 14:00 not on that of 4.
    unknownChange(8, 20),
    unknownChange(4, 14),
    // No funding.
    rateChange("nextFundingTime", 0, "not shown"),
    // A dead contract.
    rateChange("nextFundingTime", at(16) - 3 * 86_400_000, "not shown"),
    rateChange("nextFundingTime", at(16) / 1000, "bad_next_time"),
    rateChange("lastFundingRate", "", "bad_rate"),
    rateChange("lastFundingRate", null, "bad_rate"),
    rateChange("lastFundingRate", "-2", "implausible_rate"),
  ],
  failures: [
    ["an error", { code: -1121, msg: "Invalid symbol." }, "bad_envelope"],
    ["one row", rate("BTCUSDT"), "bad_envelope"],
    ["an empty list", [], "bad_envelope"],
    ["an error with a list", { code: -1, symbols: LIVE }, "bad_envelope", "instruments"],
  ],
  classified: [[403, "", "banned"]],
  // Only their base or their tags exclude them: with others they are other contracts.
  unmutated: ["OPENAI", "TEST", "TEST2", "NAMELESS"],
  exemptions: [
    negativeRate("rates.lastFundingRate"),
    hugeAmount("rates.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("openInterest.openInterest", "openInterestUsd"),
    hugeAmount("rates.indexPrice", "indexPrice"),
    hugeAmount("tickers.quoteVolume", "volume24hUsd"),
    anyName("instruments.baseAsset", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the index and ticker of BTC, joined to an interval and a list made for them",
      files: { rates: "premium-index.json", tickers: "ticker-24hr.json" },
      atMs: 1750146970500,
      yields: {
        quotes: [
          {
            fundingRate: 0.0001,
            nextFundingAtMs: 1750147200000,
            exchangeTimeMs: 1750146970000,
            markPrice: 106729.84047826,
            volume24hUsd: 923607368.61,
          },
        ],
      },
    },
    {
      title: "the list and the intervals, joined to rates made for them",
      files: { intervals: "funding-info.json", instruments: "exchange-info.json" },
      made: { rates: [rate("DOGEUSDT"), rate("ZORAUSDT")] },
      yields: {
        expected: 1,
        unlisted: 1,
        // The documentation's own rows, without a symbolType.
        quotes: [
          {
            base: "BLZ",
            assetClass: null,
            fundingIntervalHours: null,
            listedAtMs: 1598252400000,
          },
        ],
      },
    },
    {
      title: "the intervals, joined to rates and a list made for them",
      files: { intervals: "funding-info.json" },
      made: {
        rates: [rate("DOGEUSDT"), rate("ZORAUSDT")],
        instruments: { symbols: [instrument("ZORA"), instrument("INJS")] },
      },
      yields: {
        quotes: [
          { fundingIntervalHours: 4, rateCap: 0.02, rateFloor: -0.02, baselineRate: 0.000025 },
        ],
      },
    },
  ],
};

testExchange(description);

const GONE = new RequestFailure("http", "gone", { status: 404 });

test("aster open interest that is for another symbol, rejected or gone affects nothing else", async () => {
  for (const body of [
    interest("ETHUSDT"),
    interest("BTCUSDT", "-1"),
    { code: -1000 },
    GONE,
    new RequestFailure("timeout", "no answer"),
  ]) {
    const { quotes } = await refreshOf(description, { [interestAt("BTCUSDT")]: body });
    expect(quotes[0]).toMatchObject({ openInterestUsd: null, volume24hUsd: 9236073.61 });
    expect(quotes[1]).toMatchObject({ openInterestUsd: 12.5 * 64000.5 });
  }
});

test("aster's open interest is undocumented, so its removal is not a failure", async () => {
  const bodies = { ...bodiesOf(description), [interestAt("BTCUSDT")]: GONE };
  const { openInterests } = await aster.fetchRaw(memorySource(bodies, { nowMs: AT }));
  expect(openInterests.get("BTCUSDT")?.value).toBeNull();
});

test("an aster symbol twice with different rates is not shown; equal duplicates are merged", async () => {
  const twins = (second: Row) =>
    refreshOf(description, { rates: [rate("BTCUSDT"), second, rate("1000PEPEUSDT")] });
  const { quotes, rejects } = await twins(rate("BTCUSDT", { lastFundingRate: "0.0002" }));
  expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["1000PEPEUSDT"]);
  expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
  expect((await twins(rate("BTCUSDT"))).quotes).toHaveLength(2);
});

test("a success code with aster's list is not an error", async () => {
  const instruments = { code: 200, symbols: LIVE };
  expect((await refreshOf(description, { instruments })).expected).toBe(5);
});
