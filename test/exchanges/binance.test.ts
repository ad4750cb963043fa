import { expect, test } from "bun:test";
import { binance } from "../../src/exchanges/binance.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const openInterestOf = (symbol: string): string =>
  `/fapi/v1/openInterest?symbol=${encodeURIComponent(symbol)}`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 400;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2023, 4, 1, 8);

/** The fields read from the rows. */
const readPremium = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.50000000",
  indexPrice: "64010.00000000",
  lastFundingRate: "0.00008300",
  nextFundingTime: at(16),
  interestRate: "0.00010000",
  time: STAMP,
  ...extra,
});
const premium = (symbol: string, extra: Row = {}): Row => ({
  ...readPremium(symbol, extra),
  estimatedSettlePrice: "63990.10000000",
});

const readListing = (symbol: string, baseAsset: string, extra: Row = {}): Row => ({
  symbol,
  contractType: "PERPETUAL",
  onboardDate: LISTED,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  underlyingType: "COIN",
  ...extra,
});
const listing = (symbol: string, baseAsset: string, extra: Row = {}): Row => ({
  pair: symbol,
  deliveryDate: 4133404800000,
  ...readListing(symbol, baseAsset, extra),
});

const LISTINGS = [
  listing("BTCUSDT", "BTC"),
  listing("1000PEPEUSDT", "1000PEPE"),
  listing("TSLAUSDT", "TSLA", { contractType: "TRADIFI_PERPETUAL", underlyingType: "EQUITY" }),
  listing("BTCUSDC", "BTC", { quoteAsset: "USDC", marginAsset: "USDC" }),
  listing("龙USDT", "龙", { underlyingType: "INDEX" }),
  listing("OLDUSDT", "OLD", { status: "SETTLING" }),
  listing("SOONUSDT", "SOON", { status: "PENDING_TRADING", contractType: "" }),
  listing("BTCUSDT_261225", "BTC", {
    contractType: "CURRENT_QUARTER",
    deliveryDate: 1798185600000,
  }),
  listing("BTCUSD_PERP", "BTC", { quoteAsset: "USD", marginAsset: "BTC" }),
  listing("ETHUSDTB", "ETH", { marginAsset: "BTC" }),
  listing("ETHBTC", "ETH", { quoteAsset: "BTC", marginAsset: "BTC" }),
  listing("OPENAIUSDT", "OPENAI", {
    contractType: "TRADIFI_PERPETUAL",
    underlyingType: "PREMARKET",
  }),
];
const SKIPPED = LISTINGS.slice(5).map((row) => String(row["symbol"]));

const PREMIUMS = [
  premium("BTCUSDT"),
  premium("1000PEPEUSDT", {
    markPrice: "0.00800000",
    indexPrice: "0.00801000",
    lastFundingRate: "-0.00021000",
  }),
  premium("TSLAUSDT", {
    markPrice: "400.00000000",
    lastFundingRate: "0.00000000",
    interestRate: "0",
  }),
  premium("BTCUSDC", { lastFundingRate: "0.00004000", nextFundingTime: at(14) }),
  premium("龙USDT", { markPrice: "2.5" }),
  ...SKIPPED.map((symbol) => premium(symbol)),
  premium("GONEUSDT", { lastFundingRate: "0.00250000" }),
];

const BTC_FUNDING = {
  symbol: "BTCUSDT",
  adjustedFundingRateCap: "0.00300000",
  adjustedFundingRateFloor: "-0.00300000",
  fundingIntervalHours: 8,
};
const FUNDINGS = [
  BTC_FUNDING,
  {
    symbol: "1000PEPEUSDT",
    adjustedFundingRateCap: "0.02000000",
    adjustedFundingRateFloor: "-0.02000000",
    fundingIntervalHours: 4,
  },
  {
    symbol: "BTCUSDC",
    adjustedFundingRateCap: "0.00300000",
    adjustedFundingRateFloor: "-0.00300000",
    fundingIntervalHours: 1,
  },
  // The list keeps symbols that are no longer traded.
  { symbol: "OLDUSDT", fundingIntervalHours: 4 },
  { symbol: "DEADUSDT", fundingIntervalHours: 8 },
];

