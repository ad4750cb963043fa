import { describe, expect, test } from "bun:test";
import { cryptocom } from "../../src/exchanges/cryptocom.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { MUTATIONS, mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const BASE = "/exchange/v1/public";
const LIST = `${BASE}/get-instruments`;
const TICKERS = `${BASE}/get-tickers`;
const value = (symbol: string, type = "funding_rate"): string =>
  `${BASE}/get-valuations?instrument_name=${symbol}&valuation_type=${type}&count=1`;
const mark = (symbol: string): string => value(symbol, "mark_price");

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const SYMBOLS = ["BTCUSD-PERP", "1000PEPEUSD-PERP", "TSLAUSD-PERP", "US500USD-PERP"];
const [BTC = "", PEPE = "", TSLA = "", US500 = ""] = SYMBOLS;

type Row = Readonly<Record<string, unknown>>;

const instrument = (symbol: string, base: string, extra: Row = {}): Row => ({
  symbol,
  inst_type: "PERPETUAL_SWAP",
  display_name: symbol,
  base_ccy: base,
  quote_ccy: "USD",
  tradable: true,
  expiry_timestamp_ms: 0,
  beta_product: false,
  contract_size: "1",
  product_type: "DIGITAL_CURRENCIES",
  ...extra,
});
const LIVE = [
  instrument(BTC, "BTC"),
  instrument(PEPE, "1000PEPE"),
  instrument(TSLA, "TSLA", { product_type: "EQUITY" }),
  instrument(US500, "US500", { product_type: "EQUITY_IND", contract_size: "10" }),
];
const SKIPPED = [
  instrument("BTC_USD", "BTC", { inst_type: "CCY_PAIR" }),
  instrument("BTCUSD-261225", "BTC", { inst_type: "FUTURE", expiry_timestamp_ms: 1798185600000 }),
  instrument("ODDUSD-PERP", "ODD", { expiry_timestamp_ms: 1798185600000 }),
  instrument("OLDUSD-PERP", "OLD", { tradable: false }),
  instrument("NEWUSD-PERP", "NEW", { beta_product: true }),
  instrument("OPENAIIPOUSD-PERP", "OPENAIIPO", { product_type: "PRE_IPO" }),
  instrument("ETHBTC-PERP", "ETH", { quote_ccy: "BTC" }),
];

const reply = (data: unknown, extra: Row = {}): Row => ({
  id: -1,
  method: "public/x",
  code: 0,
  result: { data, ...extra },
});
const point = (v: unknown, symbol: string, t: unknown = NEXT - 3_600_000): Row =>
  reply([{ v, t }], { instrument_name: symbol });
const ticker = (i: string, extra: Row = {}): Row => ({
  i,
  a: "64000.5",
  b: null,
  v: "17.5",
  vv: "1120000.25",
  oi: "12.5",
  t: AT - 100,
  ...extra,
});

const BODIES: Bodies = {
  [LIST]: reply([...LIVE, ...SKIPPED]),
  [TICKERS]: reply([
    ticker(BTC),
    ticker(PEPE, { a: null, oi: "1000000" }),
    ticker(US500),
    ticker("BTC_USD"),
  ]),
  ...Object.fromEntries(
    SYMBOLS.flatMap((symbol) => [
      [value(symbol), point("0.0000125", symbol)],
      [mark(symbol), point("64001.5", symbol)],
    ]),
  ),
  [value(BTC)]: point("-0.000001884", BTC),
  [value(TSLA)]: point("0", TSLA),
  [mark(PEPE)]: point("0.0102", PEPE),
};

