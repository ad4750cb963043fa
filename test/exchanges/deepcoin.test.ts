import { describe, expect, test } from "bun:test";
import { deepcoin } from "../../src/exchanges/deepcoin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/deepcoin/trade/fund-rate/current-funding-rate?instType=SwapU";
const CYCLES = "/deepcoin/trade/funding-rate?instType=SwapU";
const MARKS = "/deepcoin/market/mark-price?instType=SWAP";
const TICKERS = "/deepcoin/market/tickers?instType=SWAP";
const INSTRUMENTS = "/deepcoin/market/instruments?instType=SWAP";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const rate = (instrumentId: string, fundingRate: unknown = 0.00008301): Row => ({
  instrumentId,
  fundingRate,
});
const cycle = (instrumentID: string, extra: Row = {}): Row => ({
  instrumentID,
  settleInterval: 28800,
  nextSettleTime: at(16) / 1000,
  ...extra,
});
const mark = (instId: string, markPx: unknown = "64000.5"): Row => ({
  instType: "SWAP",
  instId,
  markPx,
  ts: String(AT - 90),
});
const ticker = (instId: string, extra: Row = {}): Row => ({
  instType: "SWAP",
  instId,
  last: "64000",
  vol24h: "800000",
  volCcy24h: "51500000.25",
  ts: String(AT - 90),
  ...extra,
});
const instrument = (instId: string, extra: Row = {}): Row => ({
  instType: "SWAP",
  instId,
  baseCcy: instId.slice(0, 3),
  quoteCcy: instId.split("-")[1],
  ctVal: "0.001",
  listTime: "0",
  state: "live",
  ...extra,
});

const BTC = "BTC-USDT-SWAP";
const CHEEMS = "1000CHEEMS-USDT-SWAP";
const ONE = "ONE-USDT-SWAP";
const LIVE = [
  instrument(BTC),
  instrument(CHEEMS, { baseCcy: "1000CHEE", ctVal: "1" }),
  instrument(ONE, { ctVal: "10" }),
];
const SKIPPED = [
  instrument("BTC-USD-SWAP"),
  instrument("OLD-USDT-SWAP", { state: "suspend" }),
  instrument("BTC-USDT", { instType: "SPOT" }),
  instrument("BTC-USDT-261225", { instType: "FUTURES" }),
];

const reply = (data: unknown, extra: Row = {}): Row => ({ code: "0", msg: "", data, ...extra });
const rates = (rows: readonly Row[]): Row => reply({ current_fund_rates: rows });

