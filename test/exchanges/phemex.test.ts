import { describe, expect, test } from "bun:test";
import { phemex } from "../../src/exchanges/phemex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  ratesAt,
  RATES,
  TICKERS,
  LIST,
  AT,
  at,
  LISTED,
  rate,
  perpetual,
  LIVE,
  symbolOf,
  page,
  products,
  BODIES,
  refresh,
  btcOf,
} from "./phemex-payloads.ts";

describe("phemex", () => {
  test("rates and tickers every cycle, the list with its own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await phemex.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential rates null",
      "secondary tickers null",
      "instruments instruments 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), phemex.facts.requestsPerRefresh]).toEqual([3, 2]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.00002255,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 71000.5,
      indexPrice: 71011,
      openInterestDigit: 5,
      openInterestUsd: 1500.25 * 71000.5,
      volume24hUsd: 228000111.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, a fund by its usual ticker, a contract in USDC at 1 h", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.0011, openInterestUsd: 2000 };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingIntervalHours: 4, baselineRate: null });
    expect(quotes[2]).toMatchObject({ base: "SPY", assetClass: null, fundingRate: 0 });
    const hourly = { fundingIntervalHours: 1, nextFundingAtMs: at(14), markPrice: null };
    expect(quotes[3]).toMatchObject({ base: "ETH", settle: "USDC", ...hourly });
  });

  test("delisted, pre-market, coin-quoted, coin-settled and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(symbolOf));
  });

  test("a row of unclear kind is rejected and counted", async () => {
    const kinds = ["type", "status", "perpProductSubType", "baseCurrency", "quoteCurrency"];
    for (const key of kinds) {
      const { batch } = await btcOf({}, { [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
    const { batch } = await btcOf({}, { perpProductSubType: "Lottery" });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "unknown_kind" }] });
  });

  test("pages are read until the total is reached, or no more come", async () => {
    const [first, second] = [rate("BTCUSDT"), rate("ETHUSDC")];
    const pages = { ...BODIES, [RATES]: page([first], "2"), [ratesAt(2)]: page([second], 2) };
    expect((await refresh(pages)).quotes.map((q) => q.base)).toEqual(["BTC", "ETH"]);
    const short = { ...BODIES, [RATES]: page([first], 2), [ratesAt(2)]: page([], 2) };
    expect((await refresh(short)).quotes.map((q) => q.base)).toEqual(["BTC"]);
    expect((await refresh(short)).leftOut).toBeUndefined();
    const other = { ...first, fundingRate: "0.0009" };
    const twice = { ...BODIES, [RATES]: page([first, second], 3), [ratesAt(2)]: page([other], 3) };
    expect(await refresh(twice)).toMatchObject({
      quotes: [{ base: "ETH" }],
      rejects: [0, 1].map(() => ({ exchangeSymbol: "BTCUSDT", reason: "ambiguous" })),
    });
    const source = memorySource(
      Object.fromEntries([
        ...Object.entries(BODIES),
        ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => [ratesAt(n), page([rate(`A${n}`)], 1e9)]),
      ]),
      { nowMs: AT },
    );
    const { leftOut } = await phemex.refresh(source);
    expect(source.requests).toHaveLength(10);
    expect(leftOut).toBe("rates after the first 8 of 1000000000");
  });

  test.each([
    [{ fundingRate: "" }, "bad_rate"],
    [{ fundingRate: "-3" }, "implausible_rate"],
    [{ nextfundingTime: at(16) / 1000 }, "bad_next_time"],
  ])("%p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an interval that is absent or contradicted is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
    const absent = (await btcOf({ fundingInterval: null })).quote;
    expect(absent).toMatchObject({ ...unknown, nextFundingAtMs: at(16) });
    const beyond = (await btcOf({ fundingInterval: 3600 })).quote;
    expect(beyond).toMatchObject({ ...unknown, nextFundingAtMs: null });
    const { batch } = await btcOf({ nextfundingTime: at(8, 2) });
    expect(batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test("tickers failing affect only prices and quantities; rates or list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const gone = { markPrice: null, indexPrice: null, openInterestUsd: null, volume24hUsd: null };
    for (const body of [down, { error: { code: 6001 }, result: null }]) {
      const { quotes } = await refresh({ ...BODIES, [TICKERS]: body });
      expect(quotes).toHaveLength(4);
      expect(quotes[0]).toMatchObject({ fundingRate: 0.00002255, ...gone });
    }
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { code: 11011, msg: "no", data: null }],
    ["an error of the other dialect", { error: { code: 6001 }, id: null, result: null }],
    ["an empty list", page([])],
    ["no total", page([rate("BTCUSDT")], null)],
    ["no rows", { code: "0", data: {} }],
  ])("%s with HTTP 200 fails the refresh", async (_, body) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind: "bad_envelope" });
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await phemex.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { fundingRate, fundingInterval } = rate("BTCUSDT");
    expect(phemex.explain(raw, "BTCUSDT")).toMatchObject({
      rows: { rates: { fundingRate, fundingInterval }, instruments: { status: "Listed" } },
      formula: "{rates.fundingRate}",
    });
    expect(phemex.explain(raw, "NONEUSDT")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";

test("phemex: no single wrong value leads to a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows: (body) => Object(body).data.rows },
      { name: "tickers", request: TICKERS, rows: (body) => Object(body).result },
      { name: "list", request: LIST, rows: (body) => Object(body).data.perpProductsV2 },
    ],
    refresh: async (bodies) =>
      phemex.parse(await phemex.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.fundingRate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("tickers.markRp", ["huge"], ["markPrice", "openInterestUsd"], LEGAL),
      may("tickers.indexRp", ["huge"], ["indexPrice"], LEGAL),
      may("tickers.openInterestRv", ["huge"], ["openInterestUsd"], LEGAL),
      may("tickers.turnoverRv", ["huge"], ["volume24hUsd"], LEGAL),
      may(
        "list.baseCurrency",
        ["NaN", "huge", "negative"],
        ["base", "multiplier"],
        "any text may be a ticker",
      ),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("phemex, recorded", (read) => {
  test("rates and products as printed in the documentation; the tickers are of another symbol", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(
      {
        [RATES]: await read("phemex", "real-funding-rates.json"),
        [TICKERS]: await read("phemex", "ticker-24hr-all-v3.json"),
        [LIST]: await read("phemex", "public-products.json"),
      },
      1742457600000 - 2519_000,
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 1, unlisted: 0 });
    const bounds = { rateCap: 0.02, rateFloor: -0.02, listedAtMs: 1668225600000 };
    const times = { fundingIntervalHours: 8, nextFundingAtMs: 1742457600000, assetClass: null };
    expect(quotes).toMatchObject([{ base: "BTC", fundingRate: 0.00001369, ...bounds, ...times }]);
  });

  test("the tickers, joined to a rate and a product made for them", async () => {
    const { quotes } = await refresh({
      [RATES]: page([rate("ETHUSDT")]),
      [TICKERS]: await read("phemex", "ticker-24hr-all-v3.json"),
      [LIST]: products([perpetual("ETHUSDT", "ETH")]),
    });
    const prices = { markPrice: 1905.733555189, indexPrice: 1906.275 };
    const money = { openInterestUsd: 7115 * 1905.733555189, volume24hUsd: 128200614.5585 };
    expect(quotes).toMatchObject([{ base: "ETH", ...prices, ...money }]);
  });

  test("an empty page and an error are failures; a ticker of one symbol affects its fields", async () => {
    for (const file of ["real-funding-rates-empty.json", "error-invalid-argument.json"]) {
      const body = await read("phemex", file);
      await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
    const one = await read("phemex", "ticker-24hr-one-symbol-v2.json");
    expect((await refresh({ ...BODIES, [TICKERS]: one })).quotes[0]?.markPrice).toBeNull();
  });
});
