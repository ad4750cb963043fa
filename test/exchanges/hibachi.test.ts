import { describe, expect, test } from "bun:test";
import { hibachi } from "../../src/exchanges/hibachi.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const [BTC, PEPE, TEMP, EUR] = ["BTC/USDT-P", "1000PEPE/USDT-P", "TEMP/USDT-P", "EUR/USDT-P"];
const GONE = "GONE/USDT-P";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const seconds = (ms: number): number => ms / 1000;

const contract = (symbol: string, extra: Row = {}): Row => ({
  displayName: symbol,
  id: 1,
  marketCloseTimestamp: null,
  marketOpenTimestamp: null,
  marketCreationTimestamp: "1727701319.73488",
  settlementSymbol: "USDT",
  status: "LIVE",
  symbol,
  underlyingSymbol: symbol.split("/")[0],
  ...extra,
});
const CONTRACTS = [
  contract(BTC),
  contract(PEPE),
  contract(TEMP, {
    marketOpenTimestamp: String(seconds(AT - 1000)),
    marketCloseTimestamp: seconds(AT + 86_400_000) + 0.5,
  }),
  contract(EUR),
  contract(GONE, { marketCloseTimestamp: seconds(AT - 1000) }),
  contract("SOON/USDT-P", { marketOpenTimestamp: seconds(AT + 1000) }),
  contract("HALT/USDT-P", { status: "HALTED" }),
  contract("ADA/BTC-P", { settlementSymbol: "BTC" }),
  contract("BTC/USDT"),
];
const info = (futureContracts: readonly Row[], extra: Row = {}): Row => ({
  feeConfig: { tradeMakerFeeRate: "0.00000000", tradeTakerFeeRate: "0.00045000" },
  futureContracts,
  maintenanceWindow: [],
  status: "NORMAL",
  ...extra,
});
const market = (symbol: string, figures: Row = {}, category = "CRYPTO") => ({
  contract: contract(symbol, { category }),
  info: {
    bestAskPrice: "64001",
    bestBidPrice: "64000",
    category: null,
    estimatedFundingRate: "-0.000137",
    markPrice: "64000.5",
    openInterestQuantity: "2.5",
    price24hAgo: "63000",
    priceLatest: "42000",
    spotPrice: "64010.25",
    tags: [],
    volume24h: "7503062.1",
    ...figures,
  },
});
const inventory = (markets: readonly unknown[], extra: Row = {}): Row => ({
  crossChainAssets: [],
  feeConfig: {},
  markets,
  tradingTiers: [],
  ...extra,
});
const MARKETS = [
  market(BTC),
  market(PEPE, { estimatedFundingRate: "0" }),
  market(TEMP),
  market(EUR, { category: "FxMajor", tags: ["major"] }, "FX"),
  ...CONTRACTS.slice(4).map(({ symbol }) => market(String(symbol))),
];

const contractIs = (key: string, value: unknown): Change => [
  `${key} ${JSON.stringify(value)}`,
  { [`instruments.${key}`]: value },
  "bad_row",
];
const classIs = (
  category: string,
  tags: readonly string[],
  assetClass: AssetClass | null,
): Change => [
  `${category} [${tags.join()}] is of class ${assetClass}`,
  { "markets.contract.category": category, "markets.info.tags": tags },
  { assetClass },
];
const noEstimate = (value: unknown, category: string): Change => [
  `an estimate of ${value} of category ${category} is no closed market`,
  { "markets.info.estimatedFundingRate": value, "markets.contract.category": category },
  "bad_rate",
];
const failed = { errorCode: 4, message: "no", status: "failed" };