const BODIES: Bodies = {
  [RATES]: rates([
    rate("BTCUSDT"),
    rate("1000CHEEMSUSDT", -0.00121),
    rate("ONEUSDT", 0),
    rate("BTCUSD"),
    rate("OLDUSDT"),
    rate("dBTCUSDT"),
    rate("BDXUSDT", -0.025),
    rate("NEWUSDT"),
  ]),
  [CYCLES]: reply([
    cycle("BTCUSDT"),
    cycle("1000CHEEMSUSDT", { settleInterval: 14400 }),
    cycle("ONEUSDT", { settleInterval: 3600, nextSettleTime: at(14) / 1000 }),
    cycle("NEWUSDT"),
  ]),
  [MARKS]: reply([mark(BTC), mark(CHEEMS, "0.0012"), mark("dBTC-USDT-SWAP")]),
  [TICKERS]: reply([
    ticker(BTC),
    ticker(CHEEMS, { last: "0.0012", vol24h: "5000000", volCcy24h: "6100" }),
    ticker("2BTC-USDT-SWAP", { volCcy24h: "78000000000" }),
  ]),
  [INSTRUMENTS]: reply([...LIVE, ...SKIPPED]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  deepcoin.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const refreshBtc = (
  other: { readonly rate?: unknown; readonly cycle?: Row; readonly listing?: Row },
  tickerExtra: Row = {},
) =>
  refresh({
    ...BODIES,
    [RATES]: rates([{ ...rate("BTCUSDT"), ...("rate" in other && { fundingRate: other.rate }) }]),
    [CYCLES]: reply([cycle("BTCUSDT", other.cycle)]),
    [TICKERS]: reply([ticker(BTC, tickerExtra)]),
    [INSTRUMENTS]: reply([instrument(BTC, other.listing), instrument(ONE)]),
  });

describe("deepcoin", () => {
  test("rates, marks and tickers every cycle, settlements each minute, the list with its own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await deepcoin.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "rates", null],
      ["intervals", "cycles", 60_000],
      ["secondary", "marks", null],
      ["secondary", "tickers", null],
      ["instruments", "instruments", 30 * 60_000],
    ]);
    const everyMinute = source.asks.filter((ask) => (ask.everyMs ?? 0) <= 60_000);
    expect(everyMinute).toHaveLength(deepcoin.facts.requestsPerRefresh);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(5);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    // Dead and hidden names do not indicate an incomplete list; NEWUSDT, which is settled, does.
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([BTC, CHEEMS, ONE]);
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: null,
      openInterestUsd: null,
      volume24hUsd: 51500000.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("the base is in the symbol, as baseCcy may be truncated; a 1000x contract at 4 h and one at 1 h", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "CHEEMS",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      volume24hUsd: 6100,
    });
    expect(quotes[2]).toMatchObject({
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      // The hourly baseline is not documented.
      baselineRate: null,
      markPrice: null,
      volume24hUsd: null,
    });
  });

  test.each([
    ["contracts of ctVal coins", "800000", "51500000", 51_500_000],
    ["coins", "800", "51500000", 51_500_000],
    ["no trade", "0", "0", 0],
    ["a turnover in coins", "800000", "805", null],
    ["a turnover of another kind", "800000", "9000000", null],
    ["no volume beside it", null, "51500000", null],
  ])(
    "volume in %s is accepted if it agrees with the last price",
    async (_, vol, turnover, right) => {
      const { quotes } = await refreshBtc({}, { vol24h: vol, volCcy24h: turnover });
      expect(quotes[0]?.volume24hUsd).toBe(right);
    },
  );

  test("a reply that counts coins gives no volume, even where the price hides it", async () => {
    // Ten coins per contract and ten dollars per coin: the turnover matches dollars by chance.
    const one = { last: "10", vol24h: "500", volCcy24h: "5000" };
    const cheems = { last: "0.0012", vol24h: "5000000", volCcy24h: "5000000" };
    const inCoins = [ticker(ONE, one), ticker(BTC, { volCcy24h: "805" }), ticker(CHEEMS, cheems)];
    const { quotes } = await refresh({
      ...BODIES,
      [TICKERS]: reply([...inCoins, ticker("2BTC-USDT-SWAP"), ticker("dBTC-USDT-SWAP")]),
    });
    expect(quotes.map((quote) => quote.volume24hUsd)).toEqual([null, null, null]);
  });

  test("a cycle under the dashed name is found as well; two of one contract that differ are ignored", async () => {
    const other = reply([cycle(BTC), cycle("BTCUSDT", { settleInterval: 14400 })]);
    const twofold = await refresh({ ...BODIES, [CYCLES]: other });
    expect(twofold.quotes[0]).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: null });
    const { quotes } = await refresh({ ...BODIES, [CYCLES]: reply([cycle(BTC)]) });
    expect(quotes[0]).toMatchObject({ fundingIntervalHours: 8, nextFundingAtMs: at(16) });
  });

  test.each(["instType", "state", "quoteCcy"])(
    "an instrument without %s is rejected and counted",
    async (key) => {
      expect(await refreshBtc({ listing: { [key]: null } })).toMatchObject({
        quotes: [],
        rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
        expected: 1,
      });
    },
  );

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    [-2, "implausible_rate"],
  ])("a rate of %p is rejected as %s", async (value, reason) => {
    expect(await refreshBtc({ rate: value })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: BTC, reason }],
      expected: 2,
    });
  });

  test("next times: days in the past is a dead contract, milliseconds are rejected, one beyond an interval contradicts it", async () => {
    expect(await refreshBtc({ cycle: { nextSettleTime: at(8, 3) / 1000 } })).toMatchObject({
      quotes: [],
      rejects: [],
    });
    expect((await refreshBtc({ cycle: { nextSettleTime: at(16) } })).rejects).toMatchObject([
      { reason: "bad_next_time" },
    ]);
    expect((await refreshBtc({ cycle: { settleInterval: 3600 } })).quotes).toMatchObject([
      { nextFundingAtMs: at(16), fundingIntervalHours: null, intervalSource: null },
    ]);
    expect((await refreshBtc({ cycle: { nextSettleTime: null } })).quotes).toMatchObject([
      { nextFundingAtMs: null, fundingIntervalHours: 8 },
    ]);
  });

  test("cycles failing cost interval and next time, marks and tickers their fields, the rest the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const bodies = { ...BODIES, [CYCLES]: down, [MARKS]: down, [TICKERS]: down };
    const { quotes, unlisted } = await refresh(bodies);
    expect(quotes).toHaveLength(3);
    expect(unlisted).toBe(0);
    expect(quotes[0]).toMatchObject({
      fundingRate: 0.00008301,
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
      baselineRate: null,
      markPrice: null,
      volume24hUsd: null,
    });
    for (const key of [RATES, INSTRUMENTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await deepcoin.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(deepcoin.explain(raw, CHEEMS)).toMatchObject({
      rows: { rates: rate("1000CHEEMSUSDT", -0.00121), instruments: { instId: CHEEMS } },
      formula: "{rates.fundingRate}",
    });
    expect(deepcoin.explain(raw, "NOPE-USDT-SWAP")).toBeNull();
    expect(deepcoin.explain(raw, "BTCUSDT")).toBeNull();
  });

  test.each([
    ["an error", { code: "51", msg: "The instType field is required", data: null }],
    ["an empty list", rates([])],
    ["no list", reply(null)],
    ["no envelope", []],
  ])("%s with HTTP 200 fails the refresh", async (_, body) => {
    for (const key of [RATES, INSTRUMENTS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });
});

const exemptions: readonly Exemption[] = (
  [
    ["rates.fundingRate", "negative", ["fundingRate"]],
    ["marks.markPx", "huge", ["markPrice"]],
  ] as const
).map(([place, mutation, fields]) => ({
  at: place,
  mutations: [mutation],
  fields,
  why: "a large or negative value cannot be told from a wrong one here",
}));

test("deepcoin: no single wrong value leads to a wrong quote", async () => {
  const data = (body: unknown): unknown => Reflect.get(Object(body), "data");
  const rows = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      {
        name: "rates",
        request: RATES,
        rows: (body) => rows(Reflect.get(Object(data(body)), "current_fund_rates")),
      },
      { name: "cycles", request: CYCLES, rows: (body) => rows(data(body)) },
      { name: "marks", request: MARKS, rows: (body) => rows(data(body)) },
      { name: "tickers", request: TICKERS, rows: (body) => rows(data(body)) },
      { name: "instruments", request: INSTRUMENTS, rows: (body) => rows(data(body)) },
    ],
    refresh: async (bodies) =>
      deepcoin.parse(await deepcoin.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("deepcoin, recorded", (read) => {
  test("the rates, joined to a list made for them", async () => {
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [RATES]: await read("deepcoin", "current-funding-rate.json"),
      [INSTRUMENTS]: reply(["SPK-USDT-SWAP", "LAUNCHCOIN-USDT-SWAP"].map((id) => instrument(id))),
    });
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { base: "SPK", fundingRate: 0.00005 },
      { base: "LAUNCHCOIN", fundingRate: 0.00005 },
    ]);
  });

  test("the settlement cycle, joined to rates made for it", async () => {
    const bodies = { ...BODIES, [CYCLES]: await read("deepcoin", "funding-rate.json") };
    const { quotes } = await refresh(bodies, { nowMs: 1790150400000 - 3_600_000 });
    expect(quotes[0]).toMatchObject({
      exchangeSymbol: BTC,
      fundingIntervalHours: 8,
      nextFundingAtMs: 1790150400000,
    });
  });

  test("the instrument of the list, joined to a rate made for it; the ticker is of an inverse contract", async () => {
    const batch = await refresh({
      ...BODIES,
      [RATES]: rates([rate("ZORAUSDT"), rate("BTCUSD")]),
      [TICKERS]: await read("deepcoin", "tickers.json"),
      [INSTRUMENTS]: await read("deepcoin", "instruments.json"),
    });
    expect(batch).toMatchObject({
      expected: 1,
      rejects: [],
      quotes: [{ exchangeSymbol: "ZORA-USDT-SWAP", base: "ZORA", volume24hUsd: null }],
    });
  });
});
