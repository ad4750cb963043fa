import { expect, test } from "bun:test";
import { bybit } from "../../../src/exchanges/bybit.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const TICKERS = "/v5/market/tickers?category=linear";
const INSTRUMENTS = "/v5/market/instruments-info?category=linear&limit=1000";

/** 2026-09-11 17:18:40.6 UTC, just after the stamps of both replies. */
const AT = 1_789_147_120_600;
/** 2026-09-12 00:00 and 2026-09-11 20:00 UTC. */
const MIDNIGHT = 1_789_171_200_000;
const EIGHT_PM = 1_789_156_800_000;

const listOf = (body: unknown): readonly object[] => {
  const list: unknown = Reflect.get(Object(Reflect.get(Object(body), "result")), "list");
  return Array.isArray(list) ? list.map(Object) : [];
};

describeRecorded("bybit, recorded on 2026-09-11", (read) => {
  test("all figures of every contract; the dated one is not shown, a formerly pre-market one is", async () => {
    const bodies = {
      [TICKERS]: await read("bybit", "live-2026-09/tickers-linear.json"),
      [INSTRUMENTS]: await read("bybit", "live-2026-09/instruments-info.json"),
    };
    const { quotes, rejects, expected, unlisted } = await bybit.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 0 });
    const coin = { assetClass: "crypto", accrual: "periodic", takerFeeBps: null } as const;
    const tether = { quote: "USDT", settle: "USDT", multiplier: 1 } as const;
    expect(quotes).toMatchObject([
      {
        ...coin,
        ...tether,
        exchangeSymbol: "BTCUSDT",
        base: "BTC",
        listedAtMs: 1_584_230_400_000,
        fundingRate: 0.00004936,
        fundingIntervalHours: 8,
        nextFundingAtMs: MIDNIGHT,
        rateCap: 0.00333,
        rateFloor: -0.00333,
        // 0.03 % a day: a third of it for 8 hours.
        baselineRate: 0.0001,
        markPrice: 77_766.7,
        indexPrice: 77_797.59,
        // One side, as published; both are 4,142,076,932.53.
        openInterestUsd: 2_071_038_505.15,
        volume24hUsd: 6_285_417_277.3039,
        exchangeTimeMs: 1_789_147_120_443,
      },
      {
        ...coin,
        ...tether,
        exchangeSymbol: "ETHUSDT",
        base: "ETH",
        listedAtMs: 1_615_766_400_000,
        fundingRate: 0.00005766,
        fundingIntervalHours: 8,
        nextFundingAtMs: MIDNIGHT,
        rateCap: 0.00333,
        rateFloor: -0.00333,
        baselineRate: 0.0001,
        markPrice: 2574,
        indexPrice: 2575.95,
        openInterestUsd: 1_037_152_450.62,
        volume24hUsd: 4_769_869_892.4853,
      },
      {
        ...coin,
        ...tether,
        exchangeSymbol: "0GUSDT",
        base: "0G",
        listedAtMs: 1_758_175_736_000,
        fundingRate: 0.00005,
        fundingIntervalHours: 4,
        nextFundingAtMs: EIGHT_PM,
        rateCap: 0.005,
        rateFloor: -0.005,
        // A sixth of 0.03 %: the rate is at its baseline.
        baselineRate: 0.00005,
        markPrice: 0.1942,
        indexPrice: 0.1942,
        openInterestUsd: 989_896.38,
        volume24hUsd: 1_990_249.1595,
      },
      {
        ...coin,
        exchangeSymbol: "1000BONKPERP",
        base: "BONK",
        quote: "USDC",
        settle: "USDC",
        multiplier: 1000,
        listedAtMs: 1_732_783_376_000,
        fundingRate: -0.00022725,
        fundingIntervalHours: 8,
        nextFundingAtMs: MIDNIGHT,
        rateCap: 0.02,
        rateFloor: -0.02,
        baselineRate: 0.0001,
        markPrice: 0.002769,
        indexPrice: 0.002769,
        openInterestUsd: 85_764.9,
        volume24hUsd: 91_862.0916,
      },
    ]);
  });

  test("the classes of the second list, which has neither the settlement coin nor the pre-listing mark", async () => {
    const classes = listOf(await read("bybit", "live-2026-09/instruments-info-classes.json"));
    const [btc] = listOf(await read("bybit", "live-2026-09/tickers-linear.json"));
    const list = classes.map((row) => ({ ...row, settleCoin: "USDT", isPreListing: false }));
    // The rates of these were not recorded: each gets that of BTC, which does not affect its class.
    const tickers = list.map((row) => ({ ...btc, symbol: String(Reflect.get(row, "symbol")) }));
    const bodies = {
      [TICKERS]: { retCode: 0, result: { list: tickers } },
      [INSTRUMENTS]: { retCode: 0, result: { list } },
    };
    const { quotes, rejects } = await bybit.refresh(memorySource(bodies, { nowMs: AT }));
    expect(rejects).toEqual([]);
    expect(quotes.map((quote) => [quote.base, quote.assetClass, quote.takerFeeBps])).toEqual([
      ["BB", "crypto", null],
      ["SPX", "crypto", null],
      ["XAUT", "crypto", null],
      ["AVNT", "crypto", 11],
      ["ON", "stock", null],
      ["PURR", "stock", null],
      ["BBX", "stock", null],
      ["SPY", "etf", null],
      ["XAU", "metal", null],
      ["EURUSD", "forex", null],
    ]);
  });
});
