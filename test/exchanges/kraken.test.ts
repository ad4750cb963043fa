import { describe, expect, test } from "bun:test";
import { kraken } from "../../src/exchanges/kraken.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import {
  AT,
  BODIES,
  BTC,
  INSTRUMENTS,
  NEXT_HOUR,
  TICKERS,
  bodiesOf,
  instrument,
  refresh,
  refreshOf,
  ticker,
} from "./kraken-payloads.ts";

describe("kraken", () => {
  test("requests the tickers every cycle and the instruments rarely", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await kraken.refresh(source);
    expect(source.requests.toSorted()).toEqual([INSTRUMENTS, TICKERS]);
    expect(source.asks).toEqual([
      { kind: "essential", name: "tickers", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
    ]);
    const everyCycle = source.asks.filter((ask) => ask.everyMs === null);
    expect(everyCycle.length).toBe(kraken.facts.requestsPerRefresh);
    expect(source.mostAtOnce()).toBe(2);
  });

  test("a contract becomes a quote with every field in the documented units, XBT being BTC", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([
      "PF_XBTUSD",
      "PF_PEPEUSD",
      "PF_AAPLxUSD",
    ]);
    // The suspended one is on the list.
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "PF_XBTUSD",
      base: "BTC",
      quote: "USD",
      settle: "USD",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: Date.UTC(2022, 2, 22, 13, 18, 45),
      // 1.6 USD per coin and hour over an index of 80,000.
      fundingRate: 0.00002,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT_HOUR,
      predictedRate: -0.00001,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.005,
      rateFloor: -0.005,
      baselineRate: null,
      settling: false,
      markPrice: 80040,
      indexPrice: 80000,
      openInterestDigit: 5,
      openInterestUsd: 2000.5 * 80040,
      volume24hUsd: 640000000.5,
      exchangeTimeMs: Date.UTC(2026, 9, 5, 13, 29, 59, 500),
      receivedAtMs: AT,
    });
  });

  test("rate and prediction beyond the contract's cap are clamped to it", async () => {
    const { quotes } = await refresh(BODIES);
    // -4e-8 / 8e-6 is -0.5 %, 3.2e-8 / 8e-6 is 0.4 %; the cap is 0.25 %.
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1,
      fundingRate: -0.0025,
      predictedRate: 0.0025,
    });
    expect(quotes[1]?.openInterestUsd).toBeCloseTo(8100000, 3);
  });

  test("a tokenised stock has its underlying's ticker and class, and a rate of zero is a rate", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({ base: "AAPL", assetClass: "stock", fundingRate: 0 });
    expect(quotes[2]?.predictedRate).toBeCloseTo(0.00001, 12);
  });

  test("the amount is divided by the index, never by the mark", async () => {
    const { quote } = await refreshOf({
      fundingRate: -0.000332663,
      markPrice: 0.12664,
      indexPrice: 0.136173,
    });
    expect(quote?.fundingRate).toBeCloseTo(-0.0024429, 7);
  });

  test("without a base the left side of the pair is the asset", async () => {
    expect((await refreshOf({}, { base: undefined })).quote?.base).toBe("BTC");
  });

  test("a share and a coin whose symbols differ only in case are two", async () => {
    const coin = { base: "GMX", pair: "GMX:USD" };
    const share = { base: "GMx", pair: "GMx:USD" };
    const tickers = [
      ticker("PF_GMXUSD", { pair: "GMX:USD" }),
      ticker("PF_GMxUSD", { pair: "GMx:USD" }),
    ];
    for (const instruments of [
      [instrument("PF_GMXUSD", coin), instrument("PF_GMxUSD", share)],
      [instrument("PF_GMxUSD", share), instrument("PF_GMXUSD", coin)],
    ]) {
      const { quotes, expected } = await refresh(bodiesOf(tickers, instruments));
      expect(quotes.map(({ exchangeSymbol, base }) => [exchangeSymbol, base])).toEqual([
        ["PF_GMXUSD", "GMX"],
        ["PF_GMxUSD", "GM"],
      ]);
      expect(expected).toBe(2);
    }
  });

  test("symbols match in any case, and are kept verbatim", async () => {
    const bodies = bodiesOf([ticker("pf_xbtusd")], [instrument("PF_XBTUSD")]);
    expect((await refresh(bodies)).quotes).toMatchObject([
      { exchangeSymbol: "pf_xbtusd", base: "BTC" },
    ]);
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await kraken.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { vol24h: _inCoins, ...read } = BTC;
    expect(kraken.explain(raw, "PF_XBTUSD")).toEqual({
      rows: {
        tickers: read,
        instruments: {
          symbol: "PF_XBTUSD",
          type: "flexible_futures",
          tradeable: true,
          postOnly: false,
          base: "BTC",
          quote: "USD",
          openingDate: "2022-03-22T13:18:45Z",
          category: "Layer 1",
          tradfi: false,
          maxRelativeFundingRate: 0.005,
        },
      },
      formula:
        "min({instruments.maxRelativeFundingRate}, max(-{instruments.maxRelativeFundingRate}, {tickers.fundingRate} / {tickers.indexPrice}))",
    });
    expect(kraken.explain(raw, "PF_PEPEUSD")?.rows).toMatchObject({
      tickers: { fundingRate: -4e-8 },
      instruments: { base: "PEPE" },
    });
    expect(kraken.explain(raw, "PF_NONEUSD")).toBeNull();
  });

  test("the explanation omits a cap that the contract does not have", async () => {
    const bodies = bodiesOf([BTC], [instrument("pf_xbtusd", { maxRelativeFundingRate: null })]);
    expect((await refresh(bodies)).explain("PF_XBTUSD")).toMatchObject({
      quote: { fundingRate: 0.00002, rateCap: null },
      origin: { formula: "{tickers.fundingRate} / {tickers.indexPrice}" },
    });
  });
});

