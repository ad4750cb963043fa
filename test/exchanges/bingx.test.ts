import { describe, expect, test } from "bun:test";
import { bingx } from "../../src/exchanges/bingx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  RATES,
  TICKERS,
  LIST,
  interestAt,
  listAt,
  ratesAt,
  tickersAt,
  AT,
  at,
  rate,
  ticker,
  contract,
  interest,
  reply,
  LIVE,
  symbolOf,
  BODIES,
  refresh,
  btcOf,
} from "./bingx-payloads.ts";

describe("bingx", () => {
  test("anything without another marker is a coin, except a company before its listing", async () => {
    const symbols = ["BTC-USDT", "OPENAI-USDT", "ANTHROPIC-USDT"];
    const { quotes, rejects, expected } = await refresh({
      ...BODIES,
      [RATES]: reply(symbols.map((symbol) => rate(symbol))),
      [TICKERS]: reply(symbols.map((symbol) => ticker(symbol))),
      [LIST]: reply(symbols.map((symbol) => contract(symbol))),
    });
    expect(quotes.map(({ exchangeSymbol, assetClass }) => [exchangeSymbol, assetClass])).toEqual([
      ["BTC-USDT", "crypto"],
    ]);
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
  });

  test("rates and tickers every cycle, the list and open interest with their own periods, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await bingx.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "instruments instruments 1800000",
      "essential rates null",
      "secondary tickers null",
      "rotation openInterest 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), bingx.facts.requestsPerRefresh]).toEqual([3, 2]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      takerFeeBps: 5,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.000073,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: null,
      settling: false,
      markPrice: 71000.5,
      indexPrice: 71012.25,
      // Sent as an amount.
      openInterestUsd: 500100.5,
      volume24hUsd: 3691203440.75,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, a commodity, a stock without an interval, and a twin in USDC", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.00045, volume24hUsd: null };
    expect(quotes[1]).toMatchObject({
      ...pepe,
      fundingIntervalHours: 4,
      openInterestUsd: 1500100.5,
    });
    expect(quotes[2]).toMatchObject({ base: "GOLD", assetClass: "commodity", fundingRate: 0 });
    const unknown = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: at(16) };
    expect(quotes[3]).toMatchObject({ base: "TSLA", assetClass: "stock", ...unknown });
    expect(quotes[4]).toMatchObject({ base: "BTC", quote: "USDC", settle: "USDC" });
  });

  test.each([
    ["NCFXEUR2USD-USDT", "EUR", "forex"],
    ["NCSISP5002USD-USDT", "SP500", "index"],
    ["NCSK2USD-USDT", "NCSK2USD", "stock"],
    ["NCX-USDT", "NCX", "crypto"],
    ["1INCH-USDT", "1INCH", "crypto"],
    ["1000000BABYDOGE-USDT", "BABYDOGE", "crypto"],
  ])("%s is %s, %s", async (symbol, base, assetClass) => {
    const { quotes } = await refresh(
      { ...BODIES, [RATES]: reply([rate(symbol)]), [LIST]: reply([contract(symbol)]) },
      { rotationsEmpty: true },
    );
    expect(quotes).toMatchObject([{ base, assetClass, openInterestUsd: null }]);
  });

  test("a name of neither a coin nor a known kind is neither shown nor a bad row", async () => {
    const symbol = "NCBDUST10Y2USD-USDT";
    const bodies = { [RATES]: reply([rate(symbol)]), [LIST]: reply([contract(symbol)]) };
    expect(await refresh({ ...BODIES, ...bodies })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: symbol, reason: "unknown_kind" }],
      expected: 0,
    });
  });

  test("a contract that cannot be opened over the API is charged funding nevertheless", async () => {
    const { quote } = await btcOf({}, { apiStateOpen: "false", apiStateClose: "false" });
    expect(quote).toMatchObject({ exchangeSymbol: "BTC-USDT", fundingRate: 0.000073 });
  });

  test("the fee is the contract's own, the caps are the row's; unreadable ones are unknown", async () => {
    expect((await btcOf({}, { takerFeeRate: "0.00045" })).quote?.takerFeeBps).toBe(4.5);
    for (const takerFeeRate of [null, "", -0.0005, 5])
      expect((await btcOf({}, { takerFeeRate })).quote?.takerFeeBps).toBeNull();
    const odd = { maxFundingRate: "-0.003", minFundingRate: "" };
    expect((await btcOf(odd)).quote).toMatchObject({ rateCap: null, rateFloor: null });
  });

  test("offline, closed, coming, coin-quoted, coin-settled and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(symbolOf));
  });

  test("a row of unclear kind is rejected and counted", async () => {
    for (const extra of [{ status: null }, { status: "online" }, { currency: null }]) {
      const { batch } = await btcOf({}, extra);
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
  });

  test.each([
    [{ lastFundingRate: "" }, "bad_rate"],
    [{ lastFundingRate: "-3" }, "implausible_rate"],
    [{ nextFundingTime: 9_000_000 }, "bad_next_time"],
  ])("%p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an interval that the next time contradicts is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: null };
    expect((await btcOf({ fundingIntervalHours: 1 })).quote).toMatchObject(unknown);
    const { batch } = await btcOf({ nextFundingTime: at(8, 2) });
    expect(batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test("a secondary reply failing affects only its own fields; rates or list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const strange = interest("ETH-USDT", "9");
    const bodies = { ...BODIES, [TICKERS]: down, [interestAt("BTC-USDT")]: strange };
    const [quote] = (await refresh(bodies)).quotes;
    expect(quote).toMatchObject({ markPrice: 71000.5, openInterestUsd: null, volume24hUsd: null });
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["busy", { code: 100410, msg: "busy" }, "rate_limited"],
    ["bad parameters", { code: 109400, msg: "no", data: {} }, "bad_envelope"],
    ["no code", { data: [rate("BTC-USDT")] }, "bad_envelope"],
    ["one symbol", reply(rate("BTC-USDT")), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
    const status = bingx.facts.classifyFailure?.(400, JSON.stringify(body));
    expect(status === "rate_limited").toBe(kind === "rate_limited");
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await bingx.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { lastFundingRate, fundingIntervalHours } = rate("BTC-USDT");
    expect(bingx.explain(raw, "BTC-USDT")).toMatchObject({
      rows: { rates: { lastFundingRate, fundingIntervalHours }, instruments: { status: 1 } },
      formula: "{rates.lastFundingRate}",
    });
    expect(bingx.explain(raw, "NONE-USDT")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";

test("bingx: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "tickers", request: TICKERS, rows },
      { name: "interest", request: interestAt("BTC-USDT"), rows: (body) => [Object(body).data] },
      { name: "list", request: LIST, rows },
    ],
    // A symbol changed in the list requests an open interest that does not exist.
    refresh: async (bodies) => {
      const down = new RequestFailure("http", "unknown symbol");
      const strange = ["1", "NaN", "1e300", "-1"].map((key) => [interestAt(key), down]);
      const source = memorySource({ ...Object.fromEntries(strange), ...bodies }, { nowMs: AT });
      return bingx.parse(await bingx.fetchRaw(source));
    },
    exemptions: [
      may("rates.lastFundingRate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("rates.markPrice", ["huge"], ["markPrice"], LEGAL),
      may("rates.indexPrice", ["huge"], ["indexPrice"], LEGAL),
      may("interest.openInterest", ["huge"], ["openInterestUsd"], LEGAL),
      may("tickers.quoteVolume", ["huge"], ["volume24hUsd"], LEGAL),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("bingx, recorded", (read) => {
  const SEEN = 1672026700000;

  test("rates, tickers and contracts as printed in its documentation", async () => {
    const { quotes, rejects, expected } = await refresh(
      {
        [ratesAt(SEEN)]: await read("bingx", "premiumIndex.json"),
        [tickersAt(SEEN)]: await read("bingx", "ticker.json"),
        [listAt(SEEN)]: await read("bingx", "contracts.json"),
      },
      { nowMs: SEEN, rotationsEmpty: true },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 2 });
    const prices = { markPrice: 16884.5, indexPrice: 16886.9, volume24hUsd: 4151395117.73 };
    const times = { fundingIntervalHours: 8, nextFundingAtMs: 1672041600000 };
    expect(quotes).toMatchObject([{ base: "BTC", fundingRate: 0.0001, ...prices, ...times }]);
  });

  test("an open interest, joined to a rate and a contract made for it", async () => {
    const { quotes } = await refresh({
      [RATES]: reply([rate("EOS-USDT")]),
      [TICKERS]: reply([ticker("EOS-USDT")]),
      [LIST]: reply([contract("EOS-USDT")]),
      [interestAt("EOS-USDT")]: await read("bingx", "openInterest.json"),
    });
    expect(quotes).toMatchObject([{ base: "EOS", openInterestUsd: 7409966.52 }]);
  });

  test("an older row without an interval, put into a list; the replies for one symbol are no lists", async () => {
    const one: unknown = await read("bingx", "premiumIndex-one-symbol.json");
    const nowMs = 1728590000000;
    const old = {
      [ratesAt(nowMs)]: reply([Object(one).data]),
      [tickersAt(nowMs)]: reply([ticker("ETH-USDT")]),
      [listAt(nowMs)]: reply([contract("ETH-USDT")]),
    };
    const { quotes } = await refresh(old, { nowMs, rotationsEmpty: true });
    const unknown = { fundingIntervalHours: null, nextFundingAtMs: 1728604800000 };
    expect(quotes).toMatchObject([{ fundingRate: 0.000099, markPrice: 2408.4, ...unknown }]);
    await expect(refresh({ ...BODIES, [RATES]: one })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
    const tickers = await read("bingx", "ticker-one-symbol.json");
    expect((await refresh({ ...BODIES, [TICKERS]: tickers })).quotes[0]?.volume24hUsd).toBeNull();
  });

  test("busy is a rate limit", async () => {
    const body = await read("bingx", "error-busy.json");
    const kind = "rate_limited";
    await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({ kind });
  });
});
