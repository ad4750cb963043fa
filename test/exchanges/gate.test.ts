import { describe, expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { gate } from "../../src/exchanges/gate.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Change, Changed, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const secondsAt = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour) / 1000;
const SETTLEMENT = Date.UTC(2026, 9, 5, 16);

/** The fields read from a contract. */
const read = (name: string, extra: Row = {}): Row => ({
  name,
  type: "direct",
  status: "trading",
  in_delisting: false,
  is_pre_market: false,
  contract_type: "",
  funding_rate: "0.000083",
  funding_rate_limit: "0.003",
  funding_interval: 28800,
  interest_rate: "0.0003",
  funding_next_apply: secondsAt(16),
  mark_price: "64000.5",
  index_price: "64010",
  position_size: 1500000,
  quanto_multiplier: "0.0001",
  ...extra,
});
const contract = (name: string, extra: Row = {}): Row => ({
  ...read(name, extra),
  maker_fee_rate: "-0.0001",
  taker_fee_rate: "0.00075",
  trade_size: 7168785,
});

const BTC = contract("BTC_USDT");
const PEPE = contract("PEPE_USDT", {
  funding_rate: "-0.00021",
  funding_rate_limit: "0.02",
  funding_interval: 14400,
  mark_price: "0.000008",
  index_price: "0.00000801",
  position_size: 300000,
  quanto_multiplier: "10000000",
});
const TESLA = contract("TSLA_USDT", {
  contract_type: "stocks",
  interest_rate: "0",
  funding_rate: "0",
  funding_interval: 3600,
  funding_next_apply: secondsAt(14),
  position_size: "120.5",
  mark_price: "400",
  quanto_multiplier: "0.01",
});
const PRE_MARKET: Row = {
  is_pre_market: true,
  funding_rate: "0",
  funding_rate_limit: "0.000001",
  mark_price: "1500",
  index_price: "1500",
};
const SKIPPED = [
  contract("COCOS_USDT", { in_delisting: true, status: "delisting" }),
  contract("NEWCO_USDT", { status: "prelaunch" }),
  contract("OPENAI_USDT", PRE_MARKET),
  contract("BTC_USDT_20261225"),
  contract("BTC_USD", { type: "inverse", quanto_multiplier: "0" }),
];

const changed = (values: Row): Changed =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`contracts.${key}`, value]));
const change = (title: string, values: Row, outcome: Change[2], atMs?: number): Change =>
  atMs === undefined ? [title, changed(values), outcome] : [title, changed(values), outcome, atMs];
const interestChange = (
  interest_rate: string | undefined,
  seconds: number,
  next: number,
  baselineRate: number | null,
): Change =>
  change(
    `an interest of ${interest_rate} a day at ${seconds} s`,
    { interest_rate, funding_interval: seconds, funding_next_apply: next },
    { baselineRate: baselineRate === null ? null : expect.closeTo(baselineRate, 12) },
  );
const nameChange = (name: string, base: string, multiplier: number): Change =>
  change(`the name ${name}`, { name }, { base, multiplier });
const classChange = (contract_type: string, assetClass: AssetClass | null): Change =>
  change(`the type "${contract_type}"`, { contract_type }, { assetClass });

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
const NEXT_DAY = { funding_next_apply: secondsAt(0, 6) };
const NOT_RECORDED = new RequestFailure("http", "not recorded");
const CONTRACTS_ALONE = {
  tickers: NOT_RECORDED,
  usd1Contracts: NOT_RECORDED,
  usd1Tickers: NOT_RECORDED,
};

