import { describe, expect, test } from "bun:test";
import { deribit } from "../../src/exchanges/deribit.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const SUMMARIES = "/api/v2/public/get_book_summary_by_currency?currency=USDC&kind=future";
const INSTRUMENTS = "/api/v2/public/get_instruments?currency=USDC&kind=future&expired=false";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 1_500;
const LISTED = Date.UTC(2024, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const summary = (instrument_name: string, extra: Row = {}): Row => ({
  instrument_name,
  funding_8h: 0.00008301,
  current_funding: -0.00412,
  mark_price: 64000.5,
  estimated_delivery_price: 64010,
  open_interest: 1234.5,
  volume: 800.25,
  volume_usd: 51200400.5,
  volume_notional: 51200400.5,
  last: null,
  creation_timestamp: STAMP,
  ...extra,
});

const instrument = (instrument_name: string, extra: Row = {}): Row => ({
  instrument_name,
  kind: "future",
  settlement_period: "perpetual",
  instrument_type: "linear",
  is_active: true,
  state: "open",
  underlying_type: "crypto",
  base_currency: instrument_name.split("_")[0],
  counter_currency: "USDC",
  quote_currency: "USDC",
  settlement_currency: "USDC",
  contract_size: 0.0001,
  creation_timestamp: LISTED,
  ...extra,
});

const BTC = "BTC_USDC-PERPETUAL";
const MOG = "1000MOG_USDC-PERPETUAL";
const LIVE = [
  instrument(BTC),
  instrument(MOG),
  instrument("TSLA_USDC-PERPETUAL", { underlying_type: "equity" }),
  instrument("SPY_USDC-PERPETUAL", { underlying_type: "equity_etf" }),
];
const SKIPPED = [
  instrument("BTC_USDC-26DEC26", { settlement_period: "month" }),
  instrument("BTC-PERPETUAL", { instrument_type: "reversed", settlement_currency: "BTC" }),
  instrument("ETH_USDC-PERPETUAL", { instrument_type: "reversed" }),
  instrument("OLD_USDC-PERPETUAL", { is_active: false }),
  instrument("HALT_USDC-PERPETUAL", { state: "locked" }),
  instrument("COMBO_USDC-PERPETUAL", { kind: "future_combo" }),
  instrument("DATED_USDC-PERPETUAL", { settlement_period: "month" }),
  instrument("EURO_USDC-PERPETUAL", { counter_currency: "EURR" }),
  instrument("SPACEX_USDC-PERPETUAL", { underlying_type: "pre_ipo" }),
];

const reply = (result: unknown, extra: Row = {}): Row => ({
  jsonrpc: "2.0",
  result,
  usIn: STAMP * 1000,
  testnet: false,
  ...extra,
});

const BODIES: Bodies = {
  [SUMMARIES]: reply([
    summary(BTC),
    summary(MOG, { funding_8h: -0.00121, mark_price: 0.25, open_interest: 4000 }),
    summary("TSLA_USDC-PERPETUAL", { funding_8h: 0 }),
    summary("SPY_USDC-PERPETUAL"),
    ...SKIPPED.map((row) => summary(String(row["instrument_name"]))),
    summary("NEW_USDC-PERPETUAL"),
    summary("NEW_USDC-26DEC26", { funding_8h: undefined, current_funding: undefined }),
  ]),
  [INSTRUMENTS]: reply([...LIVE, ...SKIPPED]),
};

const refresh = (bodies: Bodies, nowMs = AT) => deribit.refresh(memorySource(bodies, { nowMs }));

const refreshBtc = (summaryExtra: Row, instrumentExtra: Row = {}) =>
  refresh({
    [SUMMARIES]: reply([summary(BTC, summaryExtra)]),
    [INSTRUMENTS]: reply([instrument(BTC, instrumentExtra), instrument(MOG)]),
  });

describe("deribit", () => {
  test("summaries every cycle, the list with its own period, concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await deribit.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "summaries", null],
      ["instruments", "instruments", 30 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      deribit.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(2);
  });

  test("a perpetual becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(
      LIVE.map((row) => String(row["instrument_name"])),
    );
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "continuous",
      listedAtMs: LISTED,
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: null,
      predictedRate: null,
      instantRate: -0.00412,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.05,
      rateFloor: -0.05,
      baselineRate: null,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1234.5 * 64000.5,
      volume24hUsd: 51200400.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract, a zero rate, and classes by underlying_type whatever its separators", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "MOG",
      multiplier: 1000,
      fundingRate: -0.00121,
      openInterestUsd: 1000,
    });
    expect(quotes[2]).toMatchObject({ base: "TSLA", assetClass: "stock", fundingRate: 0 });
    for (const [type, assetClass] of [
      ["equity_etf", "etf"],
      ["Equity ETF", "etf"],
      ["commodity", "commodity"],
      ["index", "index"],
    ]) {
      const batch = await refreshBtc({}, { underlying_type: type });
      expect(batch.quotes).toMatchObject([{ assetClass }]);
    }
  });

  test("the older name of instrument_type is read; volume_usd stands in for volume_notional", async () => {
    const older = { instrument_type: undefined, future_type: "linear" };
    expect((await refreshBtc({}, older)).quotes).toHaveLength(1);
    expect((await refreshBtc({}, { ...older, future_type: "reversed" })).quotes).toEqual([]);
    const volume = { volume_notional: undefined, volume_usd: 7 };
    expect((await refreshBtc(volume)).quotes).toMatchObject([{ volume24hUsd: 7 }]);
  });

  test.each([
    "kind",
    "settlement_period",
    "instrument_type",
    "is_active",
    "state",
    "underlying_type",
    "base_currency",
    "counter_currency",
    "settlement_currency",
  ])("a contract without %s is rejected and counted", async (key) => {
    expect(await refreshBtc({}, { [key]: null })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 1,
    });
  });

  test("an unknown kind of underlying is left out and reported, a pre-IPO one skipped", async () => {
    const unknown = await refreshBtc({}, { underlying_type: "weather" });
    expect(unknown).toMatchObject({ quotes: [], rejects: [{ reason: "unknown_kind" }] });
    for (const type of ["pre_ipo", "PREIPO", "pre-IPO"]) {
      const batch = await refreshBtc({}, { underlying_type: type });
      expect(batch).toMatchObject({ quotes: [], rejects: [], expected: 1 });
    }
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    [-2, "implausible_rate"],
  ])("a rate of %p is rejected as %s", async (value, reason) => {
    expect(await refreshBtc({ funding_8h: value })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason }],
      expected: 2,
    });
  });

  test("an instant rate that is missing or implausible is unknown and affects nothing else", async () => {
    for (const value of [null, 3]) {
      expect((await refreshBtc({ current_funding: value })).quotes).toMatchObject([
        { fundingRate: 0.00008301, instantRate: null },
      ]);
    }
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await deribit.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(deribit.explain(raw, MOG)).toMatchObject({
      rows: { summary: { instrument_name: MOG, funding_8h: -0.00121, current_funding: -0.00412 } },
      formula: "{summary.funding_8h}",
    });
    expect(deribit.explain(raw, "NOPE_USDC-PERPETUAL")).toBeNull();
  });

  test.each([
    ["an error", { error: { code: -32602, message: "Invalid params" } }, "bad_envelope"],
    ["too many requests", { error: { code: 10028, message: "too_many" } }, "rate_limited"],
    ["the test venue", reply([summary(BTC)], { testnet: true }), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", reply(null), "bad_envelope"],
  ])("%s fails the refresh", async (_, body, kind) => {
    for (const key of [SUMMARIES, INSTRUMENTS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind });
    }
  });

  test("the code for too many requests counts with any status", () => {
    const body = (code: number) => `{"jsonrpc":"2.0","error":{"code":${code},"message":"m"}}`;
    expect(deribit.facts.classifyFailure?.(400, body(10028))).toBe("rate_limited");
    expect(deribit.facts.classifyFailure?.(400, body(-32602))).toBeNull();
  });
});

