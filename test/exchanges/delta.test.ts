import { expect, test } from "bun:test";
import { delta } from "../../src/exchanges/delta.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const TICKERS = "/v2/tickers?contract_types=perpetual_futures";
const PRODUCTS = "/v2/products?contract_types=perpetual_futures";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 2_500;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

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

const reply = (result: unknown, after: string | null = null): Row => ({
  success: true,
  result,
  meta: { after, before: null },
});

const DOWN = new RequestFailure("timeout", "no answer");
const INDIA_ALONE = { globalTickers: DOWN, globalProducts: DOWN };
const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: null };

const rateChange = (value: unknown, outcome: Change[2]): Change => [
  `a rate of "${String(value)}"`,
  { "tickers.funding_rate": value },
  outcome,
];
const NO_UNDERLYING = { "products.underlying_asset": null };

const description: ExchangeDescription = {
  exchange: delta,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "essential",
      request: TICKERS,
      rows: ["result"],
      body: reply([
        ticker("BTCUSD"),
        ticker("PAXGUSD", { funding_rate: "-1.5" }),
        ticker("1000BONKUSD", { funding_rate: "0" }),
        ticker("OLDSPECUSD"),
        ...SKIPPED.map((row) => ticker(String(row["symbol"]))),
        ticker("NEWUSD"),
        ticker("P-BTC-70000", { contract_type: "put_options" }),
      ]),
    },
    {
      name: "products",
      kind: "instruments",
      everyMs: 10 * 60_000,
      request: PRODUCTS,
      rows: ["result"],
      parts: ["product_specs"],
      body: reply([...LIVE, ...SKIPPED]),
    },
    {
      name: "globalTickers",
      kind: "secondary",
      request: `global:${TICKERS}`,
      rows: ["result"],
      body: reply([ticker("BTCUSDT", { funding_rate: "0.02" })]),
      lost: {},
      lists: ["BTCUSDT"],
    },
    {
      name: "globalProducts",
      kind: "secondary",
      everyMs: 10 * 60_000,
      request: `global:${PRODUCTS}`,
      rows: ["result"],
      body: reply([product("BTCUSDT", "BTC", USDT)]),
      lost: {},
      lists: ["BTCUSDT"],
      expected: 4,
    },
  ],
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      settle: "USD",
      listedAtMs: Date.UTC(2024, 1, 14, 10),
      // Percent of its own interval.
      fundingRate: 0.000125,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.01,
      rateFloor: -0.01,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 30048234.75,
      volume24hUsd: 51200400.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "PAXGUSD",
      fundingRate: -0.015,
      fundingIntervalHours: 4,
      nextFundingAtMs: at(16),
      rateCap: 0.005,
      baselineRate: 0.00005,
    },
    {
      exchangeSymbol: "1000BONKUSD",
      base: "BONK",
      multiplier: 1000,
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      rateCap: 0.0025,
    },
    {
      exchangeSymbol: "OLDSPECUSD",
      fundingRate: 0.000125,
      ...NO_INTERVAL,
      rateCap: null,
      baselineRate: null,
    },
    // The global platform is a separate market.
    { exchangeSymbol: "BTCUSDT", base: "BTC", settle: "USDT", fundingRate: 0.0002 },
  ],
  explained: {
    formula: "{tickers.funding_rate} / 100",
    rows: { tickers: { symbol: "BTCUSD", funding_rate: "0.0125" } },
    unknown: "NOPEUSD",
  },
  kindKeys: {
    products:
      "contract_type state trading_status notional_type is_quanto quoting_asset settling_asset",
  },
  changes: [
    // An interval of eight minutes is not accepted: no yearly rate 60 times too high.
    ...[480, 8, 8 * 60, 28_800_000].map((seconds): Change => [
      `an interval of ${seconds} s`,
      { "products.product_specs.rate_exchange_interval": seconds },
      NO_INTERVAL,
    ]),
    ["without an underlying asset the contract's unit is the base", NO_UNDERLYING, { base: "BTC" }],
    ["neither", { ...NO_UNDERLYING, "products.contract_unit_currency": null }, "bad_row"],
    rateChange("", "bad_rate"),
    rateChange(null, "bad_rate"),
    rateChange("-200", "implausible_rate"),
  ],
  failures: [
    [
      "an error",
      { success: false, error: { code: "invalid_contract", context: {} } },
      "bad_envelope",
    ],
    ["success as a text", { ...reply([ticker("BTCUSD")]), success: "true" }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", { success: true }, "bad_envelope"],
  ],
  exemptions: ["tickers", "globalTickers"].flatMap((name) => [
    negativeRate(`${name}.funding_rate`),
    hugeAmount(`${name}.mark_price`, "markPrice"),
    hugeAmount(`${name}.spot_price`, "indexPrice"),
    hugeAmount(`${name}.oi_value_usd`, "openInterestUsd"),
    hugeAmount(`${name}.turnover_usd`, "volume24hUsd"),
  ]),
  recorded: [
    {
      title: "the ticker of 2023, joined to a product made for it",
      files: { tickers: "tickers.json" },
      made: { ...INDIA_ALONE, products: reply([product("BTCUSDT", "BTC", USDT)]) },
      atMs: 1689136598000,
      yields: {
        rejects: [],
        quotes: [
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
        ],
      },
    },
    {
      title:
        "the products of 2021 have no interval, joined to the ticker of 2023; ETHBTC is skipped",
      files: { tickers: "tickers.json", products: "products.json" },
      made: INDIA_ALONE,
      atMs: 1689136598000,
      yields: {
        quotes: [{ exchangeSymbol: "BTCUSDT", base: "BTC", fundingIntervalHours: null }],
        rejects: [],
        expected: 1,
      },
    },
  ],
};

