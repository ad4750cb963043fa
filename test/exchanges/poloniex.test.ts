import { expect, test } from "bun:test";
import { poloniex } from "../../src/exchanges/poloniex.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const RATE = "/v3/market/fundingRate?symbol=";
const [BTC, PEPE, SOL] = ["BTC_USDT_PERP", "1000PEPE_USDT_PERP", "SOL_USDT_PERP"] as const;

const AT = Date.UTC(2026, 9, 5, 13, 30);
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);

const instrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  bCcy: symbol.split("_")[0],
  qCcy: "USDT",
  sCcy: "USDT",
  ctVal: "0.001",
  status: "OPEN",
  ctType: "LINEAR",
  alias: "",
  ...extra,
});
const SKIPPED = [
  instrument("OLD_USDT_PERP", { status: "CLOSED" }),
  instrument("PAU_USDT_PERP", { status: "PAUSED" }),
  instrument("ETH_USD_PERP", { ctType: "INVERSE", sCcy: "ETH", qCcy: "USD" }),
  instrument("ETH_BTC_PERP", { sCcy: "BTC" }),
  instrument("BTC_USDT_Q", { alias: "quarter" }),
  instrument("XRP_USDT_Q"),
];
const rate = (s: string, extra: Row = {}): Row => ({
  s,
  fR: "0.000049",
  fT: String(hour(8)),
  nFR: "-0.000037",
  nFT: String(hour(16)),
  ...extra,
});
const ticker = (s: string, extra: Row = {}): Row => ({
  s,
  c: "63999",
  qty: "21090",
  amt: "451339.65",
  cT: String(AT - 500),
  mPx: "64000.5",
  iPx: "64010.25",
  ...extra,
});
const reply = (data: unknown, code: unknown = 200): Row => ({ code, msg: "Success", data });

const change = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [key]: value },
  outcome,
];

const description: ExchangeDescription = {
  exchange: poloniex,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "secondary",
      request: "/v3/market/tickers",
      rows: ["data"],
      body: reply([ticker(BTC), ticker(PEPE, { amt: "0" }), ticker("OLD_USDT_PERP")]),
      lost: { markPrice: null, indexPrice: null, volume24hUsd: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/v3/market/allInstruments",
      rows: ["data"],
      body: reply([...[BTC, PEPE, SOL].map((symbol) => instrument(symbol)), ...SKIPPED]),
    },
  ],
  perInstrument: {
    kind: "sweep",
    name: "rates",
    one: ["data"],
    requests: [BTC, PEPE, SOL].map((symbol) => RATE + symbol),
    bodies: {
      [RATE + BTC]: reply(rate(BTC)),
      [RATE + PEPE]: reply(rate(PEPE, { fT: String(hour(12) + 3), nFR: "0" })),
      [RATE + SOL]: reply(rate(SOL, { fT: String(hour(13)) })),
    },
  },
  expected: 3,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: -0.000037,
      fundingIntervalHours: 8,
      intervalSource: "derived",
      nextFundingAtMs: hour(16),
      settledRate: 0.000049,
      settledAtMs: hour(8),
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      volume24hUsd: 451339.65,
    },
    {
      // At 4 h with jitter.
      exchangeSymbol: PEPE,
      base: "PEPE",
      multiplier: 1000,
      fundingRate: 0,
      fundingIntervalHours: 4,
      settledRate: 0.000049,
      settledAtMs: hour(12) + 3,
      baselineRate: null,
      volume24hUsd: 0,
    },
    {
      // A distance of 3 h is not an interval.
      exchangeSymbol: SOL,
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: hour(16),
    },
  ],
  explained: {
    formula: "{rates.nFR}",
    rows: {
      rates: rate(BTC),
      instruments: { symbol: BTC, alias: "" },
      tickers: { mPx: "64000.5" },
    },
    unknown: "OLD_USDT_PERP",
  },
  kindKeys: { instruments: "ctType status alias bCcy qCcy sCcy" },
  changes: [
    change("instruments.ctType", undefined, "bad_row"),
    change("instruments.status", 1, "bad_row"),
    change("instruments.bCcy", "", "bad_row"),
    change("rates.fR", "", { settledRate: null, settledAtMs: null }),
    change("rates.fT", String(hour(8) + 12_345), {
      fundingIntervalHours: 8,
      settledAtMs: hour(8) + 12_345,
    }),
    change("rates.fT", String(hour(8) + 60_000), {
      fundingIntervalHours: null,
      nextFundingAtMs: hour(16),
    }),
    change("rates.nFR", "", "bad_rate"),
    change("rates.nFR", undefined, "bad_rate"),
    change("rates.nFR", "-1.5", "implausible_rate"),
    change("rates.nFT", String(hour(16) / 1000), "bad_next_time"),
    // A dead contract.
    change("rates.nFT", String(hour(16) - 4 * 86_400_000), "not shown"),
  ],
  failures: [
    ["an invalid symbol", reply("", 24101), "bad_envelope"],
    ["too many requests", reply("", 429), "rate_limited"],
    ["another contract's answer", reply(rate("X_USDT_PERP")), "bad_envelope"],
    ["a success without data", reply(""), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a server error", reply("", 500), "bad_envelope"],
    ["nothing live", reply(SKIPPED), "bad_envelope", "instruments"],
  ],
  exemptions: [
    negativeRate("rates.nFR"),
    negativeRate("rates.fR", "settledRate"),
    hugeAmount("tickers.mPx", "markPrice"),
    hugeAmount("tickers.iPx", "indexPrice"),
    hugeAmount("tickers.amt", "volume24hUsd"),
    anyName("instruments.bCcy", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the recorded list, joined to a rate made for its one contract",
      files: { instruments: "allInstruments.json", tickers: "tickers.json" },
      made: { [`${RATE}BNB_USDT_PERP`]: reply(rate("BNB_USDT_PERP")) },
      yields: {
        rejects: [],
        expected: 1,
        quotes: [{ base: "BNB", settle: "USDT", markPrice: null }],
      },
    },
    {
      title: "the assembled rate and the recorded tickers, joined to a list made for them",
      files: { tickers: "tickers.json", [RATE + BTC]: "fundingRate.json" },
      made: {
        instruments: reply([instrument(BTC), instrument("XRP_USDT_PERP")]),
        [`${RATE}XRP_USDT_PERP`]: reply(rate("XRP_USDT_PERP", { fT: null, nFT: null })),
      },
      atMs: 1_790_130_000_000,
      yields: {
        rejects: [],
        quotes: [
          {
            fundingRate: 0.000037,
            settledRate: 0.000049,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1_790_150_400_000,
          },
          { markPrice: 2.1798, indexPrice: 2.1834, volume24hUsd: 451339.65 },
        ],
      },
    },
  ],
};

testExchange(description);

test("poloniex contracts with a ticker that the list lacks show that the list is short", async () => {
  const instruments = reply([instrument(SOL), ...SKIPPED]);
  expect(await refreshOf(description, { instruments })).toMatchObject({ expected: 1, unlisted: 2 });
});
