import { expect, test } from "bun:test";
import { orderly } from "../../src/exchanges/orderly.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 300;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  index_price: 64010.25,
  mark_price: 64000.5,
  sum_unitary_funding: 26522.5,
  est_funding_rate: 0.000083,
  last_funding_rate: 0.00010041,
  next_funding_time: at(16),
  open_interest: 110.5,
  "24h_volume": 102.25,
  "24h_amount": 6595662.5,
  ...extra,
});
const info = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding_period: 8,
  cap_funding: 0.000375,
  floor_funding: -0.00035,
  interest_rate: 0.0001,
  ...extra,
});
const settled = (symbol: string, hour: number, extra: Row = {}): Row => ({
  symbol,
  est_funding_rate: 0.000083,
  est_funding_rate_timestamp: AT,
  last_funding_rate: 0.00010041,
  last_funding_rate_timestamp: at(hour),
  next_funding_time: at(16),
  sum_unitary_funding: 26522.5,
  ...extra,
});
const reply = (...rows: readonly unknown[]): Row => ({
  success: true,
  timestamp: STAMP,
  data: { rows },
});

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const NO_LIMITS = { rateCap: null, rateFloor: null, baselineRate: null };

const rateChange = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [`rates.${key}`]: value },
  outcome,
];
const kindChange = (key: string, value: unknown): Change => [
  `${key} ${JSON.stringify(value)}`,
  { [`instruments.${key}`]: value },
  "bad_row",
];
/** Without a settlement that shows when the running period began. */
const periodChange = (period: number, hour: number, outcome: Change[2]): Change => [
  `a period of ${period} h with a next time at ${hour}`,
  {
    "instruments.funding_period": period,
    "rates.next_funding_time": at(hour),
    "settlements.next_funding_time": null,
  },
  outcome,
];
/** An interest of 0.0001 is for 8 hours. */
const restChange = (period: number, hour: number, baselineRate: number): Change =>
  periodChange(period, hour, { fundingIntervalHours: period, baselineRate });
const unknownChange = (period: number, hour: number): Change =>
  periodChange(period, hour, { ...NO_INTERVAL, ...NO_LIMITS, nextFundingAtMs: at(hour) });
const settledChange = (
  title: string,
  lastMs: number,
  nextHour: number,
  fundingIntervalHours: number | null,
): Change => [
  `settlements ${title}`,
  {
    "settlements.last_funding_rate_timestamp": lastMs,
    "settlements.next_funding_time": at(nextHour),
  },
  {
    fundingIntervalHours,
    intervalSource: fundingIntervalHours === null ? null : "published",
  },
];
const lastChange = (title: string, lastMs: number | null, outcome: Change[2]): Change => [
  `a last settlement ${title}`,
  {
    "settlements.last_funding_rate": 0.00010042,
    "settlements.last_funding_rate_timestamp": lastMs,
  },
  outcome,
];

