import { describe, expect, test } from "bun:test";
import { aevo } from "../../src/exchanges/aevo.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";

// No reply of this exchange was recorded: there is nothing to read here but payloads made in the documented shape.

const MARKETS = "/markets?instrument_type=PERPETUAL";
const funding = (symbol: string): string => `/funding?instrument_name=${symbol}`;
const volume = (asset: string): string => `/statistics?asset=${asset}&instrument_type=PERPETUAL`;
const [BTC, PEPE, SOL] = ["BTC-PERP", "1000PEPE-PERP", "SOL-PERP"] as const;
const LIVE = [BTC, PEPE, SOL];

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const HOUR = 3_600_000;
const ns = (ms: number): string => `${ms}000000`;

type Row = Readonly<Record<string, unknown>>;

const market = (name: string, extra: Row = {}): Row => ({
  instrument_id: "1",
  instrument_name: name,
  instrument_type: "PERPETUAL",
  underlying_asset: name.split("-")[0],
  quote_asset: "USDC",
  price_step: "0.1",
  is_active: true,
  index_price: "64010.25",
  mark_price: "64000.5",
  ...extra,
});
const MARKET_ROWS = [
  ...LIVE.map((name) => market(name)),
  market("OLD-PERP", { is_active: false }),
  market("ETH-30OCT26-1600-C", { instrument_type: "OPTION" }),
  market("ETH-BTC-PERP", { quote_asset: "BTC" }),
];
const BODIES: Bodies = {
  [MARKETS]: MARKET_ROWS,
  [funding(BTC)]: { funding_rate: "-0.0000125", next_epoch: ns(NEXT) },
  [funding(PEPE)]: { funding_rate: "0", next_epoch: ns(NEXT + 7 * HOUR) },
  [funding(SOL)]: { funding_rate: "0.00002", next_epoch: ns(NEXT) },
  [volume("BTC")]: { asset: "BTC", daily_volume: "5062575.25", open_interest: { total: "12" } },
  [volume("1000PEPE")]: { asset: "1000PEPE", daily_volume: "0" },
  [volume("SOL")]: { asset: "SOL" },
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  aevo.refresh(sourceOf(bodies, options));
const withBtc = (extra: Row) =>
  refresh({
    ...BODIES,
    [funding(BTC)]: { funding_rate: "-0.0000125", next_epoch: ns(NEXT), ...extra },
  });
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("aevo", () => {
  test("is off, and says why", () => {
    expect(aevo.facts.switchedOff).toContain("not confirmed");
  });

  test("one rate per live instrument every cycle; list, prices and volumes on periods of their own", async () => {
    const source = sourceOf(BODIES);
    await aevo.refresh(source);
    expect(source.asks).toEqual([
      { kind: "secondary", name: "prices", everyMs: 120_000 },
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
      { kind: "sweep", name: "funding", everyMs: null },
      { kind: "rotation", name: "statistics", everyMs: 300_000 },
    ]);
    expect(source.requests.toSorted()).toEqual([MARKETS, ...Object.keys(BODIES)].toSorted());
    const { requestsPerRefresh, requestsPerInstrument } = aevo.facts;
    expect([requestsPerRefresh, requestsPerInstrument]).toEqual([0, 1]);
  });

  test("an instrument becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.0000125,
      fundingIntervalHours: 1,
      intervalSource: "derived",
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
      openInterestUsd: null,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x asset; an epoch further than an hour, or off the hour, gives no interval", async () => {
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
      { base: "SOL", fundingIntervalHours: 1, volume24hUsd: null },
    ]);
    const off = await withBtc({ next_epoch: ns(NEXT - 60_000) });
    expect(off.quotes[0]?.fundingIntervalHours).toBeNull();
    const past = await withBtc({ next_epoch: ns(NEXT - 2 * HOUR) });
    expect(past.quotes[0]?.fundingIntervalHours).toBeNull();
    const missing = await withBtc({ next_epoch: "" });
    expect(missing.quotes[0]).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: null });
  });

  test("inactive, coin-quoted and other instruments are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
  });

  test.each([
    [{ instrument_type: null }],
    [{ is_active: "true" }],
    [{ is_active: undefined }],
    [{ underlying_asset: "" }],
    [{ quote_asset: null }],
  ])("an instrument that cannot be told is refused: %p", async (extra) => {
    const batch = await refresh({ ...BODIES, [MARKETS]: [market(BTC, extra), market(SOL)] });
    expect(shown(batch.quotes)).toEqual([SOL]);
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 1,
    });
  });

  test.each([
    [{ funding_rate: "" }, "bad_rate"],
    [{ funding_rate: "1.5" }, "implausible_rate"],
    // Milliseconds where nanoseconds belong.
    [{ next_epoch: String(NEXT) }, "bad_next_time"],
  ])("a rate with %p is refused as %s", async (extra, reason) => {
    const batch = await withBtc(extra);
    expect(shown(batch.quotes)).toEqual([PEPE, SOL]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 3 });
  });

  test("an epoch that is long past is a dead instrument's", async () => {
    const batch = await withBtc({ next_epoch: ns(NEXT - 96 * HOUR) });
    expect(shown(batch.quotes)).toEqual([PEPE, SOL]);
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
  });

  test("volumes unknown, a failing rate, a failing list", async () => {
    const bare = await refresh(BODIES, { rotationsEmpty: true });
    expect(bare.quotes[0]).toMatchObject({ markPrice: 64000.5, volume24hUsd: null });
    const batch = await refresh({ ...BODIES, [funding(BTC)]: down });
    expect(shown(batch.quotes)).toEqual([PEPE, SOL]);
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
    await expect(refresh({ ...BODIES, [MARKETS]: down })).rejects.toBe(down);
    const raw = await aevo.fetchRaw(sourceOf(BODIES));
    expect(aevo.parse({ ...raw, prices: null }).quotes[0]).toMatchObject({
      fundingRate: -0.0000125,
      markPrice: null,
      indexPrice: null,
    });
  });

  test.each([
    ["an error", { error: "INSTRUMENT_DOES_NOT_EXIST" }],
    ["a list", []],
    ["a text", "no"],
  ])("%s for every rate fails the refresh", async (_, body) => {
    const bodies = Object.fromEntries(LIVE.map((symbol) => [funding(symbol), body]));
    const failure = await refresh({ ...BODIES, ...bodies }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test.each([
    ["an error", { error: "X" }],
    ["an empty list", []],
    ["a list without a live perpetual", MARKET_ROWS.slice(3)],
  ])("%s for the markets fails the refresh", async (_, body) => {
    const failure = await refresh({ ...BODIES, [MARKETS]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which rows a rate came from", async () => {
    const raw = await aevo.fetchRaw(sourceOf(BODIES));
    expect(aevo.explain(raw, BTC)).toMatchObject({
      rows: {
        funding: { funding_rate: "-0.0000125", next_epoch: ns(NEXT) },
        instruments: { instrument_name: BTC, is_active: true },
      },
      formula: "{funding.funding_rate}",
    });
    expect(aevo.explain(raw, "OLD-PERP")).toBeNull();
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
  free("funding.funding_rate", ["negative"], ["fundingRate"], "a rate may be negative"),
  free("markets.mark_price", ["huge"], ["markPrice"], LEGAL),
  free("markets.index_price", ["huge"], ["indexPrice"], LEGAL),
  free("volume.daily_volume", ["huge"], ["volume24hUsd"], LEGAL),
  free(
    "markets.underlying_asset",
    ["NaN", "huge", "negative"],
    ["base", "multiplier"],
    "any text may be a name",
  ),
];

test("aevo: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body]);
  const refusal = { error: "INSTRUMENT_DOES_NOT_EXIST" };
  // Names that nobody lists are refused as the exchange does.
  const strangers = Object.fromEntries(
    ["NaN", "1e300", "-1"].flatMap((name) => [
      [funding(name), refusal],
      [volume(name), refusal],
    ]),
  );
  const breaches = await mutationBreaches({
    bodies: { ...strangers, ...BODIES },
    payloads: [
      { name: "markets", request: MARKETS, rows },
      { name: "funding", request: funding(SOL), rows },
      { name: "volume", request: volume("BTC"), rows },
    ],
    refresh: async (bodies) => aevo.parse(await aevo.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});
