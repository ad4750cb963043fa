import { describe, expect, test } from "bun:test";
import { dydx } from "../../src/exchanges/dydx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const MARKETS = "/v4/perpetualMarkets";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

const market = (ticker: string, extra: Row = {}): Row => ({
  clobPairId: "0",
  ticker,
  status: "ACTIVE",
  oraclePrice: "64000.5",
  volume24H: "250000000.25",
  trades24H: 63065,
  nextFundingRate: "0.0000025",
  initialMarginFraction: "0.02",
  maintenanceMarginFraction: "0.012",
  openInterest: "380.5",
  baseOpenInterest: "782.5",
  marketType: "CROSS",
  defaultFundingRate1H: "0",
  ...extra,
});
const LONG = "PEPE2-X,RAYDIUM,4k3Dyjzv-USD";
const DEAD = "PAUSED CANCEL_ONLY POST_ONLY INITIALIZING FINAL_SETTLEMENT".split(" ");
const ROWS = [
  market("BTC-USD"),
  market(LONG, {
    marketType: "ISOLATED",
    nextFundingRate: "-0.00004",
    defaultFundingRate1H: "0.0000125",
    oraclePrice: "0.02",
    openInterest: "0",
    volume24H: "0",
  }),
  market("NEW-USD", { nextFundingRate: "0", oraclePrice: "0" }),
  ...DEAD.map((status) => market(`${status}-USD`, { status })),
];
const reply = (rows: readonly Row[]) => ({
  markets: Object.fromEntries(rows.map((row) => [String(row["ticker"]), row])),
});
const BODIES: Bodies = { [MARKETS]: reply(ROWS) };

const refresh = (bodies: Bodies, nowMs = AT) => dydx.refresh(memorySource(bodies, { nowMs }));
const btcOf = (extra: Row) => refresh({ [MARKETS]: reply([market("BTC-USD", extra)]) });

const BTC = { exchangeSymbol: "BTC-USD", base: "BTC", multiplier: 1, quote: "USD", settle: "USDC" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };
const UNKNOWN = { ...RATELESS, assetClass: null, listedAtMs: null, exchangeTimeMs: null };

