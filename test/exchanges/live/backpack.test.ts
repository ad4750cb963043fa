import { expect, test } from "bun:test";
import { backpack } from "../../../src/exchanges/backpack.ts";
import { memorySource } from "../../support/memory-source.ts";
import { quoteLines } from "../../support/quote-lines.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 22:26:41 UTC. */
const AT = 1_789_338_401_100;

/**
 * In the order of the marks. Open interest is half of the published figure, at the mark; bounds are in basis points.
 */
const SHOWN: readonly string[] = [
  // 106.24 / 2 = 53.12
  "QQQ.US_USDC_PERP QQQ x1 USDC etf -0.0000679052490289/1h 09-13T23:00 cap 0.015 floor -0.015 rest - mark 707.98 index 708.74568749 oi 37608 vol 366092",
  // 131.9718 ounces
  "PAXG_USDC_PERP PAXG x1 USDC crypto -0.00000612730757337/1h 09-13T23:00 cap 0.015 floor -0.015 rest - mark 4331.68 index 4334.13860431 oi 571660 vol 49301",
  // 2,494.8293 ETH
  "ETH_USDC_PERP ETH x1 USDC crypto 0.0000120665067208/1h 09-13T23:00 cap 0.01 floor -0.01 rest - mark 2477.92 index 2479.25005578 oi 6181987 vol 8280596",
  // 315.04
  "DRAM.US_USDC_PERP DRAM x1 USDC index -0.0000289287546768/1h 09-13T23:00 cap 0.015 floor -0.015 rest - mark 56.42 index 56.45655598 oi 17775 vol 334231",
  // 206.33673 BTC
  "BTC_USDC_PERP BTC x1 USDC crypto 7.94596527771e-7/1h 09-13T23:00 cap 0.01 floor -0.01 rest - mark 76746.5 index 76785.9944187 oi 15835622 vol 126024537",
  // 45.919 shares
  "MU.US_USDC_PERP MU x1 USDC stock 0.00000625/1h 09-13T23:00 cap 0.015 floor -0.015 rest - mark 935.64 index 935.94550145 oi 42964 vol 341313",
  // 8,609,600 thousands of PEPE
  "kPEPE_USDC_PERP PEPE x1000 USDC crypto 0.0000125/1h 09-13T23:00 cap 0.015 floor -0.015 rest - mark 0.0033465 index 0.0033479 oi 28812 vol 45778",
];

/** The step of a market, from the list (LIVE-2026-09): the unit that open interest is counted in. */
const STEPS: Readonly<Record<string, number>> = {
  BTC_USDC_PERP: 0.00001,
  ETH_USDC_PERP: 0.0001,
  PAXG_USDC_PERP: 0.0001,
  "MU.US_USDC_PERP": 0.001,
  "QQQ.US_USDC_PERP": 0.01,
  "DRAM.US_USDC_PERP": 0.01,
  kPEPE_USDC_PERP: 100,
};

describeRecorded("backpack, recorded on 2026-09-13", (read) => {
  test("all figures of every open perpetual; spot, closed and post-only markets are not shown", async () => {
    const bodies = {
      "/api/v1/markPrices": await read("backpack", "live-2026-09/mark-prices.json"),
      "/api/v1/openInterest": await read("backpack", "live-2026-09/open-interest.json"),
      "/api/v1/tickers": await read("backpack", "live-2026-09/tickers.json"),
      "/api/v1/markets": await read("backpack", "live-2026-09/markets.json"),
    };
    const { quotes, rejects, expected, unlisted } = await backpack.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 7, unlisted: 0 });
    expect(quoteLines(quotes)).toEqual(SHOWN);
  });

  test("every open interest is an even number of steps: it includes both sides", async () => {
    const rows: unknown = await read("backpack", "live-2026-09/open-interest.json");
    const even = (Array.isArray(rows) ? rows : []).flatMap((row) => {
      const step = STEPS[String(Reflect.get(row, "symbol"))];
      if (step === undefined) return [];
      return [Math.round(Number(Reflect.get(row, "openInterest")) / step) % 2 === 0];
    });
    expect(even).toEqual(Array.from({ length: 7 }, () => true));
  });

  test("the charge of BTC at 23:00 is close to the rate half an hour before, and hourly", async () => {
    const rows: unknown = await read("backpack", "live-2026-09/fundingRates-btc.json");
    const [newest, before] = Array.isArray(rows) ? rows : [];
    expect(newest).toMatchObject({
      fundingRate: "0.000001254",
      intervalEndTimestamp: "2026-09-13T23:00:00",
    });
    expect(before).toMatchObject({ intervalEndTimestamp: "2026-09-13T22:00:00" });
  });
});
