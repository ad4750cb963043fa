import { expect, test } from "bun:test";
import { hashkey } from "../../src/exchanges/hashkey.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 16);
const ratesAt = (ms: number): string => `/api/v1/futures/fundingRate?timestamp=${ms}`;
const INDEX = "/quote/v1/index";
const mark = (symbol: string): string => `/quote/v1/markPrice?symbol=${symbol}`;
const ticker = (symbol: string): string => `/quote/v1/ticker/24hr?symbol=${symbol}`;
const [BTC, ETH] = ["BTCUSDT-PERPETUAL", "ETHUSDT-PERPETUAL"] as const;

const contract = (symbol: string, underlying: string, extra: Row = {}): Row => ({
  symbol,
  symbolName: symbol,
  status: "TRADING",
  baseAsset: symbol,
  quoteAsset: "USDT",
  inverse: false,
  marginToken: "USDT",
  contractMultiplier: "0.001",
  underlying,
  ...extra,
});
const CONTRACTS = [
  contract(BTC, "BTC"),
  contract(ETH, "ETH"),
  contract("OLDUSDT-PERPETUAL", "OLD", { status: "HALT" }),
  contract("BTCUSD-PERPETUAL", "BTC", { inverse: true, marginToken: "BTC", quoteAsset: "USD" }),
  contract("BTCUSDT-261225", "BTC"),
  contract("ETHBTC-PERPETUAL", "ETH", { marginToken: "BTC" }),
];
const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  rate: "-0.0000966",
  nextSettleTime: String(NEXT),
  ...extra,
});
const info = (...contracts: readonly Row[]): Row => ({ timezone: "UTC", symbols: [], contracts });

const change = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [key]: value },
  outcome,
];
const RECORDED_MS = 1_722_290_000_000;
const DOWN = new RequestFailure("timeout", "no answer");

const description: ExchangeDescription = {
  exchange: hashkey,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 3_600_000,
      request: "/api/v1/exchangeInfo",
      rows: ["contracts"],
      body: info(...CONTRACTS),
    },
    {
      name: "rates",
      kind: "essential",
      request: ratesAt(AT),
      rows: [],
      body: [
        rate(BTC),
        rate(ETH, { rate: "0", nextSettleTime: "" }),
        ...CONTRACTS.slice(2).map((row) => rate(String(row["symbol"]))),
        rate("NEWUSDT-PERPETUAL"),
      ],
    },
    {
      name: "indexes",
      kind: "secondary",
      request: INDEX,
      one: ["index"],
      body: { index: { BTCUSDT: "64010.25", OLDUSDT: "1" }, edp: {} },
      lost: { indexPrice: null },
    },
  ],
  perInstrument: [
    {
      kind: "rotation",
      name: "marks",
      everyMs: 120_000,
      one: [],
      requests: [BTC, ETH].map(mark),
      bodies: {
        [mark(BTC)]: { exchangeId: 301, symbolId: BTC, price: "64000.5", time: String(AT) },
        [mark(ETH)]: { exchangeId: 301, symbolId: "OTHER", price: "3000", time: String(AT) },
      },
    },
    {
      kind: "rotation",
      name: "tickers",
      everyMs: 300_000,
      rows: [],
      requests: [BTC, ETH].map(ticker),
      bodies: {
        [ticker(BTC)]: [{ t: AT, s: BTC, c: "64001", v: "1604722", qv: "5062575.25" }],
        [ticker(ETH)]: [{ t: AT, s: "ETHUSDT", qv: "7" }],
      },
    },
  ],
  expected: 2,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: -0.0000966,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      volume24hUsd: 5062575.25,
    },
    {
      // Without a published time the grid gives it; another contract's mark and volume are not used.
      exchangeSymbol: ETH,
      base: "ETH",
      fundingRate: 0,
      nextFundingAtMs: NEXT,
      markPrice: null,
      indexPrice: null,
      volume24hUsd: null,
    },
  ],
  explained: {
    formula: "{rates.rate}",
    rows: { rates: rate(BTC), instruments: { symbol: BTC, inverse: false } },
    unknown: "NEWUSDT-PERPETUAL",
  },
  kindKeys: { instruments: "status inverse underlying quoteAsset marginToken" },
  changes: [
    change("instruments.inverse", "false", "bad_row"),
    change("instruments.inverse", undefined, "bad_row"),
    change("instruments.underlying", "", "bad_row"),
    change("rates.rate", "", "bad_rate"),
    change("rates.rate", undefined, "bad_rate"),
    change("rates.rate", "1.5", "implausible_rate"),
    change("rates.nextSettleTime", String(NEXT / 1000), "bad_next_time"),
    // A dead contract.
    change("rates.nextSettleTime", String(NEXT - 4 * 86_400_000), "not shown"),
    // Beyond the interval, which it contradicts.
    change("rates.nextSettleTime", String(NEXT + 86_400_000), {
      fundingIntervalHours: null,
      nextFundingAtMs: NEXT + 86_400_000,
      baselineRate: null,
    }),
  ],
  failures: [
    [
      "an error",
      { code: "0001", msg: "Required field 'timestamp' missing or invalid." },
      "bad_envelope",
    ],
    ["an error with a negative code", { code: "-1130", msg: "no" }, "bad_envelope"],
    ["an empty list", [], "bad_envelope"],
    ["no contract", info(), "bad_envelope"],
  ],
  exemptions: [
    negativeRate("rates.rate"),
    hugeAmount("indexes.BTCUSDT", "indexPrice"),
    hugeAmount("marks.price", "markPrice"),
    hugeAmount("tickers.qv", "volume24hUsd"),
    anyName("instruments.underlying", "base"),
  ],
  recorded: [
    {
      title: "the recorded list, rates and ticker, with prices made for them",
      files: {
        instruments: "exchangeInfo.json",
        [ratesAt(RECORDED_MS)]: "fundingRate.json",
        [ticker(BTC)]: "ticker-24hr.json",
      },
      made: {
        indexes: { index: { BTCUSDT: "66000" }, edp: {} },
        [mark(BTC)]: { symbolId: BTC, price: "66001" },
      },
      atMs: RECORDED_MS,
      yields: {
        rejects: [],
        // The list was cut to one contract.
        expected: 1,
        unlisted: 1,
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.0001,
            nextFundingAtMs: 1_722_297_600_000,
            indexPrice: 66000,
            volume24hUsd: 108827258.7761,
          },
        ],
      },
    },
  ],
};

testExchange(description);

test("hashkey is disabled, with a reason", () => {
  expect(hashkey.facts.disabledReason).toContain("never recorded");
});

test("the timestamp of hashkey's rates is never that of an old list, not even if the index fails", async () => {
  const receivedAtMs = { instruments: AT - 3_000_000 };
  const bodies = bodiesOf(description);
  for (const index of [bodies[INDEX], DOWN]) {
    const source = memorySource({ ...bodies, [INDEX]: index }, { nowMs: AT, receivedAtMs });
    await hashkey.refresh(source);
    expect(source.requests).toContain(ratesAt(AT));
  }
});

test("hashkey without index, marks and volumes still shows its rates", async () => {
  for (const indexes of [DOWN, { index: {}, edp: {} }]) {
    const others = { indexes, [mark(BTC)]: DOWN, [ticker(BTC)]: DOWN };
    expect((await refreshOf(description, others)).quotes[0]).toMatchObject({
      fundingRate: -0.0000966,
      markPrice: null,
      indexPrice: null,
      volume24hUsd: null,
    });
  }
});
