import { describe, expect, test } from "bun:test";
import { aster } from "../../src/exchanges/aster.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/fapi/v3/premiumIndex";
const INTERVALS = "/fapi/v3/fundingInfo";
const TICKERS = "/fapi/v3/ticker/24hr";
const INSTRUMENTS = "/fapi/v3/exchangeInfo";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 900;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
const LISTED = Date.UTC(2025, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.5",
  indexPrice: "64010.25",
  lastFundingRate: "0.00008300",
  nextFundingTime: at(16),
  time: STAMP,
  ...extra,
});
const interval = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  interestRate: "0.00010000",
  fundingIntervalHours: 8,
  fundingFeeCap: 0.03,
  fundingFeeFloor: -0.02,
  ...extra,
});
const ticker = (symbol: string): Row => ({ symbol, volume: "8753.2", quoteVolume: "9236073.61" });
const instrument = (baseAsset: string, extra: Row = {}): Row => ({
  symbol: `${baseAsset}USDT`,
  contractType: "PERPETUAL",
  onboardDate: LISTED,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  underlyingType: "COIN",
  ...extra,
});

const LIVE = [
  instrument("BTC"),
  instrument("1000PEPE"),
  instrument("1MBABYDOGE"),
  instrument("TSLA", { underlyingType: "STOCK", symbolType: 1 }),
  instrument("ETH", { symbol: "ETHUSD1", quoteAsset: "USD1", marginAsset: "USD1" }),
];
const DEAD = [
  instrument("OLD", { status: "SETTLING" }),
  instrument("BTC", { symbol: "BTCUSDT_261225", contractType: "CURRENT_QUARTER" }),
  instrument("COINM", { marginAsset: "COINM" }),
  instrument("EUR", { quoteAsset: "EUR", marginAsset: "EUR" }),
  instrument("TEST"),
  instrument("TEST2"),
  instrument("", { symbol: "NAMELESSUSDT" }),
];
const symbolsOf = (rows: readonly Row[]): string[] => rows.map((row) => String(row["symbol"]));

