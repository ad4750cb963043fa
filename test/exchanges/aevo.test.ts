import { describe, expect, test } from "bun:test";
import { aevo } from "../../src/exchanges/aevo.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";

const MARKETS = "/markets?instrument_type=PERPETUAL";
const STATISTICS = "/coingecko-statistics";
const [BTC, PEPE, SOL] = ["BTC-PERP", "1000PEPE-PERP", "SOL-PERP"] as const;
const LIVE = [BTC, PEPE, SOL];

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const HOUR = 3_600_000;
const seconds = (ms: number): string => String(ms / 1000);

type Row = Readonly<Record<string, unknown>>;

const market = (name: string, extra: Row = {}): Row => ({
  instrument_id: "1",
  instrument_name: name,
  instrument_type: "PERPETUAL",
  underlying_asset: name.split("-")[0],
  quote_asset: "USDC",
  price_step: "0.1",
  is_active: true,
  market_type: "crypto",
  index_price: "64012",
  mark_price: "64000.5",
  ...extra,
});
const statistics = (name: string, extra: Row = {}): Row => ({
  ticker_id: name,
  target_currency: "USD",
  funding_rate: "0.00002",
  next_funding_rate_timestamp: seconds(NEXT),
  index_price: "64010.25",
  open_interest: "26.2",
  target_volume: "5062575.25",
  ...extra,
});
const MARKET_ROWS = [
  ...LIVE.map((name) => market(name)),
  market("OLD-PERP", { is_active: false }),
  market("SOON-PERP", { market_type: "pre_ipo" }),
  market("ETH-30OCT26-1600-C", { instrument_type: "OPTION" }),
  market("ETH-BTC-PERP", { quote_asset: "BTC" }),
];
const BODIES: Bodies = {
  [MARKETS]: MARKET_ROWS,
  [STATISTICS]: [
    statistics(BTC, { funding_rate: "-0.000013" }),
    statistics(PEPE, {
      funding_rate: "0",
      next_funding_rate_timestamp: seconds(NEXT + 7 * HOUR),
      target_volume: "0.000000",
    }),
    statistics(SOL, { open_interest: "", target_volume: null, index_price: "0" }),
    statistics("OLD-PERP", { next_funding_rate_timestamp: undefined, funding_rate: "0" }),
    statistics("SOON-PERP"),
    statistics("NEW-PERP"),
    statistics("GONE-PERP", { next_funding_rate_timestamp: undefined, funding_rate: "0" }),
  ],
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies) => aevo.refresh(sourceOf(bodies));
const withBtc = (extra: Row, marketExtra: Row = {}) =>
  refresh({
    [STATISTICS]: [statistics(BTC, extra), statistics(SOL)],
    [MARKETS]: [market(BTC, marketExtra), market(SOL)],
  });
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("aevo", () => {
  test("is disabled, with a reason", () => {
    expect(aevo.facts.disabledReason).toContain("six decimals");
  });

  test("requests one list every cycle; markets and marks with their own periods, all concurrently", async () => {
    const source = sourceOf(BODIES);
    await aevo.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "statistics", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
      { kind: "secondary", name: "prices", everyMs: 120_000 },
    ]);
    expect(source.requests).toEqual([STATISTICS, MARKETS, MARKETS]);
    expect(source.maxPendingRequests()).toBe(3);
    expect(aevo.facts.requestsPerRefresh).toBe(1);
  });

  test("an instrument becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.000013,
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
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 2,
      openInterestUsd: 26.2 * 64010.25,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x asset; a time more than an hour away, or not on the hour, gives no interval", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      {
        base: "PEPE",
        multiplier: 1000,
        fundingRate: 0,
        fundingIntervalHours: null,
        intervalSource: null,
        nextFundingAtMs: NEXT + 7 * HOUR,
        volume24hUsd: 0,
      },
      { base: "SOL", openInterestUsd: null, volume24hUsd: null, indexPrice: null },
    ]);
    const off = await withBtc({ next_funding_rate_timestamp: seconds(NEXT - 60_000) });
    expect(off.quotes[0]?.fundingIntervalHours).toBeNull();
    const missing = await withBtc({ next_funding_rate_timestamp: "" });
    expect(missing.quotes[0]).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: null });
  });

  test("inactive, pre-IPO, coin-quoted and other instruments are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
  });

  test("the class is the market's own; a new kind is left out and reported, not a bad row", async () => {
    for (const [type, assetClass] of [
      ["equity", "stock"],
      ["etf", "etf"],
      ["commodity", "commodity"],
      ["fx", "forex"],
      ["compute", null],
    ] as const) {
      const { quotes } = await withBtc({}, { market_type: type });
      expect(quotes[0]).toMatchObject({ base: "BTC", assetClass });
    }
    const batch = await withBtc({}, { market_type: "weather" });
    expect(shown(batch.quotes)).toEqual([SOL]);
    const rejects = [{ exchangeSymbol: BTC, reason: "unknown_kind" }];
    expect(batch).toMatchObject({ rejects, expected: 1, unlisted: 0 });
  });

  test.each([
    [{ instrument_type: null }],
    [{ is_active: "true" }],
    [{ is_active: undefined }],
    [{ underlying_asset: "" }],
    [{ quote_asset: null }],
    [{ market_type: null }],
  ])("an unclear instrument is rejected: %p", async (extra) => {
    const batch = await withBtc({}, extra);
    expect(shown(batch.quotes)).toEqual([SOL]);
    const rejects = [{ exchangeSymbol: BTC, reason: "bad_row" }];
    expect(batch).toMatchObject({ rejects, expected: 1 });
  });

  test.each([
    [{ funding_rate: "" }, "bad_rate"],
    [{ funding_rate: "1.5" }, "implausible_rate"],
    // Milliseconds instead of seconds.
    [{ next_funding_rate_timestamp: String(NEXT) }, "bad_next_time"],
  ])("a rate with %p is rejected as %s", async (extra, reason) => {
    const batch = await withBtc(extra);
    expect(shown(batch.quotes)).toEqual([SOL]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 2 });
  });

  test("a time that is long past means a dead instrument", async () => {
    const batch = await withBtc({ next_funding_rate_timestamp: seconds(NEXT - 96 * HOUR) });
    expect(shown(batch.quotes)).toEqual([SOL]);
    expect(batch).toMatchObject({ rejects: [], expected: 2 });
  });

  test("a market listed twice with different rates is not shown, and counted", async () => {
    const rows = [statistics(BTC), statistics(SOL), statistics(BTC, { funding_rate: "0.0003" })];
    const batch = await refresh({ ...BODIES, [STATISTICS]: rows });
    expect(shown(batch.quotes)).toEqual([SOL]);
    expect(batch.rejects.map(({ reason }) => reason)).toEqual(["ambiguous", "ambiguous"]);
  });

  test("without its marks the rest is shown; without either list nothing is", async () => {
    const raw = await aevo.fetchRaw(sourceOf(BODIES));
    const [btc] = aevo.parse({ ...raw, prices: null }).quotes;
    expect(btc).toMatchObject({
      fundingRate: -0.000013,
      markPrice: null,
      openInterestUsd: 26.2 * 64010.25,
    });
    for (const request of [MARKETS, STATISTICS])
      await expect(refresh({ ...BODIES, [request]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { error: "X" }],
    ["an empty list", []],
    ["a text", "no"],
  ])("%s for a list fails the refresh", async (_, body) => {
    for (const request of [MARKETS, STATISTICS]) {
      const failure = await refresh({ ...BODIES, [request]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("shows which rows a rate came from", async () => {
    const raw = await aevo.fetchRaw(sourceOf(BODIES));
    expect(aevo.explain(raw, BTC)).toMatchObject({
      rows: {
        statistics: { funding_rate: "-0.000013", next_funding_rate_timestamp: seconds(NEXT) },
        instruments: { instrument_name: BTC, is_active: true },
      },
      formula: "{statistics.funding_rate}",
    });
    expect(aevo.explain(raw, "NEW-PERP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be distinguished from a wrong one here";
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("statistics.funding_rate", ["negative"], ["fundingRate"], "a rate may be negative"),
  free("markets.mark_price", ["huge"], ["markPrice"], LEGAL),
  free("statistics.index_price", ["huge"], ["indexPrice", "openInterestUsd"], LEGAL),
  free("statistics.open_interest", ["huge"], ["openInterestUsd"], LEGAL),
  free("statistics.open_interest", ["huge", "negative", "flipped"], ["openInterestDigit"], LEGAL),
  free("statistics.target_volume", ["huge"], ["volume24hUsd"], LEGAL),
  free("statistics.target_volume", ["flipped"], ["volume24hUsd"], "a non-number changes to 1"),
  free(
    "markets.underlying_asset",
    ["NaN", "huge", "negative"],
    ["base", "multiplier"],
    "any text may be a name",
  ),
];

test("aevo: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "markets", request: MARKETS, rows },
      { name: "statistics", request: STATISTICS, rows },
    ],
    refresh: async (bodies) => aevo.parse(await aevo.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});
