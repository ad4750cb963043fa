import { describe, expect, test } from "bun:test";
import { hibachi } from "../../src/exchanges/hibachi.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  AT,
  BODIES,
  BTC,
  contract,
  CONTRACTS,
  EUR,
  INFO,
  info,
  INVENTORY,
  inventory,
  LIVE,
  market,
  MARKETS,
  NEXT,
  PEPE,
  type Row,
  seconds,
  TEMP,
} from "./hibachi-payloads.ts";

const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  hibachi.refresh(sourceOf(bodies, options));
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

const withBtc = (figures: Row, category?: string) =>
  refresh({
    ...BODIES,
    [INVENTORY]: inventory([market(BTC, figures, category), ...MARKETS.slice(1)]),
  });

describe("hibachi", () => {
  test("one request tells all figures; the list, with the state of the exchange, every five minutes", async () => {
    const source = sourceOf(BODIES);
    await hibachi.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "markets", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 300_000 },
    ]);
    expect(source.requests).toEqual([INVENTORY, INFO]);
    expect(hibachi.facts.requestsPerRefresh).toBe(1);
    expect(hibachi.facts).not.toHaveProperty("requestsPerInstrument");
  });

  test("a contract becomes a quote: hourly, its volume in dollars as sent, its fee as stated", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: -0.000137,
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
      // 2.5 coins at the mark of 64,000.5; the volume is in dollars already.
      openInterestDigit: 5,
      openInterestUsd: 160_001.25,
      volume24hUsd: 7_503_062.1,
      takerFeeBps: 4.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
    expect(quotes[1]).toMatchObject({ base: "PEPE", multiplier: 1000, fundingRate: 0 });
  });

  test.each([
    ["CRYPTO", [], "crypto"],
    ["FX", ["major"], "forex"],
    ["FX", [], "forex"],
    ["FX", ["new", "Commodity"], "commodity"],
    ["STOCKS", [], null],
  ] as const)("category %s with the tags %p is class %p", async (category, tags, assetClass) => {
    const { quotes } = await withBtc({ tags }, category);
    expect(quotes[0]).toMatchObject({ exchangeSymbol: BTC, assetClass });
  });

  test.each([
    ["Friday 20:59", Date.UTC(2026, 9, 2, 20, 59), 15],
    ["Friday 21:00", Date.UTC(2026, 9, 2, 21), 8],
    ["Saturday", Date.UTC(2026, 9, 3, 12), 8],
    ["Sunday 21:59", Date.UTC(2026, 9, 4, 21, 59), 8],
    ["Sunday 22:00", Date.UTC(2026, 9, 4, 22), 15],
    ["Wednesday", Date.UTC(2026, 9, 7, 12), 15],
  ] as const)(
    "%s: a currency without an estimate is closed, and missed outside weekends",
    async (_when, nowMs, due) => {
      const fx = ["EUR", "GBP", "JPY", "AUD", "CAD", "XAU", "XAG"].map((base) => `${base}/USDT-P`);
      const coins = Array.from({ length: 8 }, (_, n) => `COIN${n}/USDT-P`);
      const closed = { estimatedFundingRate: null };
      const bodies = {
        [INFO]: info([...coins, ...fx].map((symbol) => contract(symbol))),
        [INVENTORY]: inventory([
          ...coins.map((symbol) => market(symbol)),
          ...fx.map((symbol) => market(symbol, closed, "FX")),
        ]),
      };
      const { quotes, rejects, expected } = await refresh(bodies, { nowMs });
      expect(shown(quotes)).toEqual(coins);
      expect({ rejects, expected }).toEqual({ rejects: [], expected: due });
    },
  );

  test("an estimate that cannot be read is no closed market, and a coin never closes", async () => {
    const closed = { estimatedFundingRate: null };
    for (const [figures, category] of [
      [{ estimatedFundingRate: "soon" }, "FX"],
      [closed, "CRYPTO"],
      [closed, "STOCKS"],
    ] as const) {
      const batch = await withBtc(figures, category);
      expect(batch.rejects).toMatchObject([{ exchangeSymbol: BTC, reason: "bad_rate" }]);
      expect(batch.expected).toBe(4);
    }
  });

  test("a contract of the list that the inventory lacks stays expected; one that the list lacks is counted", async () => {
    const batch = await refresh({
      ...BODIES,
      [INVENTORY]: inventory([MARKETS[0], market("NEW/USDT-P")]),
    });
    expect(shown(batch.quotes)).toEqual([BTC]);
    expect(batch).toMatchObject({ rejects: [], expected: 4, unlisted: 1 });
  });

  test("two different markets of one symbol are none", async () => {
    const other = market(BTC, { estimatedFundingRate: "0.0002" });
    const batch = await refresh({ ...BODIES, [INVENTORY]: inventory([...MARKETS, other]) });
    expect(shown(batch.quotes)).toEqual([PEPE, TEMP, EUR]);
    expect(batch.rejects.map(({ reason }) => reason)).toEqual(["ambiguous", "ambiguous"]);
  });

  test("closed, not yet open, halted, coin-settled and spot markets are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
    // The temporary market closes a day later, while its list is still cached.
    const later = { nowMs: AT + 86_401_000, receivedAtMs: { instruments: AT } };
    const bodies = { ...BODIES, [INVENTORY]: inventory(MARKETS.slice(0, 5)) };
    expect(shown((await refresh(bodies, later)).quotes)).toEqual([BTC, PEPE, EUR]);
  });

  test("nothing is shown while a maintenance window runs", async () => {
    const windowed = (begin: number, end: unknown) =>
      refresh({
        ...BODIES,
        [INFO]: info(CONTRACTS, { maintenanceWindow: [{ begin, end, note: "upgrade" }] }),
      });
    expect(await windowed(seconds(AT) - 0.5, seconds(AT) + 60.5)).toMatchObject({
      quotes: [],
      expected: 4,
    });
    expect((await windowed(seconds(AT) - 60, null)).quotes).toEqual([]);
    expect((await windowed(seconds(AT) + 60, seconds(AT) + 120)).quotes).toHaveLength(4);
    expect((await windowed(seconds(AT) - 60, seconds(AT))).quotes).toHaveLength(4);
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
  ])("a rate with %p is refused as %s", async (figures, reason) => {
    const batch = await withBtc(figures);
    expect(shown(batch.quotes)).toEqual([PEPE, TEMP, EUR]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 4 });
  });

  test.each([
    [{ tradeTakerFeeRate: "0" }, 0],
    [{ tradeTakerFeeRate: "4.5" }, null],
    [{ tradeTakerFeeRate: "-0.0001" }, null],
    [{}, null],
    ["free", null],
  ])("a stated fee of %p is %p basis points", async (feeConfig, takerFeeBps) => {
    const { quotes } = await refresh({ ...BODIES, [INFO]: info(CONTRACTS, { feeConfig }) });
    expect(quotes[0]).toMatchObject({ takerFeeBps });
  });

  test("a failing inventory or list fails the refresh", async () => {
    for (const key of [INFO, INVENTORY])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["a failure", INVENTORY, { errorCode: 4, message: "no", status: "failed" }],
    ["no market", INVENTORY, inventory([])],
    ["markets that are no list", INVENTORY, { markets: {} }],
    ["a market without a contract", INVENTORY, inventory([{ info: {} }])],
    ["a failure", INFO, { errorCode: 4, message: "no", status: "failed" }],
    ["maintenance", INFO, info(CONTRACTS, { status: "MAINTENANCE" })],
    ["no state", INFO, info(CONTRACTS, { status: undefined })],
    ["no contract", INFO, info([])],
    ["an unreadable window", INFO, info(CONTRACTS, { maintenanceWindow: "now" })],
  ])("%s in %s fails the refresh", async (_, key, body) => {
    const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("says which rows a rate came from", async () => {
    const raw = await hibachi.fetchRaw(sourceOf(BODIES));
    expect(hibachi.explain(raw, BTC)).toMatchObject({
      rows: {
        inventory: { estimatedFundingRate: "-0.000137" },
        instruments: { symbol: BTC, status: "LIVE" },
      },
      formula: "{inventory.estimatedFundingRate}",
    });
    expect(hibachi.explain(raw, "NEW/USDT-P")).toBeNull();
  });
});

