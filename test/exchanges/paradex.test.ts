import { expect, test } from "bun:test";
import { paradex } from "../../src/exchanges/paradex.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 700;
const OPENED = Date.UTC(2025, 2, 14, 10);

const summary = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  mark_price: "64000.5",
  underlying_price: "64010.25",
  volume_24h: "5815541.5",
  total_volume: "584031465.5",
  open_interest: "162.5",
  funding_rate: "0.000083",
  created_at: STAMP,
  ...extra,
});
const market = (base: string, extra: Row = {}): Row => ({
  symbol: `${base}-USD-PERP`,
  base_currency: base,
  quote_currency: "USD",
  settlement_currency: "USDC",
  asset_kind: "PERP",
  open_at: OPENED,
  expiry_at: 0,
  trading_mode: "STANDARD",
  funding_period_hours: 8,
  max_funding_rate: "0.02",
  ...extra,
});
const LIVE = [
  market("BTC"),
  market("kPEPE", { max_funding_rate: "0.05", funding_period_hours: 4 }),
  market("XAU", { max_funding_rate: "0.005" }),
  market("mSATS", { funding_period_hours: 0 }),
];
const NOT_SHOWN = [
  market("DATED", { expiry_at: AT + 86_400_000 }),
  market("SOON", { open_at: AT + 1 }),
  market("RFQ", { trading_mode: "RFQ_ONLY" }),
  market("EURO", { quote_currency: "EUR" }),
  market("COIN", { settlement_currency: "BTC" }),
  market("BTC", { symbol: "BTC-USD-96000-C", asset_kind: "PERP_OPTION", trading_mode: 1 }),
  market("ETH", { symbol: "ETH-USD-26DEC26-3000-P", asset_kind: "OPTION" }),
  market("ETH", { symbol: "ETH-USD", asset_kind: "SPOT" }),
];
const reply = (...results: readonly unknown[]): Row => ({ results });

const change = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [key]: value },
  outcome,
];

const description: ExchangeDescription = {
  exchange: paradex,
  nowMs: AT,
  payloads: [
    {
      name: "summary",
      kind: "essential",
      request: "/v1/markets/summary?market=ALL",
      rows: ["results"],
      body: reply(
        summary("BTC-USD-PERP"),
        summary("kPEPE-USD-PERP", { funding_rate: "-0.00121", mark_price: "0.02" }),
        summary("XAU-USD-PERP", { funding_rate: "0" }),
        summary("mSATS-USD-PERP"),
        ...NOT_SHOWN.map((row) => summary(String(row["symbol"]))),
        summary("STRANGER-USD-PERP"),
      ),
    },
    {
      name: "markets",
      kind: "instruments",
      everyMs: 5 * 60_000,
      request: "/v1/markets",
      rows: ["results"],
      body: reply(...LIVE, ...NOT_SHOWN),
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-USD-PERP",
      base: "BTC",
      quote: "USD",
      settle: "USDC",
      accrual: "continuous",
      listedAtMs: OPENED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: null,
      rateCap: 0.02,
      rateFloor: -0.02,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 162.5 * 64000.5,
      volume24hUsd: 5815541.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "kPEPE-USD-PERP",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      openInterestUsd: 3.25,
      fundingIntervalHours: 4,
      rateCap: 0.025,
      rateFloor: -0.025,
      baselineRate: 0.00005,
    },
    // A market that is not a coin.
    { exchangeSymbol: "XAU-USD-PERP", fundingRate: 0, rateCap: 0.005, baselineRate: null },
    {
      exchangeSymbol: "mSATS-USD-PERP",
      base: "MSATS",
      multiplier: 1,
      fundingIntervalHours: null,
      intervalSource: null,
      rateCap: null,
      baselineRate: null,
    },
  ],
  explained: {
    formula: "{summary.funding_rate}",
    rows: { summary: { funding_rate: "0.000083" }, markets: { funding_period_hours: 8 } },
    unknown: "STRANGER-USD-PERP",
  },
  kindKeys: {
    markets: "asset_kind expiry_at open_at base_currency quote_currency settlement_currency",
  },
  changes: [
    change("a period of a day", "markets.funding_period_hours", "24", {
      rateCap: expect.closeTo(0.06, 12),
    }),
    change("a market opens at its time, not before", "markets.open_at", AT, { listedAtMs: AT }),
    change("no rate", "summary.funding_rate", "", "bad_rate"),
    change("a rate over its notional", "summary.funding_rate", "-1.2", "implausible_rate"),
    change("no opening", "markets.open_at", "", "bad_row"),
    change("no base", "markets.base_currency", 1, "bad_row"),
    change("no mode where others have one", "markets.trading_mode", undefined, "bad_row"),
    change("an invalid mode", "markets.trading_mode", {}, "bad_row"),
  ],
  failures: [
    ["an error", { error: "INVALID", message: "no", data: null }, "bad_envelope"],
    ["an error with rows", { error: "INVALID", results: LIVE }, "bad_envelope"],
    ["no list", { results: null }, "bad_envelope"],
    ["an empty list", reply(), "bad_envelope"],
    ["options alone", reply(summary("BTC-USD-96000-C", { asset_kind: "OPTION" })), "bad_envelope"],
  ],
  exemptions: [
    negativeRate("summary.funding_rate"),
    hugeAmount("summary.mark_price", "markPrice", "openInterestUsd"),
    hugeAmount("summary.underlying_price", "indexPrice"),
    hugeAmount("summary.open_interest", "openInterestUsd"),
    hugeAmount("summary.volume_24h", "volume24hUsd"),
    anyName("markets.base_currency", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the summary of BTC in 2024, joined to a market made for it",
      files: { summary: "markets-summary.json" },
      made: { markets: reply(market("BTC", { open_at: 1 })) },
      atMs: 1718170157000,
      yields: {
        quotes: [
          {
            fundingRate: 0.01629574927887,
            exchangeTimeMs: 1718170156580,
            indexPrice: 67367.37268422,
            openInterestUsd: expect.closeTo(162.272 * 68465.17449906, 3),
            volume24hUsd: 5815541.397939004,
          },
        ],
      },
    },
    {
      title:
        "the market of BODEN, older than funding periods and modes, joined to a summary made for it",
      files: { markets: "markets-perp.json" },
      made: { summary: reply(summary("BODEN-USD-PERP")) },
      yields: {
        rejects: [],
        quotes: [
          {
            base: "BODEN",
            listedAtMs: 1717065600000,
            fundingIntervalHours: null,
            rateCap: null,
          },
        ],
      },
    },
    {
      title: "a list of only options is not a list of perpetuals",
      files: { markets: "markets-perp-option-24h.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

test("a period of paradex is known while the list is less than half an hour old", async () => {
  const hoursAt = async (minutes: number) => {
    const receivedAtMs = { markets: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await paradex.refresh(source)).quotes[0]?.fundingIntervalHours;
  };
  expect(await hoursAt(30)).toBe(8);
  expect(await hoursAt(31)).toBeNull();
});

test.each([[undefined], [null], [""]])(
  "a paradex mode of %p instead of the usual one, which is left out, loses nothing; a null error is not an error",
  async (mode) => {
    const { quotes, rejects, expected } = await refreshOf(description, {
      summary: { error: null, ...reply(summary("BTC-USD-PERP"), summary("RFQ-USD-PERP")) },
      markets: reply(
        market("BTC", { trading_mode: mode }),
        market("RFQ", { trading_mode: "RFQ_ONLY" }),
      ),
    });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["BTC-USD-PERP"]);
  },
);
