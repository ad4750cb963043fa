import { expect, test } from "bun:test";
import { aster } from "../../../src/exchanges/aster.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

type Row = Readonly<Record<string, unknown>>;

const down = new RequestFailure("timeout", "not recorded");

describeRecorded("aster, recorded in September 2026", (read) => {
  const recorded = (file: string) => read("aster", `live-2026-09/${file}`);

  /**
   * The lists were recorded without marginAsset: every quote is assumed to be its own margin, as it is on Aster. Open
   * interest was not recorded.
   */
  async function refreshed(nowMs: number, kind: "" | "-tradfi", tickers: unknown) {
    const list: { symbols: Row[] } = Object(await recorded(`exchangeInfo${kind}.json`));
    const symbols = list.symbols.map((row): Row => ({ ...row, marginAsset: row["quoteAsset"] }));
    const bodies = {
      "/fapi/v3/premiumIndex": await recorded(`premiumIndex${kind}.json`),
      "/fapi/v3/fundingInfo": await recorded(`fundingInfo${kind}.json`),
      "/fapi/v3/exchangeInfo": { symbols },
      "/fapi/v3/ticker/24hr": tickers,
      ...Object.fromEntries(
        symbols.map(({ symbol }) => [`/fapi/v1/openInterest?symbol=${String(symbol)}`, down]),
      ),
    };
    return aster.refresh(memorySource(bodies, { nowMs }));
  }

  test("2026-09-11: three coins with every figure; two contracts in dollars missing from the trimmed list", async () => {
    const atMs = Date.UTC(2026, 8, 11, 17, 28, 5);
    const { quotes, rejects, expected, unlisted } = await refreshed(
      atMs,
      "",
      await recorded("ticker-24hr.json"),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 2 });
    const common = {
      multiplier: 1,
      quote: "USDT",
      settle: "USDT",
      // The list of that day was recorded without the fields that state it.
      assetClass: null,
      intervalSource: "published",
      openInterestUsd: null,
      exchangeTimeMs: atMs,
    };
    expect(quotes).toMatchObject([
      {
        ...common,
        base: "SUSHI",
        fundingRate: -0.00000112,
        fundingIntervalHours: 1,
        // 18:00 UTC.
        nextFundingAtMs: 1_789_149_600_000,
        rateCap: 0.02,
        rateFloor: -0.02,
        // 0.0001 for 8 hours, an eighth of it for one.
        baselineRate: 0.0000125,
        markPrice: 0.2166511,
        indexPrice: 0.21658,
        volume24hUsd: 12_455.67,
      },
      {
        ...common,
        base: "ETH",
        fundingRate: 0.0000977,
        fundingIntervalHours: 8,
        // 24:00 UTC.
        nextFundingAtMs: 1_789_171_200_000,
        rateCap: 0.003,
        rateFloor: -0.003,
        baselineRate: 0.0001,
        markPrice: 2_576.57302325,
        indexPrice: 2_577.38953488,
        volume24hUsd: 914_660_373.81,
      },
      {
        ...common,
        base: "BTC",
        fundingRate: 0.00003274,
        fundingIntervalHours: 8,
        nextFundingAtMs: 1_789_171_200_000,
        rateCap: 0.003,
        rateFloor: -0.003,
        baselineRate: 0.0001,
        markPrice: 77_852.06061232,
        indexPrice: 77_866.89217391,
        volume24hUsd: 1_059_790_811.37,
      },
    ]);
  });

  test("2026-09-13: classes by their tags; what is not launched and what does not trade yet are left out", async () => {
    const atMs = Date.UTC(2026, 8, 13, 21, 16, 54);
    const { quotes, rejects, expected, unlisted } = await refreshed(atMs, "-tradfi", down);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 7, unlisted: 0 });
    // 22:00 and 24:00 UTC.
    const [ten, midnight] = [1_789_336_800_000, 1_789_344_000_000];
    const rows = quotes.map((quote) => [
      quote.base,
      quote.quote,
      quote.assetClass,
      quote.fundingRate,
      quote.fundingIntervalHours,
      quote.nextFundingAtMs,
      quote.markPrice,
      quote.indexPrice,
    ]);
    expect(rows).toEqual([
      // RateX, a coin, with the ticker of Raytheon.
      ["RTX", "USDT", "crypto", 0.0000125, 1, ten, 0.71915316, 0.703],
      ["XAU", "USDT", "metal", 0, 4, midnight, 4_348.27780832, 4_348.27780832],
      ["BBX", "USDT", "stock", 0, 8, midnight, 7.72299099, 7.72120896],
      ["STXX", "USDT", "stock", 0, 8, midnight, 820.15692484, 818.23799924],
      // A token, which Aster lists under commodities.
      ["PAXG", "USDT", "crypto", 0.00005, 4, midnight, 4_346.42964224, 4_348.44793544],
      ["SPY", "USDT", "etf", 0, 8, midnight, 761.36481797, 761.34291457],
      ["CL", "USD1", "commodity", 0.00018282, 4, midnight, 97.47127632, 97.43390644],
    ]);
  });
});