const PERIODS = { list: 30 * 60_000, funding: 5 * 60_000, openInterest: 8 * 60_000 };
const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const NO_TERMS = { ...UNKNOWN_INTERVAL, rateCap: null, rateFloor: null, baselineRate: null };

const rateChange = (title: string, lastFundingRate: unknown, outcome: Change[2]): Change => [
  `${title} rate`,
  { "premiumIndex.lastFundingRate": lastFundingRate },
  outcome,
];
const nextChange = (title: string, next: number, outcome: Change[2]): Change => [
  `a next time ${title}`,
  { "premiumIndex.nextFundingTime": next },
  outcome,
];
const kindChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`exchangeInfo.${key}`]: value },
  outcome,
];
/** An hourly interval of the list, which is cached, with a next time. */
const hourlyUntil = (next: number) => ({
  "fundingInfo.fundingIntervalHours": 1,
  "premiumIndex.nextFundingTime": next,
});

const NOT_RECORDED = new RequestFailure("http", "not recorded");
const NONE = { fundingInfo: NOT_RECORDED, ticker24hr: NOT_RECORDED };
const RECORDED_SYMBOLS = ["BTCUSDT", "BTCSTUSDT", "1000SHIBUSDT", "BTCUSDT_210924", "BTCDOMUSDT"];
const FUNDING_SYMBOLS = ["BLZUSDT", "GTCUSDT", "LPTUSDT", "UNFIUSDT", "BTCUSDT"];

