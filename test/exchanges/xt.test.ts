import { expect, test } from "bun:test";
import { xt } from "../../src/exchanges/xt.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Failure, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at as valueAt } from "../support/simulator.ts";

const CALL = "/future/market/v1/public";
const one = (symbol: string): string => `${CALL}/q/funding-rate?symbol=${symbol}`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2023, 4, 9, 12);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  base_currency: symbol.split("_")[0]?.toUpperCase(),
  target_currency: "USDT",
  product_type: "PERPETUAL",
  funding_rate: "0.00004455",
  next_funding_rate: "0.00004455",
  next_funding_rate_timestamp: at(16),
  collection_internal: 8,
  open_interest: "5000000",
  index_price: "71000",
  target_volume: "1400000000",
  ...extra,
});
const ticker = (s: string, extra: Row = {}): Row => ({
  t: AT,
  s,
  c: "71000.1",
  a: "623654031",
  v: "1399166074.5",
  i: "71013.5",
  m: "71001.25",
  ...extra,
});
const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  productType: "perpetual",
  underlyingType: "U_BASED",
  tradeSwitch: true,
  inPreMarket: false,
  isOpenApi: true,
  state: 0,
  contractSize: "0.0001",
  baseCoin: symbol.split("_")[0],
  quoteCoin: symbol.split("_")[1],
  onboardDate: LISTED,
  deliveryDate: LISTED,
  ...extra,
});

const PRE_MARKET = contract("soon_usdt", { inPreMarket: true });
const DEAD = [
  contract("ftt_usdt", { tradeSwitch: false }),
  PRE_MARKET,
  contract("btc_usdt_261225", { productType: "futures" }),
  contract("eth_usdt", { underlyingType: "COIN_BASED" }),
  contract("eth_btc"),
];
const reply = (result: unknown): Row => ({
  returnCode: 0,
  msgInfo: "success",
  error: null,
  result,
});

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];

const fault = (code: string): Row => ({ returnCode: 1, error: { code }, result: null });
const FAILURES: readonly Failure[] = [
  ["an error", fault("invalid_symbol"), "bad_envelope"],
  ["too many requests", fault("TOO_MANY_REQUESTS"), "rate_limited"],
  ["an empty list", [], "bad_envelope"],
  ["a page", "<html></html>", "bad_envelope"],
  ["nothing", null, "bad_envelope"],
];