const description: ExchangeDescription = {
  exchange: gate,
  nowMs: AT,
  // Without a limit.
  payloads: [
    {
      name: "contracts",
      kind: "essential",
      request: "/api/v4/futures/usdt/contracts",
      rows: [],
      body: [BTC, PEPE, TESLA, ...SKIPPED],
    },
    {
      name: "usd1Contracts",
      kind: "secondary",
      request: "/api/v4/futures/usd1/contracts",
      rows: [],
      body: [contract("BTC_USD1", { funding_rate: "0.00011", position_size: 20000 })],
      lost: {},
      lists: ["BTC_USD1"],
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/api/v4/futures/usdt/tickers",
      rows: [],
      body: [
        { contract: "BTC_USDT", volume_24h_quote: "2500000000", total_size: "3000000" },
        { contract: "PEPE_USDT", volume_24h_quote: "37343788" },
        { contract: "OPENAI_USDT", volume_24h_quote: "12" },
      ],
      lost: { volume24hUsd: null },
    },
    {
      name: "usd1Tickers",
      kind: "secondary",
      request: "/api/v4/futures/usd1/tickers",
      rows: [],
      body: [{ contract: "BTC_USD1", volume_24h_quote: "181000", volume_24h: "28" }],
      lost: {},
    },
  ],
  expected: null,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: "BTC_USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: SETTLEMENT,
      rateCap: 0.003,
      rateFloor: -0.003,
      // A third of the daily interest.
      baselineRate: 0.0003 / 3,
      markPrice: 64000.5,
      indexPrice: 64010,
      // 1,500,000 contracts of 0.0001 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 9600075,
      volume24hUsd: 2500000000,
    },
    {
      // The contract size affects open interest and never the multiplier.
      exchangeSymbol: "PEPE_USDT",
      base: "PEPE",
      multiplier: 1,
      fundingRate: -0.00021,
      fundingIntervalHours: 4,
      volume24hUsd: 37343788,
      baselineRate: expect.closeTo(0.00005, 12),
      // 300,000 x 10,000,000 x 0.000008.
      openInterestUsd: expect.closeTo(24000000, 3),
    },
    {
      exchangeSymbol: "TSLA_USDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 9, 5, 14),
      baselineRate: 0,
      volume24hUsd: null,
      openInterestUsd: expect.closeTo(482, 9),
    },
    {
      exchangeSymbol: "BTC_USD1",
      base: "BTC",
      quote: "USD1",
      settle: "USD1",
      volume24hUsd: 181000,
    },
  ],
  explained: {
    formula: "{contracts.funding_rate}",
    rows: {
      contracts: read("BTC_USDT"),
      tickers: { contract: "BTC_USDT", volume_24h_quote: "2500000000" },
    },
    unknown: "NONE_USDT",
    isWhole: true,
  },
  kindKeys: { contracts: "in_delisting type status" },
  changes: [
    interestChange("0.0003", 3600, secondsAt(14), 0.0000125),
    interestChange("0.0006", 14400, secondsAt(16), 0.0001),
    interestChange("0", 28800, secondsAt(16), 0),
    interestChange(undefined, 28800, secondsAt(16), null),
    interestChange("-0.0003", 28800, secondsAt(16), null),
    nameChange("1000BONK_USDT", "BONK", 1000),
    nameChange("0G_USDT", "0G", 1),
    nameChange("币安人生_USDT", "币安人生", 1),
    classChange("stocks", "stock"),
    classChange("indices", "index"),
    classChange("metals", "metal"),
    classChange("commodities", "commodity"),
    classChange("forex", "forex"),
    classChange("bonds", null),
    change("inverse under a linear name", { type: "inverse" }, "not shown"),
    change("suspended", { status: "suspend" }, "not shown"),
    change("behind the circuit breaker", { status: "circuit_breaker" }, "not shown"),
    change("in delisting while trading", { in_delisting: true }, "not shown"),
    change("another quote in the USDT family", { name: "A_USD1" }, "not shown"),
    change(
      "a last settlement three days ago",
      { funding_next_apply: secondsAt(8, 2) },
      "not shown",
    ),
    change("pre-market without its flag", { ...PRE_MARKET, is_pre_market: undefined }, "not shown"),
    change(
      "pre-market without its flag and its cap",
      { ...PRE_MARKET, is_pre_market: undefined, funding_rate_limit: undefined },
      "not shown",
    ),
    change("no rate", { funding_rate: undefined }, "bad_rate"),
    change("an empty rate", { funding_rate: "" }, "bad_rate"),
    change("a rate over 100 %", { funding_rate: "1.2" }, "implausible_rate"),
    change(
      "a next time in milliseconds",
      { funding_next_apply: secondsAt(16) * 1000 },
      "bad_next_time",
    ),
    change("a missing in_delisting", { in_delisting: undefined }, "bad_row"),
    change("a status as a number", { status: 7 }, "bad_row"),
    change("a row of today without its status", { status: undefined }, "bad_row"),
    change(
      "a row of today without its status and its pre-market flag",
      { status: undefined, is_pre_market: undefined },
      "bad_row",
    ),
    change("an undocumented type", { type: "event" }, "unknown_kind"),
    // The reply still shows the charged rate for a minute.
    change("at its settlement", NEXT_DAY, { settling: true }, SETTLEMENT),
    change("just within a minute of it", NEXT_DAY, { settling: true }, SETTLEMENT + 59_999),
    change("a minute after it", NEXT_DAY, { settling: false }, SETTLEMENT + 60_000),
    change(
      "a next time that has passed",
      {},
      { nextFundingAtMs: SETTLEMENT, fundingIntervalHours: 8, settling: true },
      SETTLEMENT + 5_000,
    ),
    change(
      "a next time that has passed by more than a minute",
      {},
      { nextFundingAtMs: SETTLEMENT, fundingIntervalHours: 8, settling: false },
      SETTLEMENT + 90_000,
    ),
    change(
      "a next time beyond the interval",
      {},
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: null, settling: false },
      Date.UTC(2026, 9, 5, 4),
    ),
    change(
      "no interval",
      { funding_interval: null },
      { ...UNKNOWN_INTERVAL, fundingRate: 0.000083 },
    ),
  ],
  failures: [
    ["an error label", { label: "INVALID_PARAM_VALUE", message: "invalid limit" }, "bad_envelope"],
    ["the rate limit label", { label: "TOO_MANY_REQUESTS" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["an object", {}, "bad_envelope"],
    ["a list without rows", [1, "two", null], "bad_envelope"],
  ],
  classified: [
    [400, '{"label":"TOO_MANY_REQUESTS"}', "rate_limited"],
    [400, '{"label":"CONTRACT_NOT_FOUND"}', null],
  ],
  exemptions: [
    ...["contracts", "usd1Contracts"].flatMap((payload) => [
      negativeRate(`${payload}.funding_rate`),
      hugeAmount(`${payload}.mark_price`, "markPrice", "openInterestUsd"),
      hugeAmount(`${payload}.index_price`, "indexPrice"),
      hugeAmount(`${payload}.position_size`, "openInterestUsd"),
    ]),
    hugeAmount("contracts.quanto_multiplier", "openInterestUsd"),
    {
      at: "contracts.contract_type",
      mutations: ["empty"],
      fields: ["assetClass"],
      why: "empty means crypto",
    },
    hugeAmount("tickers.volume_24h_quote", "volume24hUsd"),
    hugeAmount("usd1Tickers.volume_24h_quote", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "the complete row of July 2026",
      files: { contracts: "contracts-usdt.json" },
      made: CONTRACTS_ALONE,
      atMs: 1784131200_000 - 3_600_000,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "0G",
            fundingRate: -0.003216,
            fundingIntervalHours: 8,
            rateCap: 0.02,
            nextFundingAtMs: 1784131200_000,
            openInterestUsd: expect.closeTo(783779 * 0.2048, 6),
          },
        ],
      },
    },
    {
      title:
        "the trimmed rows of September 2026: the pre-market one shows no sign but its zero rate and own index",
      files: { contracts: "contracts-usdt-trimmed.json" },
      made: CONTRACTS_ALONE,
      atMs: 1789826400_000 - 600_000,
      yields: {
        rejects: [],
        quotes: [
          {
            base: "BTC",
            fundingIntervalHours: 8,
            openInterestUsd: expect.closeTo(328743040 * 0.0001 * 81241, 0),
          },
          { base: "CVC", fundingIntervalHours: 1 },
        ],
      },
    },
    {
      title: "the rows of 2023 without a status: the one in delisting is gone",
      files: { contracts: "contracts-usdt-2023.json" },
      made: CONTRACTS_ALONE,
      atMs: 1684944000_000 - 7_200_000,
      yields: { quotes: ["SHIB", "PEPE", "BTC"].map((base) => ({ base, assetClass: null })) },
    },
    ...(
      [
        ["tickers-usdt.json", 4053655606],
        ["tickers-usdt-trimmed.json", 2897444911],
      ] as const
    ).map(([file, volume24hUsd]) => ({
      title: `${file}, joined to contracts made for it`,
      files: { tickers: file },
      yields: { quotes: [{ volume24hUsd }, {}, {}, {}] },
    })),
    {
      title: "the error answer is a bad envelope",
      files: { contracts: "error.json" },
      made: CONTRACTS_ALONE,
      yields: "bad_envelope",
    },
  ],
};
testExchange(description);

