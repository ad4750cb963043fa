import { expect, test } from "bun:test";
import { bingx } from "../../src/exchanges/bingx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Change, ExchangeDescription, Failure, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at as valueAt } from "../support/simulator.ts";

const CALL = "/openApi/swap/v2/quote";
const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
/** The requests of a refresh at `nowMs`. */
const ratesAt = (nowMs: number): string => `${CALL}/premiumIndex?timestamp=${nowMs}`;
const tickersAt = (nowMs: number): string => `${CALL}/ticker?timestamp=${nowMs}`;
const listAt = (nowMs: number): string => `${CALL}/contracts?timestamp=${nowMs}`;
const interestAt = (symbol: string): string =>
  `${CALL}/openInterest?symbol=${symbol}&timestamp=${AT}`;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "71000.5",
  indexPrice: "71012.25",
  lastFundingRate: "0.00007300",
  nextFundingTime: at(16),
  fundingIntervalHours: 8,
  minFundingRate: "-0.002500",
  maxFundingRate: "0.003000",
  updateTime: at(8),
  ...extra,
});
const ticker = (symbol: string): Row => ({
  symbol,
  priceChangePercent: "0.4%",
  volume: "52000.1",
  quoteVolume: "3691203440.75",
});
const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  currency: symbol.slice(symbol.lastIndexOf("-") + 1),
  asset: symbol.slice(0, symbol.lastIndexOf("-")),
  status: 1,
  apiStateOpen: "true",
  takerFeeRate: 0.0005,
  ...extra,
});
const reply = (data: unknown): Row => ({ code: 0, msg: "", data });
const interest = (symbol: string, openInterest: unknown): Row =>
  reply({ openInterest, symbol, time: AT });

const LIVE = [
  contract("BTC-USDT"),
  contract("1000PEPE-USDT", { apiStateOpen: "false" }),
  contract("NCCOGOLD2USD-USDT"),
  contract("NCSKTSLA2USD-USDT"),
  contract("BTC-USDC"),
];
const DEAD = [
  contract("OLD-USDT", { status: 0 }),
  contract("HALT-USDT", { status: 25 }),
  contract("SOON-USDT", { status: 5 }),
  contract("ETH-BTC"),
  contract("ETH-USDT", { currency: "ETH" }),
];
const symbolOf = (row: Row): string => String(row["symbol"]);

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];
const feeChange = (value: unknown, takerFeeBps: number | null): Change => [
  `a fee of "${String(value)}"`,
  { "instruments.takerFeeRate": value },
  { takerFeeBps },
];
const nameChange = (
  symbol: string,
  base: string,
  assetClass: "forex" | "index" | "stock" | "crypto",
): Change => [
  `${symbol} is ${base}, ${assetClass}`,
  { "rates.symbol": symbol, "instruments.symbol": symbol },
  { base, assetClass, openInterestUsd: null },
];

const FAILURES: readonly Failure[] = [
  ["busy", { code: 100410, msg: "busy" }, "rate_limited"],
  ["bad parameters", { code: 109400, msg: "no", data: {} }, "bad_envelope"],
  ["no code", { data: [rate("BTC-USDT")] }, "bad_envelope"],
  ["one symbol", reply(rate("BTC-USDT")), "bad_envelope"],
  ["an empty list", reply([]), "bad_envelope"],
];

/** When replies of one symbol were recorded. */
const ONE_SYMBOL_MS = 1728590000000;
const PRINTED_MS = 1672026700000;

