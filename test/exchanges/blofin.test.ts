import { describe, expect, test } from "bun:test";
import { blofin } from "../../src/exchanges/blofin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/api/v1/market/funding-rate";
const PRICES = "/api/v1/market/mark-price";
const TICKERS = "/api/v1/market/tickers";
const INSTRUMENTS = "/api/v1/market/instruments";
const history = (symbol: string): string =>
  `/api/v1/market/funding-rate-history?instId=${symbol}&limit=1`;

const AT = Date.UTC(2026, 9, 5, 13, 30);
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
const LISTED = Date.UTC(2024, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const RATE = { fundingRate: "0.000083", fundingTime: String(at(16)) };
const rate = (instId: string, extra: Row = {}): Row => ({ instId, ...RATE, ...extra });
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
const settled = (symbol: string, hour: number): Row =>
  reply([{ instId: symbol, fundingRate: "0.0001", fundingTime: String(at(hour)) }]);

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
    rate("1000BONK-USDT", { fundingRate: "-0.00121" }),
    rate("TSLA-USDT", { fundingRate: "0", fundingTime: String(at(14)) }),
    rate("4STOCK-USDT"),
    ...DEAD.map((row) => rate(String(row["instId"]))),
    rate("STRANGER-USDT"),
  ]),
  [PRICES]: reply([price("BTC-USDT"), price("OLD-USDT")]),
  [TICKERS]: reply([ticker("BTC-USDT"), ticker("OLD-USDT")]),
  [INSTRUMENTS]: reply([...LIVE, ...DEAD]),
  [history("BTC-USDT")]: settled("BTC-USDT", 8),
  [history("1000BONK-USDT")]: settled("1000BONK-USDT", 12),
  [history("TSLA-USDT")]: settled("TSLA-USDT", 13),
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
const LIMITLESS = { rateCap: null, rateFloor: null, baselineRate: null };
const UNKNOWN = { ...RATELESS, ...LIMITLESS, openInterestUsd: null, exchangeTimeMs: null };

describe("blofin", () => {
  test("rates and prices every cycle, volume and the list on their own period, one history each in turn", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await blofin.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "rates", null],
      ["instruments", "instruments", 30 * 60_000],
      ["secondary", "prices", null],
      ["secondary", "tickers", 3 * 60_000],
      ["rotation", "settlements", 15 * 60_000],
    ]);
    const everyCycle = source.asks.filter((ask) => ask.everyMs === null);
    expect(everyCycle).toHaveLength(blofin.facts.requestsPerRefresh);
    const once = [RATES, INSTRUMENTS, PRICES, TICKERS];
    expect(source.requests).toEqual([...once, ...LIVE_SYMBOLS.map(history)]);
    expect(source.mostAtOnce()).toBe(4);
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
      intervalSource: "derived",
      nextFundingAtMs: at(16),
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      volume24hUsd: 3000.5 * 64001,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, a stock at 1 h, a coin named like a stock without a known interval", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({ base: "BONK", multiplier: 1000, fundingIntervalHours: 4 });
    expect(quotes[2]).toMatchObject({ assetClass: "stock", fundingIntervalHours: 1 });
    expect(quotes[3]).toMatchObject({
      base: "4STOCK",
      assetClass: "crypto",
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: at(16),
    });
  });

  test("an interval is unknown before the first history and from times of two moments", async () => {
    expect((await btcOf({}, {}, { rotationsEmpty: true })).quote?.fundingIntervalHours).toBeNull();
    // Settled after it was asked: the two times are not of one moment.
    const early = await btcOf({}, {}, { nowMs: at(7), receivedAtMs: { rates: AT } });
    expect(early.quote?.fundingIntervalHours).toBeNull();
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
    expect(quotes[0]).toMatchObject({ markPrice: null, indexPrice: null, volume24hUsd: null });
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
  huge("prices.markPrice", "markPrice"),
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
      payload("history", history("BTC-USDT")),
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
      [history("ETH-USDT")]: settled("ETH-USDT", 8),
      [history("ADA-USDT")]: settled("ADA-USDT", 8),
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