test("the fee in a gate contract is not a taker's, and not used as one", async () => {
  for (const quote of (await refreshOf(description)).quotes)
    expect(quote).not.toHaveProperty("takerFeeBps");
});

describe("a gate payload of 2023, whose rows have neither status nor pre-market flag", () => {
  const parsed = (...rows: readonly Row[]) =>
    refreshOf(description, {
      ...CONTRACTS_ALONE,
      contracts: rows.map((row) => ({ ...row, status: undefined, is_pre_market: undefined })),
    });

  test("has the rates of its rows", async () => {
    const { quotes, rejects } = await parsed(BTC, PEPE);
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { base: "BTC", fundingRate: 0.000083, nextFundingAtMs: SETTLEMENT },
      { base: "PEPE", fundingRate: -0.00021, fundingIntervalHours: 4 },
    ]);
  });

  test("does not show a row in delisting or of the pre-market", async () => {
    const delisted = contract("COCOS_USDT", { in_delisting: true });
    const { quotes, rejects } = await parsed(
      BTC,
      delisted,
      contract("OPENAI_USDT", PRE_MARKET),
      contract("NEWCO_USDT", { ...PRE_MARKET, funding_rate_limit: undefined }),
    );
    expect(rejects).toEqual([]);
    expect(quotes.map(({ base }) => base)).toEqual(["BTC"]);
  });

  test("has a reject for a row of which it is unknown whether it is in delisting", async () => {
    const { rejects } = await parsed(BTC, contract("X_USDT", { in_delisting: undefined }));
    expect(rejects).toMatchObject([{ exchangeSymbol: "X_USDT", reason: "bad_row" }]);
  });
});

