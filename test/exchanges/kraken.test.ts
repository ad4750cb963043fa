import { describe, expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { kraken } from "../../src/exchanges/kraken.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at } from "../support/simulator.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const SERVER_TIME = "2026-10-05T13:29:59.500Z";
const NEXT_HOUR = Date.UTC(2026, 9, 5, 14);

/** What is read from the rows. */
const readTicker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  tag: "perpetual",
  pair: "XBT:USD",
  markPrice: 80040,
  indexPrice: 80000,
  fundingRate: 1.6,
  fundingRatePrediction: -0.8,
  openInterest: 2000.5,
  volumeQuote: 640000000.5,
  suspended: false,
  postOnly: false,
  ...extra,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  ...readTicker(symbol, extra),
  vol24h: 8000,
});

const readInstrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  type: "flexible_futures",
  tradeable: true,
  postOnly: false,
  base: "BTC",
  quote: "USD",
  openingDate: "2022-03-22T13:18:45Z",
  category: "Layer 1",
  tradfi: false,
  maxRelativeFundingRate: 0.005,
  ...extra,
});
const instrument = (symbol: string, extra: Row = {}): Row => ({
  pair: "BTC:USD",
  fundingRateCoefficient: 8,
  ...readInstrument(symbol, extra),
});

const BTC = ticker("PF_XBTUSD");
const PEPE = ticker("PF_PEPEUSD", {
  pair: "PEPE:USD",
  markPrice: 0.0000081,
  indexPrice: 0.000008,
  fundingRate: -4e-8,
  fundingRatePrediction: 3.2e-8,
  openInterest: 1e12,
  volumeQuote: 73.5,
});
const APPLE = ticker("PF_AAPLxUSD", {
  pair: "AAPLx:USD",
  markPrice: 250,
  indexPrice: 250,
  fundingRate: 0,
  fundingRatePrediction: 0.0025,
});
const INVERSE = ticker("PI_XBTUSD", { fundingRate: -4e-9 });

const tickersOf = (...tickers: readonly unknown[]): Row => ({
  result: "success",
  serverTime: SERVER_TIME,
  tickers,
});
const instrumentsOf = (...instruments: readonly Row[]): Row => ({ result: "success", instruments });

const FRACTION = "{tickers.fundingRate} / {tickers.indexPrice}";
const tickerChange = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [`tickers.${key}`]: value },
  outcome,
];
const listChange = (title: string, key: string, value: unknown): Change => [
  title,
  { [`instruments.${key}`]: value },
  "not shown",
];

type Bound = number | null;
/** An index of 100: an amount is its fraction times 100. */
const boundsChange = (
  max: unknown,
  min: unknown,
  amount: number,
  ...[rate, rateCap, rateFloor]: readonly [number, Bound, Bound]
): Change => [
  `a maximum of ${String(max)} and a minimum of ${String(min)} hold ${amount} of 100 to ${rate}`,
  {
    "tickers.markPrice": 100,
    "tickers.indexPrice": 100,
    "tickers.fundingRate": amount,
    "tickers.fundingRatePrediction": amount,
    "instruments.maxRelativeFundingRate": max,
    "instruments.minRelativeFundingRate": min,
  },
  {
    fundingRate: expect.closeTo(rate, 12),
    predictedRate: expect.closeTo(rate, 12),
    rateCap,
    rateFloor,
  },
];
const classChange = (category: unknown, tradfi: unknown, assetClass: AssetClass | null): Change => [
  `category ${String(category)}, tradfi ${String(tradfi)}: ${assetClass}`,
  { "instruments.category": category, "instruments.tradfi": tradfi },
  { assetClass },
];