const description: ExchangeDescription = {
  exchange: orderly,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/v1/public/futures",
      rows: ["data", "rows"],
      body: reply(
        rate("PERP_BTC_USDC"),
        rate("PERP_1000PEPE_USDC", { est_funding_rate: -0.00121, last_funding_rate: 0 }),
        rate("PERP_NEAR_USDT", { est_funding_rate: 0, next_funding_time: at(14) }),
        rate("PERP_XAU_USDC", { "24h_amount": 0, index_price: null, open_interest: 0 }),
        rate("PERP_AAPL_USDC_mythos", { broker_id: "mythos", status: "ACTIVE", is_pretge: false }),
        // Neither prices nor trades.
        rate("PERP_OLD_USDC", { "24h_amount": 0, mark_price: "0", index_price: "0" }),
        rate("PERP_BTC_EUR"),
        rate("SPOT_BTC_USDC"),
        rate("PERP_PRELISTED_USDC"),
        rate("PERP_PRE_USDC", { is_pretge: true }),
        rate("PERP_HALT_USDC_alpix", { status: "SUSPENDED" }),
      ),
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 5 * 60_000,
      request: "/v1/public/info",
      rows: ["data", "rows"],
      body: reply(
        info("PERP_BTC_USDC"),
        info("PERP_1000PEPE_USDC", { funding_period: 4, cap_funding: 0.02, floor_funding: -0.02 }),
        info("PERP_NEAR_USDT", { funding_period: 1 }),
        info("PERP_XAU_USDC"),
        info("PERP_OLD_USDC"),
        info("PERP_BTC_EUR"),
        info("SPOT_BTC_USDC"),
        info("PERP_AAPL_USDC_mythos", { broker_id: "mythos", status: "ACTIVE", is_pretge: false }),
        info("PERP_PRE_USDC", { status: "ACTIVE", is_pretge: true }),
        info("PERP_HALT_USDC_alpix", { status: "SUSPENDED", is_pretge: false }),
      ),
    },
    {
      name: "settlements",
      kind: "secondary",
      request: "/v1/public/funding_rates",
      rows: ["data", "rows"],
      body: reply(
        settled("PERP_BTC_USDC", 8),
        settled("PERP_1000PEPE_USDC", 12, { last_funding_rate: 0 }),
        settled("PERP_XAU_USDC", 8),
      ),
      // The last rate is in the rates as well.
      lost: { settledAtMs: null },
    },
  ],
  // The one without prices is listed, and stays expected.
  expected: 6,
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: "PERP_BTC_USDC",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      settledRate: 0.00010041,
      settledAtMs: at(8),
      rateCap: 0.000375,
      rateFloor: -0.00035,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 110.5 * 64000.5,
      volume24hUsd: 6595662.5,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "PERP_1000PEPE_USDC",
      base: "PEPE",
      multiplier: 1000,
      fundingIntervalHours: 4,
      rateCap: 0.02,
      rateFloor: -0.02,
      settledRate: 0,
      settledAtMs: at(12),
    },
    {
      exchangeSymbol: "PERP_NEAR_USDT",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      // The settlements do not contain this one: the rate is known, but not when it was charged.
      settledRate: 0.00010041,
      settledAtMs: null,
    },
    { exchangeSymbol: "PERP_XAU_USDC", indexPrice: null, openInterestUsd: 0, volume24hUsd: 0 },
    {
      // A broker's market has the broker in its symbol only.
      exchangeSymbol: "PERP_AAPL_USDC_mythos",
      base: "AAPL",
      multiplier: 1,
      quote: "USDC",
      settle: "USDC",
    },
  ],
  explained: {
    formula: "{rates.est_funding_rate}",
    rows: { rates: { est_funding_rate: 0.000083 }, instruments: { funding_period: 8 } },
    unknown: "PERP_PRELISTED_USDC",
  },
  changes: [
    restChange(1, 14, 0.0000125),
    restChange(4, 16, 0.00005),
    restChange(8, 16, 0.0001),
    // The next time contradicts it.
    unknownChange(1, 16),
    unknownChange(480, 16),
    unknownChange(5, 16),
    // The list is older than the row: 20:00 is not on the grid of 8 hours.
    unknownChange(8, 20),
    unknownChange(4, 14),
    settledChange("as far apart as the list says", at(8), 16, 8),
    settledChange("half as far apart: the list is out of date", at(12), 16, null),
    settledChange("half as far apart except for milliseconds", at(12) + 7, 16, null),
    settledChange("of another period than the rate's", at(12), 20, 8),
    settledChange("not an interval apart: one was left out", at(0), 16, 8),
    lastChange("at its own time", at(8), { settledRate: 0.00010042, settledAtMs: at(8) }),
    lastChange("at an unknown time", null, { settledRate: 0.00010042, settledAtMs: null }),
    lastChange("that lies ahead", at(16), { settledAtMs: null }),
    lastChange("that lies days back", at(-60), { settledAtMs: null }),
    [
      "a settled rate over the notional, in either reply",
      {
        "rates.last_funding_rate": 9,
        "settlements.last_funding_rate": 9,
      },
      { settledRate: null },
    ],
    rateChange("no rate", "est_funding_rate", null, "bad_rate"),
    rateChange("a placeholder", "est_funding_rate", 123, "implausible_rate"),
    rateChange("seconds", "next_funding_time", at(16) / 1000, "bad_next_time"),
    rateChange("a dead market", "next_funding_time", at(16) - 3 * 86_400_000, "not shown"),
    kindChange("status", 1),
    kindChange("status", {}),
    kindChange("status", ""),
    kindChange("is_pretge", "true"),
    kindChange("is_pretge", 1),
  ],
  failures: [
    ["an error", { success: false, code: -1012, message: "no" }, "bad_envelope"],
    ["too many requests", { success: false, code: -1003, message: "slow" }, "rate_limited"],
    ["maintenance", { success: false, code: -1011, message: "later" }, "bad_envelope"],
    ["no data", { success: true, timestamp: STAMP }, "bad_envelope"],
    ["an empty list", reply(), "bad_envelope"],
    ["a text for success", { ...reply(rate("X")), success: "true" }, "bad_envelope"],
  ],
  // A single field excludes each of them: the price of one, the status of the others.
  unmutated: ["PERP_OLD_USDC", "PERP_PRE_USDC", "PERP_HALT_USDC_alpix"],
  exemptions: [
    negativeRate("rates.est_funding_rate"),
    negativeRate("rates.last_funding_rate", "settledRate"),
    negativeRate("settlements.last_funding_rate", "settledRate"),
    hugeAmount("rates.mark_price", "markPrice", "openInterestUsd"),
    // A null that becomes a price is the price of a market that had none.
    {
      ...hugeAmount("rates.index_price", "indexPrice"),
      mutations: ["huge", "flipped", "negative"],
    },
    hugeAmount("rates.open_interest", "openInterestUsd"),
    hugeAmount("rates.24h_amount", "volume24hUsd"),
  ],
  recorded: [
    {
      title: "the futures of August 2026 with the list, which is from the documentation",
      // The settlements have another time than the futures.
      files: {
        rates: "futures.json",
        instruments: "info.json",
        settlements: "funding-rates.json",
      },
      atMs: 1786022130500,
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            fundingRate: 0.0001,
            settledRate: 0.00010041,
            nextFundingAtMs: 1786032000000,
            fundingIntervalHours: 8,
            rateCap: 0.000375,
            openInterestUsd: expect.closeTo(110.64612 * 64171, 3),
            volume24hUsd: 6595662.199482,
            baselineRate: 0.0001,
          },
        ],
      },
    },
  ],
};

