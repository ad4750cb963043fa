import { describe, expect, test } from "bun:test";
import type { Quote } from "../../src/domain/quote.ts";
import { gate } from "../../src/exchanges/gate.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const CONTRACTS = "/api/v4/futures/usdt/contracts";
const TICKERS = "/api/v4/futures/usdt/tickers";
const USD1 = "/api/v4/futures/usd1/contracts";
const USD1_TICKERS = "/api/v4/futures/usd1/tickers";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const secondsAt = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour) / 1000;

type Row = Readonly<Record<string, unknown>>;

function contract(name: string, extra: Row = {}): Row {
  return {
    name,
    type: "direct",
    status: "trading",
    in_delisting: false,
    is_pre_market: false,
    contract_type: "",
    funding_rate: "0.000083",
    funding_rate_limit: "0.003",
    funding_interval: 28800,
    interest_rate: "0.0003",
    maker_fee_rate: "-0.0001",
    taker_fee_rate: "0.00075",
    funding_next_apply: secondsAt(16),
    mark_price: "64000.5",
    index_price: "64010",
    position_size: 1500000,
    quanto_multiplier: "0.0001",
    trade_size: 7168785,
    ...extra,
  };
}

const BTC = contract("BTC_USDT");
const PEPE = contract("PEPE_USDT", {
  funding_rate: "-0.00021",
  funding_rate_limit: "0.02",
  funding_interval: 14400,
  mark_price: "0.000008",
  index_price: "0.00000801",
  position_size: 300000,
  quanto_multiplier: "10000000",
});
const TESLA = contract("TSLA_USDT", {
  contract_type: "stocks",
  interest_rate: "0",
  funding_rate: "0",
  funding_interval: 3600,
  funding_next_apply: secondsAt(14),
  position_size: "120.5",
  mark_price: "400",
  quanto_multiplier: "0.01",
});
const DELISTING = contract("COCOS_USDT", { in_delisting: true, status: "delisting" });
const PRE_LAUNCH = contract("NEWCO_USDT", { status: "prelaunch" });
const PRE_MARKET = contract("OPENAI_USDT", {
  is_pre_market: true,
  funding_rate: "0",
  funding_rate_limit: "0.000001",
  mark_price: "1500",
  index_price: "1500",
});
const DATED = contract("BTC_USDT_20261225");
const INVERSE = contract("BTC_USD", { type: "inverse", quanto_multiplier: "0" });
const SKIPPED = [DELISTING, PRE_LAUNCH, PRE_MARKET, DATED, INVERSE];

const USD1_BTC = contract("BTC_USD1", { funding_rate: "0.00011", position_size: 20000 });

const BODIES: Bodies = {
  [CONTRACTS]: [BTC, PEPE, TESLA, ...SKIPPED],
  [TICKERS]: [
    { contract: "BTC_USDT", volume_24h_quote: "2500000000", total_size: "3000000" },
    { contract: "PEPE_USDT", volume_24h_quote: "37343788" },
    { contract: "OPENAI_USDT", volume_24h_quote: "12" },
  ],
  [USD1]: [USD1_BTC],
  [USD1_TICKERS]: [{ contract: "BTC_USD1", volume_24h_quote: "181000", volume_24h: "28" }],
};

const refresh = (bodies: Bodies, nowMs = AT) => gate.refresh(memorySource(bodies, { nowMs }));

async function refreshOf(row: Row, nowMs = AT) {
  return refresh(
    { ...BODIES, [CONTRACTS]: [row], [USD1]: new RequestFailure("http", "down") },
    nowMs,
  );
}

async function only(row: Row, nowMs = AT): Promise<Quote | undefined> {
  const { quotes } = await refreshOf(row, nowMs);
  expect(quotes.length).toBe(1);
  return quotes[0];
}

