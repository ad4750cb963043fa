import { expect, test } from "bun:test";
import { IntervalChangeRepository } from "../../src/db/market/interval-change-repository.ts";
import type { AssetClass, Quote } from "../../src/domain/quote.ts";
import { okx } from "../../src/exchanges/okx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import type { Change, Changed, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 700;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day) + hour * 3_600_000;
const ms = (hour: number, day = 5): string => String(at(hour, day));
const LISTED = Date.UTC(2021, 5, 7, 9);

/** What is read from the rows. */
const readRate = (instId: string, extra: Row = {}): Row => ({
  instId,
  instType: "SWAP",
  fundingRate: "0.0000830000000000",
  fundingTime: ms(16),
  nextFundingTime: ms(0, 6),
  prevFundingTime: ms(8),
  formulaType: "withRate",
  interestRate: "0.0001000000000000",
  minFundingRate: "-0.00375",
  maxFundingRate: "0.00375",
  settFundingRate: "0.0000720000000000",
  settState: "settled",
  ts: String(STAMP),
  ...extra,
});
const rate = (instId: string, extra: Row = {}): Row => ({
  impactValue: "20000.0000000000000000",
  method: "current_period",
  nextFundingRate: "",
  premium: "-0.0001",
  ...readRate(instId, extra),
});

const readInstrument = (instId: string, extra: Row = {}): Row => ({
  instId,
  instType: "SWAP",
  ctType: "linear",
  state: "live",
  ruleType: "normal",
  settleCcy: "USDT",
  uly: instId.split("-").slice(0, 2).join("-"),
  instFamily: instId.split("-").slice(0, 2).join("-"),
  instCategory: "1",
  listTime: String(LISTED),
  ...extra,
});
const instrument = (instId: string, extra: Row = {}): Row => ({
  baseCcy: "",
  quoteCcy: "",
  ctVal: "0.01",
  ...readInstrument(instId, extra),
});

const DEAD = [
  instrument("BTC-USD-SWAP", { ctType: "inverse", settleCcy: "BTC" }),
  instrument("ETH-BTC-SWAP", { settleCcy: "BTC" }),
  instrument("ETH-USDT-SWAP", { settleCcy: "ETH" }),
  instrument("OLD-USDT-SWAP", { state: "suspend" }),
  { instId: "SOON-USDT-SWAP", instType: "SWAP", state: "preopen", ctType: "", ruleType: "" },
  instrument("PRE-USDT-SWAP", { ruleType: "pre_market" }),
  instrument("OPENAI-USDT-SWAP", { instCategory: "3" }),
];

const RATE_ROWS = [
  rate("BTC-USDT-SWAP"),
  rate("1000SATS-USDT-SWAP", {
    fundingRate: "-0.0021",
    nextFundingTime: ms(20),
    prevFundingTime: ms(12),
    maxFundingRate: "0.01",
    minFundingRate: "-0.02",
    settState: "processing",
  }),
  rate("TSLA-USDT-SWAP", { fundingRate: "0.0000000000000000", interestRate: "0.0000000000000000" }),
  rate("BTC-USDC-SWAP", {
    formulaType: "noRate",
    fundingTime: ms(14),
    nextFundingTime: ms(15),
    prevFundingTime: ms(13),
  }),
  ...DEAD.map((row) => rate(String(row["instId"]))),
  rate("XAU-USD_UM_XPERP-310502", { instType: "FUTURES" }),
  rate("STRANGE-USDT-SWAP"),
];

const reply = (...data: readonly unknown[]): Row => ({ code: "0", msg: "", data });

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };

const rateChange = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [`fundingRate.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`instruments.${key}`]: value },
  outcome,
];
const classChange = (category: unknown, assetClass: AssetClass | null): Change =>
  listChange("instCategory", category, { assetClass });

/** The settlements around the present as hours of the day; null where the field is empty. */
type Settlements = readonly [previous: number | null, coming: number, following: number | null];

const stamp = (hour: number | null, jitterMs: number): string =>
  hour === null ? "" : String(at(hour) + jitterMs);
const settling = ([previous, coming, following]: Settlements, jitterMs = 0): Row => ({
  prevFundingTime: stamp(previous, -jitterMs),
  fundingTime: stamp(coming, jitterMs),
  nextFundingTime: stamp(following, 2 * jitterMs),
});
const ofRate = (row: Row): Changed =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [`fundingRate.${key}`, value]));
const settledChange = (
  title: string,
  atHour: number,
  settlements: Settlements,
  outcome: Partial<Quote>,
  jitterMs = 0,
): Change => [
  `the interval ${title}`,
  ofRate({ ...settling(settlements, jitterMs), ts: ms(atHour) }),
  outcome,
  at(atHour),
];

const NOT_RECORDED = new RequestFailure("http", "not recorded");
const NONE = {
  markPrice: NOT_RECORDED,
  openInterest: NOT_RECORDED,
  tickers: NOT_RECORDED,
  indexTickers: NOT_RECORDED,
};

const description: ExchangeDescription = {
  exchange: okx,
  nowMs: AT,
  payloads: [
    {
      name: "fundingRate",
      kind: "essential",
      request: "/api/v5/public/funding-rate?instId=ANY",
      rows: ["data"],
      body: reply(...RATE_ROWS),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v5/public/instruments?instType=SWAP",
      rows: ["data"],
      body: reply(
        instrument("BTC-USDT-SWAP"),
        instrument("1000SATS-USDT-SWAP"),
        instrument("TSLA-USDT-SWAP", { instCategory: "3", uly: "" }),
        instrument("BTC-USDC-SWAP", { settleCcy: "USDC" }),
        ...DEAD,
      ),
    },
    {
      name: "markPrice",
      kind: "secondary",
      request: "/api/v5/public/mark-price?instType=SWAP",
      rows: ["data"],
      body: reply(
        { instId: "BTC-USDT-SWAP", instType: "SWAP", markPx: "64000.5", ts: String(AT) },
        { instId: "1000SATS-USDT-SWAP", instType: "SWAP", markPx: "0.25", ts: String(AT) },
        { instId: "BTC-USD-SWAP", instType: "SWAP", markPx: "63999", ts: String(AT) },
      ),
      // The open interest of this one is in dollars.
      lost: { markPrice: null },
    },
    {
      name: "openInterest",
      kind: "secondary",
      request: "/api/v5/public/open-interest?instType=SWAP",
      rows: ["data"],
      body: reply(
        { instId: "BTC-USDT-SWAP", oi: "3124363.5", oiCcy: "31243.635", oiUsd: "1999608263.42" },
        { instId: "1000SATS-USDT-SWAP", oi: "800", oiCcy: "8000000", oiUsd: "" },
      ),
      lost: { openInterestUsd: null, openInterestDigit: null },
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/api/v5/market/tickers?instType=SWAP",
      rows: ["data"],
      body: reply(
        { instId: "BTC-USDT-SWAP", last: "64002", vol24h: "4500000", volCcy24h: "45000.5" },
        { instId: "1000SATS-USDT-SWAP", last: "", vol24h: "9", volCcy24h: "90000" },
      ),
      lost: { volume24hUsd: null },
    },
    {
      name: "indexTickers",
      kind: "secondary",
      request: "/api/v5/market/index-tickers?quoteCcy=USDT",
      rows: ["data"],
      body: reply(
        { instId: "BTC-USDT", idxPx: "64010", ts: String(AT) },
        { instId: "TSLA-USDT", idxPx: "401.5", ts: String(AT) },
      ),
      lost: { indexPrice: null },
    },
  ],
  expected: 4,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTC-USDT-SWAP",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "derived",
      // fundingTime is the next settlement.
      nextFundingAtMs: at(16),
      settledRate: 0.000072,
      settledAtMs: at(8),
      rateCap: 0.00375,
      rateFloor: -0.00375,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 1999608263.42,
      volume24hUsd: 45000.5 * 64002,
      exchangeTimeMs: STAMP,
    },
    {
      // At 4 h half the interest; open interest from coins, no volume without a price.
      exchangeSymbol: "1000SATS-USDT-SWAP",
      base: "SATS",
      multiplier: 1000,
      fundingRate: -0.0021,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.01,
      rateFloor: -0.02,
      openInterestUsd: 2_000_000,
      volume24hUsd: null,
      indexPrice: null,
      // While a settlement is processing none is known.
      settledRate: null,
      settledAtMs: null,
    },
    {
      // Its family names it if uly is empty.
      exchangeSymbol: "TSLA-USDT-SWAP",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: 0,
      indexPrice: 401.5,
      markPrice: null,
      openInterestUsd: null,
    },
    {
      // The formula has no interest.
      exchangeSymbol: "BTC-USDC-SWAP",
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: null,
      indexPrice: null,
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: {
      rates: readRate("BTC-USDT-SWAP"),
      instruments: readInstrument("BTC-USDT-SWAP"),
      marks: { instId: "BTC-USDT-SWAP", markPx: "64000.5" },
      openInterests: { instId: "BTC-USDT-SWAP", oiUsd: "1999608263.42", oiCcy: "31243.635" },
      tickers: { instId: "BTC-USDT-SWAP", last: "64002", volCcy24h: "45000.5" },
      indexes: { instId: "BTC-USDT", idxPx: "64010" },
    },
    unknown: "NONE-USDT-SWAP",
    isWhole: true,
  },
  kindKeys: { instruments: "instType state ctType ruleType settleCcy" },
  changes: [
    classChange("4", "commodity"),
    classChange(5, "forex"),
    classChange("6", null),
    classChange("", null),
    classChange("2", null),
    rateChange("an empty rate, which is never zero", "fundingRate", "", "bad_rate"),
    rateChange("an empty settled rate", "settFundingRate", "", {
      settledRate: null,
      settledAtMs: null,
      fundingRate: 0.000083,
    }),
    [
      "a settlement that has passed",
      ofRate(settling([5, 13, 21])),
      { nextFundingAtMs: at(13), fundingIntervalHours: 8 },
    ],
    [
      "a settlement beyond the interval",
      ofRate(settling([15, 16, 17])),
      { ...NO_INTERVAL, nextFundingAtMs: null },
    ],
    [
      "a dead contract",
      ofRate({ fundingTime: ms(13, 3), nextFundingTime: "", prevFundingTime: "" }),
      "not shown",
    ],
    rateChange("a settlement in seconds", "fundingTime", String(at(16) / 1000), "bad_next_time"),
    [
      "an underlying of another form",
      { "instruments.uly": "BTC-USDT-X", "instruments.instFamily": "" },
      "unknown_kind",
    ],
    ...["pre_market", "rebase_contract", "xperp"].map((rule) =>
      listChange("ruleType", rule, "not shown"),
    ),
    listChange("ruleType", "auction", "unknown_kind"),
    settledChange("is the running period while the one after it is shorter", 9, [8, 16, 20], {
      fundingIntervalHours: 8,
      intervalSource: "derived",
      baselineRate: 0.0001,
    }),
    settledChange("is the running period while the one after it is longer", 17, [16, 20, 28], {
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
    }),
    settledChange("does not change with what is announced for later", 9, [8, 16, 16.5], {
      fundingIntervalHours: 8,
    }),
    settledChange("does not need what is announced for later", 9, [8, 16, null], {
      fundingIntervalHours: 8,
    }),
    settledChange("is the first period of one that was never settled", 9, [null, 12, 16], {
      fundingIntervalHours: 4,
    }),
    settledChange("of one that was never settled may be unknown", 9, [null, 12, null], {
      fundingIntervalHours: null,
      intervalSource: null,
    }),
    settledChange("is unknown if no exchange uses the running period", 9, [7, 12, 16], {
      fundingIntervalHours: null,
      baselineRate: null,
    }),
    settledChange(
      "survives milliseconds of jitter in the stamps",
      9,
      [8, 16, 24],
      { fundingIntervalHours: 8 },
      450,
    ),
  ],
  failures: [
    ["code 51001", { code: "51001", msg: "x", data: [] }, "bad_envelope"],
    ["code 50011", { code: "50011", msg: "x", data: [] }, "rate_limited"],
    ["code 50001", { code: "50001", msg: "x", data: [] }, "http"],
    ["code 50013", { code: "50013", msg: "x", data: [] }, "http"],
    ["a code without data", { code: "50011", msg: "x" }, "rate_limited"],
    ["an empty list", reply(), "bad_envelope"],
    ["no code", { data: RATE_ROWS }, "bad_envelope"],
    ["no list", { code: "0", msg: "", data: {} }, "bad_envelope"],
    ["a bare list", [], "bad_envelope"],
  ],
  // A 403 with a page is a refused region.
  classified: [
    [403, "<html><head>", "geo_blocked"],
    [403, '{"code":"50001"}', null],
    [503, "<html>", null],
  ],
  exemptions: [
    negativeRate("fundingRate.fundingRate"),
    negativeRate("fundingRate.settFundingRate", "settledRate"),
    negativeRate("fundingRate.interestRate", "baselineRate"),
    hugeAmount("markPrice.markPx", "markPrice", "openInterestUsd"),
    {
      ...hugeAmount("openInterest.oiUsd", "openInterestUsd"),
      mutations: ["huge", "flipped"],
    },
    {
      at: "openInterest.oiUsd",
      mutations: ["missing", "null", "NaN", "negative", "empty", "object"],
      fields: ["openInterestUsd"],
      why: "coins times the mark price are used instead",
    },
    hugeAmount("openInterest.oiCcy", "openInterestUsd"),
    { ...hugeAmount("tickers.last", "volume24hUsd"), mutations: ["huge", "flipped"] },
    hugeAmount("tickers.volCcy24h", "volume24hUsd"),
    hugeAmount("indexTickers.idxPx", "indexPrice"),
  ],
  recorded: [
    {
      title: "the rates of September 2026, joined to a list made for them: the X-Perp is not shown",
      files: { fundingRate: "funding-rate-any.json" },
      made: {
        ...NONE,
        instruments: reply(
          ...["BTC-USDT-SWAP", "OKB-USDT-SWAP", "ONE-USDT-SWAP"].map((id) => instrument(id)),
        ),
      },
      atMs: 1789824246000,
      yields: {
        rejects: [],
        unlisted: 0,
        quotes: [
          { base: "BTC", fundingIntervalHours: 8, nextFundingAtMs: 1789833600000 },
          {
            base: "OKB",
            fundingIntervalHours: 4,
            nextFundingAtMs: 1789833600000,
            fundingRate: 0.00005,
            baselineRate: 0.00005,
          },
          {
            base: "ONE",
            fundingIntervalHours: 1,
            nextFundingAtMs: 1789826400000,
            fundingRate: -0.0018087460514744,
            settledRate: -0.0020913845892044,
            settledAtMs: 1789822800000,
            rateCap: 0.01,
            exchangeTimeMs: 1789824245248,
          },
        ],
      },
    },
    {
      title: "the instrument list, with rates made for all its swaps: the inverse one is not shown",
      files: { instruments: "instruments-swap.json" },
      made: {
        ...NONE,
        fundingRate: reply(rate("BTC-USD-SWAP"), rate("ETH-USDT-SWAP"), rate("BTC-USDT-SWAP")),
      },
      yields: {
        expected: 2,
        rejects: [],
        quotes: [
          { base: "ETH", listedAtMs: 1573557408000 },
          { base: "BTC", listedAtMs: 1573557408000 },
        ],
      },
    },
    {
      title: "mark price, open interest and ticker of BTC, joined to a rate made for them",
      files: {
        markPrice: "mark-price.json",
        openInterest: "open-interest-swap.json",
        tickers: "market-tickers-swap.json",
      },
      yields: {
        quotes: [
          {
            markPrice: 84660.1,
            openInterestUsd: 2119568225.54,
            volume24hUsd: expect.closeTo(46985.2381 * 80352.6, 3),
          },
          {},
          {},
          {},
        ],
      },
    },
    { title: "the error answer", files: { fundingRate: "error.json" }, yields: "bad_envelope" },
  ],
};

testExchange(description);

test("an okx reject names the rule that is not documented", async () => {
  const instruments = reply(instrument("BTC-USDT-SWAP", { ruleType: "auction" }));
  const { rejects } = await refreshOf(description, { instruments });
  expect(rejects).toMatchObject([{ reason: "unknown_kind", detail: "ruleType auction" }]);
});

test("okx without its marks: open interest is known if it is sent in dollars", async () => {
  const markPrice = new RequestFailure("timeout", "no answer");
  const { quotes } = await refreshOf(description, { markPrice });
  expect(quotes.map((quote) => quote.openInterestUsd)).toEqual([1999608263.42, null, null, null]);
});

test("okx without any secondary reply still shows all rates, and nothing else", async () => {
  const { quotes } = await refreshOf(description, NONE);
  expect(quotes).toHaveLength(4);
  expect(quotes[0]).toMatchObject({
    fundingRate: 0.000083,
    markPrice: null,
    indexPrice: null,
    openInterestUsd: null,
    volume24hUsd: null,
  });
});

test("okx explains a rate by the index of its family if uly is empty", async () => {
  const { explain } = await refreshOf(description);
  expect(explain("TSLA-USDT-SWAP")?.origin.rows).toMatchObject({
    marks: null,
    openInterests: null,
    tickers: null,
    indexes: { idxPx: "401.5" },
  });
});

test("okx: a change of the interval is one event, when the coming settlement has passed", async () => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], at(0));
  const rows: readonly (readonly [number, Settlements])[] = [
    [7.5, [0, 8, 16]],
    // OKX shortens the interval: the period that began at 8:00 still is one of 8 h.
    [9, [8, 16, 20]],
    [15.9, [8, 16, 20]],
    [16.1, [16, 20, 24]],
    [20.1, [20, 24, 28]],
  ];
  const intervals: unknown[] = [];
  for (const [hour, settlements] of rows) {
    const row = rate("BTC-USDT-SWAP", { ...settling(settlements), ts: ms(hour) });
    const { quotes } = await refreshOf(description, { fundingRate: reply(row) }, at(hour));
    intervals.push(...quotes.map((quote) => quote.fundingIntervalHours));
    database.writer.commit(acceptedBatch("okx", epoch, at(hour), quotes));
  }
  expect(intervals).toEqual([8, 8, 8, 4, 4]);
  const changes = new IntervalChangeRepository(database.db).between(
    at(0),
    at(48),
    Number.MAX_SAFE_INTEGER,
  );
  expect(changes).toMatchObject([{ fromHours: 8, toHours: 4, changedAtMs: at(16.1) }]);
  expect(changes).toHaveLength(1);
});