const description: ExchangeDescription = {
  exchange: binance,
  nowMs: AT,
  payloads: [
    {
      name: "exchangeInfo",
      kind: "instruments",
      everyMs: PERIODS.list,
      request: "/fapi/v1/exchangeInfo",
      rows: ["symbols"],
      body: { timezone: "UTC", symbols: LISTINGS },
    },
    {
      name: "premiumIndex",
      kind: "essential",
      request: "/fapi/v1/premiumIndex",
      rows: [],
      body: PREMIUMS,
    },
    {
      name: "fundingInfo",
      kind: "intervals",
      everyMs: PERIODS.funding,
      request: "/fapi/v1/fundingInfo",
      rows: [],
      body: FUNDINGS,
      lost: NO_TERMS,
    },
    {
      name: "ticker24hr",
      kind: "secondary",
      request: "/fapi/v1/ticker/24hr",
      rows: [],
      body: [
        {
          symbol: "BTCUSDT",
          quoteVolume: "12345678901.25",
          volume: "192890.1",
          lastPrice: "64001",
        },
        { symbol: "1000PEPEUSDT", quoteVolume: "37343788.5", volume: "4667973562" },
        { symbol: "OLDUSDT", quoteVolume: "0.00" },
      ],
      lost: { volume24hUsd: null },
    },
  ],
  perInstrument: {
    kind: "rotation",
    name: "openInterest",
    everyMs: PERIODS.openInterest,
    one: [],
    requests: ["BTCUSDT", "1000PEPEUSDT", "TSLAUSDT", "BTCUSDC", "龙USDT"].map(openInterestOf),
    bodies: {
      [openInterestOf("BTCUSDT")]: { openInterest: "91234.500", symbol: "BTCUSDT", time: AT },
      [openInterestOf("1000PEPEUSDT")]: { openInterest: "5000000000", symbol: "1000PEPEUSDT" },
      [openInterestOf("TSLAUSDT")]: { openInterest: "120.50", symbol: "TSLAUSDT", time: AT },
      [openInterestOf("BTCUSDC")]: new RequestFailure("http", "down"),
      [openInterestOf("龙USDT")]: { openInterest: "8", symbol: "龙USDT", time: AT },
    },
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
      rateCap: 0.003,
      rateFloor: -0.003,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 91234.5 * 64000.5,
      volume24hUsd: 12345678901.25,
      exchangeTimeMs: STAMP,
    },
    {
      // Half of the interest at 4 h.
      exchangeSymbol: "1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00021,
      fundingIntervalHours: 4,
      rateCap: 0.02,
      baselineRate: 0.00005,
      markPrice: 0.008,
      openInterestUsd: 40_000_000,
      volume24hUsd: 37343788.5,
    },
    {
      // Symbols missing from fundingInfo settle every 8 h as documented.
      exchangeSymbol: "TSLAUSDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      baselineRate: 0,
      rateCap: null,
      rateFloor: null,
      openInterestUsd: 48_200,
      volume24hUsd: null,
    },
    {
      exchangeSymbol: "BTCUSDC",
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 1,
      openInterestUsd: null,
    },
    { exchangeSymbol: "龙USDT", base: "龙", assetClass: "index", openInterestUsd: 20 },
  ],
  explained: {
    formula: "{premiumIndex.lastFundingRate}",
    rows: {
      premiumIndex: readPremium("BTCUSDT"),
      fundingInfo: BTC_FUNDING,
      exchangeInfo: readListing("BTCUSDT", "BTC"),
      ticker24hr: { symbol: "BTCUSDT", quoteVolume: "12345678901.25" },
      openInterest: { symbol: "BTCUSDT", openInterest: "91234.500" },
    },
    unknown: "STRANGERUSDT",
    isWhole: true,
  },
  kindKeys: { exchangeInfo: "contractType status baseAsset quoteAsset marginAsset underlyingType" },
  changes: [
    // It may be a pre-market listing.
    kindChange("underlyingType", "PRE_IPO", "unknown_kind"),
    kindChange("contractType", "EVENT", "unknown_kind"),
    kindChange("underlyingType", "", "bad_row"),
    [
      "a contract tagged as pre-IPO, whatever its type",
      { "exchangeInfo.underlyingType": "EQUITY", "exchangeInfo.underlyingSubType": ["Pre-IPO"] },
      "not shown",
    ],
    ...["NEXT_MONTH", "PERPETUAL_DELIVERING", "CURRENT_QUARTER DELIVERING"].map((type) =>
      kindChange("contractType", type, "not shown"),
    ),
    rateChange("an empty", "", "bad_rate"),
    rateChange("no", null, "bad_rate"),
    rateChange("a NaN for a", "NaN", "bad_rate"),
    rateChange("an implausible", "1.5", "implausible_rate"),
    nextChange("of 0 means no funding", 0, "not shown"),
    nextChange("in seconds", at(16) / 1000, "bad_next_time"),
    nextChange("in the past", at(8), { nextFundingAtMs: at(8), fundingIntervalHours: 8 }),
    nextChange("past by more than 48 h", at(13, 3), "not shown"),
    [
      "a cached interval that the next time contradicts",
      hourlyUntil(at(16)),
      { ...NO_TERMS, nextFundingAtMs: at(16) },
    ],
    [
      "milliseconds of jitter, which are not another grid",
      hourlyUntil(at(14) + 7),
      { fundingIntervalHours: 1, intervalSource: "published" },
    ],
    [
      "a shortening that the list does not have yet",
      { "premiumIndex.lastFundingRate": "0.02", "premiumIndex.nextFundingTime": at(14) },
      { fundingIntervalHours: null, baselineRate: null, nextFundingAtMs: at(14) },
    ],
  ],
  failures: [
    ["an error", { code: -1003, msg: "Way too many requests" }, "bad_envelope"],
    ["an empty list", [], "bad_envelope"],
    ["a list without rows", [{ s: 1 }], "bad_envelope"],
    ["a text", "x", "bad_envelope"],
    ["null", null, "bad_envelope"],
    ["no symbols", { symbols: [] }, "bad_envelope", "exchangeInfo"],
  ],
  classified: [
    [403, "", "banned"],
    [500, "", null],
  ],
  exemptions: [
    hugeAmount("premiumIndex.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("premiumIndex.indexPrice", "indexPrice"),
    negativeRate("premiumIndex.lastFundingRate"),
    negativeRate("premiumIndex.interestRate", "baselineRate"),
    anyName("exchangeInfo.baseAsset", "base", "multiplier"),
    {
      ...anyName("fundingInfo.symbol", "fundingIntervalHours", "intervalSource", "baselineRate"),
      why: "fundingInfo lists symbols that are not traded any more; one absent has the default",
    },
    hugeAmount("ticker24hr.quoteVolume", "volume24hUsd"),
    hugeAmount("openInterest.openInterest", "openInterestUsd"),
  ],
  recorded: [
    {
      title: "premiumIndex, joined to a list made for it",
      files: { premiumIndex: "premiumIndex.json" },
      made: { ...NONE, exchangeInfo: { symbols: [LISTINGS[0]] } },
      atMs: 1597370496000,
      yields: {
        rejects: [],
        quotes: [
          {
            fundingRate: 0.00038246,
            nextFundingAtMs: 1597392000000,
            markPrice: 11793.63104562,
            indexPrice: 11781.8049597,
            exchangeTimeMs: 1597370495002,
            fundingIntervalHours: null,
          },
        ],
      },
    },
    {
      title:
        "exchangeInfo, with rates made for all its symbols: the dated and the pending one are not shown",
      files: { exchangeInfo: "exchangeInfo.json" },
      made: { ...NONE, premiumIndex: RECORDED_SYMBOLS.map((symbol) => premium(symbol)) },
      yields: {
        expected: 3,
        unlisted: 0,
        quotes: [
          { base: "BTC", multiplier: 1, assetClass: "crypto", listedAtMs: 1569398400000 },
          { base: "SHIB", multiplier: 1000, assetClass: "crypto", listedAtMs: 1620630000000 },
          { base: "BTCDOM", multiplier: 1, assetClass: "index", listedAtMs: 1623913200000 },
        ],
      },
    },
    {
      title: "fundingInfo, with list and rates made for its symbols",
      files: { fundingInfo: "fundingInfo.json" },
      made: {
        ticker24hr: NOT_RECORDED,
        exchangeInfo: {
          symbols: FUNDING_SYMBOLS.map((symbol) => listing(symbol, symbol.slice(0, -4))),
        },
        premiumIndex: FUNDING_SYMBOLS.map((symbol) => premium(symbol)),
      },
      yields: {
        quotes: [
          { fundingIntervalHours: 4, rateCap: 0.03 },
          { fundingIntervalHours: 8, rateCap: 0.03 },
          { fundingIntervalHours: 4, rateCap: 0.02 },
          { fundingIntervalHours: 4, rateCap: 0.03 },
          { fundingIntervalHours: 8, rateCap: null },
        ],
      },
    },
    {
      title: "24 h volume and open interest of BTCUSDT, joined to a rate made for them",
      files: { ticker24hr: "ticker-24hr.json", [openInterestOf("BTCUSDT")]: "openInterest.json" },
      yields: {
        quotes: [
          { volume24hUsd: 15.3, openInterestUsd: expect.closeTo(10659.509 * 64000.5, 3) },
          {},
          {},
          {},
          {},
        ],
      },
    },
  ],
};
testExchange(description);