const description: ExchangeDescription = {
  exchange: bingx,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: listAt(AT),
      rows: ["data"],
      body: reply([...LIVE, ...DEAD]),
    },
    {
      name: "rates",
      kind: "essential",
      request: ratesAt(AT),
      rows: ["data"],
      body: reply([
        rate("BTC-USDT"),
        rate("1000PEPE-USDT", { lastFundingRate: "-0.00045", fundingIntervalHours: 4 }),
        rate("NCCOGOLD2USD-USDT", { lastFundingRate: "0", nextFundingTime: at(14) }),
        rate("NCSKTSLA2USD-USDT", { fundingIntervalHours: undefined }),
        rate("BTC-USDC"),
        ...DEAD.map((row) => rate(symbolOf(row))),
        rate("NEW-USDT"),
      ]),
    },
    {
      name: "tickers",
      kind: "secondary",
      request: tickersAt(AT),
      rows: ["data"],
      body: reply([ticker("BTC-USDT"), ticker("OLD-USDT")]),
      lost: { volume24hUsd: null },
    },
  ],
  perInstrument: {
    kind: "rotation",
    name: "openInterest",
    everyMs: 30 * 60_000,
    one: ["data"],
    requests: LIVE.map((row) => interestAt(symbolOf(row))),
    bodies: Object.fromEntries(
      LIVE.map(symbolOf).map((symbol, n) => [interestAt(symbol), interest(symbol, `${n}500100.5`)]),
    ),
  },
  expected: 5,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      takerFeeBps: 5,
      fundingRate: 0.000073,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.003,
      rateFloor: -0.0025,
      markPrice: 71000.5,
      indexPrice: 71012.25,
      // Sent as an amount.
      openInterestUsd: 500100.5,
      volume24hUsd: 3691203440.75,
    },
    {
      exchangeSymbol: "1000PEPE-USDT",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00045,
      volume24hUsd: null,
      fundingIntervalHours: 4,
      openInterestUsd: 1500100.5,
    },
    {
      exchangeSymbol: "NCCOGOLD2USD-USDT",
      base: "GOLD",
      assetClass: "commodity",
      fundingRate: 0,
    },
    {
      exchangeSymbol: "NCSKTSLA2USD-USDT",
      base: "TSLA",
      assetClass: "stock",
      ...UNKNOWN_INTERVAL,
      nextFundingAtMs: at(16),
    },
    { exchangeSymbol: "BTC-USDC", base: "BTC", quote: "USDC", settle: "USDC" },
  ],
  explained: {
    formula: "{rates.lastFundingRate}",
    rows: {
      rates: { lastFundingRate: "0.00007300", fundingIntervalHours: 8 },
      instruments: { status: 1 },
    },
    unknown: "NONE-USDT",
  },
  kindKeys: { instruments: "status currency" },
  changes: [
    nameChange("NCFXEUR2USD-USDT", "EUR", "forex"),
    nameChange("NCSISP5002USD-USDT", "SP500", "index"),
    nameChange("NCSK2USD-USDT", "NCSK2USD", "stock"),
    nameChange("NCX-USDT", "NCX", "crypto"),
    nameChange("1INCH-USDT", "1INCH", "crypto"),
    nameChange("1000000BABYDOGE-USDT", "BABYDOGE", "crypto"),
    [
      "a contract that cannot be opened over the API is charged funding all the same",
      { "instruments.apiStateOpen": "false", "instruments.apiStateClose": "false" },
      { exchangeSymbol: "BTC-USDT", fundingRate: 0.000073 },
    ],
    feeChange("0.00045", 4.5),
    feeChange(null, null),
    feeChange("", null),
    feeChange(-0.0005, null),
    feeChange(5, null),
    [
      "unreadable caps",
      { "rates.maxFundingRate": "-0.003", "rates.minFundingRate": "" },
      { rateCap: null, rateFloor: null },
    ],
    ["a status in words", { "instruments.status": "online" }, "bad_row"],
    rateChange("lastFundingRate", "", "bad_rate"),
    rateChange("lastFundingRate", "-3", "implausible_rate"),
    rateChange("nextFundingTime", 9_000_000, "bad_next_time"),
    // The next time contradicts it.
    rateChange("fundingIntervalHours", 1, { ...UNKNOWN_INTERVAL, nextFundingAtMs: null }),
    // A dead contract.
    rateChange("nextFundingTime", at(8, 2), "not shown"),
  ],
  failures: FAILURES,
  classified: FAILURES.map(([, body, kind]) => [
    400,
    JSON.stringify(body),
    kind === "rate_limited" ? kind : null,
  ]),
  exemptions: [
    negativeRate("rates.lastFundingRate"),
    hugeAmount("rates.markPrice", "markPrice"),
    hugeAmount("rates.indexPrice", "indexPrice"),
    hugeAmount("openInterest.openInterest", "openInterestUsd"),
    hugeAmount("tickers.quoteVolume", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "rates, tickers and contracts as printed in its documentation",
      files: {
        [ratesAt(PRINTED_MS)]: "premiumIndex.json",
        [tickersAt(PRINTED_MS)]: "ticker.json",
        [listAt(PRINTED_MS)]: "contracts.json",
      },
      atMs: PRINTED_MS,
      yields: {
        rejects: [],
        expected: 2,
        quotes: [
          {
            base: "BTC",
            fundingRate: 0.0001,
            markPrice: 16884.5,
            indexPrice: 16886.9,
            volume24hUsd: 4151395117.73,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1672041600000,
          },
        ],
      },
    },
    {
      title: "an open interest, joined to a rate and a contract made for it",
      files: { [interestAt("EOS-USDT")]: "openInterest.json" },
      made: {
        rates: reply([rate("EOS-USDT")]),
        tickers: reply([ticker("EOS-USDT")]),
        instruments: reply([contract("EOS-USDT")]),
      },
      yields: { quotes: [{ base: "EOS", openInterestUsd: 7409966.52 }] },
    },
    {
      title: "a reply for one symbol is not a list",
      files: { rates: "premiumIndex-one-symbol.json" },
      yields: "bad_envelope",
    },
    { title: "busy is a rate limit", files: { rates: "error-busy.json" }, yields: "rate_limited" },
  ],
};