describe("gate", () => {
  test("asks for rates, volumes and the USD1 family together, without a limit", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await gate.refresh(source);
    expect(source.requests.toSorted()).toEqual([USD1, USD1_TICKERS, CONTRACTS, TICKERS]);
    expect(source.requests.length).toBe(gate.facts.requestsPerRefresh);
    expect(source.mostAtOnce()).toBe(4);
    expect(source.asks.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "essential contracts",
      "secondary usd1Contracts",
      "secondary tickers",
      "secondary usd1Tickers",
    ]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([
      "BTC_USDT",
      "PEPE_USDT",
      "TSLA_USDT",
      "BTC_USD1",
    ]);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC_USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: Date.UTC(2026, 9, 5, 16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.003,
      // A third of the interest of a day.
      baselineRate: 0.0003 / 3,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      // 1,500,000 contracts of 0.0001 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 9600075,
      volume24hUsd: 2500000000,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("the contract size enters open interest and never the multiplier", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1,
      fundingRate: -0.00021,
      fundingIntervalHours: 4,
      volume24hUsd: 37343788,
    });
    expect(quotes[1]?.baselineRate).toBeCloseTo(0.00005, 12);
    // 300,000 x 10,000,000 x 0.000008.
    expect(quotes[1]?.openInterestUsd).toBeCloseTo(24000000, 3);
  });

  test("a stock keeps its class, a rate of zero and a decimal size", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 9, 5, 14),
      baselineRate: 0,
      volume24hUsd: null,
    });
    expect(quotes[2]?.openInterestUsd).toBeCloseTo(482, 9);
  });

  test("a contract of the USD1 family is quoted and settled in USD1", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[3]).toMatchObject({
      base: "BTC",
      quote: "USD1",
      settle: "USD1",
      volume24hUsd: 181000,
    });
  });

  test("without the tickers of USD1 its volumes are unknown, and no other's", async () => {
    const down = new RequestFailure("http", "404", { status: 404 });
    const { quotes } = await refresh({ ...BODIES, [USD1_TICKERS]: down });
    expect(quotes.map((quote) => quote.volume24hUsd)).toEqual([2500000000, 37343788, null, null]);
  });

  test.each([
    ["0.0003", 3600, secondsAt(14), 0.0000125],
    ["0.0006", 14400, secondsAt(16), 0.0001],
    ["0", 28800, secondsAt(16), 0],
    [undefined, 28800, secondsAt(16), null],
    ["-0.0003", 28800, secondsAt(16), null],
  ])("an interest of %p a day at %p s rests at its share of the day", async (...row) => {
    const [interest_rate, funding_interval, funding_next_apply, baselineRate] = row;
    const extra = { interest_rate, funding_interval, funding_next_apply };
    const quote = await only(contract("BTC_USDT", extra));
    if (baselineRate === null) expect(quote?.baselineRate).toBeNull();
    else expect(quote?.baselineRate).toBeCloseTo(baselineRate, 12);
  });

  test("the fee in a contract is not what a taker pays, and is not taken for it", async () => {
    expect(await only(BTC)).not.toHaveProperty("takerFeeBps");
  });

  test("a numeric prefix becomes the multiplier, digits of a name stay", async () => {
    expect(await only(contract("1000BONK_USDT"))).toMatchObject({ base: "BONK", multiplier: 1000 });
    expect(await only(contract("0G_USDT"))).toMatchObject({ base: "0G", multiplier: 1 });
    expect(await only(contract("币安人生_USDT"))).toMatchObject({
      base: "币安人生",
      multiplier: 1,
    });
  });

  test.each([
    ["", "crypto"],
    ["stocks", "stock"],
    ["indices", "index"],
    ["metals", "metal"],
    ["commodities", "commodity"],
    ["forex", "forex"],
    ["bonds", null],
  ] as const)("contract_type %p is the class %p", async (type, assetClass) => {
    expect((await only(contract("X_USDT", { contract_type: type })))?.assetClass).toBe(assetClass);
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await gate.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { trade_size: _size, maker_fee_rate: _maker, taker_fee_rate: _taker, ...read } = BTC;
    expect(gate.explain(raw, "BTC_USDT")).toEqual({
      rows: {
        contracts: read,
        tickers: { contract: "BTC_USDT", volume_24h_quote: "2500000000" },
      },
      formula: "{contracts.funding_rate}",
    });
    expect(gate.explain(raw, "BTC_USD1")?.rows).toMatchObject({
      contracts: { name: "BTC_USD1", funding_rate: "0.00011" },
      tickers: { contract: "BTC_USD1", volume_24h_quote: "181000" },
    });
    for (const stranger of ["NONE_USDT", "NONE_USD1"]) {
      expect(gate.explain(raw, stranger)).toBeNull();
    }
  });
});

const DEAD = { funding_next_apply: secondsAt(8, 2) };