const hoursOf = (quotes: readonly { readonly fundingIntervalHours: number | null }[]) =>
  quotes.map((quote) => quote.fundingIntervalHours);

test("what binance omits is among what it lists", () => {
  expect(SKIPPED).toHaveLength(7);
});

test("a binance reject names the unknown kind, or the missing one", async () => {
  const detailOf = async (extra: Row) => {
    const symbols = [LISTINGS[0], listing("ODDUSDT", "ODD", extra)];
    const premiumIndex = [premium("BTCUSDT"), premium("ODDUSDT")];
    const batch = await refreshOf(description, { exchangeInfo: { symbols }, premiumIndex });
    return batch.rejects.map(({ reason, detail }) => [reason, detail]);
  };
  expect(await detailOf({ underlyingType: "PRE_IPO" })).toEqual([
    ["unknown_kind", "underlyingType PRE_IPO"],
  ]);
  expect(await detailOf({ contractType: "EVENT" })).toEqual([
    ["unknown_kind", "contractType EVENT"],
  ]);
  expect(await detailOf({ underlyingType: "" })).toEqual([
    ["bad_row", "underlyingType is missing"],
  ]);
});

test("an open interest on binance that is another symbol's, or has no symbol, is unknown", async () => {
  for (const symbol of ["ETHUSDT", undefined, 7]) {
    const foreign = { openInterest: "91234.500", symbol, time: AT };
    const { quotes } = await refreshOf(description, { [openInterestOf("BTCUSDT")]: foreign });
    expect(quotes[0]).toMatchObject({ exchangeSymbol: "BTCUSDT", openInterestUsd: null });
    expect(quotes[1]?.openInterestUsd).toBe(40_000_000);
  }
});

