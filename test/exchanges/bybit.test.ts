import { describe, expect, test } from "bun:test";
import { bybit } from "../../src/exchanges/bybit.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const TICKERS = "/v5/market/tickers?category=linear";
const INSTRUMENTS = "/v5/market/instruments-info?category=linear&limit=1000";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 250;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2022, 1, 3, 7);

type Row = Readonly<Record<string, unknown>>;

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  lastPrice: "64001.10",
  indexPrice: "64010.00",
  markPrice: "64000.50",
  openInterest: "50000.000",
  openInterestValue: "3200025000.00",
  singleOpenInterest: "25000.000",
  singleOpenInterestValue: "1600012500.00",
  turnover24h: "9876543210.5000",
  volume24h: "154000.1000",
  fundingRate: "0.000083",
  nextFundingTime: String(at(16)),
  fundingIntervalHour: "8",
  fundingCap: "0.005",
  curPreListingPhase: "",
  deliveryTime: "0",
  ...extra,
});

const instrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  symbol,
  contractType: "LinearPerpetual",
  status: "Trading",
  baseCoin,
  quoteCoin: "USDT",
  settleCoin: "USDT",
  launchTime: String(LISTED),
  deliveryTime: "0",
  fundingInterval: 480,
  isPreListing: false,
  symbolType: "",
  upperFundingRate: "0.005",
  lowerFundingRate: "-0.005",
  ...extra,
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
const tickersReply = (list: readonly unknown[]): Row => reply({ list });
const listReply = (list: readonly unknown[], nextPageCursor = ""): Row =>
  reply({ list, nextPageCursor });

const BODIES: Bodies = {
  [TICKERS]: tickersReply(TICKER_ROWS),
  [INSTRUMENTS]: listReply([...LIVE, ...DEAD]),
};

const refresh = (bodies: Bodies, nowMs = AT) => bybit.refresh(memorySource(bodies, { nowMs }));

async function btcOf(tickerExtra: Row, instrumentExtra: Row = {}) {
  const batch = await refresh({
    [TICKERS]: tickersReply([ticker("BTCUSDT", tickerExtra)]),
    [INSTRUMENTS]: listReply([instrument("BTCUSDT", "BTC", instrumentExtra)]),
  });
  return { batch, quote: batch.quotes[0] };
}

