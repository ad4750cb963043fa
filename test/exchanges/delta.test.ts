import { describe, expect, test } from "bun:test";
import { delta } from "../../src/exchanges/delta.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const TICKERS = "/v2/tickers?contract_types=perpetual_futures";
const PRODUCTS = "/v2/products?contract_types=perpetual_futures";
const GLOBAL_TICKERS = `global:${TICKERS}`;
const GLOBAL_PRODUCTS = `global:${PRODUCTS}`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 2_500;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  contract_type: "perpetual_futures",
  funding_rate: "0.0125",
  mark_price: "64000.5",
  spot_price: "64010",
  oi: "469.5",
  oi_contracts: "469500",
  oi_value_usd: "30048234.75",
  turnover: 1,
  turnover_usd: 51200400.5,
  timestamp: STAMP * 1000 + 123,
  ...extra,
});

const asset = (symbol: string): Row => ({ id: 5, symbol });
const product = (symbol: string, base: string, extra: Row = {}): Row => ({
  symbol,
  contract_type: "perpetual_futures",
  state: "live",
  trading_status: "operational",
  notional_type: "vanilla",
  is_quanto: false,
  underlying_asset: asset(base),
  quoting_asset: asset("USD"),
  settling_asset: asset("USD"),
  contract_unit_currency: base,
  launch_time: "2024-02-14T10:00:00Z",
  annualized_funding: "10.95",
  product_specs: { rate_exchange_interval: 28800 },
  ...extra,
});

const specs = (seconds: number): Row => ({ product_specs: { rate_exchange_interval: seconds } });
const USDT = { quoting_asset: asset("USDT"), settling_asset: asset("USDT") };
const LIVE = [
  product("BTCUSD", "BTC"),
  product("PAXGUSD", "PAXG", specs(14400)),
  product("1000BONKUSD", "1000BONK", { annualized_funding: "21.9", ...specs(3600) }),
  product("OLDSPECUSD", "OLDSPEC", { product_specs: {} }),
];
const SKIPPED = [
  product("DEADUSD", "DEAD", { state: "expired" }),
  product("HALTUSD", "HALT", { trading_status: "disrupted_cancel_only" }),
  product("INVUSD", "BTC", { notional_type: "inverse", settling_asset: asset("BTC") }),
  product("QUANTOUSD", "ETH", { is_quanto: true }),
  product("ETHBTC", "ETH", { quoting_asset: asset("BTC"), settling_asset: asset("BTC") }),
  product("MIXUSD", "ETH", { settling_asset: asset("USDT") }),
  product("C-BTC-70000", "BTC", { contract_type: "call_options" }),
];

const reply = (result: unknown, extra: Row = {}): Row => ({
  success: true,
  result,
  meta: { after: null, before: null },
  ...extra,
});

