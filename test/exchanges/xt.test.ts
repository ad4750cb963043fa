import { describe, expect, test } from "bun:test";
import { xt } from "../../src/exchanges/xt.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  RATES,
  TICKERS,
  LIST,
  AT,
  at,
  one,
  LISTED,
  rate,
  contract,
  LIVE,
  DEAD,
  symbolOf,
  reply,
  BODIES,
  refresh,
  btcOf,
} from "./xt-payloads.ts";
import type { Row } from "./xt-payloads.ts";

describe("xt", () => {
  test("rates and tickers every cycle, the list with its own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await xt.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential rates null",
      "secondary tickers null",
      "instruments instruments 1800000",
      // For the only contract without an interval in the feed.
      "rotation intervals 3900000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), xt.facts.requestsPerRefresh]).toEqual([3, 2]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "btc_usdt",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.00004455,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: null,
      settling: false,
      markPrice: 71001.25,
      indexPrice: 71013.5,
      openInterestUsd: null,
      volume24hUsd: 1399166074.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a thousand at 4 h, a million without an interval, a stock at 1 h", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.0012, indexPrice: null };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingIntervalHours: 4, markPrice: 71001.25 });
    const doge = { base: "BABYDOGE", multiplier: 1_000_000, fundingRate: 0, markPrice: null };
    expect(quotes[2]).toMatchObject({ ...doge, fundingIntervalHours: null, intervalSource: null });
    const hourly = { fundingIntervalHours: 1, nextFundingAtMs: at(14) };
    expect(quotes[3]).toMatchObject({ base: "NFLX", assetClass: null, ...hourly });
  });

  test("an interval missing from the feed is requested by contract, and accepted if the row's next time confirms it", async () => {
    const without = Object.fromEntries(
      ["btc_usdt", "sol_usdt", "ada_usdt", "xrp_usdt"].map((symbol) => [
        one(symbol),
        reply({ symbol, fundingRate: 0.0001, collectionInternal: 4 }),
      ]),
    );
    const silent = { collection_internal: undefined };
    const bodies = {
      ...without,
      [one("ada_usdt")]: reply({ symbol: "sol_usdt", collectionInternal: 4 }),
      [one("xrp_usdt")]: reply({ symbol: "xrp_usdt", collectionInternal: 8 }),
      [TICKERS]: BODIES[TICKERS],
      [LIST]: reply(["btc", "sol", "ada", "xrp"].map((coin) => contract(`${coin}_usdt`))),
      [RATES]: [
        rate("btc_usdt", silent),
        // The next settlement at 15:00 is not on a four-hour grid.
        rate("sol_usdt", { ...silent, next_funding_rate_timestamp: at(15) }),
        rate("ada_usdt", silent),
        // The next settlement at 14:00 is not on an eight-hour grid: the contract has become hourly.
        rate("xrp_usdt", { ...silent, next_funding_rate_timestamp: at(14) }),
      ],
    };
    const { quotes } = await refresh(bodies);
    expect(quotes.map((quote) => [quote.base, quote.fundingIntervalHours])).toEqual([
      ["BTC", 4],
      ["SOL", null],
      ["ADA", null],
      ["XRP", null],
    ]);
    const none = memorySource(bodies, { nowMs: AT, rotationsEmpty: true });
    const first = await xt.refresh(none);
    expect(first.quotes.map((quote) => quote.fundingIntervalHours)).toEqual(Array(4).fill(null));
  });

  test("halted, pre-market, dated, coin-margined, coin-quoted and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(symbolOf));
  });

  test("a listed row of unclear kind is rejected and counted", async () => {
    for (const key of ["tradeSwitch", "inPreMarket", "productType", "underlyingType", "quoteCoin"])
      for (const value of [undefined, null, 1]) {
        const { batch } = await btcOf({}, { [key]: value });
        expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
      }
  });

  test("a row of the feed that is dated, or of unclear kind, is not a quote", async () => {
    const dated = (await btcOf({ product_type: "FUTURES" })).batch;
    expect(dated).toMatchObject({ quotes: [], rejects: [], expected: 2 });
    expect((await btcOf({ target_currency: "USD" })).batch).toMatchObject({ quotes: [] });
    const unsaid = (await btcOf({ product_type: null })).batch;
    expect(unsaid).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }] });
  });

  test("a list whose rows mostly lack inPreMarket is read by the rest", async () => {
    const silent = { inPreMarket: undefined };
    const list = reply([contract("btc_usdt", silent), contract("sol_usdt", silent), DEAD[1]]);
    expect((await refresh({ ...BODIES, [LIST]: list })).quotes.map((q) => q.base)).toEqual(["BTC"]);
    const others = ["sol_usdt", "ada_usdt"].map((symbol) => contract(symbol, silent));
    const odd = reply([contract("btc_usdt", { inPreMarket: "true" }), ...others]);
    expect((await refresh({ ...BODIES, [LIST]: odd })).quotes).toEqual([]);
  });

  test.each([
    [{ funding_rate: null }, "bad_rate"],
    [{ funding_rate: "-3" }, "implausible_rate"],
    [{ next_funding_rate_timestamp: at(16) / 1000 }, "bad_next_time"],
  ])("%p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an interval in seconds or contradicted is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null };
    const seconds = (await btcOf({ collection_internal: 28800 })).quote;
    expect(seconds).toMatchObject({ ...unknown, nextFundingAtMs: at(16) });
    const beyond = (await btcOf({ collection_internal: 1 })).quote;
    expect(beyond).toMatchObject({ ...unknown, nextFundingAtMs: null });
    const { batch } = await btcOf({ next_funding_rate_timestamp: at(8, 2) });
    expect(batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test("tickers failing affect only prices and volume; rates or list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down });
    expect(quotes).toHaveLength(4);
    expect(quotes[0]).toMatchObject({ fundingRate: 0.00004455, markPrice: null });
    expect(quotes[0]).toMatchObject({ indexPrice: null, volume24hUsd: null });
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  const fault = (code: string): Row => ({ returnCode: 1, error: { code }, result: null });
  test.each([
    ["an error", fault("invalid_symbol"), "bad_envelope"],
    ["too many requests", fault("TOO_MANY_REQUESTS"), "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
    ["nothing", null, "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
    const other = await refresh({ ...BODIES, [LIST]: body }).catch((e: unknown) => e);
    expect(other).toMatchObject({ name: "RequestFailure", kind });
    const classified = xt.facts.classifyFailure?.(403, JSON.stringify(body));
    expect(classified === "rate_limited").toBe(kind === "rate_limited");
    // Documented: ten minutes without an answer.
    const retryAfterMs = kind === "rate_limited" ? 600_000 : null;
    expect(failure).toMatchObject({ retryAfterMs });
    expect(xt.facts.statedWaitMs?.(JSON.stringify(body), AT)).toBe(retryAfterMs);
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await xt.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { funding_rate, collection_internal } = rate("btc_usdt");
    expect(xt.explain(raw, "btc_usdt")).toMatchObject({
      rows: {
        contracts: { funding_rate, collection_internal },
        instruments: { tradeSwitch: true },
      },
      formula: "{contracts.funding_rate}",
    });
    expect(xt.explain(raw, "none_usdt")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const TICKER = "any text may be a ticker";

test("xt: no single wrong value leads to a wrong quote", async () => {
  // Any contract may lose its interval in the feed: then its own call is used.
  const own = ["btc_usdt", "1000pepe_usdt", "nflx_usdt", "new_usdt", "NaN", "1e300", "-1", "1"];
  const silent = own.map((symbol) => [one(symbol), reply({ symbol })]);
  const breaches = await mutationBreaches({
    bodies: { ...BODIES, ...Object.fromEntries(silent) },
    payloads: [
      { name: "rates", request: RATES, rows: (body) => (Array.isArray(body) ? body : []) },
      { name: "tickers", request: TICKERS, rows: (body) => Object(body).result },
      { name: "list", request: LIST, rows: (body) => Object(body).result },
    ],
    refresh: async (bodies) => xt.parse(await xt.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.funding_rate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("tickers.m", ["huge"], ["markPrice"], LEGAL),
      may("tickers.i", ["huge"], ["indexPrice"], LEGAL),
      may("tickers.v", ["huge"], ["volume24hUsd"], LEGAL),
      may("list.baseCoin", ["NaN", "huge", "negative"], ["base", "multiplier"], TICKER),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("xt, recorded", (read) => {
  test("a coin-margined row of the documentation is not shown", async () => {
    const bodies = {
      ...BODIES,
      [RATES]: await read("xt", "cg-contracts.json"),
      [LIST]: reply([contract("eth_usd", { underlyingType: "COIN_BASED" }), contract("btc_usdt")]),
    };
    const { quotes, rejects, expected } = await refresh(bodies, 1698670000000);
    expect({ quotes, rejects, expected }).toEqual({ quotes: [], rejects: [], expected: 1 });
  });

  test.each([
    ["symbol-list.json", "xt_usdt", 1657101601000],
    ["symbol-detail.json", "eth_usdt", 1654858201000],
  ])("the contract in %s, joined to a rate made for it", async (file, symbol, listedAtMs) => {
    const body: unknown = await read("xt", file);
    const result: unknown = Object(body).result;
    const list = reply(Array.isArray(result) ? result : [result]);
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [RATES]: [rate(symbol)],
      [LIST]: list,
    });
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([{ base: symbol.split("_")[0]?.toUpperCase(), listedAtMs }]);
  });

  test.each([
    ["agg-tickers.json", "badger_usdt", 2.7161, 2.7155, 242286.352],
    ["agg-ticker-one-symbol.json", "btc_usdt", 22416.5, 22424.5, 1399166074.31675],
  ])(
    "the ticker in %s, joined to a rate and a contract made for it",
    async (file, symbol, ...n) => {
      const body: unknown = await read("xt", file);
      const result: unknown = Object(body).result;
      const { quotes } = await refresh({
        [RATES]: [rate(symbol)],
        [TICKERS]: reply(Array.isArray(result) ? result : [result]),
        [LIST]: reply([contract(symbol)]),
      });
      const [markPrice, indexPrice, volume24hUsd] = n;
      expect(quotes).toMatchObject([{ markPrice, indexPrice, volume24hUsd }]);
    },
  );

  test("an error and the replies for one symbol are not lists", async () => {
    for (const file of ["error-invalid-symbol.json", "funding-rate.json"]) {
      const body = await read("xt", file);
      await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
  });
});
