import { describe, expect, test } from "bun:test";
import { blofin } from "../../src/exchanges/blofin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { MUTATIONS, mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/api/v1/market/funding-rate";
const PRICES = "/api/v1/market/mark-price";
const TICKERS = "/api/v1/market/tickers";
const INTERESTS = "/api/v1/market/open-interest";
const INSTRUMENTS = "/api/v1/market/instruments";
const history = (symbol: string): string =>
  `/api/v1/market/funding-rate-history?instId=${symbol}&limit=2`;

const AT = Date.UTC(2026, 9, 5, 13, 30);
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
const LISTED = Date.UTC(2024, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const RATE = { fundingRate: "0.000083", fundingTime: String(at(16)) };
const PUBLISHED = {
  fundingInterval: "8",
  fundingIntervalUnit: "hour",
  fundingRateCap: "0.005",
  fundingRateFloor: "-0.004",
};
const rate = (instId: string, extra: Row = {}): Row => ({
  instId,
  ...RATE,
  ...PUBLISHED,
  ...extra,
});
/** As all rows were before September 2026. */
const silent = (instId: string, extra: Row = {}): Row => ({ instId, ...RATE, ...extra });
const PRICE = { indexPrice: "64010", markPrice: "64000.5", ts: String(AT) };
const price = (instId: string): Row => ({ instId, ...PRICE });
const VOLUME = { last: "64001", vol24h: "3224820", volCurrency24h: "3000.5" };
const ticker = (instId: string): Row => ({ instId, ...VOLUME });
const instrument = (base: string, extra: Row = {}): Row => ({
  instId: `${base}-USDT`,
  baseCurrency: base,
  quoteCurrency: "USDT",
  settleCurrency: "USDT",
  contractValue: "0.001",
  listTime: String(LISTED),
  expireTime: "1704124800000",
  instType: "SWAP",
  contractType: "linear",
  state: "live",
  assetClass: "Crypto",
  ...extra,
});
const reply = (data: unknown): Row => ({ code: "0", msg: "success", data });
const settled = (symbol: string, ...hours: readonly number[]): Row =>
  reply(
    hours.map((hour) => ({
      instId: symbol,
      fundingRate: "0.0001",
      fundingTime: String(at(hour)),
    })),
  );
const interest = (instId: string): Row => ({
  instId,
  openInterest: "4455385",
  openInterestCurrency: "4455.25",
});

const LIVE = [
  instrument("BTC"),
  instrument("1000BONK"),
  instrument("TSLA", { assetClass: "Stocks" }),
  instrument("4STOCK"),
];
const DEAD = [
  instrument("OLD", { state: "suspend" }),
  instrument("INV", { contractType: "inverse", quoteCurrency: "USD", settleCurrency: "INV" }),
  instrument("DATED", { instType: "FUTURES" }),
  instrument("EURO", { quoteCurrency: "EUR" }),
  instrument("ETHBTC"),
];
const LIVE_SYMBOLS = LIVE.map((row) => String(row["instId"]));

const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTC-USDT"),
    rate("1000BONK-USDT", { fundingRate: "-0.00121", fundingInterval: 4 }),
    silent("TSLA-USDT", { fundingRate: "0", fundingTime: String(at(14)) }),
    silent("4STOCK-USDT"),
    ...DEAD.map((row) => rate(String(row["instId"]))),
    rate("STRANGER-USDT"),
  ]),
  [PRICES]: reply([price("BTC-USDT"), price("OLD-USDT")]),
  [TICKERS]: reply([ticker("BTC-USDT"), ticker("OLD-USDT")]),
  [INTERESTS]: reply([interest("BTC-USDT"), interest("OLD-USDT")]),
  [INSTRUMENTS]: reply([...LIVE, ...DEAD]),
  // Asked only where a row tells no interval.
  [history("BTC-USDT")]: settled("BTC-USDT", 8, 0),
  [history("1000BONK-USDT")]: settled("1000BONK-USDT", 12, 8),
  [history("TSLA-USDT")]: settled("TSLA-USDT", 13, 12),
  [history("4STOCK-USDT")]: new RequestFailure("timeout", "no answer"),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  blofin.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const btcOf = async (rateExtra: Row, listExtra: Row = {}, options = {}) => {
  const one = {
    [RATES]: reply([rate("BTC-USDT", rateExtra)]),
    [INSTRUMENTS]: reply([instrument("BTC", listExtra)]),
  };
  const batch = await refresh({ ...BODIES, ...one }, options);
  return { batch, quote: batch.quotes[0] };
};

const BTC = { exchangeSymbol: "BTC-USDT", base: "BTC", quote: "USDT", settle: "USDT" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };
const UNKNOWN = { ...RATELESS, baselineRate: null, exchangeTimeMs: null };

