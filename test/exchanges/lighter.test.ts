import { expect, test } from "bun:test";
import { lighter } from "../../src/exchanges/lighter.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

const rate = (market_id: unknown, symbol: string, value: number, exchange = "lighter"): Row => {
  return { market_id, exchange, symbol, rate: value };
};
const config = (extra: Row): Row => ({
  force_reduce_only: false,
  trading_hours: "",
  hidden: false,
  ...extra,
});
const market = (market_id: unknown, symbol: string, extra: Row = {}): Row => ({
  symbol,
  market_id,
  market_type: "perp",
  status: "active",
  quote_multiplier: 1,
  mark_price: "64000.5",
  index_price: "64010.0",
  last_trade_price: 63990.1,
  daily_base_token_volume: 195399.25,
  daily_quote_token_volume: 460664167.5,
  open_interest: 2735.5,
  market_config: config({}),
  ...extra,
});
/** As in replies of May 2026. */
const unpriced = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !/^(mark|index)_price$/.test(key)));
const LIVE = [
  market(1, "BTC"),
  unpriced(market(7, "1000PEPE", { last_trade_price: 0.02, open_interest: 5_000_000 })),
  market(92, "XAU", { market_config: config({ trading_hours: "Sun 18:00 - Fri 17:00" }) }),
];
const DEAD = [
  market(20, "OLD", { status: "inactive" }),
  market(21, "HID", { market_config: config({ hidden: true }) }),
  market(22, "END", { market_config: config({ force_reduce_only: true }) }),
  market(2048, "ETH/USDC", { market_type: "spot" }),
];
const ratesOf = (...rows: readonly Row[]): Row => ({ code: 200, funding_rates: rows });
const marketsOf = (...rows: readonly Row[]): Row => ({
  code: 200,
  order_book_details: rows,
  spot_order_book_details: [market(2049, "BTC/USDC")],
});

const BTC_RATE = rate(1, "BTC", 0.00009599999999999999);
const change = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [key]: value },
  outcome,
];