const BODIES: Bodies = {
  [TICKERS]: reply([
    ticker("BTCUSD"),
    ticker("PAXGUSD", { funding_rate: "-1.5" }),
    ticker("1000BONKUSD", { funding_rate: "0" }),
    ticker("OLDSPECUSD"),
    ...SKIPPED.map((row) => ticker(String(row["symbol"]))),
    ticker("NEWUSD"),
    ticker("P-BTC-70000", { contract_type: "put_options" }),
  ]),
  [PRODUCTS]: reply([...LIVE, ...SKIPPED]),
  [GLOBAL_TICKERS]: reply([ticker("BTCUSDT", { funding_rate: "0.02" })]),
  [GLOBAL_PRODUCTS]: reply([product("BTCUSDT", "BTC", USDT)]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  delta.refresh(memorySource(bodies, { nowMs: AT, ...options }));

const down = new RequestFailure("timeout", "no answer");
const INDIA_ALONE = { ...BODIES, [GLOBAL_TICKERS]: down, [GLOBAL_PRODUCTS]: down };

const refreshBtc = (tickerExtra: Row, productExtra: Row = {}) =>
  refresh({
    ...INDIA_ALONE,
    [TICKERS]: reply([ticker("BTCUSD", tickerExtra)]),
    [PRODUCTS]: reply([product("BTCUSD", "BTC", productExtra), product("ETHUSD", "ETH")]),
  });

describe("delta", () => {
  test("tickers of both platforms every cycle, the lists with their own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await delta.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "tickers", null],
      ["instruments", "products", 10 * 60_000],
      ["secondary", "globalTickers", null],
      ["secondary", "globalProducts", 10 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      delta.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(4);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([
      ...LIVE.map((row) => String(row["symbol"])),
      "BTCUSDT",
    ]);
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      settle: "USD",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: Date.UTC(2024, 1, 14, 10),
      fundingRate: 0.000125,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.01,
      rateFloor: -0.01,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 30048234.75,
      volume24hUsd: 51200400.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("percent of its own interval, at 4 h, 1 h and an unknown one", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      fundingRate: -0.015,
      fundingIntervalHours: 4,
      nextFundingAtMs: at(16),
      rateCap: 0.005,
      baselineRate: 0.00005,
    });
    expect(quotes[2]).toMatchObject({
      base: "BONK",
      multiplier: 1000,
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      rateCap: 0.0025,
    });
    expect(quotes[3]).toMatchObject({
      fundingRate: 0.000125,
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
      rateCap: null,
      baselineRate: null,
    });
  });

  test("the global platform is a separate market in USDT, and may fail alone", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[4]).toMatchObject({ base: "BTC", settle: "USDT", fundingRate: 0.0002 });
    for (const [key, expected] of [
      [GLOBAL_TICKERS, 5],
      [GLOBAL_PRODUCTS, 4],
    ] as const) {
      const batch = await refresh({ ...BODIES, [key]: down });
      expect(batch.quotes).toHaveLength(4);
      expect(batch.expected).toBe(expected);
    }
    for (const key of [TICKERS, PRODUCTS]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
    const twin = await refresh({
      ...BODIES,
      [GLOBAL_TICKERS]: reply([ticker("BTCUSD")]),
      [GLOBAL_PRODUCTS]: reply([product("BTCUSD", "BTC", USDT)]),
    });
    expect(twin.quotes).toHaveLength(4);
    expect(twin.rejects).toMatchObject([{ exchangeSymbol: "BTCUSD", reason: "ambiguous" }]);
  });

  test("an interval of a list older than half an hour is unknown", async () => {
    const age = (minutes: number) => ({ receivedAtMs: { products: AT - minutes * 60_000 } });
    expect((await refresh(BODIES, age(30))).quotes[0]?.fundingIntervalHours).toBe(8);
    expect((await refresh(BODIES, age(31))).quotes[0]).toMatchObject({
      fundingRate: 0.000125,
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
    });
  });

  test("a list of several pages is read up to an empty one; a sixth page is reported as left out", async () => {
    const paged = {
      ...INDIA_ALONE,
      [PRODUCTS]: reply(LIVE.slice(0, 1), { meta: { after: "g3QA" } }),
      [`${PRODUCTS}&after=g3QA`]: reply(LIVE.slice(1)),
    };
    const whole = await refresh(paged);
    expect(whole.quotes).toHaveLength(4);
    expect(whole.leftOut).toBeUndefined();
    const emptyEnd = {
      ...paged,
      [PRODUCTS]: reply(LIVE, { meta: { after: "g3QA" } }),
      [`${PRODUCTS}&after=g3QA`]: reply([], { meta: { after: "g3QA" } }),
    };
    expect(await refresh(emptyEnd)).toMatchObject({ expected: 4, rejects: [] });
    const endless = { ...paged, [`${PRODUCTS}&after=g3QA`]: paged[PRODUCTS] };
    const cut = await refresh(endless);
    expect(cut).toMatchObject({ expected: 1, leftOut: "products after the first 5" });
    const emptyList = { ...paged, [PRODUCTS]: reply([]) };
    await expect(refresh(emptyList)).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("a contract on two pages with different terms is not shown, and counted", async () => {
    const twice = {
      ...INDIA_ALONE,
      [PRODUCTS]: reply(LIVE, { meta: { after: "g3QA" } }),
      [`${PRODUCTS}&after=g3QA`]: reply([product("BTCUSD", "BTC", specs(14400)), LIVE[1]]),
    };
    const { quotes, rejects } = await refresh(twice);
    expect(quotes.map((quote) => quote.base)).toEqual(["PAXG", "BONK", "OLDSPEC"]);
    expect(rejects).toMatchObject(
      [0, 1].map(() => ({ exchangeSymbol: "BTCUSD", reason: "ambiguous" })),
    );
  });

  test("an interval of eight minutes is invalid: no yearly rate 60 times too high", async () => {
    for (const seconds of [480, 8, 8 * 60, 28_800_000]) {
      const { quotes } = await refreshBtc({}, specs(seconds));
      expect(quotes).toMatchObject([{ fundingIntervalHours: null, nextFundingAtMs: null }]);
    }
  });

  test.each([
    "contract_type",
    "state",
    "trading_status",
    "notional_type",
    "is_quanto",
    "quoting_asset",
    "settling_asset",
  ])("a product without %s is rejected and counted", async (key) => {
    expect(await refreshBtc({}, { [key]: null })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSD", reason: "bad_row" }],
      expected: 1,
    });
  });

  test("without an underlying asset the contract's unit is the base", async () => {
    expect((await refreshBtc({}, { underlying_asset: null })).quotes[0]?.base).toBe("BTC");
    const neither = { underlying_asset: null, contract_unit_currency: null };
    expect((await refreshBtc({}, neither)).rejects).toMatchObject([{ reason: "bad_row" }]);
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-200", "implausible_rate"],
  ])("a rate of %p is rejected as %s", async (funding_rate, reason) => {
    expect(await refreshBtc({ funding_rate })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSD", reason }],
      expected: 2,
    });
  });

  test("a rate is explained by its row as received; an unknown symbol is not", async () => {
    const raw = await delta.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(delta.explain(raw, "PAXGUSD")).toMatchObject({
      rows: { tickers: { symbol: "PAXGUSD", funding_rate: "-1.5" } },
      formula: "{tickers.funding_rate} / 100",
    });
    expect(delta.explain(raw, "BTCUSDT")).toMatchObject({
      rows: { tickers: { funding_rate: "0.02" } },
    });
    expect(delta.explain(raw, "NOPEUSD")).toBeNull();
  });

  test("a contract that is dead in India and live on global is explained by the row shown", async () => {
    const dead = product("BTCUSDT", "BTC", { ...USDT, state: "expired" });
    const bodies = {
      ...BODIES,
      [TICKERS]: reply([ticker("BTCUSD"), ticker("BTCUSDT", { funding_rate: "0.9" })]),
      [PRODUCTS]: reply([...LIVE, dead]),
    };
    const raw = await delta.fetchRaw(memorySource(bodies, { nowMs: AT }));
    expect(delta.parse(raw).quotes.at(-1)).toMatchObject({
      exchangeSymbol: "BTCUSDT",
      fundingRate: 0.0002,
    });
    expect(delta.explain(raw, "BTCUSDT")?.rows).toMatchObject({
      tickers: { funding_rate: "0.02" },
    });
  });

  test.each([
    ["an error", { success: false, error: { code: "invalid_contract", context: {} } }],
    ["success as a text", { ...reply([ticker("BTCUSD")]), success: "true" }],
    ["an empty list", reply([])],
    ["no list", { success: true }],
  ])("%s fails the refresh", async (_, body) => {
    for (const key of [TICKERS, PRODUCTS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });
});

const LEGAL = "a large, negative or other value is as legal as the right one here";
const exemptions: readonly Exemption[] = (
  [
    ["tickers.funding_rate", ["negative"], ["fundingRate"]],
    ["tickers.mark_price", ["huge"], ["markPrice"]],
    ["tickers.spot_price", ["huge"], ["indexPrice"]],
    ["tickers.oi_value_usd", ["huge"], ["openInterestUsd"]],
    ["tickers.turnover_usd", ["huge"], ["volume24hUsd"]],
  ] as const
).map(([place, mutations, fields]) => ({ at: place, mutations, fields, why: LEGAL }));

test("delta: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => {
    const found: unknown = Reflect.get(Object(body), "result");
    return Array.isArray(found) ? found : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "tickers", request: TICKERS, rows },
      { name: "tickers", request: GLOBAL_TICKERS, rows },
      { name: "products", request: PRODUCTS, rows },
      {
        name: "specs",
        request: PRODUCTS,
        rows: (body) => rows(body).map((row) => Reflect.get(Object(row), "product_specs")),
      },
    ],
    refresh: async (bodies) =>
      delta.parse(await delta.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("delta, recorded", (read) => {
  const nowMs = 1689136598000;

  test("the ticker of 2023, joined to a product made for it", async () => {
    const bodies = {
      ...INDIA_ALONE,
      [TICKERS]: await read("delta", "tickers.json"),
      [PRODUCTS]: reply([product("BTCUSDT", "BTC", USDT)]),
    };
    const { quotes, rejects } = await refresh(bodies, { nowMs });
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        fundingRate: 0.0000602961,
        markPrice: 30600.10481568,
        indexPrice: 30612.85362773,
        // 469,919 contracts.
        openInterestDigit: 9,
        openInterestUsd: 14385640.6802,
        volume24hUsd: 37392218.45999999,
        exchangeTimeMs: 1689136597460,
        nextFundingAtMs: Date.UTC(2023, 6, 12, 8),
      },
    ]);
  });

  test("the products of 2021 have no interval, joined to the ticker of 2023; ETHBTC is skipped", async () => {
    const bodies = {
      ...INDIA_ALONE,
      [TICKERS]: await read("delta", "tickers.json"),
      [PRODUCTS]: await read("delta", "products.json"),
    };
    expect(await refresh(bodies, { nowMs })).toMatchObject({
      quotes: [{ exchangeSymbol: "BTCUSDT", base: "BTC", fundingIntervalHours: null }],
      rejects: [],
      expected: 1,
    });
  });
});
