import { expect, test } from "bun:test";
import { kucoin } from "../../src/exchanges/kucoin.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, MUTATIONS, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { objectOf } from "../support/simulator.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const HOUR_MS = 3_600_000;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

/** The fields read from a row. */
const read = (symbol: string, baseCurrency: string, extra: Row = {}): Row => ({
  symbol,
  baseCurrency,
  displayBaseCurrency: baseCurrency,
  quoteCurrency: "USDT",
  settleCurrency: "USDT",
  type: "FFWCSX",
  isInverse: false,
  status: "Open",
  expireDate: null,
  marketStage: "NORMAL",
  assetClass: "CRYPTO",
  firstOpenDate: 1585555200000,
  fundingFeeRate: -7.1e-5,
  fundingRateCap: 0.003,
  fundingRateFloor: -0.002,
  dailyInterestRate: 0.0003,
  fundingRateGranularity: 8 * HOUR_MS,
  currentFundingRateGranularity: 8 * HOUR_MS,
  nextFundingRateDateTime: at(16),
  markPrice: 68000,
  indexPrice: 68050.5,
  openInterest: "20000000",
  multiplier: 0.001,
  turnoverOf24h: 719993040.5,
  takerFeeRate: 0.0006,
  ...extra,
});
const contract = (symbol: string, baseCurrency: string, extra: Row = {}): Row => ({
  ...read(symbol, baseCurrency, extra),
  predictedFundingFeeRate: null,
  nextFundingRateTime: 9_000_000,
  volumeOf24h: 10741.1,
});

const BTC = contract("XBTUSDTM", "XBT");
const PRE_MARKET = contract("OPENAIUSDTM", "OPENAI", {
  marketStage: "PRE_MARKET",
  fundingFeeRate: 0,
});
const reply = (...rows: readonly Row[]): Row => ({ code: "200000", data: rows });
const others = [
  contract("ETHUSDCM", "ETH", {
    quoteCurrency: "USDC",
    settleCurrency: "USDC",
    currentFundingRateGranularity: 4 * HOUR_MS,
    markPrice: 2000,
    multiplier: 0.01,
    openInterest: "5000",
  }),
  contract("1000BONKUSDTM", "1000BONK", {
    fundingFeeRate: 0.0001,
    fundingRateGranularity: 4 * HOUR_MS,
    currentFundingRateGranularity: 4 * HOUR_MS,
  }),
  contract("CVCUSDTM", "CVC", {
    fundingRateGranularity: HOUR_MS,
    currentFundingRateGranularity: null,
    nextFundingRateDateTime: at(14),
  }),
  contract("BIANRENSHENGUSDTM", "BIANRENSHENG", { displayBaseCurrency: "币安人生" }),
  contract("TSLAUSDTM", "TSLA", { assetClass: "STOCK" }),
  contract("XBTMU26", "XBT", {
    type: "FFICSX",
    expireDate: Date.UTC(2026, 11, 25),
    fundingFeeRate: null,
    nextFundingRateDateTime: null,
  }),
  contract("XBTUSDM", "XBT", {
    quoteCurrency: "USD",
    settleCurrency: "XBT",
    isInverse: true,
    multiplier: -1,
  }),
  PRE_MARKET,
  contract("OLDUSDTM", "OLD", { status: "Paused" }),
];

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
const END = AT + 3 * 24 * HOUR_MS;
const ending = (expireDate: unknown): Row => ({ "contracts.expireDate": expireDate });

