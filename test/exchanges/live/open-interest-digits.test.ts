import { expect, test } from "bun:test";
import { bybit } from "../../../src/exchanges/bybit.ts";
import { extended } from "../../../src/exchanges/extended.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** For exchanges that publish the value of their open interest in dollars, the quantity next to it shows the sides. */
describeRecorded("the last digit of the quantity, recorded in September 2026", (read) => {
  test("bybit: of the single figure; the other one is twice that, so its last digit adds nothing", async () => {
    const bodies = {
      "/v5/market/tickers?category=linear": await read("bybit", "live-2026-09/tickers-linear.json"),
      "/v5/market/instruments-info?category=linear&limit=1000": await read(
        "bybit",
        "live-2026-09/instruments-info.json",
      ),
    };
    const nowMs = Date.parse("2026-09-11T17:18:40Z");
    const { quotes } = await bybit.refresh(memorySource(bodies, { nowMs }));
    const shown = quotes.map((quote) => [quote.exchangeSymbol, quote.openInterestDigit]);
    expect(shown).toEqual([
      // 26,631.431 of 53,262.861: an odd number of steps, impossible for a sum of longs and shorts.
      ["BTCUSDT", 1],
      ["ETHUSDT", 3],
      ["0GUSDT", 7],
      ["1000BONKPERP", 4],
    ]);
    // In dollars relative to the daily volume: 0.33 for BTC, like OKX (0.25), Gate (0.35) and Hyperliquid (0.39) then.
    const btc = quotes[0];
    expect((btc?.openInterestUsd ?? 0) / (btc?.volume24hUsd ?? 0)).toBeCloseTo(0.3295, 4);
  });

  test("extended: one side; 12,042.155 of ETH is an odd number of steps", async () => {
    const body = await read("extended", "live-2026-09/info-markets.json");
    const nowMs = Date.parse("2026-09-13T22:01:00Z");
    const source = memorySource({ "/api/v1/info/markets": body }, { nowMs });
    const { quotes } = await extended.refresh(source);
    expect(quotes.map((quote) => [quote.exchangeSymbol, quote.openInterestDigit])).toEqual([
      ["BTC-USD", 1],
      ["ETH-USD", 5],
      ["1000PEPE-USD", 9],
      ["PAXG-USD", 8],
      ["XAU-USD", 6],
      ["MU_24_5-USD", 2],
      ["SPX500m-USD", 4],
      ["JP225-USD", 4],
      ["EUR-USD", 2],
    ]);
  });
});
