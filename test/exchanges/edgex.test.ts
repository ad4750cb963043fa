import { describe, expect, test } from "bun:test";
import { edgex } from "../../src/exchanges/edgex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { MUTATIONS, mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const META = "/api/v2/public/meta/getMetaData";
const RATES = "/api/v2/public/funding/getLatestFundingRate?contractId=";
const ticker = (id: string): string => `/api/v2/public/quote/getTicker?contractId=${id}`;

const AT = Date.UTC(2026, 9, 5, 9, 30);
const START = Date.UTC(2026, 9, 5, 8);
const STAMP = AT - 20_000;
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);

type Row = Readonly<Record<string, unknown>>;

const contract = (contractId: string, name: string, baseCoinId: string, extra: Row = {}): Row => ({
  contractId,
  contractName: name,
  baseCoinId,
  quoteCoinId: "1000",
  enableTrade: true,
  enableDisplay: true,
  isStock: false,
  isFx: false,
  fundingMaxRate: "0.002",
  fundingMinRate: "-0.001",
  defaultTakerFeeRate: "0.00045",
  tickSize: "0.1",
  ...extra,
});

const rate = (contractId: string, extra: Row = {}): Row => ({
  contractId,
  fundingTime: String(START),
  fundingTimestamp: String(STAMP),
  markPrice: "64000.5",
  oraclePrice: "64001.75",
  indexPrice: "64010.25",
  fundingRate: "-0.00005537",
  isSettlement: false,
  forecastFundingRate: "-0.00012293",
  previousFundingRate: "0.00000567",
  interestRate: "0.0003",
  predictedFundingRate: "0.00005000",
  fundingRateIntervalMin: "240",
  ...extra,
});

const CONTRACTS = [
  contract("30000001", "BTCUSDT", "1001"),
  contract("30000002", "1000PEPEUSDT", "1002"),
  contract("30000003", "TSLAUSDT", "1003", { isStock: true }),
  contract("30000004", "OLDUSDT", "1001", { enableTrade: false }),
  contract("30000005", "HIDUSDT", "1001", { enableDisplay: false }),
  contract("30000006", "ETHBTC", "1002", { quoteCoinId: "1001" }),
];
const COINS = [
  { coinId: "1000", coinName: "USDT" },
  { coinId: "1001", coinName: "BTC" },
  { coinId: "1002", coinName: "1000PEPE" },
  { coinId: "1003", coinName: "TSLA" },
];

const reply = (data: unknown, code = "SUCCESS"): Row => ({ code, data, msg: null, traceId: "x" });
const meta = (contractList: readonly Row[], extra: Row = {}): Row =>
  reply({ global: { collateralCoinId: "1000" }, coinList: COINS, contractList, ...extra });

const BODIES: Bodies = {
  [META]: meta(CONTRACTS),
  [RATES]: reply([
    rate("30000001"),
    rate("30000002", { forecastFundingRate: "", markPrice: undefined, oraclePrice: "0.0105" }),
    rate("30000003", { fundingRate: "0", fundingRateIntervalMin: "480" }),
    rate("30000004"),
    rate("10000001"),
  ]),
  [ticker("30000001")]: reply([
    { contractId: "30000001", value: "5062575.25", size: "79", openInterest: "55.5" },
  ]),
  [ticker("30000002")]: reply([]),
  [ticker("30000003")]: reply([{ contractId: 30000003, value: "0", openInterest: "0" }]),
};

/** The rates are returned whatever ids are requested. */
function anyIds(bodies: Bodies): Bodies {
  const keyOf = (key: string | symbol): string | symbol =>
    typeof key === "string" && key.startsWith(RATES) ? RATES : key;
  return new Proxy(bodies, {
    getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(target, keyOf(key)),
    get: (target, key): unknown => Reflect.get(target, keyOf(key)),
  });
}