testExchange(description);

test("a delta symbol on both platforms is shown once, and the other one counted", async () => {
  const twin = await refreshOf(description, {
    globalTickers: reply([ticker("BTCUSD")]),
    globalProducts: reply([product("BTCUSD", "BTC", USDT)]),
  });
  expect(twin.quotes).toHaveLength(4);
  expect(twin.rejects).toMatchObject([{ exchangeSymbol: "BTCUSD", reason: "ambiguous" }]);
});

test("an interval of a delta list older than half an hour is unknown", async () => {
  const btcAt = async (minutes: number) => {
    const receivedAtMs = { products: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await delta.refresh(source)).quotes[0];
  };
  expect((await btcAt(30))?.fundingIntervalHours).toBe(8);
  expect(await btcAt(31)).toMatchObject({ fundingRate: 0.000125, ...NO_INTERVAL });
});

/** A refresh of India's products in two pages. */
const refreshPages = (first: Row, second: Row) =>
  refreshOf(description, {
    ...INDIA_ALONE,
    products: first,
    [`${PRODUCTS}&after=g3QA`]: second,
  });

test("a delta list of several pages is read until an empty page; a sixth page is reported as left out", async () => {
  const firstPage = reply(LIVE.slice(0, 1), "g3QA");
  const whole = await refreshPages(firstPage, reply(LIVE.slice(1)));
  expect(whole.quotes).toHaveLength(4);
  expect(whole.leftOut).toBeUndefined();
  const emptyEnd = await refreshPages(reply(LIVE, "g3QA"), reply([], "g3QA"));
  expect(emptyEnd).toMatchObject({ expected: 4, rejects: [] });
  const cut = await refreshPages(firstPage, firstPage);
  expect(cut).toMatchObject({ expected: 1, leftOut: "products after the first 5" });
});

test("a delta contract on two pages with two states is not shown, and counted", async () => {
  const second = reply([product("BTCUSD", "BTC", specs(14400)), LIVE[1]]);
  const { quotes, rejects } = await refreshPages(reply(LIVE, "g3QA"), second);
  expect(quotes.map((quote) => quote.base)).toEqual(["PAXG", "BONK", "OLDSPEC"]);
  expect(rejects).toMatchObject(
    [0, 1].map(() => ({ exchangeSymbol: "BTCUSD", reason: "ambiguous" })),
  );
});

test("delta explains each rate by the row of its own platform", async () => {
  const { explain } = await refreshOf(description);
  expect(explain("PAXGUSD")?.origin).toMatchObject({
    rows: { tickers: { symbol: "PAXGUSD", funding_rate: "-1.5" } },
    formula: "{tickers.funding_rate} / 100",
  });
  expect(explain("BTCUSDT")?.origin.rows).toMatchObject({ tickers: { funding_rate: "0.02" } });
});

test("a contract that is dead in India and live globally is explained by the row that is shown", async () => {
  const dead = product("BTCUSDT", "BTC", { ...USDT, state: "expired" });
  const { quotes, explain } = await refreshOf(description, {
    tickers: reply([ticker("BTCUSD"), ticker("BTCUSDT", { funding_rate: "0.9" })]),
    products: reply([...LIVE, dead]),
  });
  expect(quotes.at(-1)).toMatchObject({ exchangeSymbol: "BTCUSDT", fundingRate: 0.0002 });
  expect(explain("BTCUSDT")?.origin.rows).toMatchObject({ tickers: { funding_rate: "0.02" } });
});
