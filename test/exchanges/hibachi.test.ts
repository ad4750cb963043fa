import { describe, expect, test } from "bun:test";
import { hibachi } from "../../src/exchanges/hibachi.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const INFO = "/market/exchange-info";
const of = (call: string, symbol: string): string =>
  `/market/data/${call}?symbol=${symbol.replace("/", "%2F")}`;
const [BTC, PEPE, TEMP] = ["BTC/USDT-P", "1000PEPE/USDT-P", "TEMP/USDT-P"] as const;
const LIVE = [BTC, PEPE, TEMP];
const GONE = "GONE/USDT-P";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 16);
const seconds = (ms: number): number => ms / 1000;

type Row = Readonly<Record<string, unknown>>;

const contract = (symbol: string, extra: Row = {}): Row => ({
  displayName: symbol,
  id: 1,
  marketCloseTimestamp: null,
  marketOpenTimestamp: null,
  marketCreationTimestamp: "1727701319.73488",
  settlementSymbol: "USDT",
  status: "LIVE",
  symbol,
  underlyingSymbol: symbol.split("/")[0],
  ...extra,
});
const CONTRACTS = [
  contract(BTC),
  contract(PEPE),
  contract(TEMP, {
    marketOpenTimestamp: String(seconds(AT - 1000)),
    marketCloseTimestamp: seconds(AT + 86_400_000) + 0.5,
  }),
  contract(GONE, { marketCloseTimestamp: seconds(AT - 1000) }),
  contract("SOON/USDT-P", { marketOpenTimestamp: seconds(AT + 1000) }),
  contract("HALT/USDT-P", { status: "HALTED" }),
  contract("EUR/BTC-P", { settlementSymbol: "BTC" }),
  contract("BTC/USDT"),
];
const info = (futureContracts: readonly Row[], extra: Row = {}): Row => ({
  feeConfig: {},
  futureContracts,
  maintenanceWindow: [],
  status: "NORMAL",
  ...extra,
});
const prices = (symbol: string, estimate: Row = {}, extra: Row = {}): Row => ({
  askPrice: "64001",
  bidPrice: "64000",
  fundingRateEstimation: {
    estimatedFundingRate: "-0.000137",
    nextFundingTimestamp: seconds(NEXT),
    ...estimate,
  },
  markPrice: "64000.5",
  spotPrice: "64010.25",
  symbol,
  tradePrice: "42000",
  ...extra,
});