testExchange(description);

test("a period of orderly's list is valid for half an hour", async () => {
  const btcAt = async (minutes: number) => {
    const receivedAtMs = { instruments: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await orderly.refresh(source)).quotes[0];
  };
  expect(await btcAt(30)).toMatchObject({ fundingIntervalHours: 8 });
  const unknown = { ...NO_INTERVAL, ...NO_LIMITS, nextFundingAtMs: at(16) };
  expect(await btcAt(31)).toMatchObject(unknown);
});

test("an orderly market twice with different rates is not shown; equal duplicates are merged", async () => {
  const twins = (second: Row) =>
    refreshOf(description, {
      rates: reply(rate("PERP_BTC_USDC"), second, rate("PERP_XAU_USDC")),
    });
  const { quotes, rejects } = await twins(rate("PERP_BTC_USDC", { est_funding_rate: 0.0002 }));
  expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["PERP_XAU_USDC"]);
  expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
  expect((await twins(rate("PERP_BTC_USDC"))).quotes).toHaveLength(2);
});

test("an orderly name of another form is an unknown kind: never shortened, and not a broken row", async () => {
  const names = ["PERP_BTC", "PERP__USDC", "PERP_A_USDC_b_c", "PERP_A_USDC_", "OPTION_BTC_USDC"];
  const instruments = reply(...names.map((name) => info(name)));
  const { quotes, rejects, expected } = await refreshOf(description, { instruments });
  expect({ quotes, expected }).toEqual({ quotes: [], expected: 0 });
  expect(rejects.map((reject) => [reject.exchangeSymbol, reject.reason])).toEqual(
    names.map((name) => [name, "unknown_kind"]),
  );
});
