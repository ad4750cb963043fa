import { describe, expect, test } from "bun:test";
import { hashkey } from "../../src/exchanges/hashkey.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 16);
const INFO = "/api/v1/exchangeInfo";
const ratesAt = (ms: number): string => `/api/v1/futures/fundingRate?timestamp=${ms}`;
const RATES = ratesAt(AT);
const INDEX = "/quote/v1/index";
const mark = (symbol: string): string => `/quote/v1/markPrice?symbol=${symbol}`;
const ticker = (symbol: string): string => `/quote/v1/ticker/24hr?symbol=${symbol}`;
const [BTC, ETH] = ["BTCUSDT-PERPETUAL", "ETHUSDT-PERPETUAL"] as const;
const LIVE = [BTC, ETH];

type Row = Readonly<Record<string, unknown>>;

const contract = (symbol: string, underlying: string, extra: Row = {}): Row => ({
  symbol,
  symbolName: symbol,
  status: "TRADING",
  baseAsset: symbol,
  quoteAsset: "USDT",
  inverse: false,
  marginToken: "USDT",
  contractMultiplier: "0.001",
  underlying,
  ...extra,
});
const CONTRACTS = [
  contract(BTC, "BTC"),
  contract(ETH, "ETH"),
  contract("OLDUSDT-PERPETUAL", "OLD", { status: "HALT" }),
  contract("BTCUSD-PERPETUAL", "BTC", { inverse: true, marginToken: "BTC", quoteAsset: "USD" }),
  contract("BTCUSDT-261225", "BTC"),
  contract("ETHBTC-PERPETUAL", "ETH", { marginToken: "BTC" }),
];
const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  rate: "-0.0000966",
  nextSettleTime: String(NEXT),
  ...extra,
});
const info = (contracts: readonly Row[]): Row => ({ timezone: "UTC", symbols: [], contracts });

