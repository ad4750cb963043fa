import { describe, expect, test } from "bun:test";
import type { Quote } from "../../src/domain/quote.ts";
import { kucoin } from "../../src/exchanges/kucoin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const ACTIVE = "/api/v1/contracts/active";
const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const HOUR_MS = 3_600_000;

type Row = Readonly<Record<string, unknown>>;

function contract(symbol: string, baseCurrency: string, extra: Row = {}): Row {
  return {
    symbol,
    baseCurrency,
    displayBaseCurrency: baseCurrency,
    quoteCurrency: "USDT",
    settleCurrency: "USDT",
    type: "FFWCSX",
    isInverse: false,
    status: "Open",
    expireDate: null,
    marketStage: "NORMAL",
    assetClass: "CRYPTO",
    firstOpenDate: 1585555200000,
    fundingFeeRate: -7.1e-5,
    predictedFundingFeeRate: null,
    fundingRateCap: 0.003,
    fundingRateFloor: -0.002,
    dailyInterestRate: 0.0003,
    fundingRateGranularity: 8 * HOUR_MS,
    currentFundingRateGranularity: 8 * HOUR_MS,
    nextFundingRateDateTime: Date.UTC(2026, 9, 5, 16),
    nextFundingRateTime: 9_000_000,
    markPrice: 68000,
    indexPrice: 68050.5,
    openInterest: "20000000",
    multiplier: 0.001,
    turnoverOf24h: 719993040.5,
    volumeOf24h: 10741.1,
    takerFeeRate: 0.0006,
    ...extra,
  };
}

const BTC = contract("XBTUSDTM", "XBT");
const ETH_USDC = contract("ETHUSDCM", "ETH", {
  quoteCurrency: "USDC",
  settleCurrency: "USDC",
  currentFundingRateGranularity: 4 * HOUR_MS,
  markPrice: 2000,
  multiplier: 0.01,
  openInterest: "5000",
});
const BONK = contract("1000BONKUSDTM", "1000BONK", {
  fundingFeeRate: 0.0001,
  fundingRateGranularity: 4 * HOUR_MS,
  currentFundingRateGranularity: 4 * HOUR_MS,
});
const HOURLY = contract("CVCUSDTM", "CVC", {
  fundingRateGranularity: HOUR_MS,
  currentFundingRateGranularity: null,
  nextFundingRateDateTime: Date.UTC(2026, 9, 5, 14),
});
const PINYIN = contract("BIANRENSHENGUSDTM", "BIANRENSHENG", { displayBaseCurrency: "币安人生" });
const TESLA = contract("TSLAUSDTM", "TSLA", { assetClass: "STOCK" });

const DATED = contract("XBTMU26", "XBT", {
  type: "FFICSX",
  expireDate: Date.UTC(2026, 11, 25),
  fundingFeeRate: null,
  nextFundingRateDateTime: null,
});
const INVERSE = contract("XBTUSDM", "XBT", {
  quoteCurrency: "USD",
  settleCurrency: "XBT",
  isInverse: true,
  multiplier: -1,
});
const PRE_MARKET = contract("OPENAIUSDTM", "OPENAI", {
  marketStage: "PRE_MARKET",
  fundingFeeRate: 0,
});
const PAUSED = contract("OLDUSDTM", "OLD", { status: "Paused" });

const bodiesOf = (...rows: readonly Row[]): Bodies => ({
  [ACTIVE]: { code: "200000", data: rows },
});
const BODIES = bodiesOf(
  BTC,
  ETH_USDC,
  BONK,
  HOURLY,
  PINYIN,
  TESLA,
  DATED,
  INVERSE,
  PRE_MARKET,
  PAUSED,
);

const refresh = (bodies: Bodies, nowMs = AT) => kucoin.refresh(memorySource(bodies, { nowMs }));

async function only(row: Row, nowMs = AT): Promise<Quote | undefined> {
  const { quotes } = await refresh(bodiesOf(row), nowMs);
  expect(quotes.length).toBe(1);
  return quotes[0];
}

