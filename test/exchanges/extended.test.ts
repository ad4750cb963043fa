import { expect, test } from "bun:test";
import { extended } from "../../src/exchanges/extended.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const HOUR = 3_600_000;

const stats = (extra: Row = {}): Row => ({
  dailyVolume: "231016077.5",
  dailyVolumeBase: "3025.5",
  lastPrice: "64001",
  markPrice: "64000.5",
  indexPrice: "64010.25",
  fundingRate: "0.000013",
  nextFundingRate: NEXT,
  openInterest: "115861923.5",
  openInterestBase: "1810.5",
  ...extra,
});
const market = (assetName: string, extra: Row = {}): Row => ({
  name: `${assetName}-USD`,
  category: "Crypto",
  subCategory: "L1",
  assetName,
  collateralAssetName: "USD",
  active: true,
  status: "ACTIVE",
  type: "PERPETUAL",
  marketStats: stats(),
  ...extra,
});
const LIVE = [
  market("BTC"),
  market("1000PEPE", { marketStats: stats({ fundingRate: "-0.00121" }) }),
  market("kSHIB", { marketStats: stats({ fundingRate: "0" }) }),
  market("XAU", { category: "RWA", subCategory: "Commodity", type: null }),
];
const DEAD = [
  market("OLD", { status: "DELISTED" }),
  market("SOON", { status: "PRELISTED" }),
  market("END", { status: "REDUCE_ONLY" }),
  market("OFF", { active: false }),
  market("ETH_SPOT", { type: "SPOT" }),
  market("solspot", { type: "Spot" }),
  market("WBTC", { type: "spot", marketStats: stats({ fundingRate: null }) }),
  market("OPENAI", { category: "RWA", subCategory: "Pre-market" }),
  market("EURO", { collateralAssetName: "EUR" }),
];
const reply = (data: unknown): Row => ({ status: "OK", data });

const classOf = (category: string, subCategory: string, assetClass: AssetClass): Change => [
  `${category}, ${subCategory}`,
  { "markets.category": category, "markets.subCategory": subCategory },
  { assetClass },
];
const next = (title: string, nextFundingRate: unknown, outcome: Change[2]): Change => [
  title,
  { "markets.marketStats.nextFundingRate": nextFundingRate },
  outcome,
];