describe("blofin", () => {
  test("rates and prices every cycle, quantities and the list on their own period, histories only of rows without an interval", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await blofin.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "rates", null],
      ["instruments", "instruments", 30 * 60_000],
      ["secondary", "prices", null],
      ["secondary", "tickers", 3 * 60_000],
      ["secondary", "openInterest", 3 * 60_000],
      ["rotation", "settlements", 15 * 60_000],
    ]);
    const everyCycle = source.asks.filter((ask) => ask.everyMs === null);
    expect(everyCycle).toHaveLength(blofin.facts.requestsPerRefresh);
    const once = [RATES, INSTRUMENTS, PRICES, TICKERS, INTERESTS];
    expect(source.requests).toEqual([...once, history("TSLA-USDT"), history("4STOCK-USDT")]);
    expect(source.mostAtOnce()).toBe(5);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(LIVE_SYMBOLS);
    expect(quotes[0]).toEqual({
      ...BTC,
      ...UNKNOWN,
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.005,
      rateFloor: -0.004,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      // 4,455.25 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 285_138_227.625,
      volume24hUsd: 3000.5 * 64001,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, a stock at 1 h by its history, a coin named like a stock without a known interval", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "BONK",
      multiplier: 1000,
      fundingIntervalHours: 4,
      openInterestUsd: null,
    });
    expect(quotes[2]).toMatchObject({
      assetClass: "stock",
      fundingIntervalHours: 1,
      intervalSource: "derived",
      rateCap: null,
      rateFloor: null,
    });
    expect(quotes[3]).toMatchObject({
      base: "4STOCK",
      assetClass: "crypto",
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: at(16),
    });
  });

  test.each([
    ["minutes as hours", { fundingInterval: "480" }],
    ["hours as milliseconds", { fundingInterval: "28800000" }],
    ["another unit", { fundingIntervalUnit: "minute" }],
    ["no unit", { fundingIntervalUnit: null }],
    ["half an hour", { fundingInterval: "0.5" }],
    ["nothing", { fundingInterval: "" }],
  ])("a published interval of %s is not believed: the history tells it", async (_, extra) => {
    const { quote } = await btcOf(extra);
    expect(quote).toMatchObject({ fundingIntervalHours: 8, intervalSource: "derived" });
    const { quote: unknown } = await btcOf(extra, {}, { rotationsEmpty: true });
    expect(unknown).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(16) });
  });

  test("a published interval that the next time exceeds is unknown", async () => {
    const { quote } = await btcOf({ fundingInterval: "1" });
    expect(quote).toMatchObject({ fundingIntervalHours: null, intervalSource: null });
  });

  test.each([[{ contractType: "quanto" }], [{ instType: "EVENT" }]])(
    "an instrument of a kind that is not known is neither shown nor a broken row: %p",
    async (extra) => {
      const { batch } = await btcOf({}, extra);
      const rejects = [{ exchangeSymbol: "BTC-USDT", reason: "unknown_kind" }];
      expect(batch).toMatchObject({ quotes: [], rejects, expected: 0 });
    },
  );

  test("of twins that differ neither is shown, in the rates as in what is joined to them", async () => {
    const other = { fundingRate: "0.0009" };
    for (const rows of [
      [rate("BTC-USDT"), rate("BTC-USDT", other)],
      [rate("BTC-USDT", other), rate("BTC-USDT")],
    ]) {
      const batch = await refresh({ ...BODIES, [RATES]: reply([...rows, rate("1000BONK-USDT")]) });
      expect(batch.quotes.map(({ base }) => base)).toEqual(["BONK"]);
      expect(batch.rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
    }
    const twice = (key: string, row: Row, twin: Row) => ({ [key]: reply([row, twin, price("X")]) });
    const { quotes } = await refresh({
      ...BODIES,
      ...twice(INTERESTS, interest("BTC-USDT"), {
        ...interest("BTC-USDT"),
        openInterestCurrency: "7",
      }),
      ...twice(TICKERS, ticker("BTC-USDT"), { ...ticker("BTC-USDT"), last: "7" }),
    });
    expect(quotes[0]).toMatchObject({ openInterestUsd: null, volume24hUsd: null });
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-2", "implausible_rate"],
  ])("a rate of %p is refused as %s", async (fundingRate, reason) => {
    const { batch } = await btcOf({ fundingRate });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ exchangeSymbol: "BTC-USDT", reason }] });
  });

  test("a settlement in seconds is refused, one past by days is a dead contract", async () => {
    const inSeconds = await btcOf({ fundingTime: String(at(16) / 1000) });
    expect(inSeconds.batch.rejects).toMatchObject([{ reason: "bad_next_time" }]);
    const dead = await btcOf({ fundingTime: String(at(16) - 3 * 86_400_000) });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [], expected: 1 });
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    const kind = ["instType", "contractType", "state"];
    for (const key of [...kind, "baseCurrency", "quoteCurrency", "settleCurrency"]) {
      const { batch } = await btcOf({}, { [key]: 1 });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 0 });
    }
    expect((await btcOf({}, { assetClass: "Bonds" })).quote?.assetClass).toBeNull();
  });

  test("prices and tickers failing cost their fields only; rates or the list cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [PRICES]: down, [TICKERS]: down });
    expect(quotes).toHaveLength(4);
    const gone = { markPrice: null, indexPrice: null, volume24hUsd: null, openInterestUsd: null };
    expect(quotes[0]).toMatchObject(gone);
    const bare = await refresh({ ...BODIES, [INTERESTS]: down });
    expect(bare.quotes[0]).toMatchObject({ markPrice: 64000.5, openInterestUsd: null });
    for (const key of [RATES, INSTRUMENTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test.each([
    ["an error", { code: "152002", msg: "Parameter bar error." }, "bad_envelope"],
    ["too many requests", { code: "429", msg: "slow down" }, "rate_limited"],
    ["no list", reply(null), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({ kind });
  });

  test("403 is a ban, or a refused country where the page names countries", () => {
    const { classifyFailure } = blofin.facts;
    expect(classifyFailure?.(403, "<html>in restricted countries")).toBe("geo_blocked");
    expect(classifyFailure?.(403, "<html>Forbidden")).toBe("banned");
    expect(classifyFailure?.(403, "access is restricted, slow down")).toBe("banned");
    expect(classifyFailure?.(500, "")).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTC-USDT")?.origin).toMatchObject({
      rows: { rates: rate("BTC-USDT"), instruments: { state: "live" } },
      formula: "{rates.fundingRate}",
    });
    expect(explain("STRANGER-USDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const NAMES: Exemption["mutations"] = ["NaN", "huge", "negative"];
const NAMED: Exemption["fields"] = ["base", "multiplier"];
const huge = (where: string, ...fields: Exemption["fields"]): Exemption => {
  return { at: where, mutations: ["huge"], fields, why: LEGAL };
};
const exemptions: readonly Exemption[] = [
  { at: "rates.fundingRate", mutations: ["negative"], fields: ["fundingRate"], why: "is legal" },
  ...["rates.fundingInterval", "rates.fundingIntervalUnit"].map((where): Exemption => ({
    at: where,
    mutations: MUTATIONS,
    fields: ["intervalSource"],
    why: "the history tells the same interval",
  })),
  huge("prices.markPrice", "markPrice", "openInterestUsd"),
  huge("interests.openInterestCurrency", "openInterestUsd"),
  huge("prices.indexPrice", "indexPrice"),
  huge("tickers.last", "volume24hUsd"),
  huge("tickers.volCurrency24h", "volume24hUsd"),
  { at: "instruments.baseCurrency", mutations: NAMES, fields: NAMED, why: "may be a ticker" },
];

test("blofin: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).data;
  const strangers = ["NaN", "1e300", "-1"];
  const down = new RequestFailure("http", "unknown instrument");
  const bodies = { ...BODIES, ...Object.fromEntries(strangers.map((id) => [history(id), down])) };
  const payload = (name: string, request: string) => ({ name, request, rows });
  const breaches = await mutationBreaches({
    bodies,
    payloads: [
      payload("rates", RATES),
      payload("prices", PRICES),
      payload("tickers", TICKERS),
      payload("instruments", INSTRUMENTS),
      payload("interests", INTERESTS),
      payload("history", history("TSLA-USDT")),
    ],
    refresh: async (mutated) => ({ ...(await refresh(mutated)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("blofin, recorded", (read) => {
  test("rate, list and history of BTC at the time of the rate", async () => {
    const body = {
      ...BODIES,
      [RATES]: await read("blofin", "funding-rate.json"),
      [INSTRUMENTS]: await read("blofin", "instruments.json"),
      [TICKERS]: await read("blofin", "tickers.json"),
      [PRICES]: await read("blofin", "mark-price.json"),
      [history("BTC-USDT")]: await read("blofin", "funding-rate-history.json"),
    };
    const { quotes, rejects, expected } = await refresh(body, { nowMs: 1703462400000 - 60_000 });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes[0]?.fundingRate).toBe(0.000330372404346635);
    expect(quotes[0]?.volume24hUsd).toBe(3224.82 * 27187);
    // The history sample holds the same settlement as the next one: no interval follows from it.
    expect(quotes).toMatchObject([
      { nextFundingAtMs: 1703462400000, fundingIntervalHours: null, markPrice: null },
    ]);
  });

  test("prices of ETH and the recorded ticker of ADA, joined to rates and a list made for them", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [RATES]: reply([rate("ETH-USDT"), rate("ADA-USDT")]),
      [INSTRUMENTS]: reply([instrument("ETH"), instrument("ADA")]),
      [PRICES]: await read("blofin", "mark-price.json"),
      [TICKERS]: await read("blofin", "tickers-ada-recorded.json"),
    });
    expect(quotes).toMatchObject([
      { markPrice: 1620.58, indexPrice: 1620.78, volume24hUsd: null },
      { markPrice: null, volume24hUsd: 198560100 * 0.5315 },
    ]);
  });

  test("the error answer is a bad envelope", async () => {
    const body = await read("blofin", "error-parameter.json");
    const failure = refresh({ ...BODIES, [RATES]: body });
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});