describe("kucoin", () => {
  test("asks once, for everything", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await kucoin.refresh(source);
    expect(source.requests).toEqual([ACTIVE]);
    expect(source.requests.length).toBe(kucoin.facts.requestsPerRefresh);
    expect(source.asks).toEqual([{ kind: "essential", name: "contracts", everyMs: null }]);
  });

  test("a contract becomes a quote with every field by the page's units, XBT being BTC", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([
      "XBTUSDTM",
      "ETHUSDCM",
      "1000BONKUSDTM",
      "CVCUSDTM",
      "BIANRENSHENGUSDTM",
      "TSLAUSDTM",
    ]);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    const [btc] = quotes;
    expect(btc?.baselineRate).toBeCloseTo(0.0001, 12);
    expect({ ...btc, baselineRate: null } as unknown).toEqual({
      exchangeSymbol: "XBTUSDTM",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: 1585555200000,
      fundingRate: -0.000071,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: Date.UTC(2026, 9, 5, 16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.002,
      baselineRate: null,
      settling: false,
      markPrice: 68000,
      indexPrice: 68050.5,
      // 20,000,000 contracts of 0.001 coins at 68,000.
      openInterestDigit: 2,
      openInterestUsd: 1360000000,
      volume24hUsd: 719993040.5,
      takerFeeBps: 6,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("the USDC twin is another market, at the interval that runs now", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "ETH",
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 4,
      openInterestUsd: 100000,
    });
    expect(quotes[1]?.baselineRate).toBeCloseTo(0.00005, 12);
  });

  test("documented prefixes become the multiplier", async () => {
    for (const [ticker, base, multiplier] of [
      ["1000BONK", "BONK", 1000],
      ["10000CAT", "CAT", 10000],
      ["1000000MOG", "MOG", 1000000],
      ["1MBABYDOGE", "BABYDOGE", 1000000],
      ["1INCH", "1INCH", 1],
      ["TENCENTHKD", "TENCENTHKD", 1],
    ] as const) {
      expect(await only(contract(`${ticker}USDTM`, ticker))).toMatchObject({ base, multiplier });
    }
  });

  test("the general granularity serves where the current one is null", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[3]).toMatchObject({ fundingIntervalHours: 1, intervalSource: "published" });
  });

  test("an unreadable current granularity leaves the interval unknown", async () => {
    for (const bad of ["soon", {}, -1, ""]) {
      const row = contract("AUSDTM", "A", { currentFundingRateGranularity: bad });
      expect(await only(row)).toMatchObject({
        fundingIntervalHours: null,
        intervalSource: null,
        baselineRate: null,
      });
    }
  });

  test("a transcribed name gives way to the shown one", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[4]?.base).toBe("币安人生");
  });

  test.each([
    ["CRYPTO", "crypto"],
    ["STOCK", "stock"],
    ["METAL", "metal"],
    ["COMMODITY", "commodity"],
    ["BOND", null],
    [undefined, null],
  ] as const)("assetClass %p is the class %p", async (name, assetClass) => {
    expect((await only(contract("AUSDTM", "A", { assetClass: name })))?.assetClass).toBe(
      assetClass,
    );
  });

  test("a shifted settlement grid is taken from the exchange", async () => {
    const nextFundingRateDateTime = Date.UTC(2026, 9, 5, 15);
    const row = contract("TRUSTUSDTM", "TRUST", {
      currentFundingRateGranularity: 4 * HOUR_MS,
      nextFundingRateDateTime,
    });
    expect(await only(row)).toMatchObject({
      nextFundingAtMs: nextFundingRateDateTime,
      fundingIntervalHours: 4,
    });
  });

  test("a next time that has passed is kept; one beyond the interval is unknown with it", async () => {
    expect(await only(BTC, Date.UTC(2026, 9, 5, 16, 0, 1))).toMatchObject({
      nextFundingAtMs: Date.UTC(2026, 9, 5, 16),
      fundingIntervalHours: 8,
    });
    expect(await only(BTC, Date.UTC(2026, 9, 5, 4))).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await kucoin.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const {
      predictedFundingFeeRate: _always,
      nextFundingRateTime: _countdown,
      volumeOf24h: _inCoins,
      ...read
    } = BTC;
    expect(kucoin.explain(raw, "XBTUSDTM")).toEqual({
      rows: { contracts: read },
      formula: "{contracts.fundingFeeRate}",
    });
    expect(kucoin.explain(raw, "BTCUSDTM")).toBeNull();
  });
});

