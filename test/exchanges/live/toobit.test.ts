import { expect, test } from "bun:test";
import { toobit } from "../../../src/exchanges/toobit.ts";
import { memorySource } from "../../support/memory-source.ts";
import { quoteLines } from "../../support/quote-lines.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 22:29:30 UTC. */
const AT = 1_789_338_570_300;
/** Open interest: half of `op` x contractMultiplier x mark. */
const SHOWN: readonly string[] = [
  // 796,404.198 / 2 x 0.001 = 398.202099 BTC
  "BTC-SWAP-USDT BTC x1 USDT crypto 0.00006548/8h 09-14T00:00 cap 0.0024 floor -0.0024 rest 0.0001 mark 76768.7 index 76797.5476087 oi 30569457 vol 4275918832",
  // 1,687,426.762 / 2 x 0.01 = 8,437.13381 ETH
  "ETH-SWAP-USDT ETH x1 USDT crypto 0.00006435/8h 09-14T00:00 cap 0.003 floor -0.003 rest 0.0001 mark 2478.7 index 2479.81302326 oi 20913124 vol 3401540007",
  // 4,034 / 2 x 0.001 = 2.017 BTC
  "BTC-SWAP-USDC BTC x1 USDC crypto 0.00005312/8h 09-14T00:00 cap 0.0027225308 floor -0.0027225308 rest 0.0001 mark 76743.7 index 76782.4239825 oi 154792 vol 134985463",
  // 694,188 ID; at 4 h its baseline is half of 0.0001
  "ID2-SWAP-USDT ID x1 USDT crypto 0.00003394/4h 09-14T00:00 cap 0.02 floor -0.02 rest 0.00005 mark 0.03316 index 0.03318807 oi 23019 vol 2115924",
  // 17,255,816 thousands of PEPE
  "1000PEPE-SWAP-USDT PEPE x1000 USDT crypto 0.0001/8h 09-14T00:00 cap 0.02 floor -0.02 rest 0.0001 mark 0.0033508 index 0.00335348 oi 57821 vol 16578371",
  // 293.634 ounces of gold, called a stock there; its interest is 0
  "XAU-SWAP-USDT XAU x1 USDT - 0/4h 09-14T00:00 cap 0.005 floor -0.005 rest - mark 4340.56 index 4338.23446441 oi 1274536 vol 1985129",
  // 67.75 shares
  "TSLA-SWAP-USDT TSLA x1 USDT - 0.000380169908796/8h 09-14T00:00 cap 0.02 floor -0.02 rest - mark 362.66 index 362.64783796 oi 24570 vol 3929454",
  // 14.546
  "SPX500-SWAP-USDT SPX500 x1 USDT - 0.00007/8h 09-14T00:00 cap 0.0001 floor -0.0001 rest 0.0001 mark 7616.87 index 7616.44 oi 110795 vol 1613918",
  // 13,495 euros; the categories name Forex
  "EUR-SWAP-USDT EUR x1 USDT forex -0.00008/4h 09-14T00:00 cap 0.001875 floor -0.001875 rest 0.00005 mark 1.1594 index 1.15934333333 oi 15646 vol 374780",
  // 9.859 tokens of an ounce
  "XAUT-SWAP-USDT XAUT x1 USDT crypto 0.00002131/4h 09-14T00:00 cap 0.02 floor -0.02 rest 0.00005 mark 4332.86 index 4335.03374307 oi 42718 vol 3002355",
  // 50,883,670 IOST; an eighth of 0.0001 at 1 h
  "IOST-SWAP-USDT IOST x1 USDT crypto -0.00121727/1h 09-13T23:00 cap 0.02 floor -0.02 rest 0.0000125 mark 0.0007675 index 0.00077661 oi 39053 vol 4999558",
  // 29,730 AXS, at its baseline
  "AXS-SWAP-USDT AXS x1 USDT crypto 0.00005/4h 09-14T00:00 cap 0.02 floor -0.02 rest 0.00005 mark 0.9332 index 0.93361429 oi 27744 vol 926806",
];

describeRecorded("toobit, recorded on 2026-09-13", (read) => {
  test("all figures of every contract, and none of the demo and delisted ones", async () => {
    const bodies = {
      "/api/v1/futures/fundingRate": await read("toobit", "live-2026-09/fundingRate.json"),
      "/quote/v1/markPrice": await read("toobit", "live-2026-09/markPrice.json"),
      "/quote/v1/index": await read("toobit", "live-2026-09/index.json"),
      "/quote/v1/contract/ticker/24hr": await read("toobit", "live-2026-09/ticker-24hr.json"),
      "/api/v1/exchangeInfo": await read("toobit", "live-2026-09/exchangeInfo.json"),
    };
    const { quotes, rejects, expected, unlisted } = await toobit.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 12, unlisted: 0 });
    expect(quoteLines(quotes)).toEqual(SHOWN);
  });

  test("the open interest of all listed contracts is even, their volume is not: it includes both sides", async () => {
    const rows: unknown = await read("toobit", "live-2026-09/ticker-24hr.json");
    const shown = new Set<unknown>(SHOWN.map((line) => line.split(" ")[0]));
    const listed = Array.isArray(rows)
      ? rows.filter((row) => shown.has(Reflect.get(row, "s")))
      : [];
    // In thousandths, the smallest part that the list writes.
    const evens = (key: string): number =>
      listed.filter((row) => {
        const text = String(Reflect.get(row, key));
        return Math.round(Number(text) * (text.includes(".") ? 1000 : 1)) % 2 === 0;
      }).length;
    expect(listed).toHaveLength(12);
    expect(evens("op")).toBe(12);
    expect(evens("v")).toBeLessThan(6);
  });

  test("the settlements of BTC are fractions of the rate's magnitude", async () => {
    const rows: unknown = await read("toobit", "live-2026-09/historyFundingRate-btc.json");
    const rates = Array.isArray(rows) ? rows.map((row) => Reflect.get(row, "settleRate")) : [];
    expect(rates).toEqual(["0.0000645", "0.0000539", "0.00004794", "0.00005153", "0.00004368"]);
  });
});
