import { expect, test } from "bun:test";
import { extended } from "../../../src/exchanges/extended.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const FOLDER = "live-2026-09";
const NEXT_HOUR = Date.UTC(2026, 8, 13, 23);

type Figures = readonly [
  exchangeSymbol: string,
  base: string,
  assetClass: string,
  fundingRate: number,
  markPrice: number,
  indexPrice: number,
  openInterestUsd: number,
  volume24hUsd: number,
];
/** As in the reply: rates are hourly, quantities are in dollars already. */
const SHOWN: readonly Figures[] = [
  [
    "BTC-USD",
    "BTC",
    "crypto",
    0.000013,
    77060.42788175,
    77100.40668377499,
    44_808_704.907173,
    72_466_662.2649,
  ],
  [
    "ETH-USD",
    "ETH",
    "crypto",
    0.000013,
    2497.85795765,
    2499.0062570875,
    30_074_747.689639,
    40_920_283.1852,
  ],
  [
    "1000PEPE-USD",
    "PEPE",
    "crypto",
    0.000013,
    0.003396223971,
    0.003396623809,
    355_927.118778,
    1553.504,
  ],
  ["PAXG-USD", "PAXG", "crypto", 0.000002, 4336.37295985, 4337.07292693, 278_927.056044, 9558.4],
  ["XAU-USD", "XAU", "metal", 0.000004, 4334.95667, 4334.95667, 10_103_818.955381, 10_632_220.9632],
  [
    "MU_24_5-USD",
    "MU",
    "stock",
    0.00002,
    940.6243803875161,
    940.6243803875161,
    475_819.563731,
    390_325.84358,
  ],
  [
    "SPX500m-USD",
    "SPX500",
    "index",
    0.000004,
    7619.48356321,
    7619.48356321,
    3_674_581.935519,
    3_497_596.0362,
  ],
  ["JP225-USD", "JP225", "index", 0.000077, 63_803, 63_787, 4756.276, 195.96808],
  ["EUR-USD", "EUR", "forex", 0.000004, 1.15955, 1.15955, 6_241_820.8384, 105_609.5227],
];

describeRecorded("extended, recorded in September 2026", (read) => {
  test("nine markets with their figures; pre-market, pre-listed, closing, delisted and spot ones are not shown", async () => {
    const body = await read("extended", `${FOLDER}/info-markets.json`);
    const source = memorySource(
      { "/api/v1/info/markets": body },
      { nowMs: Date.UTC(2026, 8, 13, 22, 1) },
    );
    const { quotes, rejects } = await extended.refresh(source);
    expect(rejects).toEqual([]);
    expect(
      quotes.map((quote): Figures => [
        quote.exchangeSymbol,
        quote.base,
        String(quote.assetClass),
        quote.fundingRate,
        quote.markPrice ?? Number.NaN,
        quote.indexPrice ?? Number.NaN,
        quote.openInterestUsd ?? Number.NaN,
        quote.volume24hUsd ?? Number.NaN,
      ]),
    ).toEqual([...SHOWN]);
    for (const quote of quotes)
      expect(quote).toMatchObject({
        multiplier: quote.base === "PEPE" ? 1000 : 1,
        quote: "USD",
        settle: "USDC",
        fundingIntervalHours: 1,
        nextFundingAtMs: NEXT_HOUR,
        rateCap: null,
        rateFloor: null,
      });
  });

  /** The history is not requested by the adapter: it shows that the published rate is charged each hour. */
  test("the history of BTC is hourly, in the unit of the rate", async () => {
    const row = (hour: number, jitterMs: number): object => ({
      f: "0.000013",
      T: Date.UTC(2026, 8, 13, hour) + jitterMs,
    });
    expect(await read("extended", `${FOLDER}/funding-btc.json`)).toMatchObject({
      data: [row(22, 1693), row(21, 772), row(20, 932), row(19, 772)],
    });
  });
});