test("a listed binance contract without a rate row is missing; the list still counts it", async () => {
  const batch = await refreshOf(description, { premiumIndex: [PREMIUMS[0]] });
  expect([batch.quotes.length, batch.rejects.length, batch.expected]).toEqual([1, 0, 5]);
});

test.each([
  [at(16), 8, "documented_default"],
  // Milliseconds of jitter do not change the grid.
  [at(16) + 3, 8, "documented_default"],
  [at(16) - 480, 8, "documented_default"],
  [at(20), null, null],
  [at(14), null, null],
  [null, null, null],
])(
  "absence from binance's fundingInfo with a next time of %p means an interval of %p",
  async (nextFundingTime, fundingIntervalHours, intervalSource) => {
    const premiumIndex = [premium("TSLAUSDT", { nextFundingTime })];
    const { quotes } = await refreshOf(description, { premiumIndex });
    expect(quotes).toMatchObject([{ fundingIntervalHours, intervalSource }]);
  },
);

test("absence from a fundingInfo that is too short for binance's listings is inconclusive", async () => {
  const shown = async (rows: number) =>
    hoursOf((await refreshOf(description, { fundingInfo: FUNDINGS.slice(0, rows) })).quotes);
  expect((await shown(4)).slice(0, 3)).toEqual([8, 4, 8]);
  expect((await shown(3)).slice(0, 3)).toEqual([8, 4, null]);
});

test("without binance's interval source no interval is known, not even the documented default", async () => {
  const { quotes } = await refreshOf(description, { fundingInfo: NOT_RECORDED });
  expect(quotes).toHaveLength(5);
  for (const quote of quotes) {
    expect(quote).toMatchObject({ ...UNKNOWN_INTERVAL, rateCap: null, baselineRate: null });
  }
});

test("an unreadable row of binance's fundingInfo may be of any contract: none gets the default", async () => {
  const { quotes } = await refreshOf(description, { fundingInfo: [BTC_FUNDING, { symbol: 7 }] });
  expect(hoursOf(quotes)).toEqual([8, null, null, null, null]);
});

test("a repeated binance row is one quote; a row without a symbol is a reject", async () => {
  const { quotes, rejects } = await refreshOf(description, {
    premiumIndex: [premium("BTCUSDT"), premium("BTCUSDT"), premium("BTCUSDT", { symbol: 5 })],
  });
  expect(quotes).toHaveLength(1);
  expect(rejects.map((reject) => reject.reason)).toEqual(["bad_row"]);
});

test("a binance open interest not requested yet is unknown, and explained as such", async () => {
  const bodies = bodiesOf(description);
  const empty = { nowMs: AT, rotationsEmpty: true };
  const { quotes } = await binance.refresh(memorySource(bodies, empty));
  expect(quotes).toHaveLength(5);
  expect(quotes[0]).toMatchObject({ openInterestUsd: null, markPrice: 64000.5 });
  const withoutIntervals = { ...bodies, "/fapi/v1/fundingInfo": NOT_RECORDED };
  const { explain } = await binance.refresh(memorySource(withoutIntervals, empty));
  // Neither in fundingInfo nor in the tickers.
  expect(explain("TSLAUSDT")?.origin.rows).toMatchObject({
    premiumIndex: { symbol: "TSLAUSDT" },
    fundingInfo: null,
    ticker24hr: null,
    openInterest: null,
  });
});
