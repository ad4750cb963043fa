import { expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { deribit } from "../../src/exchanges/deribit.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at, objectOf } from "../support/simulator.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 1_500;
const LISTED = Date.UTC(2024, 2, 14, 10);

const summary = (instrument_name: string, extra: Row = {}): Row => ({
  instrument_name,
  funding_8h: 0.00008301,
  current_funding: -0.00412,
  mark_price: 64000.5,
  estimated_delivery_price: 64010,
  open_interest: 1234.5,
  volume: 800.25,
  volume_usd: 51200400.5,
  volume_notional: 51200400.5,
  last: null,
  creation_timestamp: STAMP,
  ...extra,
});

const instrument = (instrument_name: string, extra: Row = {}): Row => ({
  instrument_name,
  kind: "future",
  settlement_period: "perpetual",
  instrument_type: "linear",
  is_active: true,
  state: "open",
  underlying_type: "crypto",
  base_currency: instrument_name.split("_")[0],
  counter_currency: "USDC",
  quote_currency: "USDC",
  settlement_currency: "USDC",
  contract_size: 0.0001,
  creation_timestamp: LISTED,
  ...extra,
});

const BTC = "BTC_USDC-PERPETUAL";
const MOG = "1000MOG_USDC-PERPETUAL";
const TSLA = "TSLA_USDC-PERPETUAL";
const SPY = "SPY_USDC-PERPETUAL";
const SKIPPED = [
  instrument("BTC_USDC-26DEC26", { settlement_period: "month" }),
  instrument("BTC-PERPETUAL", { instrument_type: "reversed", settlement_currency: "BTC" }),
  instrument("ETH_USDC-PERPETUAL", { instrument_type: "reversed" }),
  instrument("OLD_USDC-PERPETUAL", { is_active: false }),
  instrument("HALT_USDC-PERPETUAL", { state: "locked" }),
  instrument("COMBO_USDC-PERPETUAL", { kind: "future_combo" }),
  instrument("DATED_USDC-PERPETUAL", { settlement_period: "month" }),
  instrument("EURO_USDC-PERPETUAL", { counter_currency: "EURR" }),
  instrument("SPACEX_USDC-PERPETUAL", { underlying_type: "pre_ipo" }),
];

const reply = (result: unknown, extra: Row = {}): Row => ({
  jsonrpc: "2.0",
  result,
  usIn: STAMP * 1000,
  testnet: false,
  ...extra,
});

const typeChange = (type: string, outcome: Change[2]): Change => [
  `underlying_type "${type}"`,
  { "instruments.underlying_type": type },
  outcome,
];
const classChange = (type: string, assetClass: AssetClass): Change =>
  typeChange(type, { assetClass });
const rateChange = (value: unknown, outcome: Change[2]): Change => [
  `a rate of "${String(value)}"`,
  { "summaries.funding_8h": value },
  outcome,
];
const instantChange = (value: number | null): Change => [
  `an instant rate of ${value} costs nothing else`,
  { "summaries.current_funding": value },
  { fundingRate: 0.00008301, instantRate: null },
];
/** The older name of instrument_type. */
const olderType = (type: string) => ({
  "instruments.instrument_type": undefined,
  "instruments.future_type": type,
});
const errorOf = (code: number) => `{"jsonrpc":"2.0","error":{"code":${code},"message":"m"}}`;

const description: ExchangeDescription = {
  exchange: deribit,
  nowMs: AT,
  payloads: [
    {
      name: "summaries",
      kind: "essential",
      request: "/api/v2/public/get_book_summary_by_currency?currency=USDC&kind=future",
      rows: ["result"],
      body: reply([
        summary(BTC),
        summary(MOG, { funding_8h: -0.00121, mark_price: 0.25, open_interest: 4000 }),
        summary(TSLA, { funding_8h: 0 }),
        summary(SPY),
        ...SKIPPED.map((row) => summary(String(row["instrument_name"]))),
        summary("NEW_USDC-PERPETUAL"),
        summary("NEW_USDC-26DEC26", { funding_8h: undefined, current_funding: undefined }),
      ]),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v2/public/get_instruments?currency=USDC&kind=future&expired=false",
      rows: ["result"],
      body: reply([
        instrument(BTC),
        instrument(MOG),
        instrument(TSLA, { underlying_type: "equity" }),
        instrument(SPY, { underlying_type: "equity_etf" }),
        ...SKIPPED,
      ]),
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      assetClass: "crypto",
      accrual: "continuous",
      listedAtMs: LISTED,
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: null,
      instantRate: -0.00412,
      rateCap: 0.05,
      rateFloor: -0.05,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1234.5 * 64000.5,
      volume24hUsd: 51200400.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: MOG,
      base: "MOG",
      multiplier: 1000,
      fundingRate: -0.00121,
      openInterestUsd: 1000,
    },
    { exchangeSymbol: TSLA, base: "TSLA", assetClass: "stock", fundingRate: 0 },
    { exchangeSymbol: SPY, assetClass: "etf" },
  ],
  explained: {
    formula: "{summary.funding_8h}",
    rows: {
      summary: { instrument_name: BTC, funding_8h: 0.00008301, current_funding: -0.00412 },
    },
    unknown: "NOPE_USDC-PERPETUAL",
  },
  kindKeys: {
    instruments:
      "kind settlement_period instrument_type is_active state underlying_type base_currency counter_currency settlement_currency",
  },
  changes: [
    // Whatever its separators.
    classChange("equity_etf", "etf"),
    classChange("Equity ETF", "etf"),
    classChange("commodity", "commodity"),
    classChange("index", "index"),
    typeChange("weather", "unknown_kind"),
    ...["pre_ipo", "PREIPO", "pre-IPO"].map((type) => typeChange(type, "not shown")),
    ["linear by the older name of its type", olderType("linear"), { exchangeSymbol: BTC }],
    ["inverse by the older name of its type", olderType("reversed"), "not shown"],
    [
      "volume_usd replaces volume_notional",
      { "summaries.volume_notional": undefined, "summaries.volume_usd": 7 },
      { volume24hUsd: 7 },
    ],
    rateChange("", "bad_rate"),
    rateChange(null, "bad_rate"),
    rateChange(-2, "implausible_rate"),
    instantChange(null),
    instantChange(3),
  ],
  failures: [
    ["an error", { error: { code: -32602, message: "Invalid params" } }, "bad_envelope"],
    ["too many requests", { error: { code: 10028, message: "too_many" } }, "rate_limited"],
    ["the test venue", reply([summary(BTC)], { testnet: true }), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no list", reply(null), "bad_envelope"],
  ],
  classified: [
    [400, errorOf(10028), "rate_limited"],
    [400, errorOf(-32602), null],
  ],
  exemptions: [
    negativeRate("summaries.funding_8h"),
    negativeRate("summaries.current_funding", "instantRate"),
    hugeAmount("summaries.mark_price", "markPrice", "openInterestUsd"),
    hugeAmount("summaries.estimated_delivery_price", "indexPrice"),
    hugeAmount("summaries.open_interest", "openInterestUsd"),
    hugeAmount("summaries.volume_notional", "volume24hUsd"),
    {
      ...anyName("instruments.base_currency", "base", "multiplier"),
      mutations: ["NaN", "huge", "negative", "flipped"],
    },
  ],
  recorded: [
    {
      title: "a summary of options holds no perpetual",
      files: { summaries: "get_book_summary_by_currency.json" },
      atMs: 1583783678400,
      yields: { quotes: [], rejects: [], expected: 4, unlisted: 0 },
    },
    {
      title: "the instruments are of the test venue and refused",
      files: { instruments: "get_instruments.json" },
      yields: "bad_envelope",
    },
  ],
};

testExchange(description);

test("deribit explains another rate by its own row", async () => {
  const { explain } = await refreshOf(description);
  expect(explain(MOG)?.origin).toMatchObject({
    rows: { summary: { instrument_name: MOG, funding_8h: -0.00121, current_funding: -0.00412 } },
    formula: "{summary.funding_8h}",
  });
});

describeRecorded("deribit, recorded", (read) => {
  test("instruments without the test venue's flag are not ours", async () => {
    const body = objectOf(await read("deribit", "get_instruments.json"));
    const instruments = { ...body, testnet: false };
    expect(await refreshOf(description, { instruments })).toMatchObject({
      quotes: [],
      rejects: [],
      expected: 0,
    });
  });

  test("the numbers of a recorded ticker, put into a summary of a USDC perpetual", async () => {
    const ticker = at(await read("deribit", "ws-ticker-perpetual.json"), "params", "data");
    const summaries = reply([{ ...objectOf(ticker), instrument_name: BTC }]);
    expect((await refreshOf(description, { summaries })).quotes).toMatchObject([
      { fundingRate: 0.00001742, instantRate: 0, markPrice: 92281.78, indexPrice: 92263.55 },
    ]);
  });
});