const BODIES: Bodies = {
  [INFO]: info(CONTRACTS),
  [RATES]: [
    rate(BTC),
    rate(ETH, { rate: "0", nextSettleTime: "" }),
    rate("OLDUSDT-PERPETUAL"),
    rate("NEWUSDT-PERPETUAL"),
  ],
  [INDEX]: { index: { BTCUSDT: "64010.25", OLDUSDT: "1" }, edp: {} },
  [mark(BTC)]: { exchangeId: 301, symbolId: BTC, price: "64000.5", time: String(AT) },
  [mark(ETH)]: { exchangeId: 301, symbolId: "OTHER", price: "3000", time: String(AT) },
  [ticker(BTC)]: [{ t: AT, s: BTC, c: "64001", v: "1604722", qv: "5062575.25" }],
  [ticker(ETH)]: [{ t: AT, s: "ETHUSDT", qv: "7" }],
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  hashkey.refresh(sourceOf(bodies, options));
const withBtc = (extra: Row) => refresh({ ...BODIES, [RATES]: [rate(BTC, extra), rate(ETH)] });
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("hashkey", () => {
  test("is disabled, with a reason", () => {
    expect(hashkey.facts.disabledReason).toContain("never recorded");
  });

  test("requests rates with the current time, index and list concurrently; marks and volumes in rotation", async () => {
    const source = sourceOf(BODIES);
    await hashkey.refresh(source);
    expect(source.asks).toEqual([
      { kind: "instruments", name: "instruments", everyMs: 3_600_000 },
      { kind: "essential", name: "rates", everyMs: null },
      { kind: "secondary", name: "indexes", everyMs: null },
      { kind: "rotation", name: "marks", everyMs: 120_000 },
      { kind: "rotation", name: "tickers", everyMs: 300_000 },
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      hashkey.facts.requestsPerRefresh,
    );
  });

  test("the timestamp of the rates is never that of an old list, even if the index fails", async () => {
    const cached = { receivedAtMs: { instruments: AT - 3_000_000 } };
    for (const index of [BODIES[INDEX], down]) {
      const source = sourceOf({ ...BODIES, [INDEX]: index }, cached);
      await hashkey.refresh(source);
      expect(source.requests).toContain(RATES);
    }
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 2, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.0000966,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestUsd: null,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("without a published next time it follows from the grid; another contract's mark and volume are not used", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "ETH",
      fundingRate: 0,
      nextFundingAtMs: NEXT,
      markPrice: null,
      indexPrice: null,
      volume24hUsd: null,
    });
  });

  test("halted, inverse, dated and coin-settled contracts are not shown", async () => {
    const rows = CONTRACTS.map((row) => rate(String(row["symbol"])));
    expect(shown((await refresh({ ...BODIES, [RATES]: rows })).quotes)).toEqual(LIVE);
  });

  test.each([
    [{ status: null }],
    [{ inverse: "false" }],
    [{ inverse: undefined }],
    [{ underlying: "" }],
    [{ marginToken: null }],
  ])("an unclear contract is rejected: %p", async (extra) => {
    const list = info([contract(BTC, "BTC", extra), contract(ETH, "ETH")]);
    const batch = await refresh({ ...BODIES, [INFO]: list });
    expect(shown(batch.quotes)).toEqual([ETH]);
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 1,
    });
  });

  test.each([
    [{ rate: "" }, "bad_rate"],
    [{ rate: undefined }, "bad_rate"],
    [{ rate: "1.5" }, "implausible_rate"],
    [{ nextSettleTime: String(NEXT / 1000) }, "bad_next_time"],
  ])("a rate with %p is rejected as %s", async (extra, reason) => {
    const batch = await withBtc(extra);
    expect(shown(batch.quotes)).toEqual([ETH]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 2 });
  });

  test("a settlement long past means a dead contract; one beyond the interval contradicts it", async () => {
    const dead = await withBtc({ nextSettleTime: String(NEXT - 4 * 86_400_000) });
    expect(shown(dead.quotes)).toEqual([ETH]);
    const far = await withBtc({ nextSettleTime: String(NEXT + 86_400_000) });
    expect(far.quotes[0]).toMatchObject({
      fundingIntervalHours: null,
      nextFundingAtMs: NEXT + 86_400_000,
      baselineRate: null,
    });
  });

  test("failing index and rotations affect only their fields; failing rates or list fail the refresh", async () => {
    for (const index of [down, { index: {}, edp: {} }]) {
      const bare = await refresh({ ...BODIES, [INDEX]: index }, { rotationsEmpty: true });
      expect(bare.quotes[0]).toMatchObject({
        fundingRate: -0.0000966,
        markPrice: null,
        indexPrice: null,
        volume24hUsd: null,
      });
    }
    for (const key of [RATES, INFO]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test.each([
    ["an error", RATES, { code: "0001", msg: "Required field 'timestamp' missing or invalid." }],
    ["an empty list", RATES, []],
    ["an error", INFO, { code: "-1130", msg: "no" }],
    ["no contract", INFO, info([])],
  ])("%s fails the refresh", async (_, key, body) => {
    const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which rows a rate came from", async () => {
    const raw = await hashkey.fetchRaw(sourceOf(BODIES));
    expect(hashkey.explain(raw, BTC)).toMatchObject({
      rows: { rates: rate(BTC), instruments: { symbol: BTC, inverse: false } },
      formula: "{rates.rate}",
    });
    expect(hashkey.explain(raw, "NEWUSDT-PERPETUAL")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("rates.rate", ["negative"], ["fundingRate"], "a rate may be negative"),
  free("index.BTCUSDT", ["huge"], ["indexPrice"], LEGAL),
  free("mark.price", ["huge"], ["markPrice"], LEGAL),
  free("ticker.qv", ["huge"], ["volume24hUsd"], LEGAL),
  free("contracts.underlying", ["NaN", "huge", "negative"], ["base"], "any text may be a name"),
];

test("hashkey: no single wrong value leads to a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body]);
  const unlisted = Object.fromEntries(
    ["NaN", "1e300", "-1"].flatMap((name) => [
      [mark(name), { code: -100011 }],
      [ticker(name), { code: -100011 }],
    ]),
  );
  const breaches = await mutationBreaches({
    bodies: { ...unlisted, ...BODIES },
    payloads: [
      { name: "rates", request: RATES, rows: list },
      {
        name: "contracts",
        request: INFO,
        rows: (body) => list(Reflect.get(Object(body), "contracts")),
      },
      { name: "index", request: INDEX, rows: (body) => list(Reflect.get(Object(body), "index")) },
      { name: "mark", request: mark(BTC), rows: list },
      { name: "ticker", request: ticker(BTC), rows: list },
    ],
    refresh: async (bodies) => hashkey.parse(await hashkey.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("hashkey, recorded", (read) => {
  test("the recorded list, rates and ticker, with prices made for them", async () => {
    const now = 1_722_290_000_000;
    const { quotes, rejects, expected, unlisted } = await refresh(
      {
        [INFO]: await read("hashkey", "exchangeInfo.json"),
        [ratesAt(now)]: await read("hashkey", "fundingRate.json"),
        [INDEX]: { index: { BTCUSDT: "66000" }, edp: {} },
        [mark(BTC)]: { symbolId: BTC, price: "66001" },
        [ticker(BTC)]: await read("hashkey", "ticker-24hr.json"),
      },
      { nowMs: now },
    );
    // The list was reduced to one contract.
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 1, unlisted: 1 });
    expect(quotes).toMatchObject([
      {
        base: "BTC",
        fundingRate: 0.0001,
        nextFundingAtMs: 1_722_297_600_000,
        indexPrice: 66000,
        volume24hUsd: 108827258.7761,
      },
    ]);
  });
});
