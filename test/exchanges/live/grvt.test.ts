import { expect, test } from "bun:test";
import { grvt } from "../../../src/exchanges/grvt.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const FOLDER = "live-2026-09";
const ticker = (instrument: string): string =>
  `POST /full/v1/ticker {"instrument":"${instrument}"}`;
const MIDNIGHT = Date.UTC(2026, 8, 14);

describeRecorded("grvt, recorded in September 2026", (read) => {
  /** The tickers of ETH, XAU and KBONK were not recorded: they use the fields of ENA's under their own names. */
  async function refresh() {
    const ena: object = Reflect.get(
      Object(await read("grvt", `${FOLDER}/ticker-ena.json`)),
      "result",
    );
    const borrowed = ["ETH", "XAU", "KBONK"].map((base) => {
      const instrument = `${base}_USDT_Perp`;
      return [ticker(instrument), { result: { ...ena, instrument } }] as const;
    });
    const source = memorySource(
      {
        'POST /full/v1/all_instruments {"is_active":true}': await read(
          "grvt",
          `${FOLDER}/all-instruments.json`,
        ),
        [ticker("BTC_USDT_Perp")]: await read("grvt", `${FOLDER}/ticker-btc.json`),
        [ticker("AAPL_USDT_Perp")]: await read("grvt", `${FOLDER}/ticker-aapl.json`),
        [ticker("ENA_USDT_Perp")]: { result: ena },
        ...Object.fromEntries(borrowed),
      },
      { nowMs: Date.UTC(2026, 8, 13, 22, 39, 28) },
    );
    return grvt.refresh(source);
  }

  test("every contract of the list is shown, at 8 h and at 4 h alike", async () => {
    const { quotes, rejects, expected } = await refresh();
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 6 });
    expect(
      quotes.map(({ base, multiplier, fundingIntervalHours, rateCap, rateFloor, assetClass }) => [
        base,
        multiplier,
        fundingIntervalHours,
        rateCap,
        rateFloor,
        assetClass,
      ]),
    ).toEqual([
      ["BTC", 1, 8, 0.003, -0.003, null],
      ["ETH", 1, 8, 0.003, -0.003, null],
      ["ENA", 1, 4, 0.02, -0.02, null],
      ["XAU", 1, 4, 0.005, -0.005, null],
      ["AAPL", 1, 8, 0.02, -0.02, null],
      ["BONK", 1000, 4, 0.02, -0.02, null],
    ]);
  });

  test("BTC at 8 h, ENA at 4 h and AAPL, with every figure", async () => {
    const { quotes } = await refresh();
    expect(quotes.find(({ base }) => base === "BTC")).toMatchObject({
      // 0.0031 points.
      fundingRate: expect.closeTo(0.000031, 15),
      fundingIntervalHours: 8,
      nextFundingAtMs: MIDNIGHT,
      baselineRate: expect.closeTo(0.0001, 15),
      markPrice: 76747.199999999,
      indexPrice: 76786.925652169,
      // 2,523.388873277 coins x 76,747.199999999.
      openInterestUsd: expect.closeTo(193_663_030.53, 1),
      // 49,048,179.0772 bought and 49,518,153.3347 sold.
      volume24hUsd: expect.closeTo(98_566_332.4119, 4),
      exchangeTimeMs: 1_789_338_543_560,
    });
    expect(quotes.find(({ base }) => base === "ENA")).toMatchObject({
      // 0.005 points, the baseline at 4 h.
      fundingRate: 0.00005,
      fundingIntervalHours: 4,
      nextFundingAtMs: MIDNIGHT,
      baselineRate: expect.closeTo(0.00005, 15),
      markPrice: 0.136397169,
      indexPrice: 0.136530029,
      // 1,894,021 coins x 0.136397169.
      openInterestUsd: expect.closeTo(258_339.1024, 3),
      // 1,078,679.3556 + 1,076,975.2498.
      volume24hUsd: expect.closeTo(2_155_654.6054, 4),
    });
    expect(quotes.find(({ base }) => base === "AAPL")).toMatchObject({
      fundingRate: 0,
      fundingIntervalHours: 8,
      nextFundingAtMs: MIDNIGHT,
      markPrice: 331.690000016,
      indexPrice: 330.982525935,
      // 60.7 shares x 331.690000016.
      openInterestUsd: expect.closeTo(20_133.583, 3),
      // 99,174.5865 + 98,121.0288.
      volume24hUsd: expect.closeTo(197_295.6153, 4),
    });
  });

  /** The history is not requested by the adapter: it shows that the rate is per own interval, in the ticker's unit. */
  test("the history of BTC settles every 8 h in percentage points", async () => {
    expect(await read("grvt", `${FOLDER}/funding-history-btc.json`)).toMatchObject({
      result: [
        { funding_rate: "0.0061", funding_time: `${MIDNIGHT - 8 * 3_600_000}000000` },
        { funding_rate: "0.0077", funding_time: `${MIDNIGHT - 16 * 3_600_000}000000` },
        { funding_rate: "0.0066" },
        { funding_rate: "0.0086" },
      ],
    });
  });
});