describe("gate skips", () => {
  test.each([
    ["a contract in delisting", DELISTING],
    ["a contract before its launch", PRE_LAUNCH],
    ["a pre-market contract", PRE_MARKET],
    ["a dated contract", DATED],
    ["an inverse contract", INVERSE],
    ["an inverse contract with a linear name", contract("A_USDT", { type: "inverse" })],
    ["a suspended contract", contract("A_USDT", { status: "suspend" })],
    ["a contract behind the circuit breaker", contract("A_USDT", { status: "circuit_breaker" })],
    [
      "a contract whose status says trading while it is in delisting",
      contract("A_USDT", { in_delisting: true }),
    ],
    ["another quote in the USDT family", contract("A_USD1")],
    ["a contract that settled last three days ago", contract("A_USDT", DEAD)],
    ["a pre-market contract that lost its flag", { ...PRE_MARKET, is_pre_market: undefined }],
    [
      "a pre-market contract that lost its flag and its cap",
      { ...PRE_MARKET, is_pre_market: undefined, funding_rate_limit: undefined },
    ],
  ])("%s", async (_case, row) => {
    const { quotes, rejects } = await refreshOf(row);
    expect({ quotes, rejects }).toEqual({ quotes: [], rejects: [] });
  });

  test("nothing of a row of 2023, which has neither status nor pre-market flag", async () => {
    const { status: _status, is_pre_market: _flag, ...old } = BTC;
    expect(await only(old)).toMatchObject({ base: "BTC" });
    expect((await refreshOf({ ...old, in_delisting: true })).quotes).toEqual([]);
  });
});

describe("gate rejects", () => {
  test.each([
    ["a missing rate", { funding_rate: undefined }, "bad_rate"],
    ["an empty rate", { funding_rate: "" }, "bad_rate"],
    ["a rate over 100 %", { funding_rate: "1.2" }, "implausible_rate"],
    ["a next time in milliseconds", { funding_next_apply: secondsAt(16) * 1000 }, "bad_next_time"],
    ["a missing in_delisting", { in_delisting: undefined }, "bad_row"],
    ["an unreadable status", { status: 7 }, "bad_row"],
    ["a row of today without its status", { status: undefined }, "bad_row"],
    ["a type that is not documented", { type: "event" }, "unknown_kind"],
  ] as const)("%s", async (_case, extra, reason) => {
    const { quotes, rejects } = await refreshOf(contract("BTC_USDT", extra));
    expect(quotes).toEqual([]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "BTC_USDT", reason }]);
  });

  test.each(["BTCUSDT", "AAPL_USDT_mythos", "BTC_USDT_2026", "_USDT", "BTC_"])(
    "the name %p as a kind that is not known",
    async (name) => {
      const { quotes, rejects } = await refreshOf(contract(name));
      expect(quotes).toEqual([]);
      expect(rejects).toMatchObject([{ exchangeSymbol: name, reason: "unknown_kind" }]);
    },
  );

  test("a row without a name, and keeps the others", async () => {
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [CONTRACTS]: [{ ...BTC, name: null }, PEPE],
    });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["PEPE_USDT", "BTC_USD1"]);
    expect(rejects).toMatchObject([{ exchangeSymbol: null, reason: "bad_row" }]);
  });
});

describe("gate times", () => {
  const settlement = Date.UTC(2026, 9, 5, 16);
  const next = { funding_next_apply: secondsAt(0, 6) };

  test("a row is settling for one minute after its settlement", async () => {
    const row = contract("BTC_USDT", next);
    expect((await only(row, settlement))?.settling).toBe(true);
    expect((await only(row, settlement + 59_999))?.settling).toBe(true);
    expect((await only(row, settlement + 60_000))?.settling).toBe(false);
  });

  test("a next time that has passed is kept, and the row is settling for a minute", async () => {
    expect(await only(BTC, settlement + 5_000)).toMatchObject({
      nextFundingAtMs: settlement,
      fundingIntervalHours: 8,
      settling: true,
    });
    expect(await only(BTC, settlement + 90_000)).toMatchObject({
      nextFundingAtMs: settlement,
      fundingIntervalHours: 8,
      settling: false,
    });
  });

  test("a next time beyond the interval is unknown with it", async () => {
    expect(await only(BTC, Date.UTC(2026, 9, 5, 4))).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
      settling: false,
    });
  });

  test("without an interval the row keeps its rate and names no interval", async () => {
    expect(await only(contract("BTC_USDT", { funding_interval: null }))).toMatchObject({
      fundingRate: 0.000083,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
  });
});