const description: ExchangeDescription = {
  exchange: kraken,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "essential",
      request: "/derivatives/api/v3/tickers",
      rows: ["tickers"],
      body: tickersOf(
        BTC,
        PEPE,
        APPLE,
        INVERSE,
        ticker("FF_XBTUSD_261225", { tag: "quarter", fundingRate: undefined }),
        { symbol: "in_xbtusd", last: 80000, lastTime: "2026-10-05T13:29:59Z" },
        ticker("PF_OLDUSD", { suspended: true }),
      ),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/derivatives/api/v3/instruments",
      rows: ["instruments"],
      body: instrumentsOf(
        instrument("PF_XBTUSD"),
        instrument("PF_PEPEUSD", {
          base: "PEPE",
          category: "Meme",
          maxRelativeFundingRate: 0.0025,
        }),
        instrument("PF_AAPLxUSD", {
          base: "AAPLx",
          pair: "AAPLx:USD",
          category: "xStocks",
          openingDate: "2025-07-01T00:00:00Z",
        }),
        instrument("PI_XBTUSD", { type: "futures_inverse" }),
        instrument("PF_OLDUSD", { base: "OLD" }),
        instrument("FF_XBTUSD_261225", { lastTradingTime: "2026-12-25T15:00:00.000Z" }),
      ),
    },
  ],
  // The suspended one is on the list.
  expected: 4,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: "PF_XBTUSD",
      base: "BTC",
      quote: "USD",
      settle: "USD",
      assetClass: "crypto",
      listedAtMs: Date.UTC(2022, 2, 22, 13, 18, 45),
      // 1.6 USD per coin and hour over an index of 80,000.
      fundingRate: 0.00002,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT_HOUR,
      predictedRate: -0.00001,
      rateCap: 0.005,
      rateFloor: -0.005,
      markPrice: 80040,
      indexPrice: 80000,
      openInterestDigit: 5,
      openInterestUsd: 2000.5 * 80040,
      volume24hUsd: 640000000.5,
      exchangeTimeMs: Date.UTC(2026, 9, 5, 13, 29, 59, 500),
    },
    {
      // -4e-8 / 8e-6 is -0.5 %, 3.2e-8 / 8e-6 is 0.4 %; the cap is 0.25 %.
      exchangeSymbol: "PF_PEPEUSD",
      base: "PEPE",
      multiplier: 1,
      fundingRate: -0.0025,
      predictedRate: 0.0025,
      openInterestUsd: expect.closeTo(8100000, 3),
    },
    {
      // A tokenised stock has its underlying's ticker and class.
      exchangeSymbol: "PF_AAPLxUSD",
      base: "AAPL",
      assetClass: "stock",
      fundingRate: 0,
      predictedRate: expect.closeTo(0.00001, 12),
    },
  ],
  explained: {
    formula: `min({instruments.maxRelativeFundingRate}, max(-{instruments.maxRelativeFundingRate}, ${FRACTION}))`,
    rows: { tickers: readTicker("PF_XBTUSD"), instruments: readInstrument("PF_XBTUSD") },
    unknown: "PF_NONEUSD",
    isWhole: true,
  },
  kindKeys: { instruments: "type tradeable", tickers: "tag suspended" },
  changes: [
    [
      "the amount is divided by the index, never by the mark",
      {
        "tickers.fundingRate": -0.000332663,
        "tickers.markPrice": 0.12664,
        "tickers.indexPrice": 0.136173,
      },
      { fundingRate: expect.closeTo(-0.0024429, 7) },
    ],
    [
      "without a base the left side of the pair",
      { "instruments.base": undefined },
      { base: "BTC" },
    ],
    listChange("a contract listed without matching yet", "postOnly", true),
    listChange("a contract that is not tradeable", "tradeable", false),
    listChange("a last trading time", "lastTradingTime", "2026-12-25T15:00:00.000Z"),
    listChange("a contract of another type", "type", "futures_vanilla"),
    listChange("a contract in another currency", "quote", "EUR"),
    listChange("a company that is not listed yet", "category", "Pre-IPO"),
    [
      "one in another spelling",
      { "instruments.category": "PRE-IPO", "instruments.tradfi": true },
      "not shown",
    ],
    tickerChange("a suspended contract by the tickers", "suspended", true, "not shown"),
    tickerChange("without matching by the tickers", "postOnly", true, "not shown"),
    ...["PI_AUSD", "FI_AUSD_261225", "FF_AUSD_261225", "in_ausd", "rr_ausd"].map(
      (symbol): Change => [
        `${symbol} by its prefix`,
        { "tickers.symbol": symbol, "instruments.symbol": symbol },
        "not shown",
      ],
    ),
    tickerChange("a missing rate", "fundingRate", undefined, "bad_rate"),
    tickerChange("an empty rate", "fundingRate", "", "bad_rate"),
    tickerChange("a missing index price", "indexPrice", null, "bad_price"),
    tickerChange("an index price of zero", "indexPrice", 0, "bad_price"),
    tickerChange("an index price in another unit than the mark", "indexPrice", 80, "bad_price"),
    tickerChange("an amount above the whole notional", "fundingRate", 90000, "implausible_rate"),
    tickerChange("an unreadable suspended", "suspended", "no", "bad_row"),
    tickerChange("a missing tag", "tag", undefined, "bad_row"),
    tickerChange("a dated tag under a perpetual's name", "tag", "quarter", "unknown_kind"),
    tickerChange("an unreadable postOnly", "postOnly", 1, "bad_row"),
    // Kraken's own bounds of October 2026: usual, currencies, one stablecoin.
    boundsChange(0.005, undefined, 0.4, 0.004, 0.005, -0.005),
    boundsChange(0.005, undefined, 0.6, 0.005, 0.005, -0.005),
    boundsChange(0.005, null, -0.6, -0.005, 0.005, -0.005),
    boundsChange(0.001, undefined, 0.6, 0.001, 0.001, -0.001),
    boundsChange(0.02, undefined, 1.5, 0.015, 0.02, -0.02),
    // Its own floor, above or below 0.
    boundsChange(7e-6, 6.25e-6, 0, 6.25e-6, 7e-6, 6.25e-6),
    boundsChange(7e-6, "0.00000625", 0.00069, 6.9e-6, 7e-6, 6.25e-6),
    boundsChange(0.005, -0.001, -0.4, -0.001, 0.005, -0.001),
    boundsChange(0.005, 0.005, -0.4, 0.005, 0.005, 0.005),
    // A floor that is unreadable, or above the cap, does not apply.
    boundsChange(0.005, "low", -0.6, -0.006, 0.005, null),
    boundsChange(0.005, -2, -0.6, -0.006, 0.005, null),
    boundsChange(0.005, 0.006, 0.4, 0.004, null, null),
    // Without a cap the rate is used as published, whatever its size.
    boundsChange(null, undefined, 0.4, 0.004, null, null),
    boundsChange(undefined, undefined, -0.9, -0.009, null, null),
    boundsChange(null, -0.001, -0.4, -0.001, null, -0.001),
    classChange("DeFi", false, "crypto"),
    classChange("Layer 1", false, "crypto"),
    classChange("Meme", undefined, "crypto"),
    classChange("xStocks", false, "stock"),
    classChange("Forex", true, "forex"),
    // Tokens or goods, with the same words.
    ...["Commodities", "RWA", "DTF", "Something", undefined].map((category) =>
      classChange(category, false, null),
    ),
    // No term for a coin makes a coin of what the exchange calls traditional.
    classChange("DeFi", true, null),
  ],
  failures: [
    ["a named error", { result: "error", error: "marketUnavailable" }, "bad_envelope"],
    ["the rate limit", { result: "error", error: "apiLimitExceeded" }, "rate_limited"],
    ["a list of errors", { errors: [{ code: 1, message: "no" }] }, "bad_envelope"],
    ["an empty list", tickersOf(), "bad_envelope", "tickers"],
    ["an empty list", instrumentsOf(), "bad_envelope", "instruments"],
    ["no list", { result: "success" }, "bad_envelope"],
    ["no result", { tickers: [BTC] }, "bad_envelope"],
  ],
  classified: [
    [400, '{"result":"error","error":"apiLimitExceeded"}', "rate_limited"],
    [400, '{"error":"nonceBelowThreshold"}', null],
  ],
  exemptions: [
    negativeRate("tickers.fundingRate"),
    negativeRate("tickers.fundingRatePrediction", "predictedRate"),
    hugeAmount("tickers.openInterest", "openInterestUsd"),
    hugeAmount("tickers.volumeQuote", "volume24hUsd"),
    {
      at: "instruments.maxRelativeFundingRate",
      mutations: ["missing", "null", "NaN", "huge", "negative", "empty", "object"],
      fields: ["fundingRate", "predictedRate"],
      why: "without its cap a rate is as published",
    },
    anyName("instruments.base", "base"),
  ],
  recorded: [
    {
      title: "the tickers, joined to an instrument made for the one linear perpetual",
      files: { tickers: "tickers.json" },
      made: { instruments: instrumentsOf(instrument("PF_ENJUSD", { base: "ENJ" })) },
      atMs: Date.UTC(2025, 10, 17, 0, 34, 38),
      yields: {
        rejects: [],
        unlisted: 0,
        quotes: [
          {
            base: "ENJ",
            nextFundingAtMs: Date.UTC(2025, 10, 17, 1),
            volume24hUsd: 73.5216,
            fundingRate: expect.closeTo(-7.56414717067e-7 / 0.043391, 12),
            openInterestUsd: expect.closeTo(72513 * 0.0434, 6),
          },
        ],
      },
    },
    {
      title: "the instruments, joined to tickers made for them: the inverse one is skipped",
      files: { instruments: "instruments.json" },
      made: { tickers: tickersOf(INVERSE, ticker("PF_ETHUSD"), PEPE, APPLE) },
      yields: {
        expected: 3,
        rejects: [],
        quotes: [
          { base: "ETH", rateCap: 0.0025 },
          { base: "PEPE", rateCap: 0.0025, listedAtMs: Date.UTC(2023, 4, 25, 10, 52, 25) },
          { base: "AAPL", rateCap: 0.0025 },
        ],
      },
    },
    {
      title: "the single ticker is not a list",
      files: { tickers: "tickers-symbol.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

const refreshRows = (tickers: readonly Row[], ...instruments: readonly Row[]) =>
  refreshOf(description, {
    tickers: tickersOf(...tickers),
    instruments: instrumentsOf(...instruments),
  });

describe("kraken names", () => {
  test("a share and a coin whose symbols differ only in case are two", async () => {
    const coin = instrument("PF_GMXUSD", { base: "GMX", pair: "GMX:USD" });
    const share = instrument("PF_GMxUSD", { base: "GMx", pair: "GMx:USD" });
    const tickers = [
      ticker("PF_GMXUSD", { pair: "GMX:USD" }),
      ticker("PF_GMxUSD", { pair: "GMx:USD" }),
    ];
    for (const list of [
      [coin, share],
      [share, coin],
    ]) {
      const { quotes, expected } = await refreshRows(tickers, ...list);
      expect(quotes.map(({ exchangeSymbol, base }) => [exchangeSymbol, base])).toEqual([
        ["PF_GMXUSD", "GMX"],
        ["PF_GMxUSD", "GM"],
      ]);
      expect(expected).toBe(2);
    }
  });

  test("symbols match in any case, and are kept verbatim", async () => {
    const { quotes } = await refreshRows([ticker("pf_xbtusd")], instrument("PF_XBTUSD"));
    expect(quotes).toMatchObject([{ exchangeSymbol: "pf_xbtusd", base: "BTC" }]);
  });
});

describe("kraken explains", () => {
  test("another rate by its own rows", async () => {
    const { explain } = await refreshOf(description);
    expect(explain("PF_PEPEUSD")?.origin.rows).toMatchObject({
      tickers: { fundingRate: -4e-8 },
      instruments: { base: "PEPE" },
    });
  });

  test("a rate without a cap that the contract does not have", async () => {
    const { explain } = await refreshRows(
      [BTC],
      instrument("pf_xbtusd", { maxRelativeFundingRate: null }),
    );
    expect(explain("PF_XBTUSD")).toMatchObject({
      quote: { fundingRate: 0.00002, rateCap: null },
      origin: { formula: FRACTION },
    });
  });

  test.each([
    [
      { minRelativeFundingRate: 0.001 },
      "min({instruments.maxRelativeFundingRate}, max({instruments.minRelativeFundingRate}, A))",
    ],
    [{ minRelativeFundingRate: "low" }, "min({instruments.maxRelativeFundingRate}, A)"],
    [{ maxRelativeFundingRate: null }, "A"],
    [
      { maxRelativeFundingRate: null, minRelativeFundingRate: 0.001 },
      "max({instruments.minRelativeFundingRate}, A)",
    ],
  ])("a rate with %p as %s", async (terms, formula) => {
    const { explain } = await refreshRows([BTC], instrument("PF_XBTUSD", terms));
    expect(explain("PF_XBTUSD")?.origin.formula).toBe(formula.replace("A", FRACTION));
  });
});

describe("kraken counts", () => {
  test("a rate that is not in the instrument list", async () => {
    const { quotes, expected, unlisted, rejects } = await refreshRows(
      [
        BTC,
        ticker("PF_NEWUSD"),
        ticker("PI_NEWUSD"),
        ticker("PF_BAREUSD", { fundingRate: undefined }),
      ],
      instrument("PF_XBTUSD"),
    );
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["PF_XBTUSD"]);
    expect({ expected, unlisted, rejects }).toEqual({ expected: 1, unlisted: 1, rejects: [] });
  });

  test("a contract listed twice with different amounts; equal duplicates are merged", async () => {
    const twins = (second: Row) =>
      refreshRows([BTC, second, ticker("in_xbtusd")], instrument("PF_XBTUSD"));
    const { quotes, rejects, expected } = await twins(ticker("PF_XBTUSD", { fundingRate: 3.2 }));
    expect({ quotes, expected }).toEqual({ quotes: [], expected: 1 });
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    expect((await twins(BTC)).quotes).toHaveLength(1);
  });

  test("a listed contract without a ticker as expected", async () => {
    const list = [instrument("PF_XBTUSD"), instrument("PF_PEPEUSD", { base: "PEPE" })];
    expect(await refreshRows([BTC], ...list)).toMatchObject({
      expected: 2,
      rejects: [],
      quotes: [{ base: "BTC" }],
    });
  });

  test.each([
    ["an absent postOnly", { postOnly: undefined }, { postOnly: undefined }],
    ["no name of the asset", { pair: undefined }, { base: undefined }],
  ])("%s as a broken row of a listed contract", async (_case, tickerExtra, instrumentExtra) => {
    const { quotes, rejects, expected } = await refreshRows(
      [PEPE, ticker("PF_AUSD", tickerExtra)],
      instrument("PF_PEPEUSD", { base: "PEPE" }),
      instrument("PF_AUSD", { base: "A", ...instrumentExtra }),
    );
    expect(quotes.map((quote) => quote.base)).toEqual(["PEPE"]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "PF_AUSD", reason: "bad_row" }]);
    expect(expected).toBe(2);
  });
});