const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  cryptocom.refresh(sourceOf(bodies, options));
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("cryptocom", () => {
  test("requests the tickers and one rate per live instrument every cycle; marks in rotation", async () => {
    const source = sourceOf(BODIES);
    await cryptocom.refresh(source);
    expect(source.asks).toEqual([
      { kind: "secondary", name: "tickers", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
      { kind: "sweep", name: "rates", everyMs: null },
      { kind: "rotation", name: "marks", everyMs: 120_000 },
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    const { requestsPerRefresh, requestsPerInstrument } = cryptocom.facts;
    // The tickers, and a rate for each of four; the list and the marks have their own periods.
    expect([requestsPerRefresh, requestsPerInstrument]).toEqual([1, 1]);
  });

  test("an instrument becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USD",
      settle: "USD",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.000001884,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: null,
      settling: false,
      markPrice: 64001.5,
      indexPrice: null,
      // 12.5 coins at the last price of 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 800_006.25,
      volume24hUsd: 1_120_000.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a leading 1000; a last price of null is replaced by the mark; classes by product type", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      { base: "PEPE", multiplier: 1000, openInterestUsd: 10_200 },
      { base: "TSLA", assetClass: "stock", fundingRate: 0, volume24hUsd: null },
      // A contract that is not one coin: the unit of its open interest is unknown.
      { base: "US500", assetClass: "index", openInterestUsd: null },
    ]);
  });

  test("spot, dated, halted, test, pre-IPO and coin-quoted instruments are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(SYMBOLS);
  });

  test.each([
    [{ inst_type: null }],
    [{ tradable: "true" }],
    [{ tradable: undefined }],
    [{ beta_product: null }],
    [{ product_type: undefined }],
    [{ base_ccy: "" }],
  ])("an unclear instrument is rejected: %p", async (extra) => {
    const list = reply([instrument(BTC, "BTC", extra), ...LIVE.slice(1)]);
    const batch = await refresh({ ...BODIES, [LIST]: list });
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 3,
    });
    expect(shown(batch.quotes)).not.toContain(BTC);
  });

  test.each([
    ["an empty rate", point("", BTC), "bad_rate"],
    ["a rate over 100 %", point("1.5", BTC), "implausible_rate"],
    ["a rate of last week", point("0.00001", BTC, AT - 7 * 86_400_000), "bad_rate"],
  ] as const)("%s is refused", async (_, body, reason) => {
    const batch = await refresh({ ...BODIES, [value(BTC)]: body });
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 4 });
    expect(shown(batch.quotes)).toEqual(SYMBOLS.slice(1));
  });

  test("each rate is charged at the end of its own hour, even across the full hour", async () => {
    const hour = Date.UTC(2026, 9, 5, 16, 1);
    const { quotes } = await refresh(BODIES, {
      nowMs: hour,
      receivedAtMs: { [BTC]: hour - 120_000 },
    });
    expect(quotes.slice(0, 2).map((quote) => quote.nextFundingAtMs)).toEqual([
      Date.UTC(2026, 9, 5, 16),
      Date.UTC(2026, 9, 5, 17),
    ]);
  });

  test("a rate stamped before the current four-hour block still belongs to the previous one", async () => {
    const stamped = async (t: unknown) =>
      (await refresh({ ...BODIES, [value(BTC)]: point("0.0001", BTC, t) })).quotes[0];
    const block = Date.UTC(2026, 9, 5, 12);
    const late = await stamped(block - 1);
    expect(late).toMatchObject({ settling: true, nextFundingAtMs: NEXT, fundingRate: 0.0001 });
    for (const t of [block, AT, NEXT, null]) expect((await stamped(t))?.settling).toBe(false);
  });

  test("perpetuals with a ticker that are missing from the list show that it is incomplete", async () => {
    const short = reply([...LIVE.slice(0, 1), ...SKIPPED]);
    expect(await refresh({ ...BODIES, [LIST]: short })).toMatchObject({ expected: 1, unlisted: 2 });
  });

  test("an instrument whose rate fails is missing and counted; tickers and rotations affect only their fields", async () => {
    const batch = await refresh({ ...BODIES, [value(BTC)]: down });
    expect(shown(batch.quotes)).toEqual(SYMBOLS.slice(1));
    expect(batch).toMatchObject({ rejects: [], expected: 4 });
    const bare = await refresh({ ...BODIES, [TICKERS]: down }, { rotationsEmpty: true });
    expect(bare.quotes[0]).toMatchObject({
      fundingRate: -0.000001884,
      markPrice: null,
      openInterestUsd: null,
      volume24hUsd: null,
    });
  });

  test.each([
    ["an error code", { id: -1, code: 40004, message: "Missing" }, "bad_envelope"],
    ["too many requests", { id: -1, code: 42901, message: "TOO_MANY_REQUESTS" }, "rate_limited"],
    ["the same with an empty result", { id: -1, code: 42901, result: {} }, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a success without a result", { id: -1, code: 0 }, "bad_envelope"],
    ["another instrument's answer", point("0.1", "X"), "bad_envelope"],
    ["an answer that does not say whose it is", reply([{ v: "0.1", t: 1 }]), "bad_envelope"],
  ] as const)("%s for every rate fails the refresh", async (_, body, kind) => {
    const bodies = Object.fromEntries(SYMBOLS.map((symbol) => [value(symbol), body]));
    const failure = await refresh({ ...BODIES, ...bodies }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("a list that fails, is empty or contains no live perpetual fails the refresh", async () => {
    await expect(refresh({ ...BODIES, [LIST]: down })).rejects.toBe(down);
    for (const list of [reply([]), reply(SKIPPED)]) {
      const failure = await refresh({ ...BODIES, [LIST]: list }).catch((e: unknown) => e);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("the exchange's own code of a rate limit is read from a failure's body", () => {
    const { classifyFailure } = cryptocom.facts;
    expect(classifyFailure?.(400, '{"id":-1,"code":42901}')).toBe("rate_limited");
    expect(classifyFailure?.(400, '{"id":-1,"code":40004}')).toBeNull();
  });

  test("says which rows a rate came from", async () => {
    const raw = await cryptocom.fetchRaw(sourceOf(BODIES));
    const explain = (symbol: string) => cryptocom.explain(raw, symbol);
    expect(explain(BTC)).toMatchObject({
      rows: {
        rates: { v: "-0.000001884", t: NEXT - 3_600_000 },
        instruments: { symbol: BTC, product_type: "DIGITAL_CURRENCIES" },
        tickers: { oi: "12.5" },
        marks: { v: "64001.5" },
      },
      formula: "{rates.v}",
    });
    expect(explain("OLDUSD-PERP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const SIGN = "a rate may be negative";
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("rates.v", ["negative"], ["fundingRate"], SIGN),
  free("marks.v", ["huge"], ["markPrice"], LEGAL),
  free("tickers.a", MUTATIONS, ["openInterestUsd"], "the mark stands in for the last price"),
  free("tickers.oi", ["huge"], ["openInterestUsd"], LEGAL),
  free("tickers.vv", ["huge"], ["volume24hUsd"], LEGAL),
  free(
    "list.base_ccy",
    ["NaN", "huge", "negative"],
    ["base", "multiplier"],
    "any text may be a name",
  ),
];

test("cryptocom: no single wrong value leads to a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => {
    const rows: unknown = Reflect.get(Object(Reflect.get(Object(body), "result")), "data");
    return Array.isArray(rows) ? rows : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "list", request: LIST, rows: list },
      { name: "tickers", request: TICKERS, rows: list },
      { name: "rates", request: value(BTC), rows: list },
      { name: "marks", request: mark(BTC), rows: list },
    ],
    // A mutated symbol is requested by a name without a reply.
    refresh: async (bodies) => cryptocom.parse(await cryptocom.fetchRaw(sourceOf(known(bodies)))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

/** Unlisted names are refused like the exchange does. */
function known(bodies: Bodies): Bodies {
  const refusal = { id: -1, code: 40401 };
  const names = ["NaN", "1e300", "-1"].flatMap((name) => [value(name), mark(name)]);
  return { ...Object.fromEntries(names.map((name) => [name, refusal])), ...bodies };
}

describeRecorded("cryptocom, recorded", (read) => {
  const NOW = 1_687_892_700_000;

  test("the recorded list, with a product type made for it, joined to the recorded rate of another contract", async () => {
    const body: unknown = await read("cryptocom", "get-instruments.json");
    const rows: unknown = Reflect.get(Object(Reflect.get(Object(body), "result")), "data");
    const list: readonly Row[] = Array.isArray(rows) ? rows : [];
    const rate: unknown = await read("cryptocom", "get-valuations.json");
    const result: Row = { ...Object(Reflect.get(Object(rate), "result")) };
    const { quotes, rejects, expected } = await refresh(
      {
        [LIST]: reply(list.map((row) => ({ ...row, product_type: "DIGITAL_CURRENCIES" }))),
        [TICKERS]: await read("cryptocom", "get-tickers.json"),
        [value("RUNEUSD-PERP")]: reply(result["data"], { instrument_name: "RUNEUSD-PERP" }),
      },
      { nowMs: NOW, rotationsEmpty: true },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([{ base: "RUNE", fundingRate: -0.000001884, volume24hUsd: null }]);
  });

  test("the recorded rate and tickers, with a list made for them", async () => {
    const { quotes } = await refresh(
      {
        [LIST]: reply([instrument(BTC, "BTC"), instrument("AVAXUSD-PERP", "AVAX")]),
        [TICKERS]: await read("cryptocom", "get-tickers.json"),
        [value(BTC)]: await read("cryptocom", "get-valuations.json"),
        [value("AVAXUSD-PERP")]: point("0", "AVAXUSD-PERP", NOW),
      },
      { nowMs: NOW, rotationsEmpty: true },
    );
    expect(quotes).toMatchObject([
      { base: "BTC", fundingRate: -0.000001884, nextFundingAtMs: Date.UTC(2023, 5, 27, 20) },
      { base: "AVAX", volume24hUsd: 14017.33, openInterestUsd: 10888.9 * 13.209 },
    ]);
  });
});
