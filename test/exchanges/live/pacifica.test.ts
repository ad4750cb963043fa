import { expect, test } from "bun:test";
import type { Quote } from "../../../src/domain/quote.ts";
import { pacifica } from "../../../src/exchanges/pacifica.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** info-prices was recorded at 22:12:31.583 by its own stamps. */
const AT_MS = Date.UTC(2026, 8, 13, 22, 12, 32);
const STAMP_MS = 1_789_337_551_583;
const FULL_HOUR_MS = Date.UTC(2026, 8, 13, 23);

/** The fields that are the same on every row. */
const COMMON = {
  quote: "USD",
  settle: "USDC",
  assetClass: null,
  accrual: "periodic",
  listedAtMs: null,
  fundingIntervalHours: 1,
  intervalSource: "documented_default",
  nextFundingAtMs: FULL_HOUR_MS,
  predictedRate: null,
  instantRate: null,
  settledRate: null,
  settledAtMs: null,
  rateCap: null,
  rateFloor: null,
  baselineRate: 0.0000125,
  settling: false,
  exchangeTimeMs: STAMP_MS,
  receivedAtMs: AT_MS,
} satisfies Partial<Quote>;

/** Base, units, rate, mark, oracle, open interest and volume in dollars, last digit of the open interest, by hand. */
const ROWS = {
  // 1,681,328 x 0.079365 = 133,438.59672
  XPL: ["XPL", 1, 0.0000125, 0.079365, 0.079459, 133_438.59672, 41_541.636, 8],
  // 319.2988 x 4,331.730357 = 1,383,116.304913…
  XAU: ["XAU", 1, 0.0000125, 4331.730357, 4331.730357, 1_383_116.304913672, 742_138.63128, 8],
  // 10,189.2168 x 2,489.5 = 25,366,055.2236
  ETH: ["ETH", 1, 0.00000509, 2489.5, 2490.779651, 25_366_055.2236, 107_294_496.60556, 8],
  // 198,859.4 x 1.159652 = 230,607.7009288
  EURUSD: ["EURUSD", 1, 0.0000125, 1.159652, 1.159652, 230_607.7009288, 6_716.15392, 4],
  // 1,274.702 x 214.891941 = 273,923.186976…
  NVDA: ["NVDA", 1, -0.00017549, 214.891941, 215.387843, 273_923.186976582, 13_554.0885, 2],
  // k is a thousand; 34,788,040 x 0.002715 = 94,449.5286
  kBONK: ["BONK", 1000, -0.00000332, 0.002715, 0.002719, 94_449.5286, 122_425.420904, 4],
  // 412.34157 x 76,922.3 = 31,718,261.950011
  BTC: ["BTC", 1, -0.00000336, 76_922.3, 76_956.945987, 31_718_261.950011, 158_617_298.66148, 7],
  // 260.332 x 4,334.928041 = 1,128,520.486769…
  PAXG: ["PAXG", 1, 0.0000125, 4334.928041, 4334.928041, 1_128_520.486769612, 507_151.3212, 2],
  // 26.6404 x 7,604.533333 = 202,587.809804…
  SP500: ["SP500", 1, -0.0000549, 7604.533333, 7609.130316, 202_587.8098044532, 127_452.47614, 4],
} as const;

describeRecorded("pacifica, recorded in September 2026", (read) => {
  test("every perpetual with its values, and no spot market", async () => {
    const bodies = {
      "/api/v1/info/prices": await read("pacifica", "live-2026-09/info-prices.json"),
      "/api/v1/info": await read("pacifica", "live-2026-09/info.json"),
    };
    const batch = await pacifica.refresh(memorySource(bodies, { nowMs: AT_MS }));
    expect(batch).toMatchObject({ rejects: [], expected: 9, unlisted: 0 });
    const right = Object.entries(ROWS).map(([exchangeSymbol, row]) => {
      const [base, multiplier, fundingRate, markPrice, indexPrice, oi, volume24hUsd, digit] = row;
      const figures = {
        fundingRate,
        markPrice,
        indexPrice,
        volume24hUsd,
        openInterestDigit: digit,
      };
      const openInterestUsd = expect.closeTo(oi, 5);
      return { ...COMMON, exchangeSymbol, base, multiplier, ...figures, openInterestUsd };
    });
    expect(batch.quotes).toEqual(right);
  });

  test("its history can be read both ways: each row's next rate is the following row's rate", async () => {
    const body = await read("pacifica", "live-2026-09/funding-rate-history-btc.json");
    const rows: readonly Record<string, string>[] = Object(body).data;
    expect(rows.map((row) => row["funding_rate"])).toEqual([
      "0.00000383",
      "0.00000632",
      "0.00000466",
    ]);
    expect(rows.map((row) => row["next_funding_rate"])).toEqual([
      "0.00000475",
      "0.00000383",
      "0.00000632",
    ]);
    // At 22:12 the prices call 0.00000475 `funding`: of the previous hour by the documentation, of the coming one by
    // this.
    const prices = await read("pacifica", "live-2026-09/info-prices.json");
    const btc = Object(prices).data.find((row: { symbol: string }) => row.symbol === "BTC");
    expect(btc).toMatchObject({ funding: "0.00000475", next_funding: "-0.00000336" });
  });
});
