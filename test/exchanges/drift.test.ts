import { describe, expect, test } from "bun:test";
import { drift } from "../../src/exchanges/drift.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const MARKETS = "/stats/markets";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

const market = (symbol: string, extra: Row = {}): Row => ({
  marketIndex: 3,
  symbol,
  marketType: "perp",
  oraclePrice: 64010.25,
  volume24h: 5062575.25,
  openInterest: 12000000,
  fundingRate: 0.005,
  fundingRate24hAvg: 0.0001,
  status: "active",
  ...extra,
});
const ROWS = [
  market("BTC-PERP"),
  market("1MBONK-PERP", { fundingRate: 0, volume24h: null }),
  market("1KMEW-PERP", { oraclePrice: "0.0041" }),
  market("1INCH-PERP"),
  market("SOL", { marketType: "spot" }),
  market("SPOT-PERP", { marketType: "spot" }),
  market("TRUMP-WIN-2024-BET"),
  market("OLD-PERP", { status: "delisted" }),
];
const BODIES: Bodies = { [MARKETS]: ROWS };
const sourceOf = (bodies: Bodies) => memorySource(bodies, { nowMs: AT });
const refresh = (bodies: Bodies) => drift.refresh(sourceOf(bodies));
const withBtc = (extra: Row) =>
  refresh({ [MARKETS]: [market("BTC-PERP", extra), market("ETH-PERP")] });
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("drift", () => {
  test("is off, and says why", () => {
    expect(drift.facts.disabledReason).toContain("halted");
  });

  test("everything comes in one request", async () => {
    const source = sourceOf(BODIES);
    await drift.refresh(source);
    expect(source.asks).toEqual([{ kind: "essential", name: "markets", everyMs: null }]);
    expect(source.requests).toHaveLength(drift.facts.requestsPerRefresh);
  });

  test("a market becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    // A long earns 0.005 % an hour.
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-PERP",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.00005,
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
      markPrice: null,
      indexPrice: 64010.25,
      openInterestUsd: null,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("1M is a million, 1K a thousand, and 1INCH is a name", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      { base: "BONK", multiplier: 1_000_000, fundingRate: 0, volume24hUsd: null },
      { base: "MEW", multiplier: 1000, indexPrice: 0.0041 },
      { base: "1INCH", multiplier: 1 },
    ]);
  });

  test("spot, prediction and delisted markets are not shown", async () => {
    const symbols = ["BTC-PERP", "1MBONK-PERP", "1KMEW-PERP", "1INCH-PERP"];
    expect(shown((await refresh(BODIES)).quotes)).toEqual(symbols);
  });

  test.each([
    ["no rate", { fundingRate: undefined }, "bad_rate"],
    ["the older object of percentages", { fundingRate: { long: "0.1", short: "0.1" } }, "bad_rate"],
    ["a rate over 100 %", { fundingRate: 101 }, "implausible_rate"],
    ["no type", { marketType: null }, "bad_row"],
    ["no status", { status: undefined }, "bad_row"],
  ] as const)("a market with %s is refused", async (_, extra, reason) => {
    const batch = await withBtc(extra);
    expect(shown(batch.quotes)).toEqual(["ETH-PERP"]);
    expect(batch.rejects).toMatchObject([{ exchangeSymbol: "BTC-PERP", reason }]);
  });

  test("an equal second row of one symbol changes nothing", async () => {
    const batch = await refresh({ [MARKETS]: [market("BTC-PERP"), market("BTC-PERP")] });
    expect(batch.quotes).toHaveLength(1);
    expect(batch.rejects).toEqual([]);
  });

  test.each([
    ["an empty list", []],
    ["an object", { success: false, message: "paused" }],
    ["rows without a symbol", [{ marketType: "perp" }]],
  ])("%s fails the refresh", async (_, body) => {
    const failure = await refresh({ [MARKETS]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which row a rate came from", async () => {
    const raw = await drift.fetchRaw(sourceOf(BODIES));
    expect(drift.explain(raw, "BTC-PERP")).toMatchObject({
      rows: { markets: { symbol: "BTC-PERP", fundingRate: 0.005 } },
      formula: "0 - {markets.fundingRate} / 100",
    });
    expect(drift.explain(raw, "ETH-PERP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const exemptions: readonly Exemption[] = [
  {
    at: "markets.fundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "a rate may be negative",
  },
  { at: "markets.oraclePrice", mutations: ["huge"], fields: ["indexPrice"], why: LEGAL },
  { at: "markets.volume24h", mutations: ["huge", "flipped"], fields: ["volume24hUsd"], why: LEGAL },
];

test("drift: no single wrong value makes a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      {
        name: "markets",
        request: MARKETS,
        rows: (body) => (Array.isArray(body) ? body : []),
      },
    ],
    refresh: async (bodies) => drift.parse(await drift.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("drift, recorded", (read) => {
  test("the documented example", async () => {
    const { quotes, rejects } = await refresh({
      [MARKETS]: await read("drift", "stats-markets.json"),
    });
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { base: "SOL", fundingRate: -0.0000012, indexPrice: 123.456, volume24hUsd: 50_000_000 },
    ]);
  });
});
