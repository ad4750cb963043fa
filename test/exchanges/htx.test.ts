import { describe, expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { htx } from "../../src/exchanges/htx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memorySource } from "../support/memory-source.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at as valueAt } from "../support/simulator.ts";

const V1 = "/linear-swap-api/v1";
const RATES = `${V1}/swap_batch_funding_rate`;
const LIST = `${V1}/swap_contract_info?business_type=swap`;
/** The new call, which replaces the one for all rates. */
const v5 = (...codes: readonly string[]): string =>
  `/v5/market/funding_rate?contract_code=${codes.join(",")}`;

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 120;
const MINUTE_MS = 60_000;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  estimated_rate: null,
  funding_rate: "0.000091500000000000",
  funding_time: String(at(16)),
  next_funding_time: null,
  trade_partition: "USDT",
  ...extra,
});
const index = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  index_price: 71020.5,
  index_ts: AT - 2000,
  ...extra,
});
const interest = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  volume: 2000000,
  amount: 2000,
  value: 142000000.5,
  trade_turnover: 901000111.25,
  ...extra,
});
const contract = (contract_code: string, extra: Row = {}): Row => ({
  contract_code,
  symbol: contract_code.split("-")[0],
  contract_size: 0.001,
  settlement_period: "8",
  contract_status: 1,
  business_type: "swap",
  contract_type: "swap",
  trade_partition: "USDT",
  labels: ["hot", "common"],
  tradfi_labels: [],
  ...extra,
});

