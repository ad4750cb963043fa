import { expect, test } from "bun:test";
import { blofin } from "../../../src/exchanges/blofin.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const FOLDER = "live-2026-09";
const CALL = "/api/v1/market/";
const MIDNIGHT = Date.UTC(2026, 8, 14);
const ELEVEN = Date.UTC(2026, 8, 13, 23);

type Row = readonly [
  exchangeSymbol: string,
  rate: number,
  hours: number,
  cap: number,
  mark: number,
  index: number,
  openInterestUsd: number,
  volumeUsd: number,
];
/** Open interest: base coins x mark. Volume: base coins of the ticker x last. */
const SHOWN: readonly Row[] = [
  // 4,455.385 x 76,750.5; 1,879.6213 x 76,761.8.
  ["BTC-USDT", 0.00018548000000000002, 8, 0.005, 76750.5, 76789.5, 341_953_026.44, 144_283_114.31],
  // 101,675.21 x 2,478.68; 27,358.452 x 2,478.97.
  ["ETH-USDT", -0.00002517011113692349, 8, 0.0075, 2478.68, 2480, 252_020_309.52, 67_820_781.75],
  // Nothing open; 48.9115 x 76,740.
  ["BTC-USDC", -0.000020893946370811227, 8, 0.005, 76740.4, 76772.2, 0, 3_753_468.51],
  // 5,953,760 x 0.04479; 227,489 x 0.04466.
  ["PNUT-USDT", 0.00006653667177854031, 4, 0.03, 0.04479, 0.04481, 266_668.91, 10_159.66],
  // 280,061,000 x 0.002693; 1,212,287,600 x 0.002693.
  ["1000BONK-USDT", 0.00006794, 4, 0.05, 0.002693, 0.002696, 754_204.27, 3_264_690.51],
  // 1,773.35 x 362.5; 170.87 x 362.6.
  ["TSLA-USDT", 0.00012, 8, 0.03, 362.5, 362.64, 642_839.38, 61_957.46],
  // 385.13 x 760.48; 196.89 x 760.46.
  ["SPY-USDT", -0.00012, 8, 0.03, 760.48, 760.66, 292_883.66, 149_726.97],
  // 51,216.21 x 99.14; 9,057.49 x 99.13.
  ["CL-USDT", 0.00012, 4, 0.03, 99.14, 99.25, 5_077_575.06, 897_868.98],
  // 65,898 x 2.98; 4,999 x 2.981.
  ["NG-USDT", 0.00002564558908825722, 8, 0.03, 2.98, 2.975, 196_376.04, 14_902.02],
  // 3,259.874 x 4,340.27; 350.03 x 4,339.66.
  ["XAU-USDT", 0.00012, 4, 0.03, 4340.27, 4337.55, 14_148_733.33, 1_519_011.19],
  // 536,125,000 x 0.0007665; 1,319,952,000 x 0.0007669.
  ["IOST-USDT", -0.001246800258614201, 1, 0.05, 0.0007665, 0.0007759, 410_939.81, 1_012_271.19],
  // 1,978,808 x 0.1017; 24,004 x 0.1019.
  ["OPG-USDT", 0.00002867269058458772, 4, 0.03, 0.1017, 0.1016, 201_244.77, 2_446.01],
];

describeRecorded("blofin, recorded in September 2026", (read) => {
  const file = (name: string) => read("blofin", `${FOLDER}/${name}.json`);

  async function source(extra: Readonly<Record<string, unknown>> = {}) {
    const bodies = {
      [`${CALL}funding-rate`]: await file("funding-rate"),
      [`${CALL}instruments`]: await file("instruments"),
      [`${CALL}mark-price`]: await file("mark-price"),
      [`${CALL}tickers`]: await file("tickers"),
      [`${CALL}open-interest`]: await file("open-interest"),
      ...extra,
    };
    return memorySource(bodies, { nowMs: Date.UTC(2026, 8, 13, 22, 28, 39) });
  }

  test("twelve contracts with all their figures, and no history is requested; the inverse one is not shown", async () => {
    const recorded = await source();
    const { quotes, rejects, expected, unlisted } = await blofin.refresh(recorded);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 12, unlisted: 0 });
    expect(recorded.requests).toHaveLength(5);
    const cents = (value: number | null): number => Math.round((value ?? Number.NaN) * 100) / 100;
    expect(
      quotes.map((quote): Row => [
        quote.exchangeSymbol,
        quote.fundingRate,
        quote.fundingIntervalHours ?? Number.NaN,
        quote.rateCap ?? Number.NaN,
        quote.markPrice ?? Number.NaN,
        quote.indexPrice ?? Number.NaN,
        cents(quote.openInterestUsd),
        cents(quote.volume24hUsd),
      ]),
    ).toEqual([...SHOWN]);
    for (const { exchangeSymbol, nextFundingAtMs, rateCap, rateFloor, intervalSource } of quotes) {
      expect(nextFundingAtMs).toBe(exchangeSymbol === "IOST-USDT" ? ELEVEN : MIDNIGHT);
      expect(rateFloor).toBe(-(rateCap ?? Number.NaN));
      expect(intervalSource).toBe("published");
    }
  });

  test("names and classes as stated by BloFin, gold as a coin, except for a fund that it calls an index", async () => {
    const recorded = await source();
    const { quotes } = await blofin.refresh(recorded);
    expect(
      quotes.map(({ base, multiplier, settle, assetClass }) =>
        [base, multiplier, settle, assetClass].join(" "),
      ),
    ).toEqual([
      "BTC 1 USDT crypto",
      "ETH 1 USDT crypto",
      "BTC 1 USDC crypto",
      "PNUT 1 USDT crypto",
      "BONK 1000 USDT crypto",
      "TSLA 1 USDT stock",
      "SPY 1 USDT etf",
      "CL 1 USDT commodity",
      "NG 1 USDT commodity",
      "XAU 1 USDT crypto",
      "IOST 1 USDT crypto",
      "OPG 1 USDT crypto",
    ]);
  });

  test("if the interval of BTC were not published, its recorded history would give the same", async () => {
    const rates: unknown = await file("funding-rate");
    const first: object = Object(Reflect.get(Object(Reflect.get(Object(rates), "data")), 0));
    const { quotes } = await blofin.refresh(
      await source({
        [`${CALL}funding-rate`]: {
          code: "0",
          data: [{ ...first, fundingInterval: undefined, fundingIntervalUnit: undefined }],
        },
        [`${CALL}funding-rate-history?instId=BTC-USDT&limit=2`]: await file(
          "funding-rate-history-btc",
        ),
      }),
    );
    expect(quotes).toMatchObject([
      { exchangeSymbol: "BTC-USDT", fundingIntervalHours: 8, intervalSource: "derived" },
    ]);
  });
});