const tickerChange = (ticker: string, base: string, multiplier: number): Change => [
  `the ticker ${ticker}`,
  { "contracts.baseCurrency": ticker, "contracts.displayBaseCurrency": ticker },
  { base, multiplier },
];
const classChange = (name: string | undefined, assetClass: "crypto" | null): Change => [
  `the class ${name}`,
  { "contracts.assetClass": name },
  { assetClass },
];
const kindChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} ${String(value)}`,
  { [`contracts.${key}`]: value },
  outcome,
];

const description: ExchangeDescription = {
  exchange: kucoin,
  nowMs: AT,
  payloads: [
    {
      name: "contracts",
      kind: "essential",
      request: "/api/v1/contracts/active",
      rows: ["data"],
      body: reply(BTC, ...others),
    },
  ],
  expected: null,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: "XBTUSDTM",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: 1585555200000,
      fundingRate: -0.000071,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.003,
      rateFloor: -0.002,
      baselineRate: expect.closeTo(0.0001, 12),
      markPrice: 68000,
      indexPrice: 68050.5,
      // 20,000,000 contracts of 0.001 coins at 68,000.
      openInterestDigit: 2,
      openInterestUsd: 1360000000,
      volume24hUsd: 719993040.5,
      takerFeeBps: 6,
    },
    {
      // With its current interval.
      exchangeSymbol: "ETHUSDCM",
      base: "ETH",
      quote: "USDC",
      settle: "USDC",
      fundingIntervalHours: 4,
      openInterestUsd: 100000,
      baselineRate: expect.closeTo(0.00005, 12),
    },
    { exchangeSymbol: "1000BONKUSDTM", base: "BONK", multiplier: 1000 },
    // Its current granularity is null: the general one applies.
    { exchangeSymbol: "CVCUSDTM", fundingIntervalHours: 1, intervalSource: "published" },
    { exchangeSymbol: "BIANRENSHENGUSDTM", base: "币安人生" },
    { exchangeSymbol: "TSLAUSDTM", assetClass: "stock" },
  ],
  explained: {
    formula: "{contracts.fundingFeeRate}",
    rows: { contracts: read("XBTUSDTM", "XBT") },
    unknown: "BTCUSDTM",
    isWhole: true,
  },
  kindKeys: { contracts: "isInverse type status marketStage baseCurrency" },
  changes: [
    tickerChange("10000CAT", "CAT", 10000),
    tickerChange("1000000MOG", "MOG", 1000000),
    tickerChange("1MBABYDOGE", "BABYDOGE", 1000000),
    tickerChange("1INCH", "1INCH", 1),
    tickerChange("TENCENTHKD", "TENCENTHKD", 1),
    classChange("CRYPTO", "crypto"),
    kindChange("assetClass", "METAL", { assetClass: "metal" }),
    kindChange("assetClass", "COMMODITY", { assetClass: "commodity" }),
    classChange("BOND", null),
    classChange(undefined, null),
    ...["soon", {}, -1, ""].map((bad) =>
      kindChange("currentFundingRateGranularity", bad, NO_INTERVAL),
    ),
    [
      "a shifted settlement grid",
      {
        "contracts.currentFundingRateGranularity": 4 * HOUR_MS,
        "contracts.nextFundingRateDateTime": at(15),
      },
      { nextFundingAtMs: at(15), fundingIntervalHours: 4 },
    ],
    [
      "a next time that has just passed",
      {},
      { nextFundingAtMs: at(16), fundingIntervalHours: 8 },
      at(16) + 1000,
    ],
    ["a next time beyond the interval", {}, { ...NO_INTERVAL, nextFundingAtMs: null }, at(4)],
    ["an end that is announced", ending(END), { base: "BTC", fundingIntervalHours: 8 }],
    [
      "an end that is near",
      { ...ending(END), "contracts.nextFundingRateDateTime": END + 1 },
      { base: "BTC" },
      END - 1,
    ],
    [
      "an end that has come",
      { ...ending(END), "contracts.nextFundingRateDateTime": END + 1 },
      "not shown",
      END,
    ],
    ["an end at this moment", ending(AT), "not shown"],
    ["a dated contract without its end", { "contracts.type": "FFICSX" }, "not shown"],
    kindChange("status", "BeingSettled", "not shown"),
    kindChange("status", "CancelOnly", "not shown"),
    kindChange("status", "Paused", "not shown"),
    ["an inverse contract quoted in USDT", { "contracts.isInverse": true }, "not shown"],
    kindChange("settleCurrency", "XBT", "not shown"),
    kindChange("marketStage", "PRE_MARKET", "not shown"),
    ["no rate", { "contracts.fundingFeeRate": null }, "bad_rate"],
    ["an empty rate", { "contracts.fundingFeeRate": "" }, "bad_rate"],
    ["a rate over 100 %", { "contracts.fundingFeeRate": -1.5 }, "implausible_rate"],
    [
      "the remaining milliseconds as a time",
      { "contracts.nextFundingRateDateTime": 17752926 },
      "bad_next_time",
    ],
    kindChange("isInverse", undefined, "bad_row"),
    kindChange("status", 1, "bad_row"),
    kindChange("type", undefined, "bad_row"),
    kindChange("marketStage", undefined, "bad_row"),
    ["an empty base", { "contracts.baseCurrency": "" }, "bad_row"],
    ["an end in seconds", ending(Date.UTC(2026, 11, 25) / 1000), "bad_row"],
    ["an unreadable end", ending({}), "bad_row"],
    kindChange("type", "FFXCSX", "unknown_kind"),
    kindChange("marketStage", "AUCTION", "unknown_kind"),
  ],
  failures: [
    ["another code", { code: "404000", msg: "not found" }, "bad_envelope"],
    ["too many requests", { code: "429000", msg: "too many" }, "rate_limited"],
    ["an empty list", reply(), "bad_envelope"],
    ["no list", { code: "200000" }, "bad_envelope"],
    ["null", null, "bad_envelope"],
  ],
  classified: [
    [400, '{"code":"429000","msg":"x"}', "rate_limited"],
    [400, '{"code":"400000","msg":"x"}', null],
  ],
  exemptions: [
    anyName("contracts.symbol", "exchangeSymbol"),
    anyName("contracts.baseCurrency", "base", "multiplier"),
    {
      at: "contracts.displayBaseCurrency",
      mutations: MUTATIONS,
      fields: ["base"],
      why: "without the shown name the transcription is all there is",
    },
    {
      at: "contracts.currentFundingRateGranularity",
      mutations: ["missing", "null"],
      fields: ["fundingIntervalHours", "baselineRate"],
      why: "absent, the general granularity holds",
    },
    negativeRate("contracts.fundingFeeRate"),
    hugeAmount("contracts.dailyInterestRate", "baselineRate"),
    hugeAmount("contracts.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("contracts.indexPrice", "indexPrice"),
    hugeAmount("contracts.openInterest", "openInterestUsd"),
    hugeAmount("contracts.multiplier", "openInterestUsd"),
    hugeAmount("contracts.turnoverOf24h", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "the row of August 2026",
      files: { contracts: "contracts-active.json" },
      atMs: 1787184000000 - 2 * HOUR_MS,
      yields: {
        rejects: [],
        quotes: [
          {
            exchangeSymbol: "XBTUSDTM",
            base: "BTC",
            assetClass: null,
            fundingRate: -0.000071,
            fundingIntervalHours: 8,
            nextFundingAtMs: 1787184000000,
            volume24hUsd: 719993040.669,
            openInterestUsd: expect.closeTo(28127.482 * 67810, 3),
          },
        ],
      },
    },
    ...["ua-v2-funding-rate.json", "funding-rate-current.json"].map((file) => ({
      title: `${file} is not the list of contracts and is refused`,
      files: { contracts: file },
      yields: "bad_envelope" as const,
    })),
  ],
};
testExchange(description);

test("kucoin contracts are shown if none has a market stage, except before the market", async () => {
  const { marketStage: _stage, ...unstaged } = BTC;
  for (const rows of [[unstaged], [unstaged, PRE_MARKET]]) {
    const { quotes, rejects } = await refreshOf(description, { contracts: reply(...rows) });
    expect([quotes.map(({ base }) => base), rejects]).toEqual([["BTC"], []]);
  }
});

test("kucoin rejects both rows of one symbol that differ", async () => {
  const twice = [BTC, { ...BTC, fundingFeeRate: 0.0002 }, contract("AUSDTM", "A")];
  const { quotes, rejects } = await refreshOf(description, { contracts: reply(...twice) });
  expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["AUSDTM"]);
  expect(rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
});

describeRecorded("kucoin, recorded", (readRecorded) => {
  test("the documented object of a single-contract call, put into a list", async () => {
    const { data } = objectOf(await readRecorded("kucoin", "contract-xbtusdtm.json"));
    const contracts = { code: "200000", data: [data] };
    // Its only time is the number of milliseconds remaining, which is not a time.
    expect(await refreshOf(description, { contracts })).toMatchObject({
      rejects: [],
      quotes: [
        {
          base: "BTC",
          fundingRate: 0.000052,
          fundingIntervalHours: 8,
          nextFundingAtMs: null,
          predictedRate: null,
        },
      ],
    });
  });
});