describe("bybit", () => {
  test("one request a cycle; the instrument list on its own period", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await bybit.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "tickers", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 30 * 60_000 },
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      bybit.facts.requestsPerRefresh,
    );
    expect(source.requests).toEqual([TICKERS, INSTRUMENTS]);
    expect(source.mostAtOnce()).toBe(2);
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
      takerFeeBps: null,
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
      rateCap: 0.005,
      rateFloor: -0.005,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1600012500,
      volume24hUsd: 9876543210.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x symbol at 4 h; without the single figure half of the open interest of both sides", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1000,
      assetClass: "crypto",
      fundingRate: -0.0021,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.02,
      rateFloor: -0.02,
      openInterestDigit: 6,
      openInterestUsd: 4_000_000,
    });
  });

  test("the suffix form, an hourly contract, the USDC family and a stock", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({
      base: "SHIB",
      multiplier: 1000,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: 0.0000125,
    });
    expect(quotes[3]).toMatchObject({ exchangeSymbol: "BTCPERP", quote: "USDC", settle: "USDC" });
    expect(quotes[4]).toMatchObject({
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: null,
    });
  });

  test("dead, dated, coin-settled and pre-market contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(
      LIVE.map((row) => String(row["symbol"])),
    );
  });

  test("the list says which contracts are pre-market ones, whatever phase the ticker still names", async () => {
    for (const curPreListingPhase of ["Finished", "CallAuction", "ContinuousTrading"]) {
      const { batch } = await btcOf({ curPreListingPhase });
      expect(batch).toMatchObject({
        quotes: [{ exchangeSymbol: "BTCUSDT" }],
        rejects: [],
        expected: 1,
      });
    }
    const { batch } = await btcOf({ curPreListingPhase: "Finished" }, { isPreListing: true });
    expect(batch).toMatchObject({ quotes: [], rejects: [], expected: 0 });
  });

  test("in a list that does not know the mark the phase decides, and what the list expects stays", async () => {
    const { isPreListing: _, ...unmarked } = instrument("BTCUSDT", "BTC");
    const of = (curPreListingPhase: string) =>
      refresh({
        [TICKERS]: tickersReply([ticker("BTCUSDT", { curPreListingPhase })]),
        [INSTRUMENTS]: listReply([unmarked]),
      });
    expect(await of("Finished")).toMatchObject({ quotes: [{ base: "BTC" }], expected: 1 });
    expect(await of("CallAuction")).toMatchObject({ quotes: [], rejects: [], expected: 1 });
  });

  test("a fund is an etf, and a contract of the innovation zone pays 11 bps", async () => {
    const kindOf = async (symbolType: string) => {
      const { quote } = await btcOf({}, { symbolType });
      return [quote?.assetClass, quote?.takerFeeBps];
    };
    expect(await kindOf("ETF")).toEqual(["etf", null]);
    expect(await kindOf("innovation")).toEqual(["crypto", 11]);
    expect(await kindOf("")).toEqual(["crypto", null]);
    expect(await kindOf("moonbase")).toEqual([null, null]);
  });

  test("a contract type of another name is an unknown kind, no broken row", async () => {
    const { batch } = await btcOf({}, { contractType: "LinearOption" });
    expect(batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason: "unknown_kind" }],
      expected: 0,
    });
  });

  test("a contract that neither mark says is no pre-market one is refused", async () => {
    const { isPreListing: _, ...unmarked } = instrument("BTCUSDT", "BTC");
    const { curPreListingPhase: __, ...bare } = ticker("BTCUSDT");
    const bodies = (row: Row): Bodies => ({
      [TICKERS]: tickersReply([row]),
      [INSTRUMENTS]: listReply([unmarked]),
    });
    expect((await refresh(bodies(ticker("BTCUSDT")))).quotes).toHaveLength(1);
    expect(await refresh(bodies(bare))).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason: "bad_row" }],
    });
    // One row that lost its mark, in a list whose other rows have theirs.
    const lost = await refresh({
      [TICKERS]: tickersReply([ticker("BTCUSDT")]),
      [INSTRUMENTS]: listReply([unmarked, instrument("ETHUSDT", "ETH")]),
    });
    expect(lost).toMatchObject({ quotes: [], rejects: [{ exchangeSymbol: "BTCUSDT" }] });
    for (const isPreListing of [null, "false", 0]) {
      const { batch } = await btcOf({}, { isPreListing });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 0 });
    }
  });

  test("the interval is the ticker's; the minutes of the list are never read", async () => {
    const { quote } = await btcOf({ fundingIntervalHour: "" }, { fundingInterval: 480 });
    expect(quote).toMatchObject({
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
    expect((await btcOf({ fundingIntervalHour: "480" })).quote?.fundingIntervalHours).toBeNull();
  });

  test("without a cap in the ticker the bounds of the list hold", async () => {
    const { quote } = await btcOf(
      { fundingCap: "" },
      { upperFundingRate: "0.01", lowerFundingRate: "-0.02" },
    );
    expect(quote).toMatchObject({ rateCap: 0.01, rateFloor: -0.02 });
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["1.01", "implausible_rate"],
  ])("a rate of %p on a live perpetual is refused as %s", async (fundingRate, reason) => {
    const { batch } = await btcOf({ fundingRate });
    expect(batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason }],
      expected: 1,
    });
  });

  test("next times: 0 is no funding, seconds are refused, a past one is kept, one beyond an interval is unknown with it", async () => {
    expect((await btcOf({ nextFundingTime: "0" })).batch).toMatchObject({
      quotes: [],
      rejects: [],
    });
    const inSeconds = await btcOf({ nextFundingTime: String(at(16) / 1000) });
    expect(inSeconds.batch.rejects).toMatchObject([{ reason: "bad_next_time" }]);
    expect((await btcOf({ nextFundingTime: String(at(13)) })).quote).toMatchObject({
      nextFundingAtMs: at(13),
      fundingIntervalHours: 8,
    });
    const dead = await btcOf({ nextFundingTime: String(at(13, 3)) });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [], expected: 1 });
    const beyond = await btcOf({ nextFundingTime: String(at(16)), fundingIntervalHour: "1" });
    expect(beyond.quote).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
  });

  test("an odd volume or price costs its own field only", async () => {
    const { quote } = await btcOf({ turnover24h: {}, markPrice: "0", openInterestValue: "-1" });
    expect(quote).toMatchObject({ volume24hUsd: null, markPrice: null, fundingRate: 0.000083 });
    expect((await btcOf({ singleOpenInterestValue: "0" })).quote?.openInterestUsd).toBe(0);
  });

  test("the list is read to its last page, also when that one is empty", async () => {
    const second = `${INSTRUMENTS}&cursor=first%3D50%26last`;
    const third = `${INSTRUMENTS}&cursor=p3`;
    const bodies = {
      [TICKERS]: tickersReply(TICKER_ROWS),
      [INSTRUMENTS]: listReply(LIVE.slice(0, 2), "first=50&last"),
      [second]: listReply(LIVE.slice(2), "p3"),
      [third]: listReply([], ""),
    };
    const source = memorySource(bodies, { nowMs: AT });
    const { expected, quotes } = await bybit.refresh(source);
    expect([expected, quotes.length]).toEqual([5, 5]);
    expect(source.requests).toEqual([TICKERS, INSTRUMENTS, second, third]);
  });

  test("a list whose first page is empty is a failure", async () => {
    await expect(refresh({ ...BODIES, [INSTRUMENTS]: listReply([]) })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
  });

  test("a cursor that does not end fails the list after ten pages", async () => {
    const endless = listReply(LIVE, "again");
    const source = memorySource(
      {
        [TICKERS]: BODIES[TICKERS],
        [INSTRUMENTS]: endless,
        [`${INSTRUMENTS}&cursor=again`]: endless,
      },
      { nowMs: AT },
    );
    await expect(bybit.refresh(source)).rejects.toMatchObject({ kind: "bad_envelope" });
    expect(source.requests).toHaveLength(11);
  });

  test.each([
    ["an error code", { retCode: 10001, retMsg: "Illegal category", result: {} }, "bad_envelope"],
    [
      "too many requests",
      { retCode: 10006, retMsg: "Too many visits!", result: {} },
      "rate_limited",
    ],
    ["too many from the address", { retCode: 10018, retMsg: "ip", result: {} }, "rate_limited"],
    ["too many without a result", { retCode: 10006, retMsg: "Too many visits!" }, "rate_limited"],
    ["no code", { result: { list: TICKER_ROWS } }, "bad_envelope"],
    ["an empty list", tickersReply([]), "bad_envelope"],
    ["no result", { retCode: 0, retMsg: "OK" }, "bad_envelope"],
  ])("%s fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [TICKERS]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("a 403 that says too frequent is a ban, one with a page is a refused country", () => {
    const kindOf = (status: number, body: string) => bybit.facts.classifyFailure?.(status, body);
    expect(kindOf(403, '{"retMsg":"access too frequent"}')).toBe("banned");
    expect(kindOf(403, "403, Access Too Frequent.")).toBe("banned");
    expect(kindOf(403, "\n<!DOCTYPE html><html>")).toBe("geo_blocked");
    expect(kindOf(403, "{}")).toBeNull();
    expect(kindOf(502, "<html>")).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await bybit.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(bybit.explain(raw, "BTCUSDT")).toEqual({
      rows: {
        tickers: {
          symbol: "BTCUSDT",
          fundingRate: "0.000083",
          fundingIntervalHour: "8",
          nextFundingTime: String(at(16)),
          fundingCap: "0.005",
          markPrice: "64000.50",
          indexPrice: "64010.00",
          singleOpenInterestValue: "1600012500.00",
          openInterest: "50000.000",
          openInterestValue: "3200025000.00",
          singleOpenInterest: "25000.000",
          turnover24h: "9876543210.5000",
          curPreListingPhase: "",
        },
        instruments: {
          symbol: "BTCUSDT",
          contractType: "LinearPerpetual",
          status: "Trading",
          baseCoin: "BTC",
          quoteCoin: "USDT",
          settleCoin: "USDT",
          symbolType: "",
          isPreListing: false,
          launchTime: String(LISTED),
          upperFundingRate: "0.005",
          lowerFundingRate: "-0.005",
        },
      },
      formula: "{tickers.fundingRate}",
    });
    expect(bybit.explain(raw, "NONEUSDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const NAME = "any text may be a ticker";
const exemptions: readonly Exemption[] = [
  {
    at: "tickers.fundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "rates may be negative",
  },
  { at: "tickers.markPrice", mutations: ["huge"], fields: ["markPrice"], why: LEGAL },
  { at: "tickers.indexPrice", mutations: ["huge"], fields: ["indexPrice"], why: LEGAL },
  { at: "tickers.turnover24h", mutations: ["huge"], fields: ["volume24hUsd"], why: LEGAL },
  {
    at: "tickers.singleOpenInterest",
    mutations: ["flipped"],
    fields: ["openInterestDigit"],
    why: LEGAL,
  },
  {
    at: "tickers.singleOpenInterestValue",
    mutations: ["huge", "flipped"],
    fields: ["openInterestUsd"],
    why: LEGAL,
  },
  { at: "tickers.openInterestValue", mutations: ["huge"], fields: ["openInterestUsd"], why: LEGAL },
  {
    at: "tickers.fundingCap",
    mutations: ["missing", "null", "NaN", "huge", "negative", "empty", "object"],
    fields: ["rateCap", "rateFloor"],
    why: "the bounds of the list stand in, which may be older",
  },
  {
    at: "instruments.baseCoin",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: NAME,
  },
  {
    at: "instruments.symbolType",
    mutations: ["empty"],
    fields: ["assetClass", "baselineRate"],
    why: "an empty type is documented to mean a coin",
  },
];

test("bybit: no single wrong value makes a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => {
    const rows: unknown = Reflect.get(Object(Reflect.get(Object(body), "result")), "list");
    return Array.isArray(rows) ? rows : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "tickers", request: TICKERS, rows: list },
      { name: "instruments", request: INSTRUMENTS, rows: list },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("bybit, recorded", (read) => {
  test("the trimmed rows of September 2026, joined to a list made for them", async () => {
    const { quotes, rejects, unlisted } = await refresh(
      {
        [TICKERS]: await read("bybit", "tickers-linear.json"),
        [INSTRUMENTS]: listReply([
          instrument("0GUSDT", "0G"),
          instrument("BTCUSDT", "BTC"),
          instrument("BTCPERP", "BTC", { quoteCoin: "USDC", settleCoin: "USDC" }),
          instrument("BTCUSDT-02OCT26", "BTC", { contractType: "LinearFutures" }),
          instrument("OPENAIUSDT", "OPENAI", { isPreListing: true }),
        ]),
      },
      1789824034328,
    );
    expect([rejects, unlisted]).toEqual([[], 0]);
    expect(quotes.map(({ base, fundingRate }) => [base, fundingRate])).toEqual([
      ["0G", 0.00005],
      ["BTC", 0.0001],
      ["BTC", 0.0001],
    ]);
    expect(quotes[0]).toMatchObject({
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      nextFundingAtMs: 1789833600000,
      exchangeTimeMs: null,
    });
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(2226665.33 / 2, 4);
  });

  test("the complete row of November 2025, joined to the documentation's instrument of 2023", async () => {
    const { quotes, rejects } = await refresh(
      {
        [TICKERS]: await read("bybit", "tickers-linear-full.json"),
        [INSTRUMENTS]: await read("bybit", "instruments-info.json"),
      },
      1762220792000,
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
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
    ]);
  });

  test("the error answer is a bad envelope", async () => {
    const body = await read("bybit", "error.json");
    const failure = await refresh({ ...BODIES, [TICKERS]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });
});