describe("kucoin keeps", () => {
  test("a perpetual whose delisting is announced, until then", async () => {
    const expireDate = AT + 3 * 24 * HOUR_MS;
    const leaving = contract("OMNIUSDTM", "OMNI", { expireDate });
    expect(await only(leaving)).toMatchObject({ base: "OMNI", fundingIntervalHours: 8 });
    const nearly = { ...leaving, nextFundingRateDateTime: expireDate + 1 };
    expect(await only(nearly, expireDate - 1)).toMatchObject({ base: "OMNI" });
    const { quotes, rejects } = await refresh(bodiesOf(BTC, nearly), expireDate);
    expect([quotes.map((quote) => quote.base), rejects]).toEqual([[], []]);
  });
});

describe("kucoin skips", () => {
  test.each([
    ["a dated contract", DATED],
    ["an inverse contract", INVERSE],
    ["a dated contract without its expiry", contract("AUSDTM", "A", { type: "FFICSX" })],
    ["a paused contract", PAUSED],
    ["a settled contract", contract("AUSDTM", "A", { status: "BeingSettled" })],
    ["a contract in cancel-only", contract("AUSDTM", "A", { status: "CancelOnly" })],
    ["an inverse contract quoted in USDT", contract("AUSDTM", "A", { isInverse: true })],
    ["a contract whose announced end has come", contract("AUSDTM", "A", { expireDate: AT })],
    ["a contract settled in a coin", contract("AUSDTM", "A", { settleCurrency: "XBT" })],
    ["a pre-market contract", PRE_MARKET],
  ])("%s", async (_case, row) => {
    const { quotes, rejects } = await refresh(bodiesOf(BTC, row));
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["XBTUSDTM"]);
    expect(rejects).toEqual([]);
  });

  test("nothing where no contract of the reply names a market stage", async () => {
    const { marketStage: _stage, ...unstaged } = BTC;
    expect(await only(unstaged)).toMatchObject({ base: "BTC" });
    const { quotes } = await refresh(bodiesOf(unstaged, PRE_MARKET));
    expect(quotes.map((quote) => quote.base)).toEqual(["BTC"]);
  });
});

describe("kucoin rejects", () => {
  test.each([
    ["a missing rate", { fundingFeeRate: null }, "bad_rate"],
    ["an empty rate", { fundingFeeRate: "" }, "bad_rate"],
    ["a rate over 100 %", { fundingFeeRate: -1.5 }, "implausible_rate"],
    [
      "the remaining milliseconds as a time",
      { nextFundingRateDateTime: 17752926 },
      "bad_next_time",
    ],
    ["a missing isInverse", { isInverse: undefined }, "bad_row"],
    ["an unreadable status", { status: 1 }, "bad_row"],
    ["a missing type", { type: undefined }, "bad_row"],
    ["a stage that got lost while others name theirs", { marketStage: undefined }, "bad_row"],
    ["a missing base", { baseCurrency: "" }, "bad_row"],
    ["an end in seconds", { expireDate: Date.UTC(2026, 11, 25) / 1000 }, "bad_row"],
    ["an end that cannot be read", { expireDate: {} }, "bad_row"],
    ["a type that is not documented", { type: "FFXCSX" }, "unknown_kind"],
    [
      "a stage that is neither normal nor before the market",
      { marketStage: "AUCTION" },
      "unknown_kind",
    ],
  ] as const)("%s", async (_case, extra, reason) => {
    const { quotes, rejects } = await refresh(bodiesOf(BTC, contract("AUSDTM", "A", extra)));
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["XBTUSDTM"]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "AUSDTM", reason }]);
  });

  test("both rows of one symbol that differ", async () => {
    const { quotes, rejects } = await refresh(
      bodiesOf(BTC, { ...BTC, fundingFeeRate: 0.0002 }, contract("AUSDTM", "A")),
    );
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["AUSDTM"]);
    expect(rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
  });
});

