import { describe, expect, test } from "bun:test";
import { aster } from "../../src/exchanges/aster.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource, type Bodies } from "../support/memory-source.ts";
import {
  AT,
  BODIES,
  INSTRUMENTS,
  INTERVALS,
  LISTED,
  LIVE,
  RATES,
  type Row,
  STAMP,
  TICKERS,
  at,
  instrument,
  interest,
  interestAt,
  interval,
  rate,
  symbolsOf,
} from "./aster-payloads.ts";

const down = new RequestFailure("timeout", "no answer");
const refresh = (bodies: Bodies, nowMs = AT) => aster.refresh(memorySource(bodies, { nowMs }));
const btcOf = async (rateExtra: Row, listExtra: Row = {}, intervalExtra: Row = {}) => {
  const one = {
    [RATES]: [rate("BTCUSDT", rateExtra)],
    [INTERVALS]: [interval("BTCUSDT", intervalExtra)],
    [INSTRUMENTS]: { symbols: [instrument("BTC", listExtra)] },
  };
  const batch = await refresh({ ...BODIES, ...one });
  return { batch, quote: batch.quotes[0] };
};

const BTC = { exchangeSymbol: "BTCUSDT", base: "BTC", multiplier: 1, quote: "USDT" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };

describe("aster", () => {
  test("rates every cycle, intervals, volume and the list with their own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await aster.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["instruments", "instruments", 30 * 60_000],
      ["essential", "rates", null],
      ["intervals", "intervals", 5 * 60_000],
      ["secondary", "tickers", 3 * 60_000],
      ["rotation", "openInterest", 15 * 60_000],
    ]);
    expect(aster.facts.requestsPerRefresh).toBe(1);
    const lists = [INSTRUMENTS, RATES, INTERVALS, TICKERS];
    expect(source.requests).toEqual([...lists, ...symbolsOf(LIVE).map(interestAt)]);
    expect(source.mostAtOnce()).toBe(4);
  });

  test("a contract becomes a quote with every field in the documented units; nothing dead is shown", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(symbolsOf(LIVE));
    expect(quotes[0]).toEqual({
      ...BTC,
      ...RATELESS,
      settle: "USDT",
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.03,
      rateFloor: -0.02,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 12.5 coins at the mark.
      openInterestDigit: 5,
      openInterestUsd: 12.5 * 64000.5,
      volume24hUsd: 9236073.61,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("multipliers, other intervals, a stock without one, another dollar", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1000, fundingIntervalHours: 4, baselineRate: 0.00005 };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingRate: -0.00121 });
    expect(quotes[2]).toMatchObject({ base: "BABYDOGE", multiplier: 1e6, fundingIntervalHours: 1 });
    expect(quotes[3]).toMatchObject({
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
      nextFundingAtMs: at(16),
    });
    expect(quotes[4]).toMatchObject({ base: "ETH", quote: "USD1", settle: "USD1" });
  });

  test.each([
    [[], 0, "crypto"],
    [["STORAGE"], "0", "crypto"],
    [["STOCK"], 1, "stock"],
    [["ETF"], 1, "etf"],
    [["Commodities", "AOS2", "USD1-RWA"], 1, "commodity"],
    // Tags decide; without a known one only a coin's type states a class.
    [["STOCK"], 0, "stock"],
    [["Something"], 1, null],
    [[], 1, null],
    [[], undefined, null],
    [null, "X", null],
    [["STOCK", "Commodities"], 1, null],
  ])(
    "tags %p and symbolType %p are class %p",
    async (underlyingSubType, symbolType, assetClass) => {
      const { quote } = await btcOf({}, { underlyingSubType, symbolType });
      expect(quote).toMatchObject({ assetClass });
    },
  );

  test("what is not launched is not shown; what does not trade yet is not a bad row", async () => {
    for (const extra of [
      { underlyingSubType: ["STOCK", "Pre-Launch"] },
      { status: "PENDING_TRADING", contractType: "" },
    ]) {
      const { batch } = await btcOf({}, extra);
      expect(batch).toMatchObject({ quotes: [], rejects: [], expected: 0, unlisted: 0 });
    }
  });

  test("an undocumented type is an unknown kind", async () => {
    const { batch } = await btcOf({}, { contractType: "TRADIFI_PERPETUAL" });
    const rejects = [{ exchangeSymbol: "BTCUSDT", reason: "unknown_kind" }];
    expect(batch).toMatchObject({ quotes: [], rejects, expected: 0 });
    for (const contractType of ["NEXT_MONTH", "PERPETUAL_DELIVERING"])
      expect((await btcOf({}, { contractType })).batch.rejects).toEqual([]);
  });

  test.each([
    [1, 14, 0.0000125],
    [2, 14, 0.000025],
    [4, 16, 0.00005],
    [8, 16, 0.0001],
  ])(
    "an interest of 0.0001 is per 8 hours: at %i h the baseline is its share",
    async (hours, next, rest) => {
      const { quote } = await btcOf(
        { nextFundingTime: at(next) },
        {},
        { fundingIntervalHours: hours },
      );
      expect(quote).toMatchObject({ fundingIntervalHours: hours, baselineRate: rest });
    },
  );

  test("open interest of another symbol, refused or removed affects only itself", async () => {
    const gone = new RequestFailure("http", "gone", { status: 404 });
    for (const body of [
      interest("ETHUSDT"),
      interest("BTCUSDT", "-1"),
      { code: -1000 },
      gone,
      down,
    ]) {
      const { quotes } = await refresh({ ...BODIES, [interestAt("BTCUSDT")]: body });
      expect(quotes[0]).toMatchObject({ openInterestUsd: null, volume24hUsd: 9236073.61 });
      expect(quotes[1]).toMatchObject({ openInterestUsd: 12.5 * 64000.5 });
    }
    // The call is undocumented, so its removal is not a failure.
    const { openInterests } = await aster.fetchRaw(
      memorySource({ ...BODIES, [interestAt("BTCUSDT")]: gone }, { nowMs: AT }),
    );
    expect(openInterests.get("BTCUSDT")?.value).toBeNull();
  });

  test("an interval that the next time contradicts is outdated, with the limits it came with", async () => {
    const { quote } = await btcOf({}, {}, { fundingIntervalHours: 1 });
    expect(quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(16) });
    expect(quote).toMatchObject({ rateCap: null, rateFloor: null, baselineRate: null });
  });

  test.each([
    [480, 16],
    [5, 16],
    ["0.25", 16],
    // The list is older than the row: 20:00 is not on the 8-hour grid, and 14:00 not on the 4-hour grid.
    [8, 20],
    [4, 14],
  ])("an interval of %p with a next time at %i is unknown", async (fundingIntervalHours, hour) => {
    const { quote } = await btcOf({ nextFundingTime: at(hour) }, {}, { fundingIntervalHours });
    expect(quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(hour) });
    expect(quote).toMatchObject({ rateCap: null, rateFloor: null, baselineRate: null });
  });

  test("a symbol listed twice with different rates is not shown; equal duplicates are merged", async () => {
    const twins = (second: Row) => ({
      ...BODIES,
      [RATES]: [rate("BTCUSDT"), second, rate("1000PEPEUSDT")],
    });
    const { quotes, rejects } = await refresh(
      twins(rate("BTCUSDT", { lastFundingRate: "0.0002" })),
    );
    expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["1000PEPEUSDT"]);
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    expect((await refresh(twins(rate("BTCUSDT")))).quotes).toHaveLength(2);
  });

  test("next times: 0 is no funding, seconds are rejected, one days in the past is a dead contract", async () => {
    const none = { quotes: [], rejects: [], expected: 1 };
    expect((await btcOf({ nextFundingTime: 0 })).batch).toMatchObject(none);
    expect((await btcOf({ nextFundingTime: at(16) - 3 * 86_400_000 })).batch).toMatchObject(none);
    const inSeconds = await btcOf({ nextFundingTime: at(16) / 1000 });
    expect(inSeconds.batch.rejects).toMatchObject([{ reason: "bad_next_time" }]);
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-2", "implausible_rate"],
  ])("a rate of %p is rejected as %s", async (lastFundingRate, reason) => {
    const { batch } = await btcOf({ lastFundingRate });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ exchangeSymbol: "BTCUSDT", reason }] });
  });

  test("a row of unclear kind is rejected and counted", async () => {
    for (const key of ["contractType", "status", "quoteAsset", "marginAsset"]) {
      const { batch } = await btcOf({}, { [key]: 1 });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 0 });
    }
  });

  test("failing tickers and intervals affect only their fields; failing rates or list fail the refresh", async () => {
    const { quotes } = await refresh({ ...BODIES, [INTERVALS]: down, [TICKERS]: down });
    expect(quotes[0]).toMatchObject({ fundingIntervalHours: null, volume24hUsd: null });
    for (const key of [RATES, INSTRUMENTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test.each([
    ["an error", { code: -1121, msg: "Invalid symbol." }],
    ["one row", rate("BTCUSDT")],
    ["an empty list", []],
  ])("%s with HTTP 200 fails the refresh, for rates and list alike", async (_, body) => {
    for (const key of [RATES, INSTRUMENTS]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("an error next to a list is an error; a success code is not", async () => {
    const info = { symbols: LIVE };
    const failure = refresh({ ...BODIES, [INSTRUMENTS]: { code: -1, ...info } });
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
    const { expected } = await refresh({ ...BODIES, [INSTRUMENTS]: { code: 200, ...info } });
    expect(expected).toBe(5);
    expect(aster.facts.classifyFailure?.(403, "")).toBe("banned");
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTCUSDT")?.origin).toMatchObject({
      rows: { rates: { lastFundingRate: "0.00008300" }, intervals: { fundingIntervalHours: 8 } },
      formula: "{rates.lastFundingRate}",
    });
    expect(explain("STRANGERUSDT")).toBeNull();
  });
});
