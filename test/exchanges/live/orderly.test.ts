import { expect, test } from "bun:test";
import { orderly } from "../../../src/exchanges/orderly.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 22:01:12 UTC. */
const AT = 1_789_336_872_900;
/** Of the same day: 16:00, 20:00 and 24:00 UTC. */
const [FOUR_PM, EIGHT_PM, MIDNIGHT] = [1_789_315_200_000, 1_789_329_600_000, 1_789_344_000_000];

const EIGHT = { fundingIntervalHours: 8, settledAtMs: FOUR_PM, baselineRate: 0.0001 };
const FOUR = { fundingIntervalHours: 4, settledAtMs: EIGHT_PM, baselineRate: 0.00005 };

/** The eight markets, calculated by hand: dollars of open interest are its units times the mark price. */
const MARKETS = [
  {
    exchangeSymbol: "PERP_BTC_USDC",
    base: "BTC",
    ...EIGHT,
    fundingRate: 0.0001,
    settledRate: 0.00009988,
    rateCap: 0.003,
    rateFloor: -0.003,
    markPrice: 77_090.2,
    indexPrice: 77_116.1,
    volume24hUsd: 2_461_419.108083,
    // 26.43846 x 77,090.2
    openInterestUsd: 2_038_146.17,
  },
  {
    exchangeSymbol: "PERP_ETH_USDC",
    base: "ETH",
    ...EIGHT,
    fundingRate: 0.0001,
    settledRate: 0.00010034,
    rateCap: 0.003,
    rateFloor: -0.003,
    markPrice: 2_499.26,
    indexPrice: 2_498.38,
    volume24hUsd: 6_026_032.35119,
    // 10,838.7861 x 2,499.26
    openInterestUsd: 27_088_944.55,
  },
  {
    exchangeSymbol: "PERP_1000PEPE_USDC",
    base: "PEPE",
    multiplier: 1000,
    ...EIGHT,
    fundingRate: 0.00005786,
    settledRate: 0.00010022,
    rateCap: 0.02,
    rateFloor: -0.02,
    markPrice: 0.0033965,
    indexPrice: 0.0033983,
    volume24hUsd: 5_392.07222,
    // 7,042,800 x 0.0033965
    openInterestUsd: 23_920.87,
  },
  {
    exchangeSymbol: "PERP_HYPE_USDC",
    base: "HYPE",
    ...FOUR,
    fundingRate: 0.00005,
    settledRate: 0.00004991,
    rateCap: 0.02,
    rateFloor: -0.02,
    markPrice: 78.309,
    indexPrice: 78.332,
    volume24hUsd: 821_896.69638,
    // 2,236.43 x 78.309
    openInterestUsd: 175_132.6,
  },
  {
    exchangeSymbol: "PERP_XAU_USDC",
    base: "XAU",
    ...FOUR,
    fundingRate: 0.00005,
    settledRate: 0.00005058,
    rateCap: 0.005,
    rateFloor: -0.005,
    markPrice: 4_338.81,
    indexPrice: 4_339.9,
    volume24hUsd: 3_528.57634,
    // 34.6501 x 4,338.81
    openInterestUsd: 150_340.2,
  },
  {
    exchangeSymbol: "PERP_SPX500_USDC",
    base: "SPX500",
    ...EIGHT,
    fundingRate: 0.0001,
    settledRate: 0.00009984,
    // The one with asymmetric bounds.
    rateCap: 0.0005,
    rateFloor: -0.005,
    markPrice: 7_624.23,
    indexPrice: 7_618.74,
    volume24hUsd: 38_030.885437,
    // 54.07 x 7,624.23
    openInterestUsd: 412_242.12,
  },
  {
    exchangeSymbol: "PERP_EURUSD_USDC",
    base: "EURUSD",
    ...EIGHT,
    fundingRate: -0.00029564,
    settledRate: -0.00043126,
    // Its interest is 0, so it has no baseline.
    baselineRate: null,
    rateCap: 0.005,
    rateFloor: -0.005,
    markPrice: 1.1596,
    indexPrice: 1.1602,
    volume24hUsd: 12_013.676877,
    // 411,088.56 x 1.1596
    openInterestUsd: 476_698.29,
  },
  {
    exchangeSymbol: "PERP_AAPL_USDC_mythos",
    base: "AAPL",
    ...EIGHT,
    fundingRate: 0.0001,
    settledRate: 0.00009967,
    rateCap: 0.02,
    rateFloor: -0.02,
    markPrice: 331.08,
    indexPrice: 331.07533414,
    volume24hUsd: 0,
    // 19.375 x 331.08 = 6,414.675, cut
    openInterestUsd: 6_414.67,
  },
];

describeRecorded("orderly, recorded in September 2026", (read) => {
  const recorded = (file: string) => read("orderly", `live-2026-09/${file}`);

  async function refreshed() {
    const bodies = {
      "/v1/public/futures": await recorded("futures.json"),
      "/v1/public/info": await recorded("info.json"),
      "/v1/public/funding_rates": await recorded("funding-rates.json"),
    };
    return orderly.refresh(memorySource(bodies, { nowMs: AT }));
  }

  test("all eight markets, including a broker's, with every figure as published", async () => {
    const { quotes, rejects, expected, unlisted } = await refreshed();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 8, unlisted: 0 });
    const common = {
      multiplier: 1,
      quote: "USDC",
      settle: "USDC",
      assetClass: null,
      nextFundingAtMs: MIDNIGHT,
      intervalSource: "published",
      exchangeTimeMs: 1_789_336_872_547,
    };
    const figures = quotes.map(({ openInterestUsd, ...quote }) => ({
      ...quote,
      openInterestUsd: Number(openInterestUsd?.toFixed(2)),
    }));
    expect(figures).toMatchObject(MARKETS.map((market) => ({ ...common, ...market })));
  });

  test("the last rate of HYPE and its time are the newest row of its history, four hours before the next", async () => {
    const history: { data: { rows: Readonly<Record<string, unknown>>[] } } = Object(
      await recorded("funding-rate-history-hype.json"),
    );
    const { quotes } = await refreshed();
    const hype = quotes.find(({ base }) => base === "HYPE");
    expect(history.data.rows[0]).toEqual({
      symbol: "PERP_HYPE_USDC",
      funding_rate: 0.00004991,
      funding_rate_timestamp: EIGHT_PM,
      next_funding_time: MIDNIGHT,
    });
    expect(hype).toMatchObject({ settledRate: 0.00004991, settledAtMs: EIGHT_PM });
  });
});
