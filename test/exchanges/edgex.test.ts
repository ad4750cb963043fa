import { expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { edgex } from "../../src/exchanges/edgex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { type Bodies, memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, MUTATIONS, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at, objectOf } from "../support/simulator.ts";

const META = "/api/v2/public/meta/getMetaData";
const RATES = "/api/v2/public/funding/getLatestFundingRate?contractId=";
const ticker = (id: string): string => `/api/v2/public/quote/getTicker?contractId=${id}`;

const AT = Date.UTC(2026, 9, 5, 9, 30);
const START = Date.UTC(2026, 9, 5, 8);
const STAMP = AT - 20_000;
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);

const contract = (contractId: string, name: string, baseCoinId: string, extra: Row = {}): Row => ({
  contractId,
  contractName: name,
  baseCoinId,
  quoteCoinId: "1000",
  enableTrade: true,
  enableDisplay: true,
  isStock: false,
  isFx: false,
  fundingMaxRate: "0.002",
  fundingMinRate: "-0.001",
  defaultTakerFeeRate: "0.00045",
  tickSize: "0.1",
  ...extra,
});

const rate = (contractId: string, extra: Row = {}): Row => ({
  contractId,
  fundingTime: String(START),
  fundingTimestamp: String(STAMP),
  markPrice: "64000.5",
  oraclePrice: "64001.75",
  indexPrice: "64010.25",
  fundingRate: "-0.00005537",
  isSettlement: false,
  forecastFundingRate: "-0.00012293",
  previousFundingRate: "0.00000567",
  interestRate: "0.0003",
  predictedFundingRate: "0.00005000",
  fundingRateIntervalMin: "240",
  ...extra,
});

const CONTRACTS = [
  contract("30000001", "BTCUSDT", "1001"),
  contract("30000002", "1000PEPEUSDT", "1002"),
  contract("30000003", "TSLAUSDT", "1003", { isStock: true }),
  contract("30000004", "OLDUSDT", "1001", { enableTrade: false }),
  contract("30000005", "HIDUSDT", "1001", { enableDisplay: false }),
  contract("30000006", "ETHBTC", "1002", { quoteCoinId: "1001" }),
];
const IDS = ["30000001", "30000002", "30000003"];
const COINS = [
  { coinId: "1000", coinName: "USDT" },
  { coinId: "1001", coinName: "BTC" },
  { coinId: "1002", coinName: "1000PEPE" },
  { coinId: "1003", coinName: "TSLA" },
];