describeRecorded("hibachi, recorded", (read) => {
  const ETH = "ETH/USDT-P";

  test("the list and the replies of one contract, put together as the inventory has them", async () => {
    const [list, prices, stats, interest] = await Promise.all(
      ["exchange-info-cut.json", "prices.json", "stats.json", "open-interest.json"].map((file) =>
        read("hibachi", file).then((body): Row => Object(body)),
      ),
    );
    const { markPrice, spotPrice, fundingRateEstimation } = prices ?? {};
    const { estimatedFundingRate } = Object(fundingRateEstimation);
    const figures = { markPrice, spotPrice, estimatedFundingRate, volume24h: stats?.["volume24h"] };
    const openInterestQuantity = interest?.["totalQuantity"];
    const { quotes, rejects, expected } = await refresh(
      {
        [INFO]: { ...list, status: "NORMAL" },
        [INVENTORY]: inventory([market(ETH, { ...figures, openInterestQuantity })]),
      },
      { nowMs: 1_712_700_000_000 },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([
      {
        base: "ETH",
        fundingRate: 0.000001,
        // 2024-04-09 22:00:00 UTC and a full hour later.
        nextFundingAtMs: 1_712_703_600_000,
        markPrice: 3514.288858,
        indexPrice: 3514.715,
        volume24hUsd: 23_554.858590416,
      },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(2.3299770166 * 3514.288858, 6);
  });
});
