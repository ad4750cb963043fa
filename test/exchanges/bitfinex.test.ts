import { expect, test } from "bun:test";
import { bitfinex } from "../../src/exchanges/bitfinex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Change, ExchangeDescription, Failure } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 2_500;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

/** A status row with some positions changed. */
const status = (key: string, other: Readonly<Record<number, unknown>> = {}): unknown[] => {
  const row: unknown[] = Array.from({ length: 24 }, () => null);
  const values = {
    0: key,
    1: STAMP,
    3: 64020,
    4: 63990,
    6: 40000000,
    8: at(16),
    9: -0.0007,
    10: 82,
    12: 0.00014501,
    15: 64000.5,
    18: 9635.5,
    22: 0.0005,
    23: 0.0025,
  };
  for (const [index, value] of Object.entries({ ...values, ...other })) row[Number(index)] = value;
  return row;
};

const ticker = (key: string, last = 64001, volume = 120.5): unknown[] => [
  key,
  64000,
  1.5,
  64002,
  2.5,
  -12,
  -0.0002,
  last,
  volume,
  65000,
  63000,
];

const BTC = "tBTCF0:USTF0";
const IOTA = "tIOTF0:USTF0";
const LUNA = "tLUNAF0:USTF0";
const LUNA2 = "tLUNA2F0:USTF0";
const INDEX = "tGERMANY40IXF0:USTF0";
const SKIPPED = ["tETHF0:BTCF0", "tTESTBTCF0:TESTUSDTF0"];
const SPOT = "tBTCUST";

const pairs = (...symbols: readonly string[]): unknown => [
  symbols.map((symbol) => [symbol.slice(1), [null, null, "0.02", "5000.0", null, 0.01, 0.005]]),
];

const rateChange = (value: unknown, outcome: Change[2]): Change => [
  `a rate of "${String(value)}"`,
  { "status.12": value },
  outcome,
];
const nextChange = (title: string, next: number | null, outcome: Change[2]): Change => [
  `a next time ${title}`,
  { "status.8": next },
  outcome,
];
const predictedChange = (
  average: number | null,
  band: unknown,
  limit: unknown,
  predictedRate: number | null,
): Change => [
  `an average of ${average}, band ${JSON.stringify(band)} and limit ${JSON.stringify(limit)}`,
  { "status.9": average, "status.22": band, "status.23": limit },
  { predictedRate },
];

const FAILURES: readonly Failure[] = [
  ["an error", ["error", 10020, "symbol: invalid"], "bad_envelope"],
  ["a breach of the rate", ["error", 11010, "ratelimit: error"], "rate_limited"],
  ["a breach as an object", { error: "ERR_RATE_LIMIT" }, "rate_limited"],
  ["an empty list", [], "bad_envelope"],
  ["no list", null, "bad_envelope"],
];
const BREACHES = ['{"error":"ERR_RATE_LIMIT"}', '["error",11010,"ratelimit: error"]'];
const INVALID = '["error",10020,"symbol: invalid"]';

const NOT_RECORDED = { tickers: new RequestFailure("http", "not recorded") };

