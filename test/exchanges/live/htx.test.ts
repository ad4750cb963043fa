import { expect, test } from "bun:test";
import { htx } from "../../../src/exchanges/htx.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const V1 = "/linear-swap-api/v1";
/** 2026-09-13 22:01:10 UTC; the index prices were requested at 22:02:47. */
const AT = 1_789_336_870_000;
const INDEX_AT = 1_789_336_967_400;
/** 23:00 and 24:00 UTC of that day. */
const [ELEVEN, MIDNIGHT] = [1_789_340_400_000, 1_789_344_000_000];

describeRecorded("htx, recorded in September 2026", (read) => {
  const recorded = (file: string) => read("htx", `live-2026-09/${file}`);

  async function refreshed() {
    const bodies = {
      [`${V1}/swap_batch_funding_rate`]: await recorded("swap_batch_funding_rate.json"),
      [`${V1}/swap_contract_info?business_type=swap`]: await recorded("swap_contract_info.json"),
      [`${V1}/swap_index`]: await recorded("swap_index.json"),
      [`${V1}/swap_open_interest`]: await recorded("swap_open_interest.json"),
    };
    const source = { nowMs: AT, receivedAtMs: { index: INDEX_AT } };
    return htx.refresh(memorySource(bodies, source));
  }

  test("twelve contracts with their rates, intervals, classes and index prices; one suspended, one dated", async () => {
    const { quotes, rejects, expected, unlisted } = await refreshed();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 12, unlisted: 0 });
    const rows = quotes.map((quote) => [
      quote.exchangeSymbol,
      quote.assetClass,
      quote.fundingRate,
      quote.fundingIntervalHours,
      quote.nextFundingAtMs,
      quote.indexPrice,
    ]);
    expect(rows).toEqual([
      ["BTC-USDT", null, 0.00004317342907712, 8, MIDNIGHT, 77_154.55428571429],
      ["ETH-USDT", null, 0.000004284823878526, 8, MIDNIGHT, 2_500.889287757151],
      ["PEPE-USDT", null, 0.0001, 8, MIDNIGHT, 0.0000033955],
      ["BOME-USDT", null, 0.00005, 4, MIDNIGHT, 0.000838138709216127],
      ["XAU-USDT", "metal", 0.000183372000496483, 4, MIDNIGHT, 4_341.88793297],
      // A gold token, which HTX lists under metals.
      ["PAXG-USDT", "crypto", 0, 4, MIDNIGHT, 4_339.84467193],
      ["USOIL-USDT", "commodity", 0, 4, MIDNIGHT, 99.40120303],
      ["META-USDT", "stock", 0, 8, MIDNIGHT, 645.49436244],
      // Listed under Stocks, with the free-form label indices.
      ["JP225-USDT", "index", 0.00000625, 1, ELEVEN, 63_661],
      ["TQQQ-USDT", "etf", 0, 8, MIDNIGHT, 69.390792001584],
      ["SPX500-USDT", "index", 0.00000625, 1, ELEVEN, 7_622.6],
      // Only its free-form label says that it is a share.
      ["XOM-USDT", "stock", 0.0001, 8, MIDNIGHT, 166.6],
    ]);
    const common = { quote: "USDT", settle: "USDT", multiplier: 1, markPrice: null };
    const stamps = { exchangeTimeMs: 1_789_336_869_034, rateCap: null, rateFloor: null };
    expect(quotes.every((quote) => Bun.deepMatch({ ...common, ...stamps }, quote))).toBe(true);
  });

  test("open interest as published; half of the turnover, which counts both sides", async () => {
    const { quotes } = await refreshed();
    const money = quotes.map(({ base, openInterestUsd, volume24hUsd }) => [
      base,
      openInterestUsd,
      volume24hUsd,
    ]);
    expect(money).toEqual([
      ["BTC", 2_221_334_021.6875, 72_576_401.4595],
      ["ETH", 1_230_303_433.4994, 200_509_226.7959],
      ["PEPE", 418_429.0929, 785_521.0355],
      ["BOME", 1_249.8804, 29_291.4288],
      ["XAU", 3_216_679.66536, 285_993.81934],
      ["PAXG", 903_505.7031, 81_439.38508],
      ["USOIL", 1_591_507.84, 1_149_859.4774],
      ["META", 110_479.20384, 120_855.96754],
      ["JP225", 435.751616, 208_211.993021],
      ["TQQQ", 12_647.6274, 1_724.1323],
      ["SPX500", 495_633.46218, 115_846.06585],
      ["XOM", 598.094, 187_707.9608],
    ]);
  });

  test("contracts traded are always even, open ones are odd in 6 of 14: one counts both sides", async () => {
    const { data }: { data: { trade_volume: number; volume: number }[] } = Object(
      await recorded("swap_open_interest.json"),
    );
    const traded = data.map((row) => row.trade_volume).filter((contracts) => contracts > 0);
    expect(traded.map((contracts) => contracts % 2)).toEqual(Array(12).fill(0));
    expect(data.filter(({ volume }) => volume % 2 === 1)).toHaveLength(6);
    // The tickers have the same turnover, and hence the same two sides.
    const { ticks }: { ticks: { vol: string; trade_turnover: string }[] } = Object(
      await recorded("batch_merged.json"),
    );
    expect(ticks.filter(({ vol }) => Number(vol) % 2 === 1)).toEqual([]);
    expect(ticks[0]?.trade_turnover).toBe("145152802.919");
  });

  test("JP225 was charged each hour: its next time is an hour after the newest row of its history", async () => {
    const history: { data: { data: { funding_time: string; funding_rate: string }[] } } = Object(
      await recorded("swap_historical_funding_rate-jp225.json"),
    );
    // 22:00 UTC.
    expect(history.data.data[0]).toMatchObject({
      funding_time: "1789336800000",
      funding_rate: "0.000006250000000000",
    });
    const { quotes } = await refreshed();
    const jp225 = quotes.find(({ base }) => base === "JP225");
    expect(jp225?.nextFundingAtMs).toBe(1_789_336_800_000 + 3_600_000);
  });
});
