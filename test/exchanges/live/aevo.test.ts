import { expect, test } from "bun:test";
import { aevo } from "../../../src/exchanges/aevo.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** Recorded between 22:30 and 22:40; the next settlement is that of 23:00. */
const AT_MS = Date.UTC(2026, 8, 13, 22, 35);
const NEXT_MS = Date.UTC(2026, 8, 13, 23);

/** Base, units, class, rate, mark, index, open interest and volume in dollars, calculated from the rows by hand. */
const ROWS = {
  // 26.235999 x 76,793.432181 = 2,014,752.4099…
  "BTC-PERP": [
    "BTC",
    1,
    "crypto",
    0.000008,
    76_729.48536,
    76_793.432181,
    2_014_752.4099073,
    1_889_388.228,
  ],
  // 1,664.068259 x 2,479.85856 = 4,126,653.9165…
  "ETH-PERP": [
    "ETH",
    1,
    "crypto",
    0.000008,
    2476.52729,
    2479.85856,
    4_126_653.9165054,
    513_977.1954,
  ],
  // 0.83 x 129.328142 = 107.34235786
  "MSTR-PERP": ["MSTR", 1, "stock", 0.000013, 128.747438, 129.328142, 107.34235786, 0],
  // 37.033001 x 4,335.849137 = 160,569.5054…; Aevo calls it a commodity, the table of disputed classes a metal
  "XAU-PERP": ["XAU", 1, "metal", 0.00001, 4339.16839, 4335.849137, 160_569.5054264, 0],
  // 75.017 x 153.636 = 11,525.311812
  "USDJPY-PERP": ["USDJPY", 1, "forex", 0.000013, 153.582978, 153.636, 11_525.311812, 4590.001211],
  // 3.6 x 2.7628 = 9.94608; we have no class for an hour of computing
  "H100-PERP": ["H100", 1, null, 0.000939, 2.809562, 2.7628, 9.94608, 0],
  // 112.29 x 760.552337 = 85,402.4219…
  "SPY-PERP": ["SPY", 1, "etf", 0.000013, 759.927703, 760.552337, 85_402.4219217, 26_714.3642],
  // 28,270,400 x 0.003354 = 94,818.9216; a thousand PEPE
  "1000PEPE-PERP": ["PEPE", 1000, "crypto", 0.000012, 0.003347, 0.003354, 94_818.9216, 0],
} as const;

describeRecorded("aevo, recorded in September 2026", (read) => {
  test("every live perpetual with its values; no pre-IPO contract and none that is no longer traded", async () => {
    const bodies = {
      "/coingecko-statistics": await read("aevo", "live-2026-09/coingecko-statistics.json"),
      "/markets?instrument_type=PERPETUAL": await read("aevo", "live-2026-09/markets.json"),
    };
    const batch = await aevo.refresh(memorySource(bodies, { nowMs: AT_MS }));
    expect(batch).toMatchObject({ rejects: [], expected: 8, unlisted: 0 });
    expect(batch.quotes).toHaveLength(8);
    for (const quote of batch.quotes) {
      expect(quote).toMatchObject({
        quote: "USDC",
        settle: "USDC",
        fundingIntervalHours: 1,
        nextFundingAtMs: NEXT_MS,
        settledRate: null,
        rateCap: null,
      });
    }
    const shown = batch.quotes.map((quote) => [
      quote.exchangeSymbol,
      [
        quote.base,
        quote.multiplier,
        quote.assetClass,
        quote.fundingRate,
        quote.markPrice,
        quote.indexPrice,
        Number(quote.openInterestUsd?.toFixed(7)),
        quote.volume24hUsd,
      ],
    ]);
    const right = Object.entries(ROWS).map(([symbol, row]) => [
      symbol,
      row.map((value, place) => (place === 6 ? Number(Number(value).toFixed(7)) : value)),
    ]);
    expect(shown).toEqual(right);
  });

  test("its history confirms an hourly fraction: an hour apart, of the size of other hourly rates", async () => {
    const body = await read("aevo", "live-2026-09/funding-history-btc.json");
    const rows: readonly (readonly string[])[] = Object(body).funding_history;
    expect(rows.map((row) => [row[1], row[2]])).toEqual([
      ["1789336800000000000", "0.00001"],
      ["1789333200000000000", "0.000012"],
      ["1789329600000000000", "0.00001"],
      ["1789326000000000000", "0.00001"],
    ]);
  });
});
