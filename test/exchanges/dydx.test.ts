import { expect, test } from "bun:test";
import { dydx } from "../../src/exchanges/dydx.ts";
import type { ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

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

const description: ExchangeDescription = {
  exchange: dydx,
  nowMs: AT,
  payloads: [
    {
      name: "markets",
      kind: "essential",
      request: "/v4/perpetualMarkets",
      rows: ["markets"],
      body: reply(ROWS),
    },
  ],
  expected: null,
  unlisted: 0,
  // Dead markets are not shown.
  quotes: [
    {
      exchangeSymbol: "BTC-USD",
      base: "BTC",
      quote: "USD",
      settle: "USDC",
      fundingRate: 0.0000025,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: 0,
      // 600 % of 2 % - 1.2 % is 4.8 % in 8 h, 0.6 % an hour.
      rateCap: expect.closeTo(0.006, 12),
      rateFloor: expect.closeTo(-0.006, 12),
      markPrice: 64000.5,
      indexPrice: 64000.5,
      openInterestDigit: 5,
      openInterestUsd: 380.5 * 64000.5,
      volume24hUsd: 250000000.25,
    },
    // A long name is shortened to its ticker; an isolated market has interest; zeros are values.
    {
      exchangeSymbol: LONG,
      base: "PEPE2-X",
      fundingRate: -0.00004,
      baselineRate: 0.0000125,
      openInterestUsd: 0,
      volume24hUsd: 0,
    },
    {
      exchangeSymbol: "NEW-USD",
      fundingRate: 0,
      markPrice: null,
      indexPrice: null,
      openInterestUsd: null,
    },
  ],
  explained: {
    formula: "{markets.nextFundingRate}",
    rows: { markets: { nextFundingRate: "0.0000025" } },
    unknown: "NONE-USD",
  },
  changes: [
    [
      "on the full hour the next charge is an hour away",
      {},
      { nextFundingAtMs: NEXT + 3_600_000 },
      NEXT,
    ],
    [
      "margins the wrong way round",
      { "markets.initialMarginFraction": "0.01" },
      { rateCap: null, rateFloor: null },
    ],
    ["an empty rate", { "markets.nextFundingRate": "" }, "bad_rate"],
    ["no rate", { "markets.nextFundingRate": null }, "bad_rate"],
    ["a rate over its notional", { "markets.nextFundingRate": "1.5" }, "implausible_rate"],
    ["a status that is not a text", { "markets.status": 1 }, "bad_row"],
    ["no status", { "markets.status": undefined }, "bad_row"],
  ],
  failures: [
    ["an error", { errors: [{ msg: "no" }] }, "bad_envelope"],
    ["a list", { markets: [] }, "bad_envelope"],
    ["no market", { markets: {} }, "bad_envelope"],
    ["null", null, "bad_envelope"],
  ],
  classified: [
    [403, "", "geo_blocked"],
    [429, "", null],
    [500, "", null],
  ],
  exemptions: [
    negativeRate("markets.nextFundingRate"),
    hugeAmount("markets.oraclePrice", "markPrice", "indexPrice", "openInterestUsd"),
    hugeAmount("markets.openInterest", "openInterestUsd"),
    hugeAmount("markets.volume24H", "volume24hUsd"),
  ],
};

testExchange(description);

test("dydx: a market with a key that is not its ticker, or not in USD, is rejected", async () => {
  const markets = { "BTC-USD": market("ETH-USD"), "BTC-EUR": market("BTC-EUR"), X: null };
  const { quotes, rejects } = await refreshOf(description, { markets: { markets } });
  expect(quotes).toEqual([]);
  expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual([
    ["X", "bad_row"],
    ["BTC-USD", "bad_row"],
    ["BTC-EUR", "unknown_kind"],
  ]);
});

test("dydx: an isolated market is the ticker before the first comma; names of other forms are unknown", async () => {
  const AERO = "AERO,UNISWAP_V3,0X940181A94A35A4569E4529A3CDFB74E38FD98631-USD";
  const odd = ["AERO,UNISWAP_V3-USD", ",UNISWAP_V3,0X94-USD", "A,B,C,D-USD", "-USD"];
  const { quotes, rejects } = await refreshOf(description, {
    markets: reply([AERO, "BTC-USD", ...odd].map((ticker) => market(ticker))),
  });
  expect(quotes.map(({ exchangeSymbol, base }) => [exchangeSymbol, base])).toEqual([
    [AERO, "AERO"],
    ["BTC-USD", "BTC"],
  ]);
  expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual(
    odd.map((name) => [name, "unknown_kind"]),
  );
});

describeRecorded("dydx, recorded", (read) => {
  test("the markets of December 2025 at their own hour", async () => {
    const body = await read("dydx", "perpetual-markets.json");
    const atMs = Date.UTC(2025, 11, 8, 16, 20);
    const { quotes, rejects } = await refreshOf(description, { markets: body }, atMs);
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