describe("kraken skips", () => {
  test.each([
    ["a contract listed without matching yet", {}, { postOnly: true }],
    ["a contract that is not tradeable", {}, { tradeable: false }],
    ["a contract with a last trading time", {}, { lastTradingTime: "2026-12-25T15:00:00.000Z" }],
    ["a contract of another type", {}, { type: "futures_vanilla" }],
    ["a contract in another currency", {}, { quote: "EUR" }],
    ["a company that is not listed yet", {}, { category: "Pre-IPO" }],
    ["one in another spelling", {}, { category: "PRE-IPO", tradfi: true }],
  ])("%s, and does not expect it", async (_case, tickerExtra, instrumentExtra) => {
    expect(await refreshOf(tickerExtra, instrumentExtra)).toEqual({
      quote: undefined,
      rejects: [],
      expected: 1,
      unlisted: 0,
    });
  });

  test.each(["type", "tradeable"])(
    "a contract that does not say its %s, and says so",
    async (key) => {
      expect(await refreshOf({}, { [key]: undefined })).toMatchObject({
        quote: undefined,
        rejects: [{ exchangeSymbol: "PF_AUSD", reason: "bad_row" }],
        expected: 1,
        unlisted: 0,
      });
    },
  );

  test.each([
    ["a suspended contract", { suspended: true }],
    ["a contract without matching yet", { postOnly: true }],
  ])("%s by the tickers, which the list still expects", async (_case, tickerExtra) => {
    expect(await refreshOf(tickerExtra)).toEqual({
      quote: undefined,
      rejects: [],
      expected: 2,
      unlisted: 0,
    });
  });

  test.each([["PI_AUSD"], ["FI_AUSD_261225"], ["FF_AUSD_261225"], ["in_ausd"], ["rr_ausd"]])(
    "%s by its prefix",
    async (symbol) => {
      expect(await refreshOf({}, {}, symbol)).toEqual({
        quote: undefined,
        rejects: [],
        expected: 1,
        unlisted: 0,
      });
    },
  );

  test("a rate that is not in the instrument list, and counts it", async () => {
    const bodies = bodiesOf(
      [
        BTC,
        ticker("PF_NEWUSD"),
        ticker("PI_NEWUSD"),
        ticker("PF_BAREUSD", { fundingRate: undefined }),
      ],
      [instrument("PF_XBTUSD")],
    );
    const { quotes, expected, unlisted, rejects } = await refresh(bodies);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["PF_XBTUSD"]);
    expect({ expected, unlisted, rejects }).toEqual({ expected: 1, unlisted: 1, rejects: [] });
  });

  test("a contract listed twice with different amounts, and counts it; equal duplicates are merged", async () => {
    const list = [instrument("PF_XBTUSD")];
    const twins = (second: typeof BTC) =>
      refresh(bodiesOf([BTC, second, ticker("in_xbtusd")], list));
    const { quotes, rejects, expected } = await twins(ticker("PF_XBTUSD", { fundingRate: 3.2 }));
    expect({ quotes, expected }).toEqual({ quotes: [], expected: 1 });
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    expect((await twins(BTC)).quotes).toHaveLength(1);
  });

  test("nothing silently: a listed contract without a ticker is still expected", async () => {
    const bodies = bodiesOf(
      [BTC],
      [instrument("PF_XBTUSD"), instrument("PF_PEPEUSD", { base: "PEPE" })],
    );
    expect(await refresh(bodies)).toMatchObject({
      expected: 2,
      rejects: [],
      quotes: [{ base: "BTC" }],
    });
  });
});

