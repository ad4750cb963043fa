import { expect, test } from "bun:test";
import { hyperliquid } from "../../../src/exchanges/hyperliquid.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const FOLDER = "live-2026-09";
const info = (body: unknown): string => `POST /info ${JSON.stringify(body)}`;
const MAIN = info({ type: "metaAndAssetCtxs" });
const DEXS = info({ type: "perpDexs" });
const TOKENS = info({ type: "spotMeta" });
const ANNOTATIONS = info({ type: "perpConciseAnnotations" });
const dex = (name: string): string => info({ type: "metaAndAssetCtxs", dex: name });
const NEXT_HOUR = Date.UTC(2026, 8, 11, 18);
const notRecorded = new RequestFailure("http", "503", { status: 503 });

describeRecorded("hyperliquid, recorded in September 2026", (read) => {
  const file = (name: string) => read("hyperliquid", `${FOLDER}/${name}.json`);

  async function refresh(extra: Readonly<Record<string, unknown>> = {}) {
    const bodies = {
      [MAIN]: await file("meta-and-asset-ctxs"),
      [DEXS]: await file("perp-dexs"),
      [TOKENS]: await file("spot-meta"),
      [ANNOTATIONS]: await file("perp-concise-annotations"),
      [dex("xyz")]: await file("meta-and-asset-ctxs-xyz"),
      // In the list, but its reply was not recorded.
      [dex("flx")]: notRecorded,
      ...extra,
    };
    return hyperliquid.refresh(memorySource(bodies, { nowMs: Date.UTC(2026, 8, 11, 17, 18) }));
  }

  test("two contracts of the main dex and two of xyz are shown, the delisted ones are not", async () => {
    const { quotes, rejects } = await refresh();
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        exchangeSymbol: "BTC",
        base: "BTC",
        quote: "USDC",
        settle: "USDC",
        assetClass: "crypto",
        fundingRate: 0.0000083651,
        fundingIntervalHours: 1,
        nextFundingAtMs: NEXT_HOUR,
        rateCap: 0.04,
        rateFloor: -0.04,
        baselineRate: 0.0000125,
        markPrice: 77_748,
        indexPrice: 77_783.3,
        // 35,818.68318 coins count longs and shorts: 17,909.34159 x 77,748.
        openInterestUsd: expect.closeTo(1_392_415_489.94, 1),
        volume24hUsd: 3_571_973_656.443838,
        takerFeeBps: null,
      },
      {
        exchangeSymbol: "ETH",
        assetClass: "crypto",
        fundingRate: 0.0000125,
        markPrice: 2573.22,
        indexPrice: 2574.42,
        // 512,603.4655 x 2,573.22.
        openInterestUsd: expect.closeTo(1_319_041_489.5, 1),
        volume24hUsd: 2_409_398_606.7730546,
      },
      {
        exchangeSymbol: "xyz:XYZ100",
        base: "XYZ100",
        quote: "USDC",
        settle: "USDC",
        assetClass: "index",
        // Half of the main dex's baseline: its deployer's multiplier is included.
        fundingRate: 0.00000625,
        fundingIntervalHours: 1,
        nextFundingAtMs: NEXT_HOUR,
        rateCap: 0.04,
        rateFloor: -0.04,
        baselineRate: null,
        markPrice: 29_432,
        indexPrice: 29_438,
        // 4,418.96 x 29,432.
        openInterestUsd: expect.closeTo(130_058_830.72, 2),
        volume24hUsd: 274_087_289.43940026,
        // 4.5 twice, and a tenth of it in growth mode.
        takerFeeBps: 0.9,
      },
      {
        exchangeSymbol: "xyz:AAPL",
        base: "AAPL",
        assetClass: "stock",
        fundingRate: -0.0000178177,
        markPrice: 333.93,
        indexPrice: 334.1,
        // 126,738.246 x 333.93.
        openInterestUsd: expect.closeTo(42_321_702.49, 1),
        volume24hUsd: 30_905_658.56942001,
        takerFeeBps: 0.9,
      },
    ]);
    expect(quotes).toHaveLength(4);
  });

  /** Names of the recorded annotations with contexts of xyz's index, as no dex lists all of them. */
  test("every spelling of a recorded annotation has its class, and the pre-IPO contract is not shown", async () => {
    const names = ["flx:BTC", "km:EUR", "io:ANTH", "para:10Y", "para:AAOI", "xyz:GOLD", "xyz:JPY"];
    const dexes = [...new Set(names.map((name) => name.slice(0, name.indexOf(":"))))];
    const recorded: unknown = await file("meta-and-asset-ctxs-xyz");
    const context: unknown = Reflect.get(Reflect.get(Object(recorded), 1), 0);
    const { quotes } = await refresh({
      [DEXS]: [null, ...dexes.map((name) => ({ name }))],
      ...Object.fromEntries(
        dexes.map((each) => {
          const universe = names.filter((name) => name.startsWith(`${each}:`));
          const meta = { universe: universe.map((name) => ({ name })), collateralToken: 0 };
          return [dex(each), [meta, universe.map(() => context)]];
        }),
      ),
    });
    expect(
      quotes.slice(2).map(({ exchangeSymbol, assetClass }) => [exchangeSymbol, assetClass]),
    ).toEqual([
      ["flx:BTC", "crypto"],
      ["km:EUR", "forex"],
      ["para:10Y", null],
      ["para:AAOI", "stock"],
      ["xyz:GOLD", "commodity"],
      ["xyz:JPY", "forex"],
    ]);
  });

  /** The history is not requested by the adapter: it shows that a rate is hourly, charged at the full hour. */
  test.each(["funding-history-btc", "funding-history-xyz"])("%s settles hourly", async (name) => {
    const rows: unknown = await file(name);
    const times = (Array.isArray(rows) ? rows : []).map((row: object) => Reflect.get(row, "time"));
    expect(times.length).toBeGreaterThan(1);
    for (const [place, time] of times.entries())
      expect(Math.abs(Number(time) - Number(times[0]) - place * 3_600_000)).toBeLessThan(1_000);
  });
});