describe("kucoin failures", () => {
  test.each([
    ["code 404000", { code: "404000", msg: "not found" }, "bad_envelope"],
    ["code 429000", { code: "429000", msg: "too many" }, "rate_limited"],
    ["an empty list", { code: "200000", data: [] }, "bad_envelope"],
    ["no list", { code: "200000" }, "bad_envelope"],
    ["null", null, "bad_envelope"],
    ["no answer", new RequestFailure("network", "reset"), "network"],
  ] as const)("%s fails the refresh", async (_case, body, kind) => {
    const failure = await refresh({ [ACTIVE]: body }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("an HTTP failure whose code is 429000 is a rate limit", () => {
    expect(kucoin.facts.classifyFailure?.(400, '{"code":"429000","msg":"x"}')).toBe("rate_limited");
    expect(kucoin.facts.classifyFailure?.(400, '{"code":"400000","msg":"x"}')).toBeNull();
  });
});

const QUANTITY = "plausible sizes are judged across exchanges, after the adapter";
const NAME = "any text can be a ticker";
const exemptions: readonly Exemption[] = [
  {
    at: "contracts.symbol",
    mutations: ["NaN", "huge", "negative"],
    fields: ["exchangeSymbol"],
    why: "any text can be a symbol",
  },
  {
    at: "contracts.baseCurrency",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: NAME,
  },
  {
    at: "contracts.displayBaseCurrency",
    mutations: ["missing", "null", "flipped", "NaN", "huge", "negative", "empty", "object"],
    fields: ["base"],
    why: "without the shown name the transcription is all there is",
  },
  {
    at: "contracts.currentFundingRateGranularity",
    mutations: ["missing", "null"],
    fields: ["fundingIntervalHours", "baselineRate"],
    why: "absent, the general granularity holds",
  },
  {
    at: "contracts.fundingFeeRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "a rate may be negative",
  },
  {
    at: "contracts.dailyInterestRate",
    mutations: ["huge"],
    fields: ["baselineRate"],
    why: QUANTITY,
  },
  {
    at: "contracts.markPrice",
    mutations: ["huge"],
    fields: ["markPrice", "openInterestUsd"],
    why: QUANTITY,
  },
  { at: "contracts.indexPrice", mutations: ["huge"], fields: ["indexPrice"], why: QUANTITY },
  { at: "contracts.openInterest", mutations: ["huge"], fields: ["openInterestUsd"], why: QUANTITY },
  { at: "contracts.multiplier", mutations: ["huge"], fields: ["openInterestUsd"], why: QUANTITY },
  { at: "contracts.turnoverOf24h", mutations: ["huge"], fields: ["volume24hUsd"], why: QUANTITY },
];

test("kucoin: no single wrong value makes a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "contracts", request: ACTIVE, rows: (body) => listIn(body) },
      { name: "envelope", request: ACTIVE, rows: (body) => [body] },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

function listIn(body: unknown): readonly unknown[] {
  const list: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "data") : null;
  return Array.isArray(list) ? list : [];
}

describeRecorded("kucoin, recorded", (read) => {
  test("the row of August 2026", async () => {
    const body = await read("kucoin", "contracts-active.json");
    const { quotes, rejects } = await refresh({ [ACTIVE]: body }, 1787184000000 - 2 * HOUR_MS);
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        exchangeSymbol: "XBTUSDTM",
        base: "BTC",
        assetClass: null,
        fundingRate: -0.000071,
        fundingIntervalHours: 8,
        nextFundingAtMs: 1787184000000,
        volume24hUsd: 719993040.669,
      },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(28127.482 * 67810, 3);
  });

  test("the documented object of a single-contract call, put into a list", async () => {
    const body = await read("kucoin", "contract-xbtusdtm.json");
    const row: unknown =
      typeof body === "object" && body !== null ? Reflect.get(body, "data") : null;
    const { quotes, rejects } = await refresh({ [ACTIVE]: { code: "200000", data: [row] } });
    expect(rejects).toEqual([]);
    // Its only time is the number of milliseconds remaining, which is no time.
    expect(quotes).toMatchObject([
      {
        base: "BTC",
        fundingRate: 0.000052,
        fundingIntervalHours: 8,
        nextFundingAtMs: null,
        predictedRate: null,
      },
    ]);
  });

  test.each(["ua-v2-funding-rate.json", "funding-rate-current.json"])(
    "%s is not the list of contracts and is refused",
    async (file) => {
      const failure = await refresh({ [ACTIVE]: await read("kucoin", file) }).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    },
  );
});
