import { describe, expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { okx } from "../../src/exchanges/okx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/api/v5/public/funding-rate?instId=ANY";
const INSTRUMENTS = "/api/v5/public/instruments?instType=SWAP";
const MARKS = "/api/v5/public/mark-price?instType=SWAP";
const OPEN_INTEREST = "/api/v5/public/open-interest?instType=SWAP";
const TICKERS = "/api/v5/market/tickers?instType=SWAP";
const INDEXES = "/api/v5/market/index-tickers?quoteCcy=USDT";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 700;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const ms = (hour: number, day = 5): string => String(at(hour, day));
const LISTED = Date.UTC(2021, 5, 7, 9);

type Row = Readonly<Record<string, unknown>>;

const rate = (instId: string, extra: Row = {}): Row => ({
  formulaType: "withRate",
  fundingRate: "0.0000830000000000",
  fundingTime: ms(16),
  impactValue: "20000.0000000000000000",
  instId,
  instType: "SWAP",
  interestRate: "0.0001000000000000",
  maxFundingRate: "0.00375",
  method: "current_period",
  minFundingRate: "-0.00375",
  nextFundingRate: "",
  nextFundingTime: ms(0, 6),
  premium: "-0.0001",
  prevFundingTime: ms(8),
  settFundingRate: "0.0000720000000000",
  settState: "settled",
  ts: String(STAMP),
  ...extra,
});

const instrument = (instId: string, extra: Row = {}): Row => ({
  instId,
  instType: "SWAP",
  baseCcy: "",
  quoteCcy: "",
  ctType: "linear",
  ctVal: "0.01",
  instCategory: "1",
  instFamily: instId.split("-").slice(0, 2).join("-"),
  listTime: String(LISTED),
  ruleType: "normal",
  settleCcy: "USDT",
  state: "live",
  uly: instId.split("-").slice(0, 2).join("-"),
  ...extra,
});

const LIVE = [
  instrument("BTC-USDT-SWAP"),
  instrument("1000SATS-USDT-SWAP"),
  instrument("TSLA-USDT-SWAP", { instCategory: "3", uly: "" }),
  instrument("BTC-USDC-SWAP", { settleCcy: "USDC" }),
];
const DEAD = [
  instrument("BTC-USD-SWAP", { ctType: "inverse", settleCcy: "BTC" }),
  instrument("ETH-BTC-SWAP", { settleCcy: "BTC" }),
  instrument("ETH-USDT-SWAP", { settleCcy: "ETH" }),
  instrument("OLD-USDT-SWAP", { state: "suspend" }),
  { instId: "SOON-USDT-SWAP", instType: "SWAP", state: "preopen", ctType: "", ruleType: "" },
  instrument("PRE-USDT-SWAP", { ruleType: "pre_market" }),
  instrument("OPENAI-USDT-SWAP", { instCategory: "3" }),
];

const RATE_ROWS = [
  rate("BTC-USDT-SWAP"),
  rate("1000SATS-USDT-SWAP", {
    fundingRate: "-0.0021",
    nextFundingTime: ms(20),
    prevFundingTime: ms(12),
    maxFundingRate: "0.01",
    minFundingRate: "-0.02",
    settState: "processing",
  }),
  rate("TSLA-USDT-SWAP", { fundingRate: "0.0000000000000000", interestRate: "0.0000000000000000" }),
  rate("BTC-USDC-SWAP", {
    formulaType: "noRate",
    fundingTime: ms(14),
    nextFundingTime: ms(15),
    prevFundingTime: ms(13),
  }),
  ...DEAD.map((row) => rate(String(row["instId"]))),
  rate("XAU-USD_UM_XPERP-310502", { instType: "FUTURES" }),
  rate("STRANGE-USDT-SWAP"),
];

const reply = (data: unknown): Row => ({ code: "0", msg: "", data });
const BODIES: Bodies = {
  [RATES]: reply(RATE_ROWS),
  [INSTRUMENTS]: reply([...LIVE, ...DEAD]),
  [MARKS]: reply([
    { instId: "BTC-USDT-SWAP", instType: "SWAP", markPx: "64000.5", ts: String(AT) },
    { instId: "1000SATS-USDT-SWAP", instType: "SWAP", markPx: "0.25", ts: String(AT) },
    { instId: "BTC-USD-SWAP", instType: "SWAP", markPx: "63999", ts: String(AT) },
  ]),
  [OPEN_INTEREST]: reply([
    { instId: "BTC-USDT-SWAP", oi: "3124363.5", oiCcy: "31243.635", oiUsd: "1999608263.42" },
    { instId: "1000SATS-USDT-SWAP", oi: "800", oiCcy: "8000000", oiUsd: "" },
  ]),
  [TICKERS]: reply([
    { instId: "BTC-USDT-SWAP", last: "64002", vol24h: "4500000", volCcy24h: "45000.5" },
    { instId: "1000SATS-USDT-SWAP", last: "", vol24h: "9", volCcy24h: "90000" },
  ]),
  [INDEXES]: reply([
    { instId: "BTC-USDT", idxPx: "64010", ts: String(AT) },
    { instId: "TSLA-USDT", idxPx: "401.5", ts: String(AT) },
  ]),
};

const refresh = (bodies: Bodies, nowMs = AT) => okx.refresh(memorySource(bodies, { nowMs }));

async function btcOf(rateExtra: Row, instrumentExtra: Row = {}) {
  const batch = await refresh({
    ...BODIES,
    [RATES]: reply([rate("BTC-USDT-SWAP", rateExtra)]),
    [INSTRUMENTS]: reply([instrument("BTC-USDT-SWAP", instrumentExtra)]),
  });
  return { batch, quote: batch.quotes[0] };
}

describe("okx", () => {
  test("requests five payloads a cycle concurrently; the instrument list with its own period", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await okx.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "fundingRate", null],
      ["instruments", "instruments", 30 * 60_000],
      ["secondary", "markPrice", null],
      ["secondary", "openInterest", null],
      ["secondary", "tickers", null],
      ["secondary", "indexTickers", null],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      okx.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(6);
  });

  test("a swap becomes a quote with every field in the documented units; fundingTime is the next settlement", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-USDT-SWAP",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "derived",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: 0.000072,
      settledAtMs: at(8),
      rateCap: 0.00375,
      rateFloor: -0.00375,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1999608263.42,
      volume24hUsd: 45000.5 * 64002,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x swap at 4 h: half the interest, open interest from coins, no volume without a price", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "SATS",
      multiplier: 1000,
      fundingRate: -0.0021,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.01,
      rateFloor: -0.02,
      openInterestUsd: 2_000_000,
      volume24hUsd: null,
      indexPrice: null,
    });
  });

  test("while a settlement is processing no settled rate is known", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({ settledRate: null, settledAtMs: null });
    const { quote } = await btcOf({ settFundingRate: "" });
    expect(quote).toMatchObject({ settledRate: null, settledAtMs: null, fundingRate: 0.000083 });
  });

  test("a stock swap at 0 is a real zero; its family names it if uly is empty", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: 0,
      indexPrice: 401.5,
      markPrice: null,
      openInterestUsd: null,
    });
  });

  test("an hourly swap in USDC, whose formula has no interest", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[3]).toMatchObject({
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: null,
      indexPrice: null,
    });
  });

  test("inverse, coin-settled, suspended, unopened, pre-market and dated contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(
      LIVE.map((row) => String(row["instId"])),
    );
  });

  const categories: readonly (readonly [unknown, AssetClass | null])[] = [
    ["4", "commodity"],
    [5, "forex"],
    ["6", null],
    ["", null],
    ["2", null],
  ];
  test.each(categories)("category %p is class %p", async (instCategory, assetClass) => {
    expect((await btcOf({}, { instCategory })).quote?.assetClass).toBe(assetClass);
  });

  test("a settlement that has passed is kept, one beyond the interval is unknown, as is the interval, one in seconds is refused", async () => {
    const passed = { fundingTime: ms(13), nextFundingTime: ms(21), prevFundingTime: ms(5) };
    expect((await btcOf(passed)).quote).toMatchObject({
      nextFundingAtMs: at(13),
      fundingIntervalHours: 8,
    });
    const beyond = { fundingTime: ms(16), nextFundingTime: ms(17), prevFundingTime: ms(15) };
    expect((await btcOf(beyond)).quote).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
    const dead = { fundingTime: String(at(13, 3)), nextFundingTime: "", prevFundingTime: "" };
    expect((await btcOf(dead)).batch).toMatchObject({ quotes: [], rejects: [], expected: 1 });
    const { batch } = await btcOf({ fundingTime: String(at(16) / 1000) });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_next_time" }] });
  });

  test("an empty rate is rejected, never zero", async () => {
    const { batch } = await btcOf({ fundingRate: "" });
    expect(batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTC-USDT-SWAP", reason: "bad_rate" }],
      expected: 1,
    });
  });

  test("a row of unclear kind is rejected and counted", async () => {
    for (const key of ["instType", "state", "ctType", "ruleType", "settleCcy"]) {
      const { batch } = await btcOf({}, { [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 0 });
    }
    const { batch } = await btcOf({}, { uly: "BTC-USDT-X", instFamily: "" });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "unknown_kind" }] });
  });

  test("an undocumented rule is an unknown kind; documented ones are skipped", async () => {
    for (const ruleType of ["pre_market", "rebase_contract", "xperp"])
      expect((await btcOf({}, { ruleType })).batch).toMatchObject({ quotes: [], rejects: [] });
    expect((await btcOf({}, { ruleType: "auction" })).batch).toMatchObject({
      quotes: [],
      rejects: [{ reason: "unknown_kind", detail: "ruleType auction" }],
    });
  });

  test("each failing secondary request affects only its own fields", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const all = { [MARKS]: down, [OPEN_INTEREST]: down, [TICKERS]: down, [INDEXES]: down };
    const { quotes } = await refresh({ ...BODIES, ...all });
    expect(quotes).toHaveLength(4);
    expect(quotes[0]).toMatchObject({
      fundingRate: 0.000083,
      markPrice: null,
      indexPrice: null,
      openInterestUsd: null,
      volume24hUsd: null,
    });
    const noMarks = (await refresh({ ...BODIES, [MARKS]: down })).quotes;
    expect(noMarks.map((quote) => quote.openInterestUsd)).toEqual([
      1999608263.42,
      null,
      null,
      null,
    ]);
  });

  test.each([
    ["51001", "bad_envelope"],
    ["50011", "rate_limited"],
    ["50001", "http"],
    ["50013", "http"],
  ])("code %s with HTTP 200 is %s", async (code, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: { code, msg: "x", data: [] } }).catch(
      (e: unknown) => e,
    );
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("the code of an error counts even without data", async () => {
    await expect(
      refresh({ ...BODIES, [RATES]: { code: "50011", msg: "x" } }),
    ).rejects.toMatchObject({
      kind: "rate_limited",
    });
  });

  test("an empty list with a success code is a failure, and so is a body without a code", async () => {
    for (const body of [reply([]), { data: RATE_ROWS }, reply({}), []]) {
      await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
  });

  test("a 403 with a page is a geo-block", () => {
    const kindOf = (status: number, body: string) => okx.facts.classifyFailure?.(status, body);
    expect(kindOf(403, "<html><head>")).toBe("geo_blocked");
    expect(kindOf(403, '{"code":"50001"}')).toBeNull();
    expect(kindOf(503, "<html>")).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await okx.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(okx.explain(raw, "BTC-USDT-SWAP")).toEqual({
      rows: {
        rates: {
          instId: "BTC-USDT-SWAP",
          instType: "SWAP",
          fundingRate: "0.0000830000000000",
          fundingTime: ms(16),
          nextFundingTime: ms(0, 6),
          prevFundingTime: ms(8),
          formulaType: "withRate",
          interestRate: "0.0001000000000000",
          minFundingRate: "-0.00375",
          maxFundingRate: "0.00375",
          settFundingRate: "0.0000720000000000",
          settState: "settled",
          ts: String(STAMP),
        },
        instruments: {
          instId: "BTC-USDT-SWAP",
          instType: "SWAP",
          ctType: "linear",
          state: "live",
          ruleType: "normal",
          settleCcy: "USDT",
          uly: "BTC-USDT",
          instFamily: "BTC-USDT",
          instCategory: "1",
          listTime: String(LISTED),
        },
        marks: { instId: "BTC-USDT-SWAP", markPx: "64000.5" },
        openInterests: { instId: "BTC-USDT-SWAP", oiUsd: "1999608263.42", oiCcy: "31243.635" },
        tickers: { instId: "BTC-USDT-SWAP", last: "64002", volCcy24h: "45000.5" },
        indexes: { instId: "BTC-USDT", idxPx: "64010" },
      },
      formula: "{rates.fundingRate}",
    });
    // Its index is found by the family, if `uly` is empty.
    expect(okx.explain(raw, "TSLA-USDT-SWAP")?.rows).toMatchObject({
      marks: null,
      openInterests: null,
      tickers: null,
      indexes: { idxPx: "401.5" },
    });
    expect(okx.explain(raw, "NONE-USDT-SWAP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const exemptions: readonly Exemption[] = [
  {
    at: "rates.fundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "rates may be negative",
  },
  {
    at: "rates.settFundingRate",
    mutations: ["negative"],
    fields: ["settledRate"],
    why: "rates may be negative",
  },
  {
    at: "rates.interestRate",
    mutations: ["negative"],
    fields: ["baselineRate"],
    why: "interest may be negative",
  },
  { at: "marks.markPx", mutations: ["huge"], fields: ["markPrice", "openInterestUsd"], why: LEGAL },
  {
    at: "openInterest.oiUsd",
    mutations: ["huge", "flipped"],
    fields: ["openInterestUsd"],
    why: LEGAL,
  },
  {
    at: "openInterest.oiUsd",
    mutations: ["missing", "null", "NaN", "negative", "empty", "object"],
    fields: ["openInterestUsd"],
    why: "coins times the mark price stand in",
  },
  { at: "openInterest.oiCcy", mutations: ["huge"], fields: ["openInterestUsd"], why: LEGAL },
  {
    at: "tickers.last",
    mutations: ["huge", "flipped"],
    fields: ["volume24hUsd"],
    why: LEGAL,
  },
  { at: "tickers.volCcy24h", mutations: ["huge"], fields: ["volume24hUsd"], why: LEGAL },
  { at: "indexes.idxPx", mutations: ["huge"], fields: ["indexPrice"], why: LEGAL },
];

test("okx: no single wrong value leads to a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => {
    const rows: unknown = Reflect.get(Object(body), "data");
    return Array.isArray(rows) ? rows : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows: list },
      { name: "instruments", request: INSTRUMENTS, rows: list },
      { name: "marks", request: MARKS, rows: list },
      { name: "openInterest", request: OPEN_INTEREST, rows: list },
      { name: "tickers", request: TICKERS, rows: list },
      { name: "indexes", request: INDEXES, rows: list },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("okx, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");
  const NONE: Bodies = { [MARKS]: down, [OPEN_INTEREST]: down, [TICKERS]: down, [INDEXES]: down };
  const MADE = reply([
    instrument("BTC-USDT-SWAP"),
    instrument("OKB-USDT-SWAP"),
    instrument("ONE-USDT-SWAP"),
  ]);

  test("the rates of September 2026, joined to a list made for them: the X-Perp is not shown", async () => {
    const { quotes, rejects, unlisted } = await refresh(
      {
        ...NONE,
        [RATES]: await read("okx", "funding-rate-any.json"),
        [INSTRUMENTS]: MADE,
      },
      1789824246000,
    );
    expect([rejects, unlisted]).toEqual([[], 0]);
    expect(
      quotes.map((quote) => [quote.base, quote.fundingIntervalHours, quote.nextFundingAtMs]),
    ).toEqual([
      ["BTC", 8, 1789833600000],
      ["OKB", 4, 1789833600000],
      ["ONE", 1, 1789826400000],
    ]);
    expect(quotes[1]).toMatchObject({ fundingRate: 0.00005, baselineRate: 0.00005 });
    expect(quotes[2]).toMatchObject({
      fundingRate: -0.0018087460514744,
      settledRate: -0.0020913845892044,
      settledAtMs: 1789822800000,
      rateCap: 0.01,
      exchangeTimeMs: 1789824245248,
    });
  });

  test("the instrument list, with rates made for all its swaps: the inverse one is not shown", async () => {
    const { quotes, expected, rejects } = await refresh({
      ...NONE,
      [INSTRUMENTS]: await read("okx", "instruments-swap.json"),
      [RATES]: reply([rate("BTC-USD-SWAP"), rate("ETH-USDT-SWAP"), rate("BTC-USDT-SWAP")]),
    });
    expect([expected, rejects]).toEqual([2, []]);
    expect(quotes.map(({ base, listedAtMs }) => [base, listedAtMs])).toEqual([
      ["ETH", 1573557408000],
      ["BTC", 1573557408000],
    ]);
  });

  test("mark price, open interest and ticker of BTC, joined to a rate made for them", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [MARKS]: await read("okx", "mark-price.json"),
      [OPEN_INTEREST]: await read("okx", "open-interest-swap.json"),
      [TICKERS]: await read("okx", "market-tickers-swap.json"),
    });
    expect(quotes[0]).toMatchObject({ markPrice: 84660.1, openInterestUsd: 2119568225.54 });
    expect(quotes[0]?.volume24hUsd).toBeCloseTo(46985.2381 * 80352.6, 3);
  });

  test("the error answer is a bad envelope", async () => {
    const body = await read("okx", "error.json");
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });
});