const description: ExchangeDescription = {
  exchange: lighter,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/api/v1/funding-rates",
      rows: ["funding_rates"],
      body: ratesOf(
        BTC_RATE,
        rate(1, "BTC", 0.0008, "hyperliquid"),
        rate(7, "1000PEPE", -0.004),
        rate(92, "XAU", 0.0009, "binance"),
        rate(92, "XAU", 0),
        ...DEAD.map((row) => rate(row["market_id"], String(row["symbol"]), 0.0001)),
        rate(400, "STRANGER", 0.0001),
        rate(500, "NOTHERE", 0.0001, "bybit"),
      ),
    },
    {
      // They hold the prices.
      name: "markets",
      kind: "instruments",
      everyMs: 0,
      request: "/api/v1/orderBookDetails",
      rows: ["order_book_details"],
      parts: ["market_config"],
      body: marketsOf(...LIVE, ...DEAD),
    },
  ],
  expected: 3,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      // An eighth of the quoted rate.
      fundingRate: 0.00009599999999999999 / 8,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: 0.000012,
      markPrice: 64000.5,
      indexPrice: 64010,
      lastPrice: null,
      openInterestDigit: 5,
      openInterestUsd: 2735.5 * 64000.5,
      volume24hUsd: 460664167.5,
    },
    {
      // Without mark and index it has its last trade, which also values its open interest.
      exchangeSymbol: "1000PEPE",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.0005,
      markPrice: null,
      indexPrice: null,
      lastPrice: 0.02,
      openInterestUsd: 100_000,
    },
    { exchangeSymbol: "XAU", base: "XAU", assetClass: null, fundingRate: 0 },
  ],
  explained: {
    formula: "{rates.rate} / 8",
    rows: { rates: BTC_RATE, markets: { market_type: "perp", open_interest: 2735.5 } },
    unknown: "STRANGER",
  },
  kindKeys: { markets: "market_type status market_config" },
  changes: [
    [
      "a mark without an index: no last price",
      { "markets.index_price": "", "markets.last_trade_price": 1 },
      { markPrice: 64000.5, indexPrice: null, lastPrice: null },
    ],
    [
      "an index without a mark values the open interest",
      { "markets.mark_price": "0", "markets.open_interest": 2 },
      { markPrice: null, indexPrice: 64010, lastPrice: null, openInterestUsd: 128_020 },
    ],
    change("a market of another type", "markets.market_type", "prediction", "unknown_kind"),
    change("no rate", "rates.rate", null, "bad_rate"),
    change("a rate over its notional", "rates.rate", 1.01, "implausible_rate"),
    change("no id", "rates.market_id", null, "bad_row"),
    change("no status", "markets.status", 1, "bad_row"),
    change("hidden unknown", "markets.market_config.hidden", "true", "bad_row"),
    change("closing unknown", "markets.market_config.force_reduce_only", null, "bad_row"),
  ],
  failures: [
    ["an error", { code: 20001, message: "invalid param" }, "bad_envelope"],
    ["too many requests", { code: 23000, message: "Too Many Requests" }, "rate_limited"],
    ["the last code of limits", { code: 23003, message: "slow" }, "rate_limited"],
    ["no code", { funding_rates: [], order_book_details: LIVE }, "bad_envelope"],
    ["an empty list", { code: 200, funding_rates: [], order_book_details: [] }, "bad_envelope"],
    [
      "only rates relayed from other exchanges",
      ratesOf(rate(1, "BTC", 0.0009, "binance")),
      "bad_envelope",
      "rates",
    ],
  ],
  exemptions: [
    negativeRate("rates.rate"),
    hugeAmount("markets.last_trade_price", "openInterestUsd", "lastPrice"),
    hugeAmount("markets.mark_price", "openInterestUsd", "markPrice"),
    hugeAmount("markets.index_price", "indexPrice"),
    {
      at: "markets.mark_price",
      mutations: ["missing", "null", "NaN", "negative", "empty", "object"],
      fields: ["openInterestUsd"],
      why: "the index values it instead",
    },
    hugeAmount("markets.open_interest", "openInterestUsd"),
    hugeAmount("markets.daily_quote_token_volume", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "the rate of ETH with the markets of May 2026",
      files: { rates: "funding-rates.json", markets: "order-book-details.json" },
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            base: "ETH",
            markPrice: null,
            indexPrice: null,
            lastPrice: 2361.31,
            volume24hUsd: 460664167.955905,
            fundingRate: expect.closeTo(0.000012, 15),
            openInterestUsd: expect.closeTo(27350.8981 * 2361.31, 3),
          },
        ],
      },
    },
  ],
};

testExchange(description);

test("an eighth of lighter's 0.0096 % is its resting rate", async () => {
  const [btc] = (await refreshOf(description)).quotes;
  expect(btc?.fundingRate).toBeCloseTo(0.000012, 15);
});

test("prices of a lighter list older than three minutes are unknown, its quantities after ten", async () => {
  const quotesAt = async (minutes: number) => {
    const receivedAtMs = { markets: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await lighter.refresh(source)).quotes;
  };
  const [btc, pepe] = await quotesAt(3);
  expect([btc?.markPrice, pepe?.lastPrice]).toEqual([64000.5, 0.02]);
  const old = await quotesAt(4);
  expect(old[0]).toMatchObject({ markPrice: null, indexPrice: null, volume24hUsd: 460664167.5 });
  expect(old[1]).toMatchObject({ lastPrice: null, openInterestUsd: 100_000 });
  const older = await quotesAt(11);
  expect(older[0]).toMatchObject({ volume24hUsd: null, openInterestUsd: null });
});

test.each([
  ["another symbol for the id of a lighter market", rate(1, "ETH", 0.0008), market(1, "BTC"), 1],
  ["no id in lighter's list", rate(1, "BTC", 0.0008), market("x", "BTC"), 0],
])("%s is a broken row", async (_title, row, listed, expected) => {
  const others = { rates: ratesOf(row), markets: marketsOf(listed) };
  expect(await refreshOf(description, others)).toMatchObject({
    quotes: [],
    rejects: [{ reason: "bad_row" }],
    expected,
  });
});

test("lighter explains a rate by its own row, never a relayed one, and none that is not shown", async () => {
  const { explain } = await refreshOf(description);
  expect(explain("XAU")?.origin.rows).toMatchObject({ rates: rate(92, "XAU", 0) });
  expect(explain("OLD")).toBeNull();
});
