import { describe, expect, test } from "bun:test";
import { binance } from "../../src/exchanges/binance.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const PREMIUM = "/fapi/v1/premiumIndex";
const INFO = "/fapi/v1/exchangeInfo";
const FUNDING = "/fapi/v1/fundingInfo";
const TICKER = "/fapi/v1/ticker/24hr";
const openInterestOf = (symbol: string): string =>
  `/fapi/v1/openInterest?symbol=${encodeURIComponent(symbol)}`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 400;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2023, 4, 1, 8);

type Row = Readonly<Record<string, unknown>>;

const premium = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.50000000",
  indexPrice: "64010.00000000",
  estimatedSettlePrice: "63990.10000000",
  lastFundingRate: "0.00008300",
  nextFundingTime: at(16),
  interestRate: "0.00010000",
  time: STAMP,
  ...extra,
});

const listing = (symbol: string, baseAsset: string, extra: Row = {}): Row => ({
  symbol,
  pair: symbol,
  contractType: "PERPETUAL",
  deliveryDate: 4133404800000,
  onboardDate: LISTED,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  underlyingType: "COIN",
  ...extra,
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

const FUNDINGS = [
  {
    symbol: "BTCUSDT",
    adjustedFundingRateCap: "0.00300000",
    adjustedFundingRateFloor: "-0.00300000",
    fundingIntervalHours: 8,
  },
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
  // The list keeps symbols that are not traded any more.
  { symbol: "OLDUSDT", fundingIntervalHours: 4 },
  { symbol: "DEADUSDT", fundingIntervalHours: 8 },
];

const BODIES: Bodies = {
  [PREMIUM]: PREMIUMS,
  [INFO]: { timezone: "UTC", symbols: LISTINGS },
  [FUNDING]: FUNDINGS,
  [TICKER]: [
    { symbol: "BTCUSDT", quoteVolume: "12345678901.25", volume: "192890.1", lastPrice: "64001" },
    { symbol: "1000PEPEUSDT", quoteVolume: "37343788.5", volume: "4667973562" },
    { symbol: "OLDUSDT", quoteVolume: "0.00" },
  ],
  [openInterestOf("BTCUSDT")]: { openInterest: "91234.500", symbol: "BTCUSDT", time: AT },
  [openInterestOf("1000PEPEUSDT")]: { openInterest: "5000000000", symbol: "1000PEPEUSDT" },
  [openInterestOf("TSLAUSDT")]: { openInterest: "120.50", symbol: "TSLAUSDT", time: AT },
  [openInterestOf("BTCUSDC")]: new RequestFailure("http", "down"),
  [openInterestOf("龙USDT")]: { openInterest: "8", symbol: "龙USDT", time: AT },
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  binance.refresh(memorySource(bodies, { nowMs: AT, ...options }));

/** The quote of one premiumIndex row of BTCUSDT, or of the rows given. */
async function btcOf(row: Row, bodies: Bodies = {}) {
  const batch = await refresh({ ...BODIES, [PREMIUM]: [premium("BTCUSDT", row)], ...bodies });
  return { batch, quote: batch.quotes[0] };
}

describe("binance", () => {
  test("rates and volumes every cycle, lists and intervals on their own periods, open interest in turn", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await binance.refresh(source);
    expect(source.asks).toEqual([
      { kind: "instruments", name: "exchangeInfo", everyMs: 30 * 60_000 },
      { kind: "essential", name: "premiumIndex", everyMs: null },
      { kind: "intervals", name: "fundingInfo", everyMs: 5 * 60_000 },
      { kind: "secondary", name: "ticker24hr", everyMs: null },
      { kind: "rotation", name: "openInterest", everyMs: 8 * 60_000 },
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      binance.facts.requestsPerRefresh,
    );
    expect(source.requests.slice(0, 4).toSorted()).toEqual(
      [INFO, FUNDING, PREMIUM, TICKER].toSorted(),
    );
    expect(source.requests.slice(4)).toEqual(
      ["BTCUSDT", "1000PEPEUSDT", "TSLAUSDT", "BTCUSDC", "龙USDT"].map(openInterestOf),
    );
    expect(source.mostAtOnce()).toBe(4);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.003,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 91234.5 * 64000.5,
      volume24hUsd: 12345678901.25,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x symbol at 4 h: base and multiplier apart, half the interest, money in dollars", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
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
    });
  });

  test("a symbol that fundingInfo does not list settles every 8 h by documentation; a rate of 0 is a rate", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({
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
    });
  });

  test("settle and class come from the list; an open interest that failed is unknown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[3]).toMatchObject({
      exchangeSymbol: "BTCUSDC",
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 1,
      openInterestUsd: null,
    });
    expect(quotes[4]).toMatchObject({ exchangeSymbol: "龙USDT", base: "龙", assetClass: "index" });
    expect(quotes[4]?.openInterestUsd).toBe(20);
  });

  test("dead, dated, coin-margined, coin-quoted and pre-market contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    const shown = new Set(quotes.map((quote) => quote.exchangeSymbol));
    expect(SKIPPED.filter((symbol) => shown.has(symbol))).toEqual([]);
    expect(SKIPPED).toHaveLength(7);
    expect(shown.has("GONEUSDT")).toBe(false);
  });

  test("an unknown kind is not shown and reported apart: it may be a pre-market listing; a missing one is a broken row", async () => {
    const rejectOf = async (extra: Row) => {
      const { quotes, rejects, expected } = await refresh({
        ...BODIES,
        [INFO]: { symbols: [LISTINGS[0], listing("ODDUSDT", "ODD", extra)] },
        [PREMIUM]: [premium("BTCUSDT"), premium("ODDUSDT")],
      });
      expect([quotes.map((quote) => quote.exchangeSymbol), expected]).toEqual([["BTCUSDT"], 1]);
      return rejects.map(({ reason, detail }) => [reason, detail]);
    };
    expect(await rejectOf({ underlyingType: "PRE_IPO" })).toEqual([
      ["unknown_kind", "underlyingType PRE_IPO"],
    ]);
    expect(await rejectOf({ contractType: "EVENT" })).toEqual([
      ["unknown_kind", "contractType EVENT"],
    ]);
    expect(await rejectOf({ underlyingType: "" })).toEqual([
      ["bad_row", "underlyingType is missing"],
    ]);
    // What the exchange tags as pre-IPO is skipped, whatever its type.
    expect(await rejectOf({ underlyingType: "EQUITY", underlyingSubType: ["Pre-IPO"] })).toEqual(
      [],
    );
    for (const contractType of ["NEXT_MONTH", "PERPETUAL_DELIVERING", "CURRENT_QUARTER DELIVERING"])
      expect(await rejectOf({ contractType })).toEqual([]);
  });

  test("an open interest that is another symbol's, or nobody's, is unknown", async () => {
    for (const symbol of ["ETHUSDT", undefined, 7]) {
      const foreign = { openInterest: "91234.500", symbol, time: AT };
      const { quotes } = await refresh({ ...BODIES, [openInterestOf("BTCUSDT")]: foreign });
      expect(quotes[0]).toMatchObject({ exchangeSymbol: "BTCUSDT", openInterestUsd: null });
      expect(quotes[1]?.openInterestUsd).toBe(40_000_000);
    }
  });

  test("a listed contract without a rate row is missing; the list still counts it", async () => {
    const { quotes, rejects, expected } = await refresh({ ...BODIES, [PREMIUM]: [PREMIUMS[0]] });
    expect([quotes.length, rejects.length, expected]).toEqual([1, 0, 5]);
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["NaN", "bad_rate"],
    ["1.5", "implausible_rate"],
  ])("a rate of %p is refused as %s", async (lastFundingRate, reason) => {
    const { batch } = await btcOf({ lastFundingRate });
    expect(batch.quotes).toEqual([]);
    expect(batch.rejects).toMatchObject([{ exchangeSymbol: "BTCUSDT", reason }]);
  });

  test("a next time of 0 means no funding; one in another unit is refused; one in the past is kept", async () => {
    expect((await btcOf({ nextFundingTime: 0 })).batch).toMatchObject({ quotes: [], rejects: [] });
    expect((await btcOf({ nextFundingTime: at(16) / 1000 })).batch.rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    const { quote } = await btcOf({ nextFundingTime: at(8) });
    expect(quote).toMatchObject({ nextFundingAtMs: at(8), fundingIntervalHours: 8 });
  });

  test("a contract whose next time is past by more than 48 h is dead: not shown, not refused, yet expected", async () => {
    const { batch } = await btcOf({ nextFundingTime: at(13, 3) });
    expect(batch).toMatchObject({ quotes: [], rejects: [], expected: 5 });
  });

  test.each([
    [at(16), 8, "documented_default"],
    // Milliseconds of jitter are no other grid.
    [at(16) + 3, 8, "documented_default"],
    [at(16) - 480, 8, "documented_default"],
    [at(20), null, null],
    [at(14), null, null],
    [null, null, null],
  ])("absence from fundingInfo with a next time of %p means an interval of %p", async (...row) => {
    const [nextFundingTime, fundingIntervalHours, intervalSource] = row;
    const { quotes } = await refresh({
      ...BODIES,
      [PREMIUM]: [premium("TSLAUSDT", { nextFundingTime })],
    });
    expect(quotes).toMatchObject([{ fundingIntervalHours, intervalSource }]);
  });

  test("absence from a fundingInfo that is too short for the listings means nothing", async () => {
    const shown = async (rows: number) => {
      const list = FUNDINGS.slice(0, rows);
      const { quotes } = await refresh({ ...BODIES, [FUNDING]: list });
      return quotes.slice(0, 3).map((quote) => quote.fundingIntervalHours);
    };
    expect(await shown(4)).toEqual([8, 4, 8]);
    expect(await shown(3)).toEqual([8, 4, null]);
  });

  test("a cached interval that the next time contradicts is unknown, with its bounds; the time stays", async () => {
    const hourly = { ...FUNDINGS[0], fundingIntervalHours: 1 };
    const { quote } = await btcOf({ nextFundingTime: at(16) }, { [FUNDING]: [hourly] });
    expect(quote).toMatchObject({
      fundingIntervalHours: null,
      intervalSource: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: null,
      nextFundingAtMs: at(16),
    });
    // Milliseconds of jitter are no other grid.
    const agreeing = await btcOf({ nextFundingTime: at(14) + 7 }, { [FUNDING]: [hourly] });
    expect(agreeing.quote).toMatchObject({ fundingIntervalHours: 1, intervalSource: "published" });
  });

  test("a shortening that the list does not have yet is no interval: never the old one for the new rate", async () => {
    const { quote } = await btcOf({ lastFundingRate: "0.02", nextFundingTime: at(14) });
    expect(quote).toMatchObject({
      fundingIntervalHours: null,
      baselineRate: null,
      nextFundingAtMs: at(14),
    });
  });

  test("without the interval source no interval is known, not even the documented default", async () => {
    const { quotes } = await refresh({ ...BODIES, [FUNDING]: new RequestFailure("http", "down") });
    expect(quotes).toHaveLength(5);
    for (const quote of quotes) {
      expect(quote).toMatchObject({ fundingIntervalHours: null, intervalSource: null });
      expect([quote.rateCap, quote.baselineRate]).toEqual([null, null]);
    }
  });

  test("an unreadable row of fundingInfo may be anyone's: nobody gets the default", async () => {
    const { quotes } = await refresh({ ...BODIES, [FUNDING]: [FUNDINGS[0], { symbol: 7 }] });
    expect(quotes.map((quote) => quote.fundingIntervalHours)).toEqual([8, null, null, null, null]);
  });

  test("a row twice is one quote; a row without a symbol is a reject", async () => {
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [PREMIUM]: [premium("BTCUSDT"), premium("BTCUSDT"), premium("BTCUSDT", { symbol: 5 })],
    });
    expect(quotes).toHaveLength(1);
    expect(rejects.map((reject) => reject.reason)).toEqual(["bad_row"]);
  });

  test("volumes failing or open interest not asked yet leave their fields unknown", async () => {
    const { quotes } = await refresh(
      { ...BODIES, [TICKER]: new RequestFailure("http", "down") },
      { rotationsEmpty: true },
    );
    expect(quotes).toHaveLength(5);
    expect(quotes[0]).toMatchObject({ volume24hUsd: null, openInterestUsd: null });
    expect(quotes[0]?.markPrice).toBe(64000.5);
  });

  test("an error object, an empty list and a list without readable rows are bad envelopes", async () => {
    for (const body of [{ code: -1003, msg: "Way too many requests" }, [], [{ s: 1 }], "x", null]) {
      const failure = await refresh({ ...BODIES, [PREMIUM]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
    const noList = refresh({ ...BODIES, [INFO]: { symbols: [] } });
    await expect(noList).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("the web firewall's 403 is a ban; other statuses follow the general rule", () => {
    expect(binance.facts.classifyFailure?.(403, "")).toBe("banned");
    expect(binance.facts.classifyFailure?.(500, "")).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTCUSDT")?.origin).toEqual({
      rows: {
        premiumIndex: {
          symbol: "BTCUSDT",
          markPrice: "64000.50000000",
          indexPrice: "64010.00000000",
          lastFundingRate: "0.00008300",
          nextFundingTime: at(16),
          interestRate: "0.00010000",
          time: STAMP,
        },
        fundingInfo: {
          symbol: "BTCUSDT",
          fundingIntervalHours: 8,
          adjustedFundingRateCap: "0.00300000",
          adjustedFundingRateFloor: "-0.00300000",
        },
        exchangeInfo: {
          symbol: "BTCUSDT",
          contractType: "PERPETUAL",
          status: "TRADING",
          baseAsset: "BTC",
          quoteAsset: "USDT",
          marginAsset: "USDT",
          underlyingType: "COIN",
          onboardDate: LISTED,
        },
        ticker24hr: { symbol: "BTCUSDT", quoteVolume: "12345678901.25" },
        openInterest: { symbol: "BTCUSDT", openInterest: "91234.500" },
      },
      formula: "{premiumIndex.lastFundingRate}",
    });
    // Neither in fundingInfo nor in the tickers, and its open interest failed.
    const { explain: explainFew } = await refresh(
      { ...BODIES, [FUNDING]: new RequestFailure("http", "down") },
      { rotationsEmpty: true },
    );
    expect(explainFew("TSLAUSDT")?.origin.rows).toMatchObject({
      premiumIndex: { symbol: "TSLAUSDT" },
      fundingInfo: null,
      ticker24hr: null,
      openInterest: null,
    });
    const raw = await binance.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(binance.explain(raw, "STRANGERUSDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const NAME = "any text may be a ticker";
const exemptions: readonly Exemption[] = [
  {
    at: "premiumIndex.markPrice",
    mutations: ["huge"],
    fields: ["markPrice", "openInterestUsd"],
    why: LEGAL,
  },
  { at: "premiumIndex.indexPrice", mutations: ["huge"], fields: ["indexPrice"], why: LEGAL },
  {
    at: "premiumIndex.lastFundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "rates may be negative",
  },
  {
    at: "premiumIndex.interestRate",
    mutations: ["negative"],
    fields: ["baselineRate"],
    why: "interest may be negative",
  },
  {
    at: "exchangeInfo.baseAsset",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: NAME,
  },
  {
    at: "fundingInfo.symbol",
    mutations: ["NaN", "huge", "negative"],
    fields: ["fundingIntervalHours", "intervalSource", "baselineRate"],
    why: "fundingInfo lists symbols that are not traded any more; one absent has the default",
  },
  { at: "ticker24hr.quoteVolume", mutations: ["huge"], fields: ["volume24hUsd"], why: LEGAL },
  { at: "openInterest.openInterest", mutations: ["huge"], fields: ["openInterestUsd"], why: LEGAL },
];

test("binance: no single wrong value makes a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const symbols = (body: unknown): readonly unknown[] => list(Reflect.get(Object(body), "symbols"));
  // A list with a mutated symbol asks for the open interest of that symbol.
  const strangers = ["NaN", "1e300", "-1"].map((symbol) => [
    openInterestOf(symbol),
    new RequestFailure("http", "no such symbol"),
  ]);
  const breaches = await mutationBreaches({
    bodies: { ...BODIES, ...Object.fromEntries(strangers) },
    payloads: [
      { name: "premiumIndex", request: PREMIUM, rows: list },
      { name: "exchangeInfo", request: INFO, rows: symbols },
      { name: "fundingInfo", request: FUNDING, rows: list },
      { name: "ticker24hr", request: TICKER, rows: list },
      { name: "openInterest", request: openInterestOf("BTCUSDT"), rows: (body) => [body] },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("binance, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");
  const NONE: Bodies = { [FUNDING]: down, [TICKER]: down };

  test("premiumIndex, joined to a list made for it", async () => {
    const nowMs = 1597370496000;
    const { quotes, rejects } = await refresh(
      {
        ...NONE,
        [PREMIUM]: await read("binance", "premiumIndex.json"),
        [INFO]: { symbols: [LISTINGS[0]] },
      },
      { nowMs, rotationsEmpty: true },
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        fundingRate: 0.00038246,
        nextFundingAtMs: 1597392000000,
        markPrice: 11793.63104562,
        indexPrice: 11781.8049597,
        exchangeTimeMs: 1597370495002,
        fundingIntervalHours: null,
      },
    ]);
  });

  test("exchangeInfo, with rates made for all its symbols: the dated and the pending one are not shown", async () => {
    const symbols = ["BTCUSDT", "BTCSTUSDT", "1000SHIBUSDT", "BTCUSDT_210924", "BTCDOMUSDT"];
    const { quotes, expected, unlisted } = await refresh(
      {
        ...NONE,
        [INFO]: await read("binance", "exchangeInfo.json"),
        [PREMIUM]: symbols.map((symbol) => premium(symbol)),
      },
      { rotationsEmpty: true },
    );
    expect([expected, unlisted]).toEqual([3, 0]);
    expect(
      quotes.map(({ base, multiplier, assetClass, listedAtMs }) => [
        base,
        multiplier,
        assetClass,
        listedAtMs,
      ]),
    ).toEqual([
      ["BTC", 1, "crypto", 1569398400000],
      ["SHIB", 1000, "crypto", 1620630000000],
      ["BTCDOM", 1, "index", 1623913200000],
    ]);
  });

  test("fundingInfo, with list and rates made for its symbols", async () => {
    const symbols = ["BLZUSDT", "GTCUSDT", "LPTUSDT", "UNFIUSDT", "BTCUSDT"];
    const { quotes } = await refresh(
      {
        ...NONE,
        [FUNDING]: await read("binance", "fundingInfo.json"),
        [INFO]: { symbols: symbols.map((symbol) => listing(symbol, symbol.slice(0, -4))) },
        [PREMIUM]: symbols.map((symbol) => premium(symbol)),
      },
      { rotationsEmpty: true },
    );
    expect(
      quotes.map(({ fundingIntervalHours, rateCap }) => [fundingIntervalHours, rateCap]),
    ).toEqual([
      [4, 0.03],
      [8, 0.03],
      [4, 0.02],
      [4, 0.03],
      [8, null],
    ]);
  });

  test("24 h volume and open interest of BTCUSDT, joined to a rate made for them", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [TICKER]: await read("binance", "ticker-24hr.json"),
      [openInterestOf("BTCUSDT")]: await read("binance", "openInterest.json"),
    });
    expect(quotes[0]?.volume24hUsd).toBe(15.3);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(10659.509 * 64000.5, 3);
  });
});