describe("kraken times", () => {
  const quoteWith = async (serverTime: unknown, atMs = AT) =>
    (await refreshOf(description, { tickers: { ...tickersOf(BTC), serverTime } }, atMs)).quotes[0];

  test("the next settlement is the full hour after the server's time", async () => {
    const justBefore = await quoteWith("2026-10-05T13:59:59.900Z", NEXT_HOUR + 200);
    expect(justBefore?.nextFundingAtMs).toBe(NEXT_HOUR);
    const atTheHour = await quoteWith("2026-10-05T14:00:00Z", NEXT_HOUR + 200);
    expect(atTheHour?.nextFundingAtMs).toBe(NEXT_HOUR + 3_600_000);
  });

  test.each([[undefined], [null], ["yesterday"], ["2026-10-05T13:29:59"], [5]])(
    "a server time of %p is unknown and the time of receipt counts",
    async (serverTime) => {
      expect(await quoteWith(serverTime)).toMatchObject({
        exchangeTimeMs: null,
        nextFundingAtMs: NEXT_HOUR,
      });
    },
  );

  test("a server time hours away is passed on, and does not move the settlement", async () => {
    expect(await quoteWith("2026-10-05T09:10:00Z")).toMatchObject({
      exchangeTimeMs: Date.UTC(2026, 9, 5, 9, 10),
      nextFundingAtMs: NEXT_HOUR,
    });
  });
});

describeRecorded("kraken, recorded", (read) => {
  test("the single ticker has no rate: a reject inside a list", async () => {
    const row = at(await read("kraken", "tickers-symbol.json"), "ticker");
    const { quotes, rejects } = await refreshOf(description, { tickers: tickersOf(row) });
    expect(quotes).toEqual([]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "PF_XBTUSD", reason: "bad_rate" }]);
  });
});