const description: ExchangeDescription = {
  exchange: extended,
  nowMs: AT,
  payloads: [
    {
      name: "markets",
      kind: "essential",
      request: "/api/v1/info/markets",
      rows: ["data"],
      parts: ["marketStats"],
      body: reply([...LIVE, ...DEAD]),
    },
  ],
  expected: null,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: "BTC-USD",
      base: "BTC",
      quote: "USD",
      settle: "USDC",
      assetClass: "crypto",
      fundingRate: 0.000013,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 115861923.5,
      volume24hUsd: 231016077.5,
    },
    { exchangeSymbol: "1000PEPE-USD", base: "PEPE", multiplier: 1000, fundingRate: -0.00121 },
    { exchangeSymbol: "kSHIB-USD", base: "SHIB", multiplier: 1000, fundingRate: 0 },
    { exchangeSymbol: "XAU-USD", base: "XAU", assetClass: "metal" },
  ],
  explained: {
    formula: "{markets.marketStats.fundingRate}",
    rows: { markets: { status: "ACTIVE", marketStats: { fundingRate: "0.000013" } } },
    unknown: "NONE-USD",
  },
  changes: [
    classOf("Crypto", "L1", "crypto"),
    // A gold token is a coin.
    classOf("Crypto", "Commodity", "crypto"),
    classOf("RWA", "Equity", "stock"),
    classOf("RWA", "ETF/Index", "index"),
    classOf("RWA", "Commodity", "commodity"),
    classOf("RWA", "FX", "forex"),
    ["a name with another mark", { "markets.assetName": "MU_24_7" }, "unknown_kind"],
    ["another type", { "markets.type": "FUTURE" }, "unknown_kind"],
    [
      "another category",
      { "markets.category": "TradFi", "markets.subCategory": "Equity" },
      "unknown_kind",
    ],
    [
      "another subcategory of real-world assets",
      { "markets.category": "RWA", "markets.subCategory": "Weather" },
      "unknown_kind",
    ],
    [
      "no subcategory of a real-world asset",
      { "markets.category": "RWA", "markets.subCategory": null },
      "unknown_kind",
    ],
    next("a past next time is kept", NEXT - HOUR, { nextFundingAtMs: NEXT - HOUR }),
    next("a next time beyond the hour", NEXT + HOUR, {
      nextFundingAtMs: NEXT + HOUR,
      fundingIntervalHours: null,
    }),
    next("a next time that is past by days", NEXT - 72 * HOUR, "not shown"),
    next("no next time", null, { nextFundingAtMs: null, fundingIntervalHours: 1 }),
    next("a next time in seconds", NEXT / 1000, "bad_next_time"),
    ["no rate", { "markets.marketStats.fundingRate": "" }, "bad_rate"],
    ["a time instead of the rate", { "markets.marketStats.fundingRate": NEXT }, "implausible_rate"],
    ["no statistics", { "markets.marketStats": null }, "bad_rate"],
    ["no status", { "markets.status": 1 }, "bad_row"],
    ["active unknown", { "markets.active": "true" }, "bad_row"],
    ["a type that is not a text", { "markets.type": {} }, "bad_row"],
    ["no asset", { "markets.assetName": "" }, "bad_row"],
    ["no collateral", { "markets.collateralAssetName": null }, "bad_row"],
  ],
  failures: [
    ["an error", { status: "ERROR", error: { code: 1140, message: "no" } }, "bad_envelope"],
    ["an error without a code", { status: "ERROR", data: LIVE }, "bad_envelope"],
    ["no status", { data: LIVE }, "bad_envelope"],
    ["no list", { status: "OK", data: null }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ],
  exemptions: [
    negativeRate("markets.marketStats.fundingRate"),
    hugeAmount("markets.marketStats.markPrice", "markPrice"),
    hugeAmount("markets.marketStats.indexPrice", "indexPrice"),
    hugeAmount("markets.marketStats.openInterest", "openInterestUsd"),
    hugeAmount("markets.marketStats.dailyVolume", "volume24hUsd"),
    // The name is the symbol itself: another name is another market.
    anyName("markets.name", "exchangeSymbol"),
    anyName("markets.assetName", "base", "multiplier", "assetClass"),
  ],
  recorded: [
    {
      title: "the market of BTC in April 2026, in the hour before its charge",
      files: { markets: "info-markets.json" },
      atMs: 1777442400000 - HOUR / 2,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "BTC",
            assetClass: "crypto",
            fundingRate: 0.000013,
            nextFundingAtMs: 1777442400000,
            markPrice: 77259.68025,
            openInterestUsd: 115861923.311902,
            volume24hUsd: 231016077.51296,
          },
        ],
      },
    },
  ],
};

testExchange(description);

const refresh = (...rows: readonly Row[]) => refreshOf(description, { markets: reply(rows) });

test.each([
  ["MU_24_5", "MU"],
  ["SPX500m", "SPX500"],
  ["TECH100m", "TECH100"],
  ["JP225", "JP225"],
  ["GBPm", "GBPM"],
])("extended: the asset %s is %s; its market keeps its name", async (assetName, base) => {
  const { quotes } = await refresh(market(assetName));
  expect(quotes).toMatchObject([{ exchangeSymbol: `${assetName}-USD`, base, multiplier: 1 }]);
});

test("extended: a market listed twice with different figures is not shown, with equal ones once", async () => {
  const twin = market("BTC", { marketStats: stats({ fundingRate: "0.0004" }) });
  for (const rows of [
    [twin, ...LIVE],
    [...LIVE, twin],
  ]) {
    const { quotes, rejects } = await refresh(...rows);
    expect(quotes.map(({ base }) => base)).toEqual(["PEPE", "SHIB", "XAU"]);
    expect(rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
  }
  expect((await refresh(...LIVE, market("BTC"))).quotes).toHaveLength(4);
});

test("extended: a stock with the ticker SPOT is not a spot market", async () => {
  for (const type of ["PERPETUAL", undefined]) {
    const row = market("SPOT", { type, category: "RWA", subCategory: "Equity" });
    const { quotes } = await refresh(row);
    expect(quotes).toMatchObject([
      { exchangeSymbol: "SPOT-USD", base: "SPOT", assetClass: "stock" },
    ]);
  }
  const pair = market("SPOT", { type: "SPOT" });
  expect((await refresh(pair)).quotes).toEqual([]);
});
