import { expect, test } from "bun:test";
import { whitebit } from "../../src/exchanges/whitebit.ts";
import type { ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, type Mutation, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const future = (ticker_id: string, extra: Row = {}): Row => ({
  ticker_id,
  stock_currency: ticker_id.split("_")[0],
  money_currency: "USDT",
  product_type: "Perpetual",
  last_price: "71002",
  mark_price: "71000.5",
  index_price: "71010.25",
  open_interest: "1200.5",
  stock_volume: "19000",
  money_volume: "1349000222.75",
  funding_rate: "0.000044889",
  funding_cap: "0.0075",
  funding_floor: "-0.006",
  funding_interval_minutes: 480,
  next_funding_rate_timestamp: String(at(16)),
  brackets: { "1": 0 },
  ...extra,
});
const market = (name: string, type: unknown = "futures"): Row => ({ name, money: "PERP", type });
const reply = (result: unknown): Row => ({ success: true, message: null, result });

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const UNUSABLE: readonly Mutation[] = ["missing", "null", "NaN", "negative", "empty", "object"];

const description: ExchangeDescription = {
  exchange: whitebit,
  nowMs: AT,
  payloads: [
    {
      name: "futures",
      kind: "essential",
      request: "/api/v4/public/futures",
      rows: ["result"],
      body: reply([
        future("BTC_PERP"),
        future("PEPE_PERP", { funding_rate: "-0.00125", funding_interval_minutes: 240 }),
        future("TSLA_PERP", { funding_rate: "0", mark_price: "", index_price: "0" }),
        future("ETH_261225", { product_type: "Futures", stock_currency: "ETH" }),
        future("ETH_EURP", { money_currency: "EUR" }),
        future("GONE_PERP"),
      ]),
    },
    {
      name: "markets",
      kind: "instruments",
      everyMs: 1_800_000,
      request: "/api/v4/public/markets",
      rows: [],
      body: [
        market("BTC_PERP"),
        market("BTC_USDT", "spot"),
        market("PEPE_PERP"),
        market("TSLA_PERP", "tradfiFutures"),
        market("ETH_261225"),
        market("ETH_EURP"),
      ],
    },
  ],
  expected: 5,
  unlisted: 1,
  // Dated, otherwise quoted and unlisted contracts are not shown.
  quotes: [
    {
      exchangeSymbol: "BTC_PERP",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      fundingRate: 0.000044889,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.0075,
      rateFloor: -0.006,
      markPrice: 71000.5,
      indexPrice: 71010.25,
      openInterestDigit: 5,
      openInterestUsd: 1200.5 * 71000.5,
      volume24hUsd: 1349000222.75,
    },
    {
      exchangeSymbol: "PEPE_PERP",
      base: "PEPE",
      multiplier: 1,
      fundingRate: -0.00125,
      fundingIntervalHours: 4,
    },
    {
      exchangeSymbol: "TSLA_PERP",
      base: "TSLA",
      assetClass: null,
      fundingRate: 0,
      markPrice: null,
      indexPrice: null,
      // Without a mark, valued at its last price.
      openInterestUsd: 1200.5 * 71002,
    },
  ],
  explained: {
    formula: "{futures.funding_rate}",
    rows: {
      futures: { funding_rate: "0.000044889", funding_interval_minutes: 480 },
      markets: { type: "futures" },
    },
    unknown: "NONE_PERP",
  },
  kindKeys: { futures: "product_type money_currency stock_currency" },
  changes: [
    ["spot among the futures", { "markets.type": "spot" }, "unknown_kind"],
    ["another type", { "markets.type": "lottery" }, "unknown_kind"],
    [
      "neither mark nor last price",
      { "futures.mark_price": "", "futures.last_price": "0" },
      { openInterestUsd: null },
    ],
    ["no rate", { "futures.funding_rate": "" }, "bad_rate"],
    ["a rate over its notional", { "futures.funding_rate": "-3" }, "implausible_rate"],
    [
      "a next time in seconds",
      { "futures.next_funding_rate_timestamp": String(at(16) / 1000) },
      "bad_next_time",
    ],
    ["a dead contract", { "futures.next_funding_rate_timestamp": at(8, 2) }, "not shown"],
    [
      "no interval",
      { "futures.funding_interval_minutes": undefined },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) },
    ],
    [
      "an interval that the next time contradicts",
      { "futures.funding_interval_minutes": 60 },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: null },
    ],
  ],
  failures: [
    ["an error", { success: false, message: "no", params: [] }, "bad_envelope"],
    ["an error without success", { market: ["Market is not available."] }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
  ],
  exemptions: [
    negativeRate("futures.funding_rate"),
    hugeAmount("futures.mark_price", "markPrice", "openInterestUsd"),
    {
      at: "futures.mark_price",
      mutations: UNUSABLE,
      fields: ["openInterestUsd"],
      why: "documented: mark, or last",
    },
    {
      at: "futures.mark_price",
      mutations: ["flipped"],
      fields: ["markPrice", "openInterestUsd"],
      why: '"" flips to 1',
    },
    hugeAmount("futures.last_price", "openInterestUsd"),
    hugeAmount("futures.index_price", "indexPrice"),
    hugeAmount("futures.open_interest", "openInterestUsd"),
    hugeAmount("futures.money_volume", "volume24hUsd"),
    anyName("futures.stock_currency", "base"),
  ],
  recorded: [
    {
      title: "a row of March 2026, before it had a mark, joined to a market made for it",
      files: { futures: "futures.json" },
      made: { markets: [market("0G_PERP")] },
      atMs: 1772460000000,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "0G",
            fundingRate: -0.00000778,
            fundingIntervalHours: 4,
            nextFundingAtMs: 1772467200000,
            openInterestUsd: 3721488 * 0.6065,
            volume24hUsd: 1587952.6137,
          },
        ],
      },
    },
    {
      title: "the documented row, joined to a market made for it",
      files: { futures: "futures-documented.json" },
      made: { markets: [market("BTC_PERP")] },
      atMs: 1660660000000,
      yields: {
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.000044889033693137,
            // Five hours are not an interval that any exchange uses.
            fundingIntervalHours: null,
            markPrice: null,
            indexPrice: 24019.25,
            openInterestUsd: 6000 * 24005.5,
          },
        ],
      },
    },
    {
      title: "a spot market is not a contract",
      files: { markets: "markets.json" },
      yields: { quotes: [], expected: null, unlisted: 6 },
    },
    { title: "an error 422", files: { futures: "error-422.json" }, yields: "bad_envelope" },
    { title: "an error 451", files: { futures: "error-451.json" }, yields: "bad_envelope" },
  ],
};

testExchange(description);

test.each([null, 4])("whitebit: a market of type %p only loses its class", async (type) => {
  const batch = await refreshOf(description, {
    futures: reply([future("BTC_PERP")]),
    markets: [market("BTC_PERP", type), market("ETH_PERP")],
  });
  // Only ETH_PERP is counted.
  expect(batch).toMatchObject({ rejects: [], expected: 1, unlisted: 0 });
  expect(batch.quotes).toMatchObject([{ base: "BTC", assetClass: null }]);
});

test("whitebit: a list without any type counts nothing", async () => {
  const names = ["BTC_PERP", "PEPE_PERP", "TSLA_PERP"];
  const markets = names.map((name) => market(name, null));
  const { quotes, expected } = await refreshOf(description, { markets });
  expect({ shown: quotes.length, expected }).toEqual({ shown: 3, expected: null });
});