const BODIES: Bodies = {
  [INFO]: info(CONTRACTS),
  ...Object.fromEntries(
    [...LIVE, GONE].flatMap((symbol) => [
      [of("prices", symbol), prices(symbol)],
      [of("stats", symbol), { high24h: "1", low24h: "1", symbol, volume24h: "12.5" }],
      [of("open-interest", symbol), { totalQuantity: "2.5" }],
    ]),
  ),
  [of("prices", PEPE)]: prices(PEPE, { estimatedFundingRate: "0", nextFundingTimestamp: null }),
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  hibachi.refresh(sourceOf(bodies, options));
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

const withBtc = (estimate: Row, extra: Row = {}) =>
  refresh({ ...BODIES, [of("prices", BTC)]: prices(BTC, estimate, extra) });

describe("hibachi", () => {
  test("one rate per live contract every cycle; volume and open interest in rotation; slashes encoded", async () => {
    const source = sourceOf(BODIES);
    await hibachi.refresh(source);
    expect(source.asks).toEqual([
      { kind: "instruments", name: "instruments", everyMs: 300_000 },
      { kind: "sweep", name: "prices", everyMs: null },
      { kind: "rotation", name: "stats", everyMs: 300_000 },
      { kind: "rotation", name: "openInterest", everyMs: 300_000 },
    ]);
    const asked = Object.keys(BODIES).filter((key) => !key.includes("GONE"));
    expect(source.requests.toSorted()).toEqual(asked.toSorted());
    const { requestsPerRefresh, requestsPerInstrument } = hibachi.facts;
    expect([requestsPerRefresh, requestsPerInstrument]).toEqual([0, 1]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.000137,
      fundingIntervalHours: 8,
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
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 2.5 and 12.5 coins at the mark of 64,000.5.
      openInterestUsd: 160_001.25,
      volume24hUsd: 800_006.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract; without a published next time the documented grid tells it", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1000,
      fundingRate: 0,
      nextFundingAtMs: NEXT,
    });
  });

  test("closed, not yet open, halted, coin-settled and spot markets are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
    // The temporary market closes a day later, while its list is still cached.
    const later = { nowMs: AT + 86_401_000, receivedAtMs: { instruments: AT } };
    const bodies = Object.fromEntries(
      LIVE.map((symbol) => [of("prices", symbol), prices(symbol, { nextFundingTimestamp: null })]),
    );
    expect(shown((await refresh({ ...BODIES, ...bodies }, later)).quotes)).toEqual([BTC, PEPE]);
  });

  test("nothing is shown while a maintenance window runs", async () => {
    const windowed = (begin: number, end: unknown) =>
      refresh({
        ...BODIES,
        [INFO]: info(CONTRACTS, { maintenanceWindow: [{ begin, end, note: "upgrade" }] }),
      });
    expect(await windowed(seconds(AT) - 0.5, seconds(AT) + 60.5)).toMatchObject({
      quotes: [],
      expected: 3,
    });
    expect((await windowed(seconds(AT) - 60, null)).quotes).toEqual([]);
    expect((await windowed(seconds(AT) + 60, seconds(AT) + 120)).quotes).toHaveLength(3);
    expect((await windowed(seconds(AT) - 60, seconds(AT))).quotes).toHaveLength(3);
  });

  test.each([
    [{ status: null }],
    [{ status: true }],
    [{ marketCloseTimestamp: "soon" }],
    [{ marketOpenTimestamp: {} }],
    [{ marketCloseTimestamp: 1e300 }],
    [{ underlyingSymbol: "" }],
    [{ settlementSymbol: undefined }],
  ])("a contract that cannot be told is refused: %p", async (extra) => {
    const batch = await refresh({
      ...BODIES,
      [INFO]: info([contract(BTC, extra), contract(PEPE)]),
    });
    expect(shown(batch.quotes)).toEqual([PEPE]);
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 1,
    });
  });

  test.each([
    [{ estimatedFundingRate: "" }, "bad_rate"],
    [{ estimatedFundingRate: "-1.5" }, "implausible_rate"],
    // Milliseconds where seconds belong.
    [{ nextFundingTimestamp: NEXT }, "bad_next_time"],
  ])("a rate with %p is refused as %s", async (estimate, reason) => {
    const batch = await withBtc(estimate);
    expect(shown(batch.quotes)).toEqual([PEPE, TEMP]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 3 });
  });

  test("no estimate at all is no rate; a settlement long past is a dead contract", async () => {
    const bare = await withBtc({}, { fundingRateEstimation: null });
    expect(bare.rejects).toMatchObject([{ exchangeSymbol: BTC, reason: "bad_rate" }]);
    const dead = await withBtc({ nextFundingTimestamp: seconds(NEXT) - 4 * 86_400 });
    expect(shown(dead.quotes)).toEqual([PEPE, TEMP]);
    expect(dead).toMatchObject({ rejects: [], expected: 3 });
  });

  test("rotations that know nothing cost quantities; a failing rate its contract; the list the refresh", async () => {
    const bare = await refresh(BODIES, { rotationsEmpty: true });
    expect(bare.quotes[0]).toMatchObject({
      fundingRate: -0.000137,
      markPrice: 64000.5,
      openInterestUsd: null,
      volume24hUsd: null,
    });
    const batch = await refresh({ ...BODIES, [of("prices", BTC)]: down });
    expect(shown(batch.quotes)).toEqual([PEPE, TEMP]);
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
    await expect(refresh({ ...BODIES, [INFO]: down })).rejects.toBe(down);
  });

  test.each([
    ["a failure", { errorCode: 4, message: "no", status: "failed" }],
    ["another contract's answer", prices("X/USDT-P")],
    ["an empty list", []],
  ])("%s for every rate fails the refresh", async (_, body) => {
    const bodies = Object.fromEntries(LIVE.map((symbol) => [of("prices", symbol), body]));
    const failure = await refresh({ ...BODIES, ...bodies }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test.each([
    ["a failure", { errorCode: 4, message: "no", status: "failed" }],
    ["maintenance", info(CONTRACTS, { status: "MAINTENANCE" })],
    ["no state", info(CONTRACTS, { status: undefined })],
    ["no contract", info([])],
    ["no live contract", info(CONTRACTS.slice(3))],
    ["an unreadable window", info(CONTRACTS, { maintenanceWindow: "now" })],
  ])("a list with %s fails the refresh", async (_, body) => {
    const failure = await refresh({ ...BODIES, [INFO]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which rows a rate came from", async () => {
    const raw = await hibachi.fetchRaw(sourceOf(BODIES));
    expect(hibachi.explain(raw, BTC)).toMatchObject({
      rows: {
        prices: { fundingRateEstimation: { estimatedFundingRate: "-0.000137" } },
        instruments: { symbol: BTC, status: "LIVE" },
      },
      formula: "{prices.fundingRateEstimation.estimatedFundingRate}",
    });
    expect(hibachi.explain(raw, GONE)).toBeNull();
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
  free("estimate.estimatedFundingRate", ["negative"], ["fundingRate"], "a rate may be negative"),
  free("prices.markPrice", ["huge"], ["markPrice", "openInterestUsd", "volume24hUsd"], LEGAL),
  free("prices.spotPrice", ["huge"], ["indexPrice"], LEGAL),
  free("stats.volume24h", ["huge"], ["volume24hUsd"], LEGAL),
  free("interest.totalQuantity", ["huge"], ["openInterestUsd"], LEGAL),
  free(
    "list.underlyingSymbol",
    ["NaN", "huge", "negative"],
    ["base", "multiplier"],
    "any text may be a name",
  ),
];

test("hibachi: no single wrong value makes a wrong quote", async () => {
  const whole = (body: unknown): readonly unknown[] => [body];
  const at =
    (key: string) =>
    (body: unknown): readonly unknown[] => {
      const value: unknown = Reflect.get(Object(body), key);
      return Array.isArray(value) ? value : [value];
    };
  // A closed market that lost its border looks like one that never closes: its status alone can tell, so none is here.
  const closed = new Set<unknown>([GONE, "SOON/USDT-P"]);
  const contracts = CONTRACTS.filter((row) => !closed.has(row["symbol"]));
  const breaches = await mutationBreaches({
    bodies: { ...BODIES, [INFO]: info(contracts) },
    payloads: [
      { name: "list", request: INFO, rows: at("futureContracts") },
      { name: "prices", request: of("prices", BTC), rows: whole },
      { name: "estimate", request: of("prices", BTC), rows: at("fundingRateEstimation") },
      { name: "stats", request: of("stats", BTC), rows: whole },
      { name: "interest", request: of("open-interest", BTC), rows: whole },
    ],
    refresh: async (bodies) => hibachi.parse(await hibachi.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("hibachi, recorded", (read) => {
  const ETH = "ETH/USDT-P";

  test("the recorded replies of one contract, with the exchange's state, left out of the list, made for it", async () => {
    const list: unknown = await read("hibachi", "exchange-info-cut.json");
    const { quotes, rejects, expected } = await refresh(
      {
        [INFO]: { ...Object(list), status: "NORMAL" },
        [of("prices", ETH)]: await read("hibachi", "prices.json"),
        [of("stats", ETH)]: await read("hibachi", "stats.json"),
        [of("open-interest", ETH)]: await read("hibachi", "open-interest.json"),
      },
      { nowMs: 1_712_700_000_000 },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([
      {
        base: "ETH",
        fundingRate: 0.000001,
        nextFundingAtMs: 1_712_707_200_000,
        markPrice: 3514.288858,
        indexPrice: 3514.715,
      },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(2.3299770166 * 3514.288858, 6);
  });
});
