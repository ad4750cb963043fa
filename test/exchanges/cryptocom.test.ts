import { expect, test } from "bun:test";
import { cryptocom } from "../../src/exchanges/cryptocom.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, MUTATIONS, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at, objectOf } from "../support/simulator.ts";

const BASE = "/exchange/v1/public";
const value = (symbol: string, type = "funding_rate"): string =>
  `${BASE}/get-valuations?instrument_name=${symbol}&valuation_type=${type}&count=1`;
const mark = (symbol: string): string => value(symbol, "mark_price");

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);
const [BTC, PEPE, TSLA, US500] = [
  "BTCUSD-PERP",
  "1000PEPEUSD-PERP",
  "TSLAUSD-PERP",
  "US500USD-PERP",
] as const;
const SYMBOLS = [BTC, PEPE, TSLA, US500];

const instrument = (symbol: string, base: string, extra: Row = {}): Row => ({
  symbol,
  inst_type: "PERPETUAL_SWAP",
  display_name: symbol,
  base_ccy: base,
  quote_ccy: "USD",
  tradable: true,
  expiry_timestamp_ms: 0,
  beta_product: false,
  contract_size: "1",
  product_type: "DIGITAL_CURRENCIES",
  ...extra,
});
const SKIPPED = [
  instrument("BTC_USD", "BTC", { inst_type: "CCY_PAIR" }),
  instrument("BTCUSD-261225", "BTC", { inst_type: "FUTURE", expiry_timestamp_ms: 1798185600000 }),
  instrument("ODDUSD-PERP", "ODD", { expiry_timestamp_ms: 1798185600000 }),
  instrument("OLDUSD-PERP", "OLD", { tradable: false }),
  instrument("NEWUSD-PERP", "NEW", { beta_product: true }),
  instrument("OPENAIIPOUSD-PERP", "OPENAIIPO", { product_type: "PRE_IPO" }),
  instrument("ETHBTC-PERP", "ETH", { quote_ccy: "BTC" }),
];

const reply = (data: unknown, extra: Row = {}): Row => ({
  id: -1,
  method: "public/x",
  code: 0,
  result: { data, ...extra },
});
const point = (v: unknown, symbol: string, t: unknown = NEXT - 3_600_000): Row =>
  reply([{ v, t }], { instrument_name: symbol });
const ticker = (i: string, extra: Row = {}): Row => ({
  i,
  a: "64000.5",
  b: null,
  v: "17.5",
  vv: "1120000.25",
  oi: "12.5",
  t: AT - 100,
  ...extra,
});

const change = (key: string, changed: unknown, outcome: Change[2]): Change => [
  `${key} "${String(changed)}"`,
  { [key]: changed },
  outcome,
];
const BLOCK = Date.UTC(2026, 9, 5, 12);

