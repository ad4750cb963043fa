import { expect, test } from "bun:test";
import { hibachi } from "../../../src/exchanges/hibachi.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

type Row = Readonly<Record<string, unknown>>;

/** 2026-09-13 22:25:00 UTC, a Sunday after the markets of currencies had opened. */
const AT = Date.UTC(2026, 8, 13, 22, 25);

describeRecorded("hibachi, recorded in September 2026", (read) => {
  const recorded = (file: string) => read("hibachi", `live-2026-09/${file}`);

  /** The list of contracts was not recorded: the contracts of the inventory are used instead. */
  async function refreshed() {
    const inventory: { markets: { contract: Row }[] } = Object(await recorded("inventory.json"));
    const futureContracts = inventory.markets.map(({ contract }) => contract);
    const fees = { tradeTakerFeeRate: "0.00045" };
    const bodies = {
      "/market/inventory": inventory,
      "/market/exchange-info": { futureContracts, status: "NORMAL", feeConfig: fees },
    };
    return hibachi.refresh(memorySource(bodies, { nowMs: AT }));
  }

  test("the inventory: five markets, the closed one left out, with every figure as published", async () => {
    const { quotes, rejects, expected, unlisted } = await refreshed();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 0 });
    const hourly = {
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      fundingIntervalHours: 1,
      // 23:00:00 UTC of the same day.
      nextFundingAtMs: 1_789_340_400_000,
      takerFeeBps: 4.5,
    };
    const figures = quotes.map(({ openInterestUsd, ...quote }) => ({
      ...quote,
      openInterestUsd: Number(openInterestUsd?.toFixed(2)),
    }));
    expect(figures).toMatchObject([
      {
        ...hourly,
        base: "BTC",
        assetClass: "crypto",
        fundingRate: 0.000006,
        markPrice: 76_763.73316,
        indexPrice: 76_758.93936,
        volume24hUsd: 7_503_062.407919,
        // 9.1104214497 x 76,763.73316
        openInterestUsd: 699_349.96,
      },
      {
        ...hourly,
        base: "ETH",
        assetClass: "crypto",
        fundingRate: -0.000008,
        markPrice: 2_478.824195,
        indexPrice: 2_478.825588,
        volume24hUsd: 800_169.297815,
        // 83.620452093 x 2,478.824195
        openInterestUsd: 207_280.4,
      },
      {
        ...hourly,
        base: "XAG",
        assetClass: "metal",
        fundingRate: 0.000009,
        markPrice: 63.98777,
        indexPrice: 63.98777,
        volume24hUsd: 1_017.887052,
        // 274.51748 x 63.98777
        openInterestUsd: 17_565.76,
      },
      {
        ...hourly,
        base: "EUR",
        assetClass: "forex",
        fundingRate: -0.000006,
        markPrice: 1.159014792,
        indexPrice: 1.159125,
        volume24hUsd: 132_937.241418,
        // 178,169.73486 x 1.159014792
        openInterestUsd: 206_501.36,
      },
      {
        ...hourly,
        base: "PAXG",
        assetClass: "crypto",
        fundingRate: -0.000009,
        markPrice: 4_336.491929,
        indexPrice: 4_337.146154,
        volume24hUsd: 55_663.299828,
        // 11.36664576 x 4,336.491929
        openInterestUsd: 49_291.37,
      },
    ]);
  });

  test("the history of BTC settles each hour: the adapter's next time is one hour after its last row", async () => {
    const { data }: { data: { fundingTimestamp: number; fundingRate: string }[] } = Object(
      await recorded("funding-rates-btc.json"),
    );
    const times = data.map(({ fundingTimestamp }) => fundingTimestamp);
    // 19:00, 20:00, 21:00 and 22:00 UTC.
    expect(times).toEqual([1_789_326_000, 1_789_329_600, 1_789_333_200, 1_789_336_800]);
    const { quotes } = await refreshed();
    const [btc] = quotes;
    expect(btc?.nextFundingAtMs).toBe((1_789_336_800 + 3600) * 1000);
    expect(btc?.fundingIntervalHours).toBe(1);
    // The last charge was 0.000019 for one hour; the running estimate has the same magnitude, not an eighth of it.
    expect(data.at(-1)?.fundingRate).toBe("0.000019");
  });
});