const description: ExchangeDescription = {
  exchange: bitfinex,
  nowMs: AT,
  payloads: [
    {
      name: "status",
      kind: "essential",
      request: "/v2/status/deriv?keys=ALL",
      rows: [],
      body: [
        status(BTC),
        status(IOTA, { 9: 0.0305, 12: 0, 23: 0.025 }),
        status(LUNA, { 9: 0.0002, 12: -0.0025 }),
        status(LUNA2),
        status(INDEX),
        ...SKIPPED.map((key) => status(key)),
        status("tNEWF0:USTF0"),
        status("tNEWF0:BTCF0"),
      ],
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/v2/tickers?symbols=ALL",
      rows: [],
      body: [
        ticker(SPOT),
        ["fUSD", 0.0003, 0.0002, 30, 1000, 0.0003, 2, 2000, 0, 0, 0.0003, 1000000, 0.0004, 0.0001],
        ticker(BTC),
        ticker(IOTA, 0.25, 4000),
      ],
      lost: { volume24hUsd: null },
    },
    {
      name: "pairs",
      kind: "instruments",
      everyMs: 2 * 3_600_000,
      request: "/v2/conf/pub:info:pair:futures",
      rows: [0],
      body: pairs(BTC, IOTA, LUNA, LUNA2, INDEX, ...SKIPPED),
    },
  ],
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0.00014501,
      fundingIntervalHours: 8,
      intervalSource: "documented_default",
      nextFundingAtMs: at(16),
      // 0.0007 below zero, less the dead band of 0.0005.
      predictedRate: expect.closeTo(-0.0002, 15),
      rateCap: 0.0025,
      rateFloor: -0.0025,
      markPrice: 64000.5,
      indexPrice: 64000.5,
      openInterestDigit: 5,
      openInterestUsd: 9635.5 * 64000.5,
      volume24hUsd: 120.5 * 64001,
      exchangeTimeMs: STAMP,
    },
    // Codes become the assets that they mean.
    { exchangeSymbol: IOTA, base: "IOTA", fundingRate: 0, volume24hUsd: 1000 },
    { exchangeSymbol: LUNA, base: "LUNC", fundingRate: -0.0025, volume24hUsd: null },
    { exchangeSymbol: LUNA2, base: "LUNA" },
    { exchangeSymbol: INDEX, base: "GERMANY40IX" },
  ],
  explained: {
    formula: "{status.12}",
    rows: { status: status(BTC), pairs: { symbol: BTC }, tickers: ticker(BTC) },
    unknown: "tNOPEF0:USTF0",
    isWhole: true,
  },
  changes: [
    predictedChange(0.0305, 0.0005, 0.025, 0.025),
    predictedChange(-0.0305, 0.0005, 0.025, -0.025),
    predictedChange(-0.0005, 0.0005, 0.025, 0),
    predictedChange(0.0002, 0.0005, 0.0025, 0),
    predictedChange(0.5, 0, null, 0.5),
    predictedChange(0.0007, null, 0.0025, null),
    predictedChange(null, 0.0005, 0.0025, null),
    predictedChange(0.0007, 0.0005, "?", null),
    predictedChange(0.9, 0.0005, {}, null),
    predictedChange(0.9, 0.0005, true, null),
    predictedChange(0.9, {}, 0.0025, null),
    rateChange("", "bad_rate"),
    rateChange(null, "bad_rate"),
    rateChange(-2, "implausible_rate"),
    nextChange("days past: a dead contract", at(8, 3), "not shown"),
    nextChange("in seconds", at(16) / 1000, "bad_next_time"),
    nextChange("beyond 8 h", at(0, 6), {
      nextFundingAtMs: at(0, 6),
      fundingIntervalHours: null,
      intervalSource: null,
    }),
    nextChange("of none", null, { nextFundingAtMs: null, fundingIntervalHours: 8 }),
  ],
  failures: FAILURES,
  classified: [
    ...BREACHES.map((body) => [500, body, "rate_limited"] as const),
    [500, INVALID, null],
  ],
  exemptions: [
    negativeRate("status.12"),
    negativeRate("status.9", "predictedRate"),
    {
      at: "status.23",
      mutations: ["null"],
      fields: ["predictedRate"],
      why: "an absent limit does not apply",
    },
    hugeAmount("status.15", "markPrice", "indexPrice", "openInterestUsd"),
    hugeAmount("status.18", "openInterestUsd"),
    hugeAmount("tickers.7", "volume24hUsd"),
    hugeAmount("tickers.8", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "the status row of 2023, joined to a pair made for it",
      files: { status: "status-deriv.json" },
      made: { ...NOT_RECORDED, pairs: pairs(BTC) },
      atMs: 1691165060000,
      yields: {
        quotes: [
          {
            fundingRate: 0.00014548,
            predictedRate: 0,
            rateCap: 0.0025,
            nextFundingAtMs: 1691193600000,
          },
        ],
      },
    },
    {
      title: "the status row of 2024, joined to a pair made for it",
      files: { status: "status-deriv.json" },
      made: { ...NOT_RECORDED, pairs: pairs("tXRPF0:USTF0") },
      atMs: 1706256987000,
      yields: {
        quotes: [{ base: "XRP", fundingRate: 0, markPrice: 0.5123016, fundingIntervalHours: 8 }],
      },
    },
    {
      title: "the short rows of 2020",
      files: { status: "status-deriv-2020-short-rows.json" },
      made: { ...NOT_RECORDED, pairs: pairs(BTC, "tETHF0:USTF0") },
      atMs: 1579781547000,
      yields: {
        quotes: [
          { fundingRate: 0, predictedRate: null, rateCap: null, nextFundingAtMs: 1579795200000 },
          { base: "ETH", markPrice: 162.16 },
        ],
      },
    },
    {
      title: "the pair list, joined to rates made for it",
      files: { pairs: "conf-info-pair-futures.json" },
      made: { status: [status("tAAVEF0:USTF0")] },
      yields: { expected: 1, quotes: [{ base: "AAVE" }] },
    },
  ],
};

testExchange(description);

const quotesOf = async (...rows: readonly unknown[]) =>
  (await refreshOf(description, { status: rows })).quotes;

test("a bitfinex row that ends before its limit predicts nothing: only a limit of null is none", async () => {
  const cut = await quotesOf(status(BTC).slice(0, 23));
  expect(cut).toMatchObject([{ predictedRate: null, rateCap: null }]);
});

test("a short bitfinex row has no limits and no prediction", async () => {
  expect(await quotesOf(status(BTC).slice(0, 19))).toMatchObject([
    { fundingRate: 0.00014501, predictedRate: null, rateCap: null, rateFloor: null },
  ]);
});

test("a bitfinex row without a key is rejected, the others stay", async () => {
  const rows = [status(BTC), status(IOTA, { 0: 7 }), "x"];
  const { quotes, rejects } = await refreshOf(description, { status: rows });
  expect(quotes).toHaveLength(1);
  expect(rejects).toMatchObject([{ reason: "bad_row" }, { reason: "bad_row" }]);
});

test.each(FAILURES)(
  "bitfinex: %s waits the documented minute, or states nothing",
  async (...failure) => {
    const [, body, kind] = failure;
    const retryAfterMs = kind === "rate_limited" ? 60_000 : null;
    for (const name of ["status", "pairs"])
      await expect(refreshOf(description, { [name]: body })).rejects.toMatchObject({
        retryAfterMs,
      });
  },
);

test("a breach of bitfinex's rate waits the documented minute at any HTTP status", () => {
  const { statedWaitMs } = bitfinex.facts;
  for (const body of BREACHES) expect(statedWaitMs?.(body, AT)).toBe(60_000);
  expect(statedWaitMs?.(INVALID, AT)).toBeNull();
});
