import { describe, expect, test } from "bun:test";
import { extended } from "../../src/exchanges/extended.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const MARKETS = "/api/v1/info/markets";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

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
const NAMES = LIVE.map((row) => String(row["name"]));
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
const BODIES: Bodies = { [MARKETS]: reply([...LIVE, ...DEAD]) };

const refresh = (bodies: Bodies, nowMs = AT) => extended.refresh(memorySource(bodies, { nowMs }));
const btcOf = (marketExtra: Row, statsExtra: Row = {}) => {
  const row = market("BTC", { marketStats: stats(statsExtra), ...marketExtra });
  return refresh({ [MARKETS]: reply([row]) });
};

const BTC = { exchangeSymbol: "BTC-USD", base: "BTC", multiplier: 1, quote: "USD", settle: "USDC" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };
const LIMITLESS = { rateCap: null, rateFloor: null, baselineRate: null };

describe("extended", () => {
  test("one request is the whole refresh", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await extended.refresh(source);
    expect(source.asks).toEqual([{ kind: "essential", name: "markets", everyMs: null }]);
    expect(source.requests).toEqual([MARKETS]);
    expect(extended.facts.requestsPerRefresh).toBe(1);
  });

  test("a market becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...RATELESS,
      ...LIMITLESS,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.000013,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 115861923.5,
      volume24hUsd: 231016077.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("both multiplier forms, a market that is no coin; no dead, closing, pre-listed, pre-IPO or spot one", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(NAMES);
    expect(quotes[1]).toMatchObject({ base: "PEPE", multiplier: 1000, fundingRate: -0.00121 });
    expect(quotes[2]).toMatchObject({ base: "SHIB", multiplier: 1000, fundingRate: 0 });
    expect(quotes[3]).toMatchObject({ base: "XAU", assetClass: "metal" });
  });

  test.each([
    ["Crypto", "L1", "crypto"],
    // A token of gold is a coin.
    ["Crypto", "Commodity", "crypto"],
    ["RWA", "Equity", "stock"],
    ["RWA", "ETF/Index", "index"],
    ["RWA", "Commodity", "commodity"],
    ["RWA", "FX", "forex"],
  ] as const)("%s, %s is of class %p", async (category, subCategory, assetClass) => {
    expect(await btcOf({ category, subCategory })).toMatchObject({ quotes: [{ assetClass }] });
  });

  test.each([
    ["MU_24_5", "MU"],
    ["SPX500m", "SPX500"],
    ["TECH100m", "TECH100"],
    ["JP225", "JP225"],
    ["GBPm", "GBPM"],
  ])("the asset %s is %s; its market keeps its name", async (assetName, base) => {
    const { quotes } = await btcOf({ name: `${assetName}-USD`, assetName });
    expect(quotes).toMatchObject([{ exchangeSymbol: `${assetName}-USD`, base, multiplier: 1 }]);
  });

  test.each([
    ["a name with another mark", { assetName: "MU_24_7" }],
    ["another type", { type: "FUTURE" }],
    ["another category", { category: "TradFi", subCategory: "Equity" }],
    ["another subcategory of real-world assets", { category: "RWA", subCategory: "Weather" }],
    ["no subcategory of a real-world asset", { category: "RWA", subCategory: null }],
  ])("%s is neither shown nor a broken row", async (_, extra) => {
    const rejects = [{ exchangeSymbol: "BTC-USD", reason: "unknown_kind" }];
    expect(await btcOf(extra)).toMatchObject({ quotes: [], rejects });
  });

  test("a market that comes twice with different figures is not shown, and once with equal ones", async () => {
    const twin = market("BTC", { marketStats: stats({ fundingRate: "0.0004" }) });
    for (const rows of [
      [twin, ...LIVE],
      [...LIVE, twin],
    ]) {
      const { quotes, rejects } = await refresh({ [MARKETS]: reply(rows) });
      expect(quotes.map(({ base }) => base)).toEqual(["PEPE", "SHIB", "XAU"]);
      expect(rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
    }
    expect((await refresh({ [MARKETS]: reply([...LIVE, market("BTC")]) })).quotes).toHaveLength(4);
  });

  test("a stock whose ticker is SPOT is no spot market", async () => {
    for (const type of ["PERPETUAL", undefined]) {
      const row = market("SPOT", { type, category: "RWA", subCategory: "Equity" });
      const { quotes } = await refresh({ [MARKETS]: reply([row]) });
      expect(quotes).toMatchObject([
        { exchangeSymbol: "SPOT-USD", base: "SPOT", assetClass: "stock" },
      ]);
    }
    const pair = market("SPOT", { type: "SPOT" });
    expect((await refresh({ [MARKETS]: reply([pair]) })).quotes).toEqual([]);
  });

  test("next times: a past one is kept, one beyond the hour is unknown, one past by days is dead", async () => {
    const past = await btcOf({}, { nextFundingRate: NEXT - 3_600_000 });
    expect(past.quotes).toMatchObject([{ nextFundingAtMs: NEXT - 3_600_000 }]);
    const beyond = await btcOf({}, { nextFundingRate: NEXT + 3_600_000 });
    expect(beyond.quotes).toMatchObject([
      { nextFundingAtMs: NEXT + 3_600_000, fundingIntervalHours: null },
    ]);
    const dead = await btcOf({}, { nextFundingRate: NEXT - 3 * 86_400_000 });
    expect(dead).toMatchObject({ quotes: [], rejects: [] });
    const unknown = await btcOf({}, { nextFundingRate: null });
    expect(unknown.quotes).toMatchObject([{ nextFundingAtMs: null, fundingIntervalHours: 1 }]);
  });

  test.each([
    ["no rate", {}, { fundingRate: "" }, "bad_rate"],
    ["a time in the place of the rate", {}, { fundingRate: NEXT }, "implausible_rate"],
    ["a next time in seconds", {}, { nextFundingRate: NEXT / 1000 }, "bad_next_time"],
    ["no statistics", { marketStats: null }, {}, "bad_rate"],
    ["no status", { status: 1 }, {}, "bad_row"],
    ["active unknown", { active: "true" }, {}, "bad_row"],
    ["a type that is no text", { type: {} }, {}, "bad_row"],
    ["no asset", { assetName: "" }, {}, "bad_row"],
    ["no collateral", { collateralAssetName: null }, {}, "bad_row"],
  ])("%s: refused", async (_, marketExtra, statsExtra, reason) => {
    const rejects = [{ exchangeSymbol: "BTC-USD", reason }];
    expect(await btcOf(marketExtra, statsExtra)).toMatchObject({ quotes: [], rejects });
  });

  test.each([
    ["an error", { status: "ERROR", error: { code: 1140, message: "no" } }],
    ["an error without a code", { status: "ERROR", data: LIVE }],
    ["no status", { data: LIVE }],
    ["no list", { status: "OK", data: null }],
    ["an empty list", reply([])],
  ])("%s fails the refresh", async (_, body) => {
    const failure = refresh({ [MARKETS]: body });
    await expect(failure).rejects.toBeInstanceOf(RequestFailure);
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTC-USD")?.origin).toMatchObject({
      rows: { markets: { status: "ACTIVE", marketStats: { fundingRate: "0.000013" } } },
      formula: "{markets.marketStats.fundingRate}",
    });
    expect(explain("NONE-USD")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const may = (
  where: string,
  mutations: Exemption["mutations"],
  ...fields: Exemption["fields"]
): Exemption => ({ at: where, mutations, fields, why: LEGAL });
const exemptions: readonly Exemption[] = [
  may("stats.fundingRate", ["negative"], "fundingRate"),
  may("stats.markPrice", ["huge"], "markPrice"),
  may("stats.indexPrice", ["huge"], "indexPrice"),
  may("stats.openInterest", ["huge"], "openInterestUsd"),
  may("stats.dailyVolume", ["huge"], "volume24hUsd"),
  // The name is the symbol itself: another name is another market.
  may("markets.name", ["NaN", "huge", "negative"], "exchangeSymbol"),
  may("markets.assetName", ["NaN", "huge", "negative"], "base", "multiplier", "assetClass"),
];

test("extended: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly Row[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "markets", request: MARKETS, rows },
      {
        name: "stats",
        request: MARKETS,
        rows: (body) => rows(body).map((row) => row["marketStats"]),
      },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("extended, recorded", (read) => {
  test("the market of BTC in April 2026, in the hour before its charge", async () => {
    const body = await read("extended", "info-markets.json");
    const { quotes, rejects } = await refresh({ [MARKETS]: body }, 1777442400000 - 1_800_000);
    expect(rejects).toEqual([]);
    const btc = { base: "BTC", assetClass: "crypto", fundingRate: 0.000013 };
    expect(quotes).toMatchObject([{ ...btc, nextFundingAtMs: 1777442400000 }]);
    const money = { openInterestUsd: 115861923.311902, volume24hUsd: 231016077.51296 };
    expect(quotes[0]).toMatchObject({ ...money, markPrice: 77259.68025 });
  });
});
