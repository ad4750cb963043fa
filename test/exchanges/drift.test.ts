import { expect, test } from "bun:test";
import { drift } from "../../src/exchanges/drift.ts";
import type { ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

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

const description: ExchangeDescription = {
  exchange: drift,
  nowMs: AT,
  payloads: [
    { name: "markets", kind: "essential", request: "/stats/markets", rows: [], body: ROWS },
  ],
  expected: null,
  unlisted: 0,
  // Spot, prediction and delisted markets are not shown.
  quotes: [
    {
      exchangeSymbol: "BTC-PERP",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      // A long earns 0.005 % an hour.
      fundingRate: -0.00005,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      indexPrice: 64010.25,
      volume24hUsd: 5062575.25,
    },
    // 1M is a million, 1K a thousand, and 1INCH is a name.
    {
      exchangeSymbol: "1MBONK-PERP",
      base: "BONK",
      multiplier: 1_000_000,
      fundingRate: 0,
      volume24hUsd: null,
    },
    { exchangeSymbol: "1KMEW-PERP", base: "MEW", multiplier: 1000, indexPrice: 0.0041 },
    { exchangeSymbol: "1INCH-PERP", base: "1INCH", multiplier: 1 },
  ],
  explained: {
    formula: "0 - {markets.fundingRate} / 100",
    rows: { markets: { symbol: "BTC-PERP", fundingRate: 0.005 } },
    unknown: "ETH-PERP",
  },
  changes: [
    ["no rate", { "markets.fundingRate": undefined }, "bad_rate"],
    [
      "the older object of percentages",
      { "markets.fundingRate": { long: "0.1", short: "0.1" } },
      "bad_rate",
    ],
    ["a rate over 100 %", { "markets.fundingRate": 101 }, "implausible_rate"],
    ["no type", { "markets.marketType": null }, "bad_row"],
    ["no status", { "markets.status": undefined }, "bad_row"],
  ],
  failures: [
    ["an empty list", [], "bad_envelope"],
    ["an object", { success: false, message: "paused" }, "bad_envelope"],
    ["rows without a symbol", [{ marketType: "perp" }], "bad_envelope"],
  ],
  exemptions: [
    negativeRate("markets.fundingRate"),
    hugeAmount("markets.oraclePrice", "indexPrice"),
    hugeAmount("markets.volume24h", "volume24hUsd"),
    {
      at: "markets.volume24h",
      mutations: ["flipped"],
      fields: ["volume24hUsd"],
      why: "a non-number changes to 1",
    },
  ],
  recorded: [
    {
      title: "the documented example",
      files: { markets: "stats-markets.json" },
      yields: {
        rejects: [],
        quotes: [
          { base: "SOL", fundingRate: -0.0000012, indexPrice: 123.456, volume24hUsd: 50_000_000 },
        ],
      },
    },
  ],
};

testExchange(description);

test("drift: is disabled, with a reason", () => {
  expect(drift.facts.disabledReason).toContain("halted");
});

test("drift: an identical second row of one symbol changes nothing", async () => {
  const batch = await refreshOf(description, { markets: [market("BTC-PERP"), market("BTC-PERP")] });
  expect(batch.quotes).toHaveLength(1);
  expect(batch.rejects).toEqual([]);
});