const reply = (data: unknown, code = "SUCCESS"): Row => ({ code, data, msg: null, traceId: "x" });
const meta = (contractList: readonly Row[], extra: Row = {}): Row =>
  reply({ global: { collateralCoinId: "1000" }, coinList: COINS, contractList, ...extra });

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: null };
const NO_TERMS = { rateCap: null, rateFloor: null, takerFeeBps: null };
const rateChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`rates.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown): Change => [
  `${key} "${String(value)}"`,
  { [`instruments.${key}`]: value },
  "bad_row",
];
const classChange = (isStock: unknown, isFx: unknown, assetClass: AssetClass | null): Change => [
  `isStock ${String(isStock)} and isFx ${String(isFx)}`,
  { "instruments.isStock": isStock, "instruments.isFx": isFx },
  { assetClass },
];
const termsChange = (title: string, max: unknown, min: unknown, fee: unknown): Change => [
  `bounds and a fee that are ${title}`,
  {
    "instruments.fundingMaxRate": max,
    "instruments.fundingMinRate": min,
    "instruments.defaultTakerFeeRate": fee,
  },
  NO_TERMS,
];

const DOWN = new RequestFailure("timeout", "no answer");
const RATES_OF_ALL = `${RATES}${IDS.join(",")}`;

const description: ExchangeDescription = {
  exchange: edgex,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: META,
      rows: ["data", "contractList"],
      moreRows: { coins: ["data", "coinList"] },
      body: meta(CONTRACTS),
    },
    {
      name: "rates",
      kind: "essential",
      request: RATES_OF_ALL,
      rows: ["data"],
      body: reply([
        rate("30000001"),
        rate("30000002", { forecastFundingRate: "", markPrice: undefined, oraclePrice: "0.0105" }),
        rate("30000003", { fundingRate: "0", fundingRateIntervalMin: "480" }),
        rate("30000004"),
        rate("10000001"),
      ]),
    },
  ],
  perInstrument: {
    kind: "rotation",
    name: "tickers",
    everyMs: 5 * 60_000,
    rows: ["data"],
    requests: IDS.map(ticker),
    bodies: {
      [ticker("30000001")]: reply([
        { contractId: "30000001", value: "5062575.25", size: "79", openInterest: "55.5" },
      ]),
      [ticker("30000002")]: reply([]),
      [ticker("30000003")]: reply([{ contractId: 30000003, value: "0", openInterest: "0" }]),
    },
  },
  // The list first: rates are requested by its ids.
  atOnce: 2,
  // The rates answer for any requested ids.
  otherwise: (request, bodies) => (request.startsWith(RATES) ? bodies[RATES_OF_ALL] : DOWN),
  expected: 3,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      // Gold carries the same labels as a coin.
      assetClass: null,
      fundingRate: -0.00005537,
      fundingIntervalHours: 4,
      intervalSource: "published",
      // The period began at 08:00 and lasts 240 minutes.
      nextFundingAtMs: hour(12),
      predictedRate: -0.00012293,
      rateCap: 0.002,
      rateFloor: -0.001,
      baselineRate: expect.closeTo(0.00005, 15),
      markPrice: 64000.5,
      indexPrice: 64010.25,
      takerFeeBps: 4.5,
      // 55.5 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 3_552_027.75,
      volume24hUsd: 5062575.25,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      predictedRate: null,
      markPrice: 0.0105,
      openInterestUsd: null,
      volume24hUsd: null,
    },
    {
      exchangeSymbol: "TSLAUSDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      fundingIntervalHours: 8,
      nextFundingAtMs: hour(16),
      openInterestUsd: 0,
      volume24hUsd: 0,
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: {
      rates: { contractId: "30000001", fundingRate: "-0.00005537" },
      instruments: { contractName: "BTCUSDT", enableTrade: true },
      tickers: { value: "5062575.25" },
    },
    unknown: "HIDUSDT",
  },
  kindKeys: { instruments: "enableTrade enableDisplay baseCoinId quoteCoinId" },
  changes: [
    [
      "the constant called predictedFundingRate is never a rate",
      { "rates.predictedFundingRate": "0.5", "rates.interestRate": null },
      { fundingRate: -0.00005537, predictedRate: -0.00012293, baselineRate: null },
    ],
    listChange("enableTrade", undefined),
    listChange("enableTrade", "true"),
    listChange("baseCoinId", "9"),
    rateChange("fundingRate", "", "bad_rate"),
    rateChange("fundingRate", undefined, "bad_rate"),
    rateChange("fundingRate", "1.5", "implausible_rate"),
    rateChange("fundingTime", String(START / 1000), "bad_next_time"),
    rateChange("fundingRateIntervalMin", "", { ...NO_INTERVAL, baselineRate: null }),
    rateChange("fundingTime", "", { fundingIntervalHours: 4, nextFundingAtMs: null }),
    // A dead contract.
    rateChange("fundingTime", String(START - 3 * 86_400_000), "not shown"),
    classChange(false, true, "forex"),
    classChange(true, false, "stock"),
    classChange(false, false, null),
    classChange(undefined, undefined, null),
    classChange(false, "true", null),
    termsChange("not stated", "", undefined, null),
    termsChange("absurd", "-1", "2", "4.5"),
    // Hours instead of minutes, and others.
    ...["4", "8", "14400", "300"].map((minutes) =>
      rateChange("fundingRateIntervalMin", minutes, {
        fundingIntervalHours: null,
        nextFundingAtMs: null,
      }),
    ),
  ],
  failures: [
    ["an error code", reply(null, "INVALID_CONTRACT_ID"), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    [
      "no live contract",
      meta([contract("1", "X", "1001", { enableTrade: false })]),
      "bad_envelope",
      "instruments",
    ],
    ["no coins", meta(CONTRACTS, { coinList: [] }), "bad_envelope", "instruments"],
    ["no collateral coin", meta(CONTRACTS, { global: {} }), "bad_envelope", "instruments"],
  ],
  exemptions: [
    negativeRate("rates.fundingRate"),
    {
      ...negativeRate("rates.forecastFundingRate", "predictedRate"),
      mutations: ["negative", "flipped"],
    },
    negativeRate("rates.interestRate", "baselineRate"),
    {
      at: "rates.markPrice",
      mutations: MUTATIONS,
      fields: ["markPrice", "openInterestUsd"],
      why: "the oracle price replaces it",
    },
    hugeAmount("rates.oraclePrice", "markPrice", "openInterestUsd"),
    hugeAmount("rates.indexPrice", "indexPrice"),
    hugeAmount("tickers.value", "volume24hUsd"),
    hugeAmount("tickers.openInterest", "openInterestUsd"),
    anyName("coins.coinName", "base", "multiplier"),
    anyName("instruments.contractName", "exchangeSymbol"),
  ],
};

testExchange(description);

test("a long list of edgex's ids is split so that no URL is too long", async () => {
  const many = Array.from({ length: 201 }, (_, n) => contract(`4${n}`, `C${n}USDT`, "1001"));
  const bodies: Bodies = { ...bodiesOf(description), [META]: meta(many) };
  const otherwise = () => bodies[RATES_OF_ALL];
  const source = memorySource(bodies, { nowMs: AT, rotationsEmpty: true, otherwise });
  await edgex.refresh(source);
  const requests = source.requests.filter((request) => request.startsWith(RATES));
  expect(requests.map((request) => request.split(",").length)).toEqual([200, 1]);
});

test("an edgex contract without a name is a broken row", async () => {
  const instruments = meta([contract("30000001", "", "1001"), ...CONTRACTS.slice(2)]);
  const { quotes, rejects, expected } = await refreshOf(description, { instruments });
  expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["TSLAUSDT"]);
  expect(rejects).toMatchObject([{ reason: "bad_row" }]);
  expect(expected).toBe(1);
});

test("an edgex ticker that fails, is another contract's or several affects only its contract's quantities", async () => {
  const other = { contractId: "30000003", value: "7", openInterest: "7" };
  const both = reply([{ ...other, contractId: "30000001" }, other]);
  for (const body of [DOWN, reply([]), reply([other]), both, reply(null, "ERROR")]) {
    const { quotes, rejects } = await refreshOf(description, { [ticker("30000001")]: body });
    expect(rejects).toEqual([]);
    const quantities = quotes.map((quote) => [quote.volume24hUsd, quote.openInterestUsd]);
    expect(quantities).toEqual([
      [null, null],
      [null, null],
      [0, 0],
    ]);
    expect(quotes[0]?.markPrice).toBe(64000.5);
  }
});

test("an edgex contract that occurs twice in the rates with different figures is not shown", async () => {
  const twin = rate("30000001", { fundingRate: "0.0005" });
  for (const twins of [
    [rate("30000001"), twin],
    [twin, rate("30000001")],
  ]) {
    const batch = await refreshOf(description, { rates: reply([...twins, rate("30000003")]) });
    expect(batch.quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["TSLAUSDT"]);
    expect(batch.rejects).toMatchObject([{ reason: "ambiguous" }, { reason: "ambiguous" }]);
  }
});

test("a retired edgex contract with the same name is not the origin of a rate", async () => {
  const old = contract("10000001", "BTCUSDT", "1001", { enableTrade: false });
  const { explain } = await refreshOf(description, { instruments: meta([old, ...CONTRACTS]) });
  expect(explain("BTCUSDT")?.origin.rows).toMatchObject({
    rates: { contractId: "30000001" },
    instruments: { contractId: "30000001" },
  });
  expect(explain("nothing")).toBeNull();
});

test("edgex rates that were not requested are counted, not shown", async () => {
  const batch = await refreshOf(description, {
    instruments: meta(CONTRACTS.slice(0, 1)),
    rates: reply([rate("30000001"), rate("30000003")]),
  });
  expect(batch).toMatchObject({ quotes: [{ base: "BTC" }], expected: 1, unlisted: 1 });
});

describeRecorded("edgex, recorded", (read) => {
  test("the latest rate and the first contract, with coins and flags made for them", async () => {
    const list = at(await read("edgex", "get-meta-data-cut.json"), "data", "contractList");
    const rows: readonly unknown[] = Array.isArray(list) ? list : [];
    const live = { enableTrade: true, enableDisplay: true };
    const { quotes, rejects, expected } = await refreshOf(
      description,
      {
        instruments: meta(rows.map((row) => ({ ...objectOf(row), ...live }))),
        rates: await read("edgex", "get-latest-funding-rate.json"),
      },
      1_734_597_737_873,
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([
      {
        base: "BTC",
        fundingRate: -0.00005537,
        predictedRate: -0.00012293,
        fundingIntervalHours: 4,
        nextFundingAtMs: Date.UTC(2024, 11, 19, 12),
        indexPrice: 101522.5589685,
        assetClass: null,
      },
    ]);
  });
});