const description: ExchangeDescription = {
  exchange: hibachi,
  nowMs: AT,
  payloads: [
    {
      name: "markets",
      kind: "essential",
      request: "/market/inventory",
      rows: ["markets"],
      parts: ["contract", "info"],
      body: inventory(MARKETS),
    },
    // Includes the state of the exchange.
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 300_000,
      request: "/market/exchange-info",
      rows: ["futureContracts"],
      body: info(CONTRACTS),
    },
  ],
  expected: 4,
  unlisted: 0,
  // Closed, not yet open, halted, coin-settled and spot markets are not shown.
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      fundingRate: -0.000137,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 2.5 coins at the mark of 64,000.5; the volume is in dollars already.
      openInterestDigit: 5,
      openInterestUsd: 160_001.25,
      volume24hUsd: 7_503_062.1,
      takerFeeBps: 4.5,
    },
    { exchangeSymbol: PEPE, base: "PEPE", multiplier: 1000, fundingRate: 0 },
    { exchangeSymbol: TEMP },
    { exchangeSymbol: EUR },
  ],
  explained: {
    formula: "{inventory.estimatedFundingRate}",
    rows: {
      inventory: { estimatedFundingRate: "-0.000137" },
      instruments: { symbol: BTC, status: "LIVE" },
    },
    unknown: "NEW/USDT-P",
  },
  changes: [
    classIs("CRYPTO", [], "crypto"),
    classIs("FX", ["major"], "forex"),
    classIs("FX", [], "forex"),
    classIs("FX", ["new", "Commodity"], "commodity"),
    classIs("STOCKS", [], null),
    noEstimate("soon", "FX"),
    noEstimate(null, "CRYPTO"),
    noEstimate(null, "STOCKS"),
    contractIs("status", null),
    contractIs("status", true),
    contractIs("marketCloseTimestamp", "soon"),
    contractIs("marketOpenTimestamp", {}),
    contractIs("marketCloseTimestamp", 1e300),
    contractIs("underlyingSymbol", ""),
    contractIs("settlementSymbol", undefined),
    ["no rate", { "markets.info.estimatedFundingRate": "" }, "bad_rate"],
    [
      "a rate over its notional",
      { "markets.info.estimatedFundingRate": "-1.5" },
      "implausible_rate",
    ],
  ],
  failures: [
    ["a failure", failed, "bad_envelope"],
    ["no market", inventory([]), "bad_envelope", "markets"],
    ["markets that are not a list", { markets: {} }, "bad_envelope", "markets"],
    ["a market without a contract", inventory([{ info: {} }]), "bad_envelope", "markets"],
    ["maintenance", info(CONTRACTS, { status: "MAINTENANCE" }), "bad_envelope", "instruments"],
    ["no state", info(CONTRACTS, { status: undefined }), "bad_envelope", "instruments"],
    ["no contract", info([]), "bad_envelope", "instruments"],
    [
      "an unreadable window",
      info(CONTRACTS, { maintenanceWindow: "now" }),
      "bad_envelope",
      "instruments",
    ],
  ],
  // A closed market without its closing time looks like one that never closes: only its status differs.
  unmutated: [GONE, "SOON/USDT-P"],
  exemptions: [
    negativeRate("markets.info.estimatedFundingRate"),
    hugeAmount("markets.info.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("markets.info.spotPrice", "indexPrice"),
    hugeAmount("markets.info.volume24h", "volume24hUsd"),
    hugeAmount("markets.info.openInterestQuantity", "openInterestUsd"),
    anyName("instruments.underlyingSymbol", "base", "multiplier"),
  ],
};

testExchange(description);

const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