const DEAD = [
  contract("OLD-USDT", { contract_status: 3 }),
  contract("BTC-USDT-261225", { business_type: "futures", contract_type: "quarter" }),
  contract("ETH-USDT-261225"),
  contract("BTC-USD", { trade_partition: "USD" }),
  contract("SOL-USDT", { trade_partition: "HTX" }),
];
const reply = (...data: readonly unknown[]): Row => ({ status: "ok", data, ts: STAMP });
const ALL_RATES = reply(
  rate("BTC-USDT"),
  rate("PEPE-USDT", { funding_rate: "-0.00125" }),
  rate("TSLA-USDT", { funding_rate: "0E-18" }),
  rate("XAUT-USDT", { funding_time: String(at(14)) }),
  ...DEAD.map((row) => rate(String(row["contract_code"]))),
  rate("BTC-USDT-270326", { funding_rate: null }),
  rate("NEW-USDT"),
);

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} ${JSON.stringify(value)}`,
  { [`instruments.${key}`]: value },
  outcome,
];
const declaredChange = (labels: unknown, assetClass: AssetClass | null): Change =>
  listChange("tradfi_labels", labels, { assetClass });
const freeChange = (free: unknown, declared: unknown, assetClass: AssetClass | null): Change => [
  `free labels ${JSON.stringify(free)} with ${JSON.stringify(declared)}`,
  { "instruments.labels": free, "instruments.tradfi_labels": declared },
  { assetClass },
];
const unknownChange = (period: string, hour: number): Change => [
  `an interval of ${period} with a next time at ${hour}`,
  { "instruments.settlement_period": period, "rates.funding_time": String(at(hour)) },
  { ...NO_INTERVAL, nextFundingAtMs: at(hour) },
];

const GONE = new RequestFailure("http", "gone", { status: 404 });

const description: ExchangeDescription = {
  exchange: htx,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 5 * MINUTE_MS,
      request: LIST,
      rows: ["data"],
      body: reply(
        contract("BTC-USDT"),
        contract("PEPE-USDT", { settlement_period: "4", tradfi_labels: undefined }),
        contract("TSLA-USDT", { labels: ["tradfi", "stock"], tradfi_labels: ["Stocks"] }),
        contract("XAUT-USDT", { tradfi_labels: ["Metals"], settlement_period: "1" }),
        ...DEAD,
      ),
    },
    {
      // Shows which call has the rates.
      name: "rateCall",
      kind: "instruments",
      everyMs: 240 * MINUTE_MS,
      request: RATES,
      body: ALL_RATES,
    },
    {
      name: "index",
      kind: "secondary",
      request: `${V1}/swap_index`,
      rows: ["data"],
      body: reply(
        index("BTC-USDT"),
        // Frozen.
        index("TSLA-USDT", { index_ts: AT - 301_000 }),
        index("OLD-USDT"),
      ),
      lost: { indexPrice: null },
    },
    {
      name: "openInterest",
      kind: "secondary",
      request: `${V1}/swap_open_interest`,
      rows: ["data"],
      body: reply(interest("BTC-USDT"), interest("PEPE-USDT", { value: 0 })),
      lost: { openInterestUsd: null, openInterestDigit: null, volume24hUsd: null },
    },
    {
      name: "rates",
      kind: "essential",
      request: RATES,
      rows: ["data"],
      body: ALL_RATES,
    },
  ],
  // The rates wait for the outcome of the call.
  atOnce: 4,
  otherwise: () => GONE,
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      // Coins have no label.
      assetClass: null,
      fundingRate: 0.0000915,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      indexPrice: 71020.5,
      // Open interest as sent; the turnover counts both sides.
      openInterestDigit: 2,
      openInterestUsd: 142000000.5,
      volume24hUsd: 450500055.625,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "PEPE-USDT",
      base: "PEPE",
      assetClass: null,
      fundingRate: -0.00125,
      openInterestUsd: 0,
      fundingIntervalHours: 4,
    },
    {
      exchangeSymbol: "TSLA-USDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      indexPrice: null,
      openInterestUsd: null,
    },
    {
      // A gold token.
      exchangeSymbol: "XAUT-USDT",
      base: "XAUT",
      assetClass: "crypto",
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
    },
  ],
  explained: {
    formula: "{rates.funding_rate}",
    rows: {
      rates: { funding_rate: "0.000091500000000000", funding_time: String(at(16)) },
      instruments: { settlement_period: "8" },
    },
    unknown: "NONE-USDT",
  },
  kindKeys: { instruments: "contract_status trade_partition" },
  changes: [
    listChange("contract_status", "on", "bad_row"),
    [
      "neither type",
      { "instruments.business_type": null, "instruments.contract_type": 5 },
      "bad_row",
    ],
    listChange("business_type", null, { base: "BTC" }),
    listChange("business_type", "prediction", "unknown_kind"),
    declaredChange("Commodities", "commodity"),
    declaredChange(["Indices"], "index"),
    declaredChange(["Metals"], "metal"),
    declaredChange(["Stocks"], "stock"),
    // Both are on funds only.
    declaredChange(["Stocks", "Indices"], "etf"),
    declaredChange(["Stocks", "Indices", "Metals"], null),
    declaredChange([], null),
    declaredChange(undefined, null),
    declaredChange(["Stocks", "Metals"], null),
    declaredChange(["Bonds"], null),
    declaredChange("", null),
    freeChange(["stock"], [], "stock"),
    freeChange(["new", "indices", "common"], [], "index"),
    freeChange(["commodities"], [], "commodity"),
    freeChange(["stock", "indices"], [], null),
    freeChange(["tradfi", "common"], [], null),
    freeChange(undefined, [], null),
    freeChange("stock", undefined, "stock"),
    // An index that was filed under Stocks; elsewhere the declared labels win.
    freeChange(["tradfi", "indices"], ["Stocks"], "index"),
    freeChange(["tradfi", "commodities"], ["Metals"], "metal"),
    freeChange(["tradfi", "stock"], ["Bonds"], null),
    listChange("settlement_period", undefined, { ...NO_INTERVAL, nextFundingAtMs: at(16) }),
    unknownChange("1", 16),
    unknownChange("480", 16),
    unknownChange("5", 16),
    // The list is older than the row: 20:00 is not on the grid of 8 hours.
    unknownChange("8", 20),
    unknownChange("4", 14),
    rateChange("funding_rate", null, "bad_rate"),
    rateChange("funding_rate", "1.2", "implausible_rate"),
    rateChange("funding_time", String(at(16) / 1000), "bad_next_time"),
  ],
  failures: [
    ["too many requests", { status: "error", err_code: 1032 }, "rate_limited"],
    ["an empty list", reply(), "bad_envelope"],
    ["no status", { data: [rate("BTC-USDT")] }, "bad_envelope"],
  ],
  classified: [
    [403, '{"err_code":1032}', "rate_limited"],
    [403, '{"err_code":10321}', null],
  ],
  exemptions: [
    negativeRate("rates.funding_rate"),
    hugeAmount("index.index_price", "indexPrice"),
    hugeAmount("openInterest.value", "openInterestUsd"),
    hugeAmount("openInterest.trade_turnover", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "a batch of 2022, joined to a contract made for it",
      files: { rates: "swap_batch_funding_rate.json" },
      made: { instruments: reply(contract("MANA-USDT")) },
      atMs: 1643346173500,
      yields: {
        quotes: [
          {
            base: "MANA",
            fundingRate: 0.0001,
            exchangeTimeMs: 1643346173103,
            nextFundingAtMs: 1643356800000,
          },
        ],
      },
    },
    {
      title: "the rate of one contract is not a list",
      files: { rates: "swap_funding_rate-2026.json" },
      yields: "bad_envelope",
    },
    {
      title: "the contracts of 2022 have no interval",
      files: { instruments: "swap_contract_info-2022.json" },
      yields: { expected: 3, quotes: [{ fundingIntervalHours: null }] },
    },
    {
      title: "an error instead of the contracts",
      files: { instruments: "error.json" },
      yields: "bad_envelope",
    },
    {
      title: "the rates of the new call, joined to a contract made for them",
      files: { [v5("BTC-USDT")]: "v5-funding_rate.json" },
      made: { rates: GONE, instruments: reply(contract("BTC-USDT")) },
      atMs: 1781235318800,
      yields: {
        quotes: [{ fundingRate: 0.000083024939363172, rateCap: 0.00375, rateFloor: -0.00375 }],
      },
    },
  ],
};

testExchange(description);

test("an interval of an htx list older than 30 minutes is unknown", async () => {
  const btcAt = async (minutes: number) => {
    const receivedAtMs = { instruments: AT - minutes * MINUTE_MS };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await htx.refresh(source)).quotes[0];
  };
  expect(await btcAt(31)).toMatchObject({ ...NO_INTERVAL, nextFundingAtMs: at(16) });
  expect((await btcAt(30))?.fundingIntervalHours).toBe(8);
});

test("an htx contract twice with different rates is not shown; equal duplicates are merged", async () => {
  const twins = (second: Row) =>
    refreshOf(description, { rates: reply(rate("BTC-USDT"), second, rate("PEPE-USDT")) });
  const { quotes, rejects } = await twins(rate("BTC-USDT", { funding_rate: "0.0002" }));
  expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["PEPE-USDT"]);
  expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
  expect((await twins(rate("BTC-USDT"))).quotes).toHaveLength(2);
});

describeRecorded("htx, recorded", (read) => {
  test("the contracts and open interest of 2026, with the one rate recorded then put into a list", async () => {
    const row = valueAt(await read("htx", "swap_funding_rate-2026.json"), "data");
    const { quotes, rejects } = await refreshOf(
      description,
      {
        rates: { status: "ok", data: [row] },
        openInterest: await read("htx", "swap_open_interest.json"),
        instruments: await read("htx", "swap_contract_info.json"),
      },
      1787166000000,
    );
    expect(rejects).toEqual([]);
    const money = { openInterestUsd: 2104319788.3167, volume24hUsd: 447822736.625 };
    const rest = { fundingRate: -0.000017417222787085, fundingIntervalHours: 8 };
    expect(quotes).toMatchObject([{ base: "BTC", assetClass: null, ...money, ...rest }]);
  });
});

const CODES = Array.from({ length: 11 }, (_, n) => `C${n}-USDT`);
const answer = (...codes: readonly string[]): Row => ({
  code: 200,
  message: "Success",
  data: codes.map((code) =>
    rate(code, { min_funding_rate: "-0.003", max_funding_rate: "0.00375" }),
  ),
  ts: STAMP,
});
const [TEN, LAST] = [CODES.slice(0, 10), CODES.slice(10)];
const SUCCESSOR = {
  [LIST]: reply(...CODES.map((code) => contract(code)), ...DEAD),
  [v5(...TEN)]: answer(...TEN),
  [v5(...LAST)]: answer(...LAST),
};
const CLOSED = { status: "error", err_code: 1404, err_msg: "offline", ts: STAMP };

describe("htx, when the call for all rates is closed", () => {
  test.each([
    ["its own error", CLOSED],
    ["an unknown contract", { status: "error", err_code: 1014, err_msg: "no" }],
    ["a market error", { status: "error", "err-code": "bad-request" }],
    ["an error of v5", { code: 1067, message: "no", data: [] }],
    ["HTTP 404", GONE],
    ["HTTP 410", new RequestFailure("http", "gone", { status: 410 })],
  ])("%s switches to the new call, ten live contracts at a time", async (_, body) => {
    const { quotes } = await refreshOf(description, { ...SUCCESSOR, [RATES]: body });
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(CODES);
    expect(quotes[10]).toMatchObject({
      fundingIntervalHours: 8,
      nextFundingAtMs: at(16),
      rateCap: 0.00375,
      rateFloor: -0.003,
      exchangeTimeMs: STAMP,
    });
  });

  test.each([
    ["too many requests", { status: "error", err_code: 1032 }, "rate_limited"],
    ["HTTP 500", new RequestFailure("http", "broken", { status: 500 }), "http"],
    ["neither status nor code", { data: [rate("BTC-USDT")] }, "bad_envelope"],
    ["an empty list", reply(), "bad_envelope"],
  ])("%s does not mean that and fails the refresh", async (_, body, kind) => {
    const failure = refreshOf(description, { ...SUCCESSOR, [RATES]: body });
    await expect(failure).rejects.toMatchObject({ name: "RequestFailure", kind });
  });

  test.each([
    ["an error", { code: 1066, message: "no" }],
    ["another contract's rate", answer("BTC-USDT")],
  ])("%s from the new call fails the refresh", async (_, body) => {
    const others = { ...SUCCESSOR, [RATES]: CLOSED, [v5(...LAST)]: body };
    await expect(refreshOf(description, others)).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});

test("htx: the outcome is remembered for four hours, and an open call is used once a cycle", async () => {
  const clock = new ManualClock(AT);
  const bodies = { ...bodiesOf(description), ...SUCCESSOR };
  let rates: unknown = ALL_RATES;
  let requestedPaths: string[] = [];
  const get: ExchangeHttp["get"] = async (path, decode) => {
    requestedPaths.push(path);
    const body = path === RATES ? rates : bodies[path];
    await Promise.resolve();
    return decode(body);
  };
  const http: ExchangeHttp = { get, postRead: () => Promise.reject(new Error("no POST here")) };
  const source = new ExchangeSource({
    requests: { during: () => http, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode: "off",
    periodMs: MINUTE_MS,
    sweepMs: 0,
    deadline: true,
    lifetime: new AbortController().signal,
  });
  const ratesRequested = async (afterMs: number): Promise<number[]> => {
    await clock.advance(afterMs);
    requestedPaths = [];
    await htx.fetchRaw(source.cycle(new AbortController().signal).source);
    return [RATES, v5(...TEN), v5(...LAST)].map(
      (path) => requestedPaths.filter((each) => each === path).length,
    );
  };
  expect(await ratesRequested(0)).toEqual([2, 0, 0]);
  expect(await ratesRequested(MINUTE_MS)).toEqual([1, 0, 0]);
  rates = CLOSED;
  // Tried without success, and once more to be sure.
  expect(await ratesRequested(MINUTE_MS)).toEqual([2, 1, 1]);
  expect(await ratesRequested(MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesRequested(238 * MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesRequested(MINUTE_MS)).toEqual([1, 1, 1]);
  // It works again: noticed when the check is due, and used from then on.
  rates = ALL_RATES;
  expect(await ratesRequested(239 * MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesRequested(MINUTE_MS)).toEqual([2, 0, 0]);
  expect(await ratesRequested(MINUTE_MS)).toEqual([1, 0, 0]);
});