testExchange(description);

/** A refresh of these contracts, without their open interest. */
const refreshNamed = (...symbols: readonly string[]) =>
  refreshOf(description, {
    rates: reply(symbols.map((symbol) => rate(symbol))),
    tickers: reply(symbols.map((symbol) => ticker(symbol))),
    instruments: reply(symbols.map((symbol) => contract(symbol))),
  });

test("what bingx does not mark as anything else is a coin, except a company before its listing", async () => {
  const { quotes, rejects, expected } = await refreshNamed(
    "BTC-USDT",
    "OPENAI-USDT",
    "ANTHROPIC-USDT",
  );
  expect(quotes.map(({ exchangeSymbol, assetClass }) => [exchangeSymbol, assetClass])).toEqual([
    ["BTC-USDT", "crypto"],
  ]);
  expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
});

test("a bingx name of a non-coin of unknown kind is neither shown nor a broken row", async () => {
  expect(await refreshNamed("NCBDUST10Y2USD-USDT")).toMatchObject({
    quotes: [],
    rejects: [{ exchangeSymbol: "NCBDUST10Y2USD-USDT", reason: "unknown_kind" }],
    expected: 0,
  });
});

test("bingx: another symbol's open interest, or a missing one, is unknown", async () => {
  for (const body of [interest("ETH-USDT", "9"), new RequestFailure("timeout", "no answer")]) {
    const { quotes } = await refreshOf(description, { [interestAt("BTC-USDT")]: body });
    expect(quotes[0]).toMatchObject({ markPrice: 71000.5, openInterestUsd: null });
    expect(quotes[1]).toMatchObject({ openInterestUsd: 1500100.5 });
  }
});

describeRecorded("bingx, recorded", (read) => {
  test("an older row without an interval, put into a list", async () => {
    const row = valueAt(await read("bingx", "premiumIndex-one-symbol.json"), "data");
    const old = {
      [ratesAt(ONE_SYMBOL_MS)]: reply([row]),
      [tickersAt(ONE_SYMBOL_MS)]: reply([ticker("ETH-USDT")]),
      [listAt(ONE_SYMBOL_MS)]: reply([contract("ETH-USDT")]),
    };
    const { quotes } = await refreshOf(description, old, ONE_SYMBOL_MS);
    expect(quotes).toMatchObject([
      {
        fundingRate: 0.000099,
        markPrice: 2408.4,
        fundingIntervalHours: null,
        nextFundingAtMs: 1728604800000,
      },
    ]);
  });

  test("a ticker of one symbol is not a list, and loses its field", async () => {
    const tickers = await read("bingx", "ticker-one-symbol.json");
    expect((await refreshOf(description, { tickers })).quotes[0]?.volume24hUsd).toBeNull();
  });
});