test.each(["BTCUSDT", "AAPL_USDT_mythos", "BTC_USDT_2026", "_USDT", "BTC_"])(
  "gate: the name %p is an unknown kind",
  async (name) => {
    const { quotes, rejects } = await refreshOf(description, {
      ...CONTRACTS_ALONE,
      contracts: [contract(name)],
    });
    expect(quotes).toEqual([]);
    expect(rejects).toMatchObject([{ exchangeSymbol: name, reason: "unknown_kind" }]);
  },
);

test("gate rejects a row without a name, and keeps the others", async () => {
  const contracts = [{ ...BTC, name: null }, PEPE];
  const { quotes, rejects } = await refreshOf(description, { contracts });
  expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["PEPE_USDT", "BTC_USD1"]);
  expect(rejects).toMatchObject([{ exchangeSymbol: null, reason: "bad_row" }]);
});

test("without gate's tickers of USD1 only its volumes are unknown", async () => {
  const { quotes } = await refreshOf(description, { usd1Tickers: NOT_RECORDED });
  expect(quotes.map((quote) => quote.volume24hUsd)).toEqual([2500000000, 37343788, null, null]);
});

test("without volumes and with an error for the USD1 family gate's rates are served", async () => {
  const others = { tickers: NOT_RECORDED, usd1Contracts: { label: "X" } };
  const { quotes } = await refreshOf(description, others);
  expect(quotes.map(({ exchangeSymbol, volume24hUsd }) => [exchangeSymbol, volume24hUsd])).toEqual([
    ["BTC_USDT", null],
    ["PEPE_USDT", null],
    ["TSLA_USDT", null],
  ]);
});

test("a gate rate of the USD1 family is explained by its own rows", async () => {
  const { explain } = await refreshOf(description);
  expect(explain("BTC_USD1")?.origin.rows).toMatchObject({
    contracts: { name: "BTC_USD1", funding_rate: "0.00011" },
    tickers: { contract: "BTC_USD1", volume_24h_quote: "181000" },
  });
  expect(explain("NONE_USD1")).toBeNull();
});