const description: ExchangeDescription = {
  exchange: cryptocom,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "secondary",
      request: `${BASE}/get-tickers`,
      rows: ["result", "data"],
      body: reply([
        ticker(BTC),
        ticker(PEPE, { a: null, oi: "1000000" }),
        ticker(US500),
        ticker("BTC_USD"),
      ]),
      lost: { openInterestUsd: null, openInterestDigit: null, volume24hUsd: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: `${BASE}/get-instruments`,
      rows: ["result", "data"],
      body: reply([
        instrument(BTC, "BTC"),
        instrument(PEPE, "1000PEPE"),
        instrument(TSLA, "TSLA", { product_type: "EQUITY" }),
        instrument(US500, "US500", { product_type: "EQUITY_IND", contract_size: "10" }),
        ...SKIPPED,
      ]),
    },
  ],
  perInstrument: [
    {
      kind: "sweep",
      name: "rates",
      rows: ["result", "data"],
      requests: SYMBOLS.map((symbol) => value(symbol)),
      bodies: {
        [value(BTC)]: point("-0.000001884", BTC),
        [value(PEPE)]: point("0.0000125", PEPE),
        [value(TSLA)]: point("0", TSLA),
        [value(US500)]: point("0.0000125", US500),
      },
    },
    {
      kind: "rotation",
      name: "marks",
      everyMs: 120_000,
      rows: ["result", "data"],
      requests: SYMBOLS.map(mark),
      bodies: {
        ...Object.fromEntries(SYMBOLS.map((symbol) => [mark(symbol), point("64001.5", symbol)])),
        [mark(PEPE)]: point("0.0102", PEPE),
      },
    },
  ],
  expected: 4,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USD",
      settle: "USD",
      assetClass: "crypto",
      fundingRate: -0.000001884,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      markPrice: 64001.5,
      // 12.5 coins at the last price of 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 800_006.25,
      volume24hUsd: 1_120_000.25,
    },
    // A last price that is null is replaced by the mark.
    { exchangeSymbol: PEPE, base: "PEPE", multiplier: 1000, openInterestUsd: 10_200 },
    {
      exchangeSymbol: TSLA,
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      volume24hUsd: null,
    },
    // A contract that is not one coin: its open interest has no known unit.
    { exchangeSymbol: US500, base: "US500", assetClass: "index", openInterestUsd: null },
  ],
  explained: {
    formula: "{rates.v}",
    rows: {
      rates: { v: "-0.000001884", t: NEXT - 3_600_000 },
      instruments: { symbol: BTC, product_type: "DIGITAL_CURRENCIES" },
      tickers: { oi: "12.5" },
      marks: { v: "64001.5" },
    },
    unknown: "OLDUSD-PERP",
  },
  kindKeys: { instruments: "inst_type tradable beta_product product_type base_ccy quote_ccy" },
  changes: [
    change("instruments.tradable", "true", "bad_row"),
    change("instruments.tradable", undefined, "bad_row"),
    change("instruments.product_type", undefined, "bad_row"),
    change("instruments.base_ccy", "", "bad_row"),
    change("rates.v", "", "bad_rate"),
    change("rates.v", "1.5", "implausible_rate"),
    // Of last week.
    change("rates.t", AT - 7 * 86_400_000, "bad_rate"),
    [
      "a rate of before the current block of four hours is still that of the block before",
      { "rates.v": "0.0001", "rates.t": BLOCK - 1 },
      { settling: true, nextFundingAtMs: NEXT, fundingRate: 0.0001 },
    ],
    ...[BLOCK, AT, NEXT, null].map((t) => change("rates.t", t, { settling: false })),
  ],
  failures: [
    ["an error code", { id: -1, code: 40004, message: "Missing" }, "bad_envelope"],
    ["too many requests", { id: -1, code: 42901, message: "TOO_MANY_REQUESTS" }, "rate_limited"],
    ["the same with an empty result", { id: -1, code: 42901, result: {} }, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a success without a result", { id: -1, code: 0 }, "bad_envelope"],
    ["another instrument's answer", point("0.1", "X"), "bad_envelope"],
    ["an answer without its instrument", reply([{ v: "0.1", t: 1 }]), "bad_envelope"],
    ["nothing live", reply(SKIPPED), "bad_envelope", "instruments"],
  ],
  classified: [
    [400, '{"id":-1,"code":42901}', "rate_limited"],
    [400, '{"id":-1,"code":40004}', null],
  ],
  exemptions: [
    negativeRate("rates.v"),
    hugeAmount("marks.v", "markPrice", "openInterestUsd"),
    {
      at: "tickers.a",
      mutations: MUTATIONS,
      fields: ["openInterestUsd"],
      why: "the mark replaces the last price",
    },
    hugeAmount("tickers.oi", "openInterestUsd"),
    hugeAmount("tickers.vv", "volume24hUsd"),
    anyName("instruments.base_ccy", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the recorded rate and tickers, with a list made for them",
      files: { tickers: "get-tickers.json", [value(BTC)]: "get-valuations.json" },
      made: {
        instruments: reply([instrument(BTC, "BTC"), instrument("AVAXUSD-PERP", "AVAX")]),
        [value("AVAXUSD-PERP")]: point("0", "AVAXUSD-PERP", 1_687_892_700_000),
      },
      atMs: 1_687_892_700_000,
      yields: {
        quotes: [
          { base: "BTC", fundingRate: -0.000001884, nextFundingAtMs: Date.UTC(2023, 5, 27, 20) },
          { base: "AVAX", volume24hUsd: 14017.33, openInterestUsd: 10888.9 * 13.209 },
        ],
      },
    },
  ],
};

testExchange(description);

test("each cryptocom rate is charged at the end of its own hour, also across a reply's full hour", async () => {
  const hour = Date.UTC(2026, 9, 5, 16, 1);
  const receivedAtMs = { [BTC]: hour - 120_000 };
  const source = memorySource(bodiesOf(description), { nowMs: hour, receivedAtMs });
  const { quotes } = await cryptocom.refresh(source);
  expect(quotes.slice(0, 2).map((quote) => quote.nextFundingAtMs)).toEqual([
    Date.UTC(2026, 9, 5, 16),
    Date.UTC(2026, 9, 5, 17),
  ]);
});

test("cryptocom perpetuals with a ticker that the list lacks show that the list is short", async () => {
  const instruments = reply([instrument(BTC, "BTC"), ...SKIPPED]);
  expect(await refreshOf(description, { instruments })).toMatchObject({ expected: 1, unlisted: 2 });
});

test("cryptocom without its tickers and marks still shows its rates", async () => {
  const down = new RequestFailure("timeout", "no answer");
  const others = { tickers: down, [mark(BTC)]: down };
  expect((await refreshOf(description, others)).quotes[0]).toMatchObject({
    fundingRate: -0.000001884,
    markPrice: null,
    openInterestUsd: null,
    volume24hUsd: null,
  });
});

describeRecorded("cryptocom, recorded", (read) => {
  test("the recorded list, with a product type made for it, joined to the recorded rate of another contract", async () => {
    const rows = at(await read("cryptocom", "get-instruments.json"), "result", "data");
    const list: readonly unknown[] = Array.isArray(rows) ? rows : [];
    const rate = at(await read("cryptocom", "get-valuations.json"), "result", "data");
    const RUNE = "RUNEUSD-PERP";
    const { quotes, rejects, expected } = await refreshOf(
      description,
      {
        instruments: reply(
          list.map((row) => ({ ...objectOf(row), product_type: "DIGITAL_CURRENCIES" })),
        ),
        tickers: await read("cryptocom", "get-tickers.json"),
        [value(RUNE)]: reply(rate, { instrument_name: RUNE }),
      },
      1_687_892_700_000,
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([{ base: "RUNE", fundingRate: -0.000001884, volume24hUsd: null }]);
  });
});