describe("kraken rejects", () => {
  test.each([
    ["a missing rate", { fundingRate: undefined }, {}, "bad_rate"],
    ["an empty rate", { fundingRate: "" }, {}, "bad_rate"],
    ["a missing index price", { indexPrice: null }, {}, "bad_price"],
    ["an index price of zero", { indexPrice: 0 }, {}, "bad_price"],
    ["an index price in another unit than the mark", { indexPrice: 80 }, {}, "bad_price"],
    ["an amount above the whole notional", { fundingRate: 90000 }, {}, "implausible_rate"],
    ["an unreadable suspended", { suspended: "no" }, {}, "bad_row"],
    ["a missing tag", { tag: undefined }, {}, "bad_row"],
    ["a dated tag under a perpetual's name", { tag: "quarter" }, {}, "unknown_kind"],
    ["an unreadable postOnly", { postOnly: 1 }, {}, "bad_row"],
    ["a postOnly that is nowhere", { postOnly: undefined }, { postOnly: undefined }, "bad_row"],
    ["no name of the asset", { pair: undefined }, { base: undefined }, "bad_row"],
  ] as const)("%s", async (_case, tickerExtra, instrumentExtra, reason) => {
    const { quote, rejects, expected } = await refreshOf(tickerExtra, instrumentExtra);
    expect(quote).toBeUndefined();
    expect(rejects).toMatchObject([{ exchangeSymbol: "PF_AUSD", reason }]);
    expect(expected).toBe(2);
  });
});

describe("kraken failures", () => {
  test.each([
    ["a named error", { result: "error", error: "marketUnavailable" }, "bad_envelope"],
    ["the rate limit", { result: "error", error: "apiLimitExceeded" }, "rate_limited"],
    ["a list of errors", { errors: [{ code: 1, message: "no" }] }, "bad_envelope"],
    ["an empty list", { result: "success", tickers: [] }, "bad_envelope"],
    ["no list", { result: "success" }, "bad_envelope"],
    ["no result", { tickers: [BTC] }, "bad_envelope"],
    ["no answer", new RequestFailure("timeout", "10 s"), "timeout"],
  ] as const)("%s instead of the tickers fails the refresh", async (_case, body, kind) => {
    const failure = await refresh({ ...BODIES, [TICKERS]: body }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("no instrument list fails the refresh", async () => {
    const failure = await refresh({
      ...BODIES,
      [INSTRUMENTS]: { result: "success", instruments: [] },
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });

  test("an HTTP failure that names the rate limit is one", () => {
    const body = '{"result":"error","error":"apiLimitExceeded"}';
    expect(kraken.facts.classifyFailure?.(400, body)).toBe("rate_limited");
    expect(kraken.facts.classifyFailure?.(400, '{"error":"nonceBelowThreshold"}')).toBeNull();
  });
});