const description: ExchangeDescription = {
  exchange: xt,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: `${CALL}/cg/contracts`,
      rows: [],
      body: [
        rate("btc_usdt"),
        rate("1000pepe_usdt", { funding_rate: "-0.0012", collection_internal: 4 }),
        rate("1mbabydoge_usdt", { funding_rate: "0", collection_internal: null }),
        rate("nflx_usdt", { collection_internal: 1, next_funding_rate_timestamp: at(14) }),
        ...DEAD.map((row) => rate(String(row["symbol"]))),
        rate("new_usdt"),
      ],
    },
    {
      name: "tickers",
      kind: "secondary",
      request: `${CALL}/q/agg-tickers`,
      rows: ["result"],
      body: reply([ticker("btc_usdt"), ticker("ftt_usdt"), ticker("1000pepe_usdt", { i: "0" })]),
      lost: { markPrice: null, indexPrice: null, volume24hUsd: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: `${CALL}/symbol/list`,
      rows: ["result"],
      body: reply([
        contract("btc_usdt"),
        contract("1000pepe_usdt", { isOpenApi: false }),
        contract("1mbabydoge_usdt"),
        contract("nflx_usdt"),
        ...DEAD,
      ]),
    },
  ],
  // For the only contract without an interval in the feed.
  perInstrument: {
    kind: "rotation",
    name: "intervals",
    everyMs: 65 * 60_000,
    one: ["result"],
    requests: [one("1mbabydoge_usdt")],
    bodies: { [one("1mbabydoge_usdt")]: reply({ symbol: "1mbabydoge_usdt" }) },
  },
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "btc_usdt",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      listedAtMs: LISTED,
      fundingRate: 0.00004455,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      markPrice: 71001.25,
      indexPrice: 71013.5,
      volume24hUsd: 1399166074.5,
    },
    {
      exchangeSymbol: "1000pepe_usdt",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.0012,
      indexPrice: null,
      fundingIntervalHours: 4,
      markPrice: 71001.25,
    },
    {
      exchangeSymbol: "1mbabydoge_usdt",
      base: "BABYDOGE",
      multiplier: 1_000_000,
      fundingRate: 0,
      markPrice: null,
      ...UNKNOWN_INTERVAL,
    },
    {
      exchangeSymbol: "nflx_usdt",
      base: "NFLX",
      assetClass: null,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
    },
  ],
  explained: {
    formula: "{contracts.funding_rate}",
    rows: {
      contracts: { funding_rate: "0.00004455", collection_internal: 8 },
      instruments: { tradeSwitch: true },
    },
    unknown: "none_usdt",
  },
  kindKeys: {
    instruments: "tradeSwitch inPreMarket productType underlyingType quoteCoin baseCoin",
    rates: "product_type target_currency",
  },
  changes: [
    ...["tradeSwitch", "inPreMarket", "productType", "underlyingType", "quoteCoin"].flatMap((key) =>
      [undefined, 1].map((value): Change => [
        `${key} ${value}`,
        { [`instruments.${key}`]: value },
        "bad_row",
      ]),
    ),
    rateChange("product_type", "FUTURES", "not shown"),
    rateChange("target_currency", "USD", "not shown"),
    rateChange("funding_rate", null, "bad_rate"),
    rateChange("funding_rate", "-3", "implausible_rate"),
    rateChange("next_funding_rate_timestamp", at(16) / 1000, "bad_next_time"),
    // Seconds.
    rateChange("collection_internal", 28800, { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) }),
    // The next time contradicts it.
    rateChange("collection_internal", 1, { ...UNKNOWN_INTERVAL, nextFundingAtMs: null }),
    // A dead contract.
    rateChange("next_funding_rate_timestamp", at(8, 2), "not shown"),
  ],
  failures: FAILURES,
  classified: FAILURES.map(([, body, kind]) => [
    403,
    JSON.stringify(body),
    kind === "rate_limited" ? kind : null,
  ]),
  exemptions: [
    negativeRate("rates.funding_rate"),
    hugeAmount("tickers.m", "markPrice"),
    hugeAmount("tickers.i", "indexPrice"),
    hugeAmount("tickers.v", "volume24hUsd"),
    anyName("instruments.baseCoin", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "a coin-margined row of the documentation is not shown",
      files: { rates: "cg-contracts.json" },
      made: {
        instruments: reply([
          contract("eth_usd", { underlyingType: "COIN_BASED" }),
          contract("btc_usdt"),
        ]),
      },
      atMs: 1698670000000,
      yields: { quotes: [], rejects: [], expected: 1 },
    },
    {
      title: "an error is not a list",
      files: { rates: "error-invalid-symbol.json" },
      yields: "bad_envelope",
    },
    {
      title: "the reply for one symbol is not a list",
      files: { rates: "funding-rate.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

test.each(FAILURES)(
  "xt: %s states how long to wait, or states nothing",
  async (_title, body, kind) => {
    // Documented: ten minutes without an answer.
    const retryAfterMs = kind === "rate_limited" ? 600_000 : null;
    await expect(refreshOf(description, { rates: body })).rejects.toMatchObject({ retryAfterMs });
    expect(xt.facts.statedWaitMs?.(JSON.stringify(body), AT)).toBe(retryAfterMs);
  },
);

test("an interval missing from xt's feed is requested by contract, and accepted if the row's next time confirms it", async () => {
  const silent = { collection_internal: undefined };
  const others = {
    ...Object.fromEntries(
      ["btc_usdt", "sol_usdt"].map((symbol) => [
        one(symbol),
        reply({ symbol, fundingRate: 0.0001, collectionInternal: 4 }),
      ]),
    ),
    [one("ada_usdt")]: reply({ symbol: "sol_usdt", collectionInternal: 4 }),
    [one("xrp_usdt")]: reply({ symbol: "xrp_usdt", collectionInternal: 8 }),
    instruments: reply(["btc", "sol", "ada", "xrp"].map((coin) => contract(`${coin}_usdt`))),
    rates: [
      rate("btc_usdt", silent),
      // The next settlement at 15:00 is not on a four-hour grid.
      rate("sol_usdt", { ...silent, next_funding_rate_timestamp: at(15) }),
      rate("ada_usdt", silent),
      // The next settlement at 14:00 is not on an eight-hour grid: the contract has become hourly.
      rate("xrp_usdt", { ...silent, next_funding_rate_timestamp: at(14) }),
    ],
  };
  const { quotes } = await refreshOf(description, others);
  expect(quotes.map((quote) => [quote.base, quote.fundingIntervalHours])).toEqual([
    ["BTC", 4],
    ["SOL", null],
    ["ADA", null],
    ["XRP", null],
  ]);
});

test("an interval missing from xt's feed is unknown in the first cycle", async () => {
  const rates = [rate("btc_usdt", { collection_internal: undefined }), rate("nflx_usdt")];
  const bodies = { ...bodiesOf(description), [`${CALL}/cg/contracts`]: rates };
  const { quotes } = await xt.refresh(memorySource(bodies, { nowMs: AT, rotationsEmpty: true }));
  expect(quotes.map((quote) => quote.fundingIntervalHours)).toEqual([null, 8]);
});

test("an xt list whose rows mostly lack inPreMarket is read by the rest", async () => {
  const silent = { inPreMarket: undefined };
  const list = reply([contract("btc_usdt", silent), contract("sol_usdt", silent), PRE_MARKET]);
  const { quotes } = await refreshOf(description, { instruments: list });
  expect(quotes.map((quote) => quote.base)).toEqual(["BTC"]);
  const others = ["sol_usdt", "ada_usdt"].map((symbol) => contract(symbol, silent));
  const odd = reply([contract("btc_usdt", { inPreMarket: "true" }), ...others]);
  expect((await refreshOf(description, { instruments: odd })).quotes).toEqual([]);
});

describeRecorded("xt, recorded", (read) => {
  /** A file holds a list of rows or one of them. */
  const rowsOf = async (file: string): Promise<Row> => {
    const result = valueAt(await read("xt", file), "result");
    return reply(Array.isArray(result) ? result : [result]);
  };

  test.each([
    ["symbol-list.json", "xt_usdt", 1657101601000],
    ["symbol-detail.json", "eth_usdt", 1654858201000],
  ])("the contract in %s, joined to a rate made for it", async (file, symbol, listedAtMs) => {
    const others = { rates: [rate(symbol)], instruments: await rowsOf(file) };
    const { quotes, rejects } = await refreshOf(description, others);
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([{ base: symbol.split("_")[0]?.toUpperCase(), listedAtMs }]);
  });

  test.each([
    ["agg-tickers.json", "badger_usdt", 2.7161, 2.7155, 242286.352],
    ["agg-ticker-one-symbol.json", "btc_usdt", 22416.5, 22424.5, 1399166074.31675],
  ])(
    "the ticker in %s, joined to a rate and a contract made for it",
    async (file, symbol, markPrice, indexPrice, volume24hUsd) => {
      const { quotes } = await refreshOf(description, {
        rates: [rate(symbol)],
        tickers: await rowsOf(file),
        instruments: reply([contract(symbol)]),
      });
      expect(quotes).toMatchObject([{ markPrice, indexPrice, volume24hUsd }]);
    },
  );
});
