import { expect, test } from "bun:test";
import { apex } from "../../../src/exchanges/apex.ts";
import { memorySource } from "../../support/memory-source.ts";
import { quoteLines } from "../../support/quote-lines.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 22:35 UTC: the recording only says "22:3x". */
const AT = 1_789_338_900_000;

/** Open interest is in coins, at the mark; the interest of 0.0003 a day is a baseline of 0.0000125 an hour. */
const SHOWN: readonly string[] = [
  // 1,578.334 x 76,737.49
  "BTCUSDT BTC x1 USDT crypto -0.00002065/1h 09-13T23:00 cap - floor - rest 0.0000125 mark 76737.49 index 76776.58 oi 121117390 vol 565416966",
  // 2,950.2 x 2,478.83
  "ETHUSDT ETH x1 USDT crypto -0.0000148/1h 09-13T23:00 cap - floor - rest 0.0000125 mark 2478.83 index 2480.03 oi 7313044 vol 13691767",
  // 235.68 x 149.08, a contract of the stock list
  "SPCXUSDT SPCX x1 USDT stock 0.0000125/1h 09-13T23:00 cap - floor - rest 0.0000125 mark 149.08 index 149.09 oi 35135 vol 234549",
];

describeRecorded("apex, recorded on 2026-09-13", (read) => {
  const tickerOf = async (name: string): Promise<object> => {
    const body: unknown = await read("apex", `live-2026-09/ticker-${name}.json`);
    const data: unknown = Reflect.get(Object(body), "data");
    return Object(Array.isArray(data) ? data[0] : null);
  };

  test("every figure of the three contracts whose tickers were recorded, including one of a stock", async () => {
    // Each was requested separately; the bulk reply has the same rows.
    const data = await Promise.all(["btcusdt", "ethusdt", "spcxusdt"].map(tickerOf));
    const bodies = {
      "/api/v3/data/all-ticker-info": { data },
      "/api/v3/symbols": await read("apex", "live-2026-09/symbols.json"),
    };
    const { quotes, rejects, expected } = await apex.refresh(memorySource(bodies, { nowMs: AT }));
    // Four coins and four of the stock list trade; TON and IWM do not, and a prediction is not a perpetual.
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 8 });
    expect(quoteLines(quotes)).toEqual(SHOWN);
  });

  test("the class of every contract that trades", async () => {
    const btc = await tickerOf("btcusdt");
    const bases = ["BTC", "ETH", "1000PEPE", "PAXG", "TON", "SPCX", "XAU", "SPY", "SOXL", "IWM"];
    // The tickers of the others were not recorded: each gets that of BTC, which does not affect its class.
    const data = bases.map((base) => ({ ...btc, symbol: `${base}USDT` }));
    const bodies = {
      "/api/v3/data/all-ticker-info": { data },
      "/api/v3/symbols": await read("apex", "live-2026-09/symbols.json"),
    };
    const { quotes } = await apex.refresh(memorySource(bodies, { nowMs: AT }));
    expect(quotes.map(({ base, assetClass }) => [base, assetClass])).toEqual([
      ["BTC", "crypto"],
      ["ETH", "crypto"],
      ["PEPE", "crypto"],
      ["PAXG", "crypto"],
      ["SPCX", "stock"],
      ["XAU", "metal"],
      ["SPY", "etf"],
      ["SOXL", null],
    ]);
  });

  test("BTC was charged every hour, at rates of the current one's magnitude", async () => {
    const body: unknown = await read("apex", "live-2026-09/history-funding-btc.json");
    expect(body).toMatchObject({
      data: {
        historyFunds: [
          { rate: "0.00000748", fundingTime: 1_789_336_800_000 },
          { rate: "0.00000779", fundingTime: 1_789_333_200_000 },
          { rate: "0.00000991", fundingTime: 1_789_329_600_000 },
          { rate: "0.00001250", fundingTime: 1_789_326_000_000 },
        ],
      },
    });
  });
});