describe("hibachi also", () => {
  test("has all rates in one request", () => {
    expect(hibachi.facts).not.toHaveProperty("requestsPerInstrument");
  });

  test.each([
    ["Friday 20:59", Date.UTC(2026, 9, 2, 20, 59), 15],
    ["Friday 21:00", Date.UTC(2026, 9, 2, 21), 8],
    ["Saturday", Date.UTC(2026, 9, 3, 12), 8],
    ["Sunday 21:59", Date.UTC(2026, 9, 4, 21, 59), 8],
    ["Sunday 22:00", Date.UTC(2026, 9, 4, 22), 15],
    ["Wednesday", Date.UTC(2026, 9, 7, 12), 15],
  ] as const)(
    "%s: a currency without an estimate is closed, and reported missing outside weekends",
    async (_when, nowMs, due) => {
      const fx = ["EUR", "GBP", "JPY", "AUD", "CAD", "XAU", "XAG"].map((base) => `${base}/USDT-P`);
      const coins = Array.from({ length: 8 }, (_, n) => `COIN${n}/USDT-P`);
      const closed = { estimatedFundingRate: null };
      const bodies = {
        instruments: info([...coins, ...fx].map((symbol) => contract(symbol))),
        markets: inventory([
          ...coins.map((symbol) => market(symbol)),
          ...fx.map((symbol) => market(symbol, closed, "FX")),
        ]),
      };
      const { quotes, rejects, expected } = await refreshOf(description, bodies, nowMs);
      expect(shown(quotes)).toEqual(coins);
      expect({ rejects, expected }).toEqual({ rejects: [], expected: due });
    },
  );

  test("a listed contract missing from the inventory remains expected; an unlisted one is counted", async () => {
    const batch = await refreshOf(description, {
      markets: inventory([MARKETS[0], market("NEW/USDT-P")]),
    });
    expect(shown(batch.quotes)).toEqual([BTC]);
    expect(batch).toMatchObject({ rejects: [], expected: 4, unlisted: 1 });
  });

  test("two different markets with one symbol are not shown", async () => {
    const other = market(BTC, { estimatedFundingRate: "0.0002" });
    const batch = await refreshOf(description, { markets: inventory([...MARKETS, other]) });
    expect(shown(batch.quotes)).toEqual([PEPE, TEMP, EUR]);
    expect(batch.rejects.map(({ reason }) => reason)).toEqual(["ambiguous", "ambiguous"]);
  });

  test("a temporary market that closes while its list is still cached is not shown", async () => {
    const source = memorySource(
      {
        "/market/exchange-info": info(CONTRACTS),
        "/market/inventory": inventory(MARKETS.slice(0, 5)),
      },
      { nowMs: AT + 86_401_000, receivedAtMs: { instruments: AT } },
    );
    expect(shown((await hibachi.refresh(source)).quotes)).toEqual([BTC, PEPE, EUR]);
  });

  test("nothing is shown while a maintenance window runs", async () => {
    const windowed = (begin: number, end: unknown) =>
      refreshOf(description, {
        instruments: info(CONTRACTS, { maintenanceWindow: [{ begin, end, note: "upgrade" }] }),
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
    [{ tradeTakerFeeRate: "0" }, 0],
    [{ tradeTakerFeeRate: "4.5" }, null],
    [{ tradeTakerFeeRate: "-0.0001" }, null],
    [{}, null],
    ["free", null],
  ])("a stated fee of %p is %p basis points", async (feeConfig, takerFeeBps) => {
    const { quotes } = await refreshOf(description, {
      instruments: info(CONTRACTS, { feeConfig }),
    });
    expect(quotes[0]).toMatchObject({ takerFeeBps });
  });
});

describeRecorded("hibachi, recorded", (read) => {
  const ETH = "ETH/USDT-P";

  test("the list and the replies of one contract, combined as in the inventory", async () => {
    const [list, prices, stats, interest] = await Promise.all(
      ["exchange-info-cut.json", "prices.json", "stats.json", "open-interest.json"].map((file) =>
        read("hibachi", file).then((body): Row => Object(body)),
      ),
    );
    const { markPrice, spotPrice, fundingRateEstimation } = prices ?? {};
    const { estimatedFundingRate } = Object(fundingRateEstimation);
    const figures = { markPrice, spotPrice, estimatedFundingRate, volume24h: stats?.["volume24h"] };
    const openInterestQuantity = interest?.["totalQuantity"];
    const { quotes, rejects, expected } = await refreshOf(
      description,
      {
        instruments: { ...list, status: "NORMAL" },
        markets: inventory([market(ETH, { ...figures, openInterestQuantity })]),
      },
      1_712_700_000_000,
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