const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(anyIds({ ...bodies }), { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  edgex.refresh(sourceOf(bodies, options));

async function btcOf(rateExtra: Row, contractExtra: Row = {}) {
  const batch = await refresh({
    ...BODIES,
    [META]: meta([
      contract("30000001", "BTCUSDT", "1001", contractExtra),
      contract("30000003", "TSLAUSDT", "1003"),
    ]),
    [RATES]: reply([rate("30000001", rateExtra)]),
  });
  return { batch, quote: batch.quotes[0] };
}

describe("edgex", () => {
  test("the list with its own period, all live ids in one request, and tickers one contract at a time", async () => {
    const source = sourceOf(BODIES);
    await edgex.refresh(source);
    expect(source.asks).toEqual([
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
      { kind: "essential", name: "rates", everyMs: null },
      { kind: "rotation", name: "tickers", everyMs: 300_000 },
    ]);
    const ids = ["30000001", "30000002", "30000003"];
    expect(source.requests).toEqual([META, `${RATES}${ids.join(",")}`, ...ids.map(ticker)]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      edgex.facts.requestsPerRefresh,
    );
  });

  test("a long list of ids is split so that no URL grows too long", async () => {
    const many = Array.from({ length: 201 }, (_, n) => contract(`4${n}`, `C${n}USDT`, "1001"));
    const source = sourceOf({ ...BODIES, [META]: meta(many) }, { rotationsEmpty: true });
    await edgex.refresh(source);
    const asked = source.requests.filter((request) => request.startsWith(RATES));
    expect(asked.map((request) => request.split(",").length)).toEqual([200, 1]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      // Gold has the same markers as a coin.
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.00005537,
      fundingIntervalHours: 4,
      intervalSource: "published",
      // The period began at 08:00 and lasts 240 minutes.
      nextFundingAtMs: hour(12),
      predictedRate: -0.00012293,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.002,
      rateFloor: -0.001,
      baselineRate: expect.closeTo(0.00005, 15),
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      takerFeeBps: 4.5,
      // 55.5 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 3_552_027.75,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x coin without a forecast and a mark; a stock at 8 h with a rate and a volume of zero", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      {
        base: "PEPE",
        multiplier: 1000,
        predictedRate: null,
        markPrice: 0.0105,
        openInterestUsd: null,
        volume24hUsd: null,
      },
      {
        base: "TSLA",
        assetClass: "stock",
        fundingRate: 0,
        fundingIntervalHours: 8,
        nextFundingAtMs: hour(16),
        openInterestUsd: 0,
        volume24hUsd: 0,
      },
    ]);
    expect(quotes).toHaveLength(3);
  });

  test("the constant called predictedFundingRate is never a rate", async () => {
    const { quote } = await btcOf({ predictedFundingRate: "0.5", interestRate: null });
    expect(quote).toMatchObject({
      fundingRate: -0.00005537,
      predictedRate: -0.00012293,
      baselineRate: null,
    });
  });

  test.each([
    [{ enableTrade: undefined }],
    [{ enableTrade: "true" }],
    [{ enableDisplay: null }],
    [{ baseCoinId: "9" }],
    [{ quoteCoinId: null }],
    [{ contractName: "" }],
  ])("an unclear contract is rejected: %p", async (extra) => {
    const { batch } = await btcOf({}, extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
  });

  test.each([
    [{ fundingRate: "" }, "bad_rate"],
    [{ fundingRate: undefined }, "bad_rate"],
    [{ fundingRate: "1.5" }, "implausible_rate"],
    [{ fundingTime: String(START / 1000) }, "bad_next_time"],
  ])("a row with %p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason }],
      expected: 2,
    });
  });

  test("without an interval there is no next time; a period long over means a dead contract", async () => {
    expect((await btcOf({ fundingRateIntervalMin: "" })).quote).toMatchObject({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
      baselineRate: null,
    });
    expect((await btcOf({ fundingTime: "" })).quote).toMatchObject({
      fundingIntervalHours: 4,
      nextFundingAtMs: null,
    });
    const dead = await btcOf({ fundingTime: String(START - 3 * 86_400_000) });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [], expected: 2 });
  });

  test.each([
    [{ isFx: true }, "forex"],
    [{ isStock: true }, "stock"],
    [{}, null],
    [{ isStock: undefined, isFx: undefined }, null],
    [{ isFx: "true" }, null],
  ] as const)("a contract marked %p is of class %p", async (extra, assetClass) => {
    expect((await btcOf({}, extra)).quote?.assetClass).toBe(assetClass);
  });

  test("bounds and fee are unknown if the contract does not state them, or implausibly", async () => {
    const unknown = { rateCap: null, rateFloor: null, takerFeeBps: null };
    const keys = { fundingMaxRate: "", fundingMinRate: undefined, defaultTakerFeeRate: null };
    expect((await btcOf({}, keys)).quote).toMatchObject(unknown);
    const absurd = { fundingMaxRate: "-1", fundingMinRate: "2", defaultTakerFeeRate: "4.5" };
    expect((await btcOf({}, absurd)).quote).toMatchObject(unknown);
  });

  test("a ticker that fails, or is of another contract or several, affects only its contract's quantities", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const other = { contractId: "30000003", value: "7", openInterest: "7" };
    const both = reply([{ ...other, contractId: "30000001" }, other]);
    for (const body of [down, reply([]), reply([other]), both, reply(null, "ERROR")]) {
      const { quotes, rejects } = await refresh({ ...BODIES, [ticker("30000001")]: body });
      expect(rejects).toEqual([]);
      const quantities = quotes.map((quote) => [quote.volume24hUsd, quote.openInterestUsd]);
      expect(quantities).toEqual([
        [null, null],
        [null, null],
        [0, 0],
      ]);
      expect(quotes[0]?.markPrice).toBe(64000.5);
    }
  });

  test("the rates or the list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    for (const key of [RATES, META]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a contract that comes twice in the rates with different figures is not shown", async () => {
    const twin = rate("30000001", { fundingRate: "0.0005" });
    for (const rows of [
      [rate("30000001"), twin],
      [twin, rate("30000001")],
    ]) {
      const batch = await refresh({ ...BODIES, [RATES]: reply([...rows, rate("30000003")]) });
      expect(batch.quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["TSLAUSDT"]);
      expect(batch.rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
    }
  });

  test("an interval in hours instead of minutes is unknown", async () => {
    for (const fundingRateIntervalMin of ["4", "8", "14400", "300"])
      expect((await btcOf({ fundingRateIntervalMin })).quote).toMatchObject({
        fundingIntervalHours: null,
        nextFundingAtMs: null,
      });
  });

  test.each([
    ["an error code", RATES, reply(null, "INVALID_CONTRACT_ID")],
    ["an empty list", RATES, reply([])],
    ["no contract alive", META, meta([contract("1", "X", "1001", { enableTrade: false })])],
    ["no coins", META, meta(CONTRACTS, { coinList: [] })],
    ["no collateral coin", META, meta(CONTRACTS, { global: {} })],
  ])("%s fails the refresh", async (_, key, body) => {
    const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which rows a rate came from", async () => {
    const raw = await edgex.fetchRaw(sourceOf(BODIES));
    const explain = (symbol: string) => edgex.explain(raw, symbol);
    expect(explain("BTCUSDT")).toMatchObject({
      rows: {
        rates: { contractId: "30000001", fundingRate: "-0.00005537" },
        instruments: { contractName: "BTCUSDT", enableTrade: true },
        tickers: { value: "5062575.25" },
      },
      formula: "{rates.fundingRate}",
    });
    expect(explain("HIDUSDT")).toBeNull();
    expect(explain("nothing")).toBeNull();
  });

  test("a retired contract with the same name is not the source of a rate", async () => {
    const old = contract("10000001", "BTCUSDT", "1001", { enableTrade: false });
    const source = sourceOf({ ...BODIES, [META]: meta([old, ...CONTRACTS]) });
    const origin = edgex.explain(await edgex.fetchRaw(source), "BTCUSDT");
    expect(origin?.rows).toMatchObject({
      rates: { contractId: "30000001" },
      instruments: { contractId: "30000001" },
    });
  });

  test("rates that were not requested are counted, not shown", async () => {
    const batch = await refresh({
      ...BODIES,
      [META]: meta(CONTRACTS.slice(0, 1)),
      [RATES]: reply([rate("30000001"), rate("30000003")]),
    });
    expect(batch).toMatchObject({ quotes: [{ base: "BTC" }], expected: 1, unlisted: 1 });
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const NAME = "any text may be a name";
const SIGN = "a rate may be negative";
const SPARE = "the oracle price stands in for it";

const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });

const exemptions: readonly Exemption[] = [
  free("rates.fundingRate", ["negative"], ["fundingRate"], SIGN),
  free("rates.forecastFundingRate", ["negative", "flipped"], ["predictedRate"], SIGN),
  free("rates.interestRate", ["negative"], ["baselineRate"], SIGN),
  free("rates.markPrice", MUTATIONS, ["markPrice", "openInterestUsd"], SPARE),
  free("rates.oraclePrice", ["huge"], ["markPrice", "openInterestUsd"], LEGAL),
  free("rates.indexPrice", ["huge"], ["indexPrice"], LEGAL),
  free("tickers.value", ["huge"], ["volume24hUsd"], LEGAL),
  free("tickers.openInterest", ["huge"], ["openInterestUsd"], LEGAL),
  free("coins.coinName", ["NaN", "huge", "negative"], ["base", "multiplier"], NAME),
  free("contracts.contractName", ["NaN", "huge", "negative"], ["exchangeSymbol"], NAME),
];

test("edgex: no single wrong value leads to a wrong quote", async () => {
  const listAt =
    (...keys: readonly string[]) =>
    (body: unknown): readonly unknown[] => {
      const rows: unknown = keys.reduce<unknown>(
        (value, key) => Reflect.get(Object(value), key),
        body,
      );
      return Array.isArray(rows) ? rows : [];
    };
  // Unknown ids get an empty reply.
  const unlisted = Object.fromEntries(
    ["NaN", "1e300", "-30000001", "-30000002", "-30000003"].map((id) => [ticker(id), reply([])]),
  );
  const breaches = await mutationBreaches({
    bodies: { ...unlisted, ...BODIES },
    payloads: [
      { name: "rates", request: RATES, rows: listAt("data") },
      { name: "tickers", request: ticker("30000001"), rows: listAt("data") },
      { name: "contracts", request: META, rows: listAt("data", "contractList") },
      { name: "coins", request: META, rows: listAt("data", "coinList") },
    ],
    refresh: async (bodies) => edgex.parse(await edgex.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("edgex, recorded", (read) => {
  test("the latest rate and the first contract, with coins and flags made for them", async () => {
    const body: unknown = await read("edgex", "get-meta-data-cut.json");
    const data: unknown = Reflect.get(Object(body), "data");
    const list: unknown = Reflect.get(Object(data), "contractList");
    const rows: readonly Row[] = Array.isArray(list) ? list : [];
    const { quotes, rejects, expected } = await refresh(
      {
        [META]: meta(rows.map((row) => ({ ...row, enableTrade: true, enableDisplay: true }))),
        [RATES]: await read("edgex", "get-latest-funding-rate.json"),
      },
      { nowMs: 1_734_597_737_873, rotationsEmpty: true },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([
      {
        base: "BTC",
        fundingRate: -0.00005537,
        predictedRate: -0.00012293,
        fundingIntervalHours: 4,
        nextFundingAtMs: Date.UTC(2024, 11, 19, 12),
        indexPrice: 101522.5589685,
        assetClass: null,
      },
    ]);
  });
});