describe("gate failures", () => {
  const kindOf = (bodies: Bodies) =>
    refresh(bodies).then(
      () => "none",
      (error: unknown) => (error instanceof RequestFailure ? error.kind : String(error)),
    );

  test.each([
    ["an error label", { label: "INVALID_PARAM_VALUE", message: "invalid limit" }, "bad_envelope"],
    ["the rate limit label", { label: "TOO_MANY_REQUESTS" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["an object", {}, "bad_envelope"],
    ["a list of strangers", [1, "two", null], "bad_envelope"],
    ["no answer", new RequestFailure("timeout", "10 s"), "timeout"],
  ] as const)("%s instead of the contracts fails the refresh", async (_case, body, kind) => {
    expect(await kindOf({ ...BODIES, [CONTRACTS]: body })).toBe(kind);
  });

  test("without volumes and without the USD1 family the rates are served", async () => {
    const down = new RequestFailure("http", "503", { status: 503 });
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down, [USD1]: { label: "X" } });
    expect(
      quotes.map(({ exchangeSymbol, volume24hUsd }) => [exchangeSymbol, volume24hUsd]),
    ).toEqual([
      ["BTC_USDT", null],
      ["PEPE_USDT", null],
      ["TSLA_USDT", null],
    ]);
  });

  test("an HTTP failure that names the rate limit is one", () => {
    expect(gate.facts.classifyFailure?.(400, '{"label":"TOO_MANY_REQUESTS"}')).toBe("rate_limited");
    expect(gate.facts.classifyFailure?.(400, '{"label":"CONTRACT_NOT_FOUND"}')).toBeNull();
  });
});

const QUANTITY = "plausible sizes are judged across exchanges, after the adapter";
const exemptions: readonly Exemption[] = [
  {
    at: "contracts.funding_rate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "a rate may be negative",
  },
  {
    at: "contracts.contract_type",
    mutations: ["empty"],
    fields: ["assetClass"],
    why: "empty means crypto",
  },
  {
    at: "contracts.mark_price",
    mutations: ["huge"],
    fields: ["markPrice", "openInterestUsd"],
    why: QUANTITY,
  },
  { at: "contracts.index_price", mutations: ["huge"], fields: ["indexPrice"], why: QUANTITY },
  {
    at: "contracts.position_size",
    mutations: ["huge"],
    fields: ["openInterestUsd"],
    why: QUANTITY,
  },
  {
    at: "contracts.quanto_multiplier",
    mutations: ["huge"],
    fields: ["openInterestUsd"],
    why: QUANTITY,
  },
  { at: "tickers.volume_24h_quote", mutations: ["huge"], fields: ["volume24hUsd"], why: QUANTITY },
];

test("gate: no single wrong value makes a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "contracts", request: CONTRACTS, rows: list },
      { name: "tickers", request: TICKERS, rows: list },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("gate, recorded", (read) => {
  const noTickers = new RequestFailure("http", "not recorded");
  const alone = async (file: string, nowMs: number) =>
    refresh(
      {
        [CONTRACTS]: await read("gate", file),
        [TICKERS]: noTickers,
        [USD1]: noTickers,
        [USD1_TICKERS]: noTickers,
      },
      nowMs,
    );

  test("the complete row of July 2026", async () => {
    const { quotes, rejects } = await alone("contracts-usdt.json", 1784131200_000 - 3_600_000);
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        base: "0G",
        fundingRate: -0.003216,
        fundingIntervalHours: 8,
        rateCap: 0.02,
        nextFundingAtMs: 1784131200_000,
      },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(783779 * 0.2048, 6);
  });

  test("the trimmed rows of September 2026: the pre-market one shows no sign but its zero rate and own index", async () => {
    const { quotes, rejects } = await alone(
      "contracts-usdt-trimmed.json",
      1789826400_000 - 600_000,
    );
    expect(rejects).toEqual([]);
    expect(quotes.map(({ base, fundingIntervalHours }) => [base, fundingIntervalHours])).toEqual([
      ["BTC", 8],
      ["CVC", 1],
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(328743040 * 0.0001 * 81241, 0);
  });

  test("the rows of 2023 without a status: the one in delisting is gone", async () => {
    const { quotes } = await alone("contracts-usdt-2023.json", 1684944000_000 - 7_200_000);
    expect(quotes.map((quote) => quote.base)).toEqual(["SHIB", "PEPE", "BTC"]);
    expect(quotes.map((quote) => quote.assetClass)).toEqual([null, null, null]);
  });

  test("volumes of both ticker samples, joined to contracts made for them", async () => {
    for (const [file, volume] of [
      ["tickers-usdt.json", 4053655606],
      ["tickers-usdt-trimmed.json", 2897444911],
    ] as const) {
      const { quotes } = await refresh({ ...BODIES, [TICKERS]: await read("gate", file) });
      expect(quotes[0]?.volume24hUsd).toBe(volume);
    }
  });

  test("the error answer is a bad envelope", async () => {
    const failure = await alone("error.json", AT).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });
});