describe("dydx", () => {
  test("one request is the whole refresh", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await dydx.refresh(source);
    expect(source.asks).toEqual([{ kind: "essential", name: "markets", everyMs: null }]);
    expect(source.requests).toEqual([MARKETS]);
    expect(dydx.facts.requestsPerRefresh).toBe(1);
  });

  test("a market becomes a quote with every field by the page's units, and nothing dead is shown", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["BTC-USD", LONG, "NEW-USD"]);
    const { rateCap, rateFloor, ...exact } = quotes[0] ?? {};
    expect(exact).toEqual({
      ...BTC,
      ...UNKNOWN,
      accrual: "periodic",
      fundingRate: 0.0000025,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: 0,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64000.5,
      openInterestDigit: 5,
      openInterestUsd: 380.5 * 64000.5,
      volume24hUsd: 250000000.25,
      receivedAtMs: AT,
    });
    // 600 % of 2 % - 1.2 % is 4.8 % in 8 h, 0.6 % an hour.
    expect(rateCap).toBeCloseTo(0.006, 12);
    expect(rateFloor).toBeCloseTo(-0.006, 12);
  });

  test("a long name is that of its ticker; an isolated market has interest; zeros are values", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE2-X",
      fundingRate: -0.00004,
      baselineRate: 0.0000125,
      openInterestUsd: 0,
      volume24hUsd: 0,
    });
    const holes = { markPrice: null, indexPrice: null, openInterestUsd: null };
    expect(quotes[2]).toMatchObject({ fundingRate: 0, ...holes });
  });

  test("on the full hour the next charge is an hour away", async () => {
    const { quotes } = await refresh(BODIES, NEXT);
    expect(quotes[0]?.nextFundingAtMs).toBe(NEXT + 3_600_000);
  });

  test.each([
    [{ nextFundingRate: "" }, "bad_rate"],
    [{ nextFundingRate: null }, "bad_rate"],
    [{ nextFundingRate: "1.5" }, "implausible_rate"],
    [{ status: 1 }, "bad_row"],
    [{ status: undefined }, "bad_row"],
  ])("%p is refused as %s", async (extra, reason) => {
    const rejects = [{ exchangeSymbol: "BTC-USD", reason }];
    expect(await btcOf(extra)).toMatchObject({ quotes: [], rejects });
  });

  test("a market under another key than its ticker, or not in USD, is refused", async () => {
    const markets = { "BTC-USD": market("ETH-USD"), "BTC-EUR": market("BTC-EUR"), X: null };
    const { quotes, rejects } = await refresh({ [MARKETS]: { markets } });
    expect(quotes).toEqual([]);
    expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual([
      ["X", "bad_row"],
      ["BTC-USD", "bad_row"],
      ["BTC-EUR", "unknown_kind"],
    ]);
  });

  test("an isolated market is the ticker before the first comma; names of other forms are unknown", async () => {
    const AERO = "AERO,UNISWAP_V3,0X940181A94A35A4569E4529A3CDFB74E38FD98631-USD";
    const odd = ["AERO,UNISWAP_V3-USD", ",UNISWAP_V3,0X94-USD", "A,B,C,D-USD", "-USD"];
    const { quotes, rejects } = await refresh({
      [MARKETS]: reply([AERO, "BTC-USD", ...odd].map((ticker) => market(ticker))),
    });
    expect(quotes.map(({ exchangeSymbol, base }) => [exchangeSymbol, base])).toEqual([
      [AERO, "AERO"],
      ["BTC-USD", "BTC"],
    ]);
    expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual(
      odd.map((name) => [name, "unknown_kind"]),
    );
  });

  test("margins the wrong way round give no cap", async () => {
    const { quotes } = await btcOf({ initialMarginFraction: "0.01" });
    expect(quotes[0]).toMatchObject({ rateCap: null, rateFloor: null });
  });

  test.each([
    ["an error", { errors: [{ msg: "no" }] }],
    ["a list", { markets: [] }],
    ["no market", { markets: {} }],
    ["null", null],
  ])("%s fails the refresh", async (_, body) => {
    const failure = refresh({ [MARKETS]: body });
    await expect(failure).rejects.toBeInstanceOf(RequestFailure);
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("a 403 is a refused country, other statuses are as ever", () => {
    const { classifyFailure } = dydx.facts;
    expect([403, 429, 500].map((status) => classifyFailure?.(status, ""))).toEqual([
      "geo_blocked",
      null,
      null,
    ]);
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    const origin = explain("BTC-USD")?.origin;
    expect(origin?.formula).toBe("{markets.nextFundingRate}");
    expect(origin?.rows).toMatchObject({ markets: { nextFundingRate: "0.0000025" } });
    expect(explain("NONE-USD")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const prices: Exemption["fields"] = ["markPrice", "indexPrice", "openInterestUsd"];
const huge = (key: string, fields: Exemption["fields"]): Exemption => {
  return { at: `markets.${key}`, mutations: ["huge"], fields, why: LEGAL };
};
const RATE: Exemption["fields"] = ["fundingRate"];
const exemptions: readonly Exemption[] = [
  { at: "markets.nextFundingRate", mutations: ["negative"], fields: RATE, why: "is legal" },
  huge("oraclePrice", prices),
  huge("openInterest", ["openInterestUsd"]),
  huge("volume24H", ["volume24hUsd"]),
];

test("dydx: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object.values(Object(body).markets);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [{ name: "markets", request: MARKETS, rows }],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("dydx, recorded", (read) => {
  test("the markets of December 2025 at their own hour", async () => {
    const body = await read("dydx", "perpetual-markets.json");
    const atMs = Date.UTC(2025, 11, 8, 16, 20);
    const { quotes, rejects } = await refresh({ [MARKETS]: body }, atMs);
    expect(rejects).toEqual([]);
    expect(quotes.map((q) => [q.base, q.fundingRate, q.markPrice, q.volume24hUsd])).toEqual([
      ["BTC", 0.00000254545454545455, 89919.2, 247500844.6834],
      ["ETH", 0.00000125, 3103.01, 59598032.8897],
      ["SOL", -0.00000143181818181818, 135.3, 54043106.256],
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(381.7348 * 89919.2, 6);
    expect(quotes[2]?.rateCap).toBeCloseTo(0.015, 12);
    expect(quotes[0]?.nextFundingAtMs).toBe(Date.UTC(2025, 11, 8, 17));
  });
});
