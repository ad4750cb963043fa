import { expect, test } from "bun:test";
import type { Quote } from "../../../src/domain/quote.ts";
import { paradex } from "../../../src/exchanges/paradex.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** markets/summary was recorded at 17:18:40 by its own stamps. */
const AT_MS = Date.UTC(2026, 8, 11, 17, 18, 41);
const STAMP_MS = 1_789_147_120_003;

/** The fields that are the same on every row: 2 % in 8 h is not a TradFi cap, so the baseline is 0.01 %. */
const COMMON = {
  multiplier: 1,
  quote: "USD",
  settle: "USDC",
  assetClass: null,
  accrual: "continuous",
  fundingIntervalHours: 8,
  intervalSource: "published",
  nextFundingAtMs: null,
  predictedRate: null,
  instantRate: null,
  settledRate: null,
  settledAtMs: null,
  rateCap: 0.02,
  rateFloor: -0.02,
  baselineRate: 0.0001,
  settling: false,
  exchangeTimeMs: STAMP_MS,
  receivedAtMs: AT_MS,
} satisfies Partial<Quote>;

describeRecorded("paradex, recorded in September 2026", (read) => {
  test("both perpetuals with their values, and no option", async () => {
    const markets = await read("paradex", "live-2026-09/markets.json");
    // The recording lacks open_at, which the exchange sends on every market; 0 is not a listing time.
    const results = Object(markets).results.map((row: object) => ({ ...row, open_at: 0 }));
    const bodies = {
      "/v1/markets/summary?market=ALL": await read("paradex", "live-2026-09/markets-summary.json"),
      "/v1/markets": { results },
    };
    const batch = await paradex.refresh(memorySource(bodies, { nowMs: AT_MS }));
    expect(batch).toMatchObject({ rejects: [], expected: 2, unlisted: 0 });
    expect(batch.quotes).toEqual([
      {
        ...COMMON,
        exchangeSymbol: "BTC-USD-PERP",
        base: "BTC",
        listedAtMs: null,
        fundingRate: 0.00007688102642,
        markPrice: 77_804.85141726,
        indexPrice: 77_788.24195927,
        openInterestDigit: 9,
        // 50.4599 x 77,804.85141726 = 3,926,025.0220297…
        openInterestUsd: expect.closeTo(3_926_025.02203, 4),
        volume24hUsd: 4_273_947.632803999,
      },
      {
        ...COMMON,
        exchangeSymbol: "ETH-USD-PERP",
        base: "ETH",
        listedAtMs: null,
        fundingRate: 0.00008019490495,
        markPrice: 2575.96185222,
        indexPrice: 2575.53476288,
        openInterestDigit: 4,
        // 1,252.1354 x 2,575.96185222 = 3,225,453.0242142…
        openInterestUsd: expect.closeTo(3_225_453.02421423, 4),
        volume24hUsd: 5_621_600.612198004,
      },
    ]);
  });
});