const BODIES: Bodies = {
  [RATES]: [
    rate("BTCUSDT"),
    rate("1000PEPEUSDT", { lastFundingRate: "-0.00121000" }),
    rate("1MBABYDOGEUSDT", { nextFundingTime: at(14) }),
    rate("TSLAUSDT", { lastFundingRate: "0.00000000" }),
    rate("ETHUSD1"),
    ...symbolsOf(DEAD).map((symbol) => rate(symbol)),
    rate("STRANGERUSDT"),
  ],
  [INTERVALS]: [
    interval("BTCUSDT"),
    interval("1000PEPEUSDT", { fundingIntervalHours: 4, interestRate: "0.00005000" }),
    interval("1MBABYDOGEUSDT", { fundingIntervalHours: 1 }),
    interval("OLDUSDT"),
  ],
  [TICKERS]: [ticker("BTCUSDT"), ticker("OLDUSDT")],
  [INSTRUMENTS]: { serverTime: STAMP, symbols: [...LIVE, ...DEAD] },
};

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
  test("rates every cycle, intervals, volume and the list on their own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await aster.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "rates", null],
      ["intervals", "intervals", 5 * 60_000],
      ["secondary", "tickers", 3 * 60_000],
      ["instruments", "instruments", 30 * 60_000],
    ]);
    expect(aster.facts.requestsPerRefresh).toBe(1);
    expect(source.requests).toEqual([RATES, INTERVALS, TICKERS, INSTRUMENTS]);
    expect(source.mostAtOnce()).toBe(4);
  });

  test("a contract becomes a quote with every field by the page's units; nothing dead is shown", async () => {
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
      openInterestUsd: null,
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
      assetClass: null,
      fundingRate: 0,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
      nextFundingAtMs: at(16),
    });
    expect(quotes[4]).toMatchObject({ base: "ETH", quote: "USD1", settle: "USD1" });
    expect((await btcOf({}, { symbolType: "X" })).quote?.assetClass).toBeNull();
  });

  test("an interval that the next time contradicts is out of date, with the limits it came with", async () => {
    const { quote } = await btcOf({}, {}, { fundingIntervalHours: 1 });
    expect(quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(16) });
    expect(quote).toMatchObject({ rateCap: null, rateFloor: null, baselineRate: null });
  });

  test("next times: 0 is no funding, seconds are refused, one past by days is a dead contract", async () => {
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
  ])("a rate of %p is refused as %s", async (lastFundingRate, reason) => {
    const { batch } = await btcOf({ lastFundingRate });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ exchangeSymbol: "BTCUSDT", reason }] });
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    for (const key of ["contractType", "status", "quoteAsset", "marginAsset"]) {
      const { batch } = await btcOf({}, { [key]: 1 });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 0 });
    }
  });

  test("tickers and intervals failing cost their fields only; rates or the list cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
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

  test("an error beside a list is an error; a success code is none", async () => {
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

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const huge = (where: string, ...fields: Exemption["fields"]): Exemption => {
  return { at: where, mutations: ["huge"], fields, why: LEGAL };
};
const RATE: Exemption["fields"] = ["fundingRate"];
const NAMES: Exemption["mutations"] = ["NaN", "huge", "negative"];
const NAMED: Exemption["fields"] = ["base", "multiplier"];
const exemptions: readonly Exemption[] = [
  { at: "rates.lastFundingRate", mutations: ["negative"], fields: RATE, why: "is legal" },
  huge("rates.markPrice", "markPrice"),
  huge("rates.indexPrice", "indexPrice"),
  huge("tickers.quoteVolume", "volume24hUsd"),
  { at: "instruments.baseAsset", mutations: NAMES, fields: NAMED, why: "any text may be a ticker" },
];

test("aster: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] =>
    Array.isArray(body) ? body : Object(body).symbols;
  const payload = (name: string, request: string) => ({ name, request, rows });
  // Rows that their base alone tells are left out: another base is another contract.
  const symbols = [...LIVE, ...DEAD.slice(0, 4)];
  const breaches = await mutationBreaches({
    bodies: { ...BODIES, [INSTRUMENTS]: { symbols } },
    payloads: [
      payload("rates", RATES),
      payload("intervals", INTERVALS),
      payload("tickers", TICKERS),
      payload("instruments", INSTRUMENTS),
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("aster, recorded", (read) => {
  test("the index and ticker of BTC, joined to an interval and a list made for them", async () => {
    const bodies = {
      ...BODIES,
      [RATES]: await read("aster", "premium-index.json"),
      [TICKERS]: await read("aster", "ticker-24hr.json"),
    };
    const { quotes } = await refresh(bodies, 1750146970500);
    expect(quotes).toMatchObject([
      { fundingRate: 0.0001, nextFundingAtMs: 1750147200000, exchangeTimeMs: 1750146970000 },
    ]);
    expect(quotes[0]).toMatchObject({ markPrice: 106729.84047826, volume24hUsd: 923607368.61 });
  });

  test("the list and the intervals, joined to rates made for them", async () => {
    const bodies = {
      ...BODIES,
      [RATES]: [rate("DOGEUSDT"), rate("ZORAUSDT")],
      [INTERVALS]: await read("aster", "funding-info.json"),
      [INSTRUMENTS]: await read("aster", "exchange-info.json"),
    };
    const { quotes, expected, unlisted } = await refresh(bodies);
    expect({ expected, unlisted }).toEqual({ expected: 1, unlisted: 1 });
    const doge = { base: "BLZ", assetClass: "crypto", fundingIntervalHours: null };
    expect(quotes).toMatchObject([{ ...doge, listedAtMs: 1598252400000 }]);
    const named = { [INSTRUMENTS]: { symbols: [instrument("ZORA"), instrument("INJS")] } };
    const { quotes: zora } = await refresh({ ...bodies, ...named });
    const limits = { rateCap: 0.02, rateFloor: -0.02, baselineRate: 0.00005 };
    expect(zora).toMatchObject([{ fundingIntervalHours: 4, ...limits }]);
  });
});