const exemptions: readonly Exemption[] = [
  ...(
    [
      ["summaries.funding_8h", "negative", ["fundingRate"]],
      ["summaries.current_funding", "negative", ["instantRate"]],
      ["summaries.mark_price", "huge", ["markPrice", "openInterestUsd"]],
      ["summaries.estimated_delivery_price", "huge", ["indexPrice"]],
      ["summaries.open_interest", "huge", ["openInterestUsd"]],
      ["summaries.volume_notional", "huge", ["volume24hUsd"]],
    ] as const
  ).map(([place, mutation, fields]) => ({
    at: place,
    mutations: [mutation],
    fields,
    why: "a large or negative value cannot be told from a wrong one here",
  })),
  {
    at: "instruments.base_currency",
    mutations: ["NaN", "huge", "negative", "flipped"],
    fields: ["base", "multiplier"],
    why: "any text may be a ticker",
  },
];

test("deribit: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => {
    const found: unknown = Reflect.get(Object(body), "result");
    return Array.isArray(found) ? found : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "summaries", request: SUMMARIES, rows },
      { name: "instruments", request: INSTRUMENTS, rows },
    ],
    refresh: async (bodies) =>
      deribit.parse(await deribit.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("deribit, recorded", (read) => {
  test("a summary of options holds no perpetual", async () => {
    const body = await read("deribit", "get_book_summary_by_currency.json");
    expect(await refresh({ ...BODIES, [SUMMARIES]: body }, 1583783678400)).toMatchObject({
      quotes: [],
      rejects: [],
      expected: 4,
      unlisted: 0,
    });
  });

  test("the instruments are of the test venue and refused; without that flag none is shown", async () => {
    const body = await read("deribit", "get_instruments.json");
    const failure = await refresh({ ...BODIES, [INSTRUMENTS]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
    const real = { ...Object(body), testnet: false };
    expect(await refresh({ ...BODIES, [INSTRUMENTS]: real })).toMatchObject({
      quotes: [],
      rejects: [],
      expected: 0,
    });
  });

  test("the numbers of a recorded ticker, put into a summary of a USDC perpetual", async () => {
    const body: unknown = await read("deribit", "ws-ticker-perpetual.json");
    const ticker: unknown = Reflect.get(Object(Reflect.get(Object(body), "params")), "data");
    const row = { ...Object(ticker), instrument_name: BTC };
    expect((await refresh({ ...BODIES, [SUMMARIES]: reply([row]) })).quotes).toMatchObject([
      { fundingRate: 0.00001742, instantRate: 0, markPrice: 92281.78, indexPrice: 92263.55 },
    ]);
  });
});
