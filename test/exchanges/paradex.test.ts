import { describe, expect, test } from "bun:test";
import { paradex } from "../../src/exchanges/paradex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const SUMMARY = "/v1/markets/summary?market=ALL";
const MARKETS = "/v1/markets";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 700;
const OPENED = Date.UTC(2025, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const summary = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  mark_price: "64000.5",
  underlying_price: "64010.25",
  volume_24h: "5815541.5",
  total_volume: "584031465.5",
  open_interest: "162.5",
  funding_rate: "0.000083",
  created_at: STAMP,
  ...extra,
});
const market = (base: string, extra: Row = {}): Row => ({
  symbol: `${base}-USD-PERP`,
  base_currency: base,
  quote_currency: "USD",
  settlement_currency: "USDC",
  asset_kind: "PERP",
  open_at: OPENED,
  expiry_at: 0,
  trading_mode: "STANDARD",
  funding_period_hours: 8,
  max_funding_rate: "0.02",
  ...extra,
});
const LIVE = [
  market("BTC"),
  market("kPEPE", { max_funding_rate: "0.05", funding_period_hours: 4 }),
  market("XAU", { max_funding_rate: "0.005" }),
  market("mSATS", { funding_period_hours: 0 }),
];
const DEAD = [
  market("DATED", { expiry_at: AT + 86_400_000 }),
  market("SOON", { open_at: AT + 1 }),
  market("RFQ", { trading_mode: "RFQ_ONLY" }),
  market("EURO", { quote_currency: "EUR" }),
  market("COIN", { settlement_currency: "BTC" }),
];
const OPTIONS = [
  market("BTC", { symbol: "BTC-USD-96000-C", asset_kind: "PERP_OPTION", trading_mode: 1 }),
  market("ETH", { symbol: "ETH-USD-26DEC26-3000-P", asset_kind: "OPTION" }),
  market("ETH", { symbol: "ETH-USD", asset_kind: "SPOT" }),
];
const symbolsOf = (rows: readonly Row[]): string[] => rows.map((row) => String(row["symbol"]));
const reply = (results: unknown): Row => ({ results });
const BODIES: Bodies = {
  [SUMMARY]: reply([
    summary("BTC-USD-PERP"),
    summary("kPEPE-USD-PERP", { funding_rate: "-0.00121", mark_price: "0.02" }),
    summary("XAU-USD-PERP", { funding_rate: "0" }),
    summary("mSATS-USD-PERP"),
    ...symbolsOf([...DEAD, ...OPTIONS]).map((symbol) => summary(symbol)),
    summary("STRANGER-USD-PERP"),
  ]),
  [MARKETS]: reply([...LIVE, ...DEAD, ...OPTIONS]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  paradex.refresh(memorySource(bodies, { nowMs: AT, ...options }));
const btcOf = async (summaryExtra: Row, marketExtra: Row = {}, options = {}) => {
  const one = {
    [SUMMARY]: reply([summary("BTC-USD-PERP", summaryExtra)]),
    [MARKETS]: reply([market("BTC", marketExtra), ...DEAD]),
  };
  const batch = await refresh(one, options);
  return { batch, quote: batch.quotes[0] };
};

const BTC = { exchangeSymbol: "BTC-USD-PERP", base: "BTC", multiplier: 1, quote: "USD" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };

describe("paradex", () => {
  test("one summary every cycle, the markets with their periods every five minutes, concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await paradex.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "summary", everyMs: null },
      { kind: "instruments", name: "markets", everyMs: 300_000 },
    ]);
    expect(source.requests).toEqual([SUMMARY, MARKETS]);
    expect(source.mostAtOnce()).toBe(2);
    expect(paradex.facts.requestsPerRefresh).toBe(1);
  });

  test("a market becomes a quote with every field in the documented units, continuous without a next time", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...RATELESS,
      settle: "USDC",
      assetClass: null,
      accrual: "continuous",
      listedAtMs: OPENED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: null,
      rateCap: 0.02,
      rateFloor: -0.02,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 162.5 * 64000.5,
      volume24hUsd: 5815541.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a kilo prefix at 4 h, a market that is not a coin, an unknown period; nothing else is shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(symbolsOf(LIVE));
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.00121, openInterestUsd: 3.25 };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingIntervalHours: 4 });
    expect(quotes[1]).toMatchObject({ rateCap: 0.025, rateFloor: -0.025, baselineRate: 0.00005 });
    expect(quotes[2]).toMatchObject({ fundingRate: 0, rateCap: 0.005, baselineRate: null });
    expect(quotes[3]).toMatchObject({
      base: "MSATS",
      multiplier: 1,
      fundingIntervalHours: null,
      intervalSource: null,
      rateCap: null,
      baselineRate: null,
    });
  });

  test("a period is known while the list is younger than half an hour", async () => {
    const age = (minutes: number) => ({ receivedAtMs: { markets: AT - minutes * 60_000 } });
    expect((await btcOf({}, {}, age(30))).quote?.fundingIntervalHours).toBe(8);
    expect((await btcOf({}, {}, age(31))).quote?.fundingIntervalHours).toBeNull();
    expect((await btcOf({}, { funding_period_hours: "24" })).quote?.rateCap).toBeCloseTo(0.06, 12);
  });

  test("a market opens at its time, not before", async () => {
    const { quote } = await btcOf({}, { open_at: AT });
    expect(quote?.listedAtMs).toBe(AT);
  });

  test("a mode omitted where it is the usual one is fine; a null error is not an error", async () => {
    for (const mode of [undefined, null, ""]) {
      const rows = [
        market("BTC", { trading_mode: mode }),
        market("RFQ", { trading_mode: "RFQ_ONLY" }),
      ];
      const { quotes, rejects, expected } = await refresh({
        [SUMMARY]: { error: null, ...reply([summary("BTC-USD-PERP"), summary("RFQ-USD-PERP")]) },
        [MARKETS]: reply(rows),
      });
      expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
      expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["BTC-USD-PERP"]);
    }
  });

  test.each([
    ["no rate", { funding_rate: "" }, {}, "bad_rate", 1],
    ["a rate over its notional", { funding_rate: "-1.2" }, {}, "implausible_rate", 1],
    ["no kind", {}, { asset_kind: null }, "bad_row", 0],
    ["no expiry", {}, { expiry_at: null }, "bad_row", 0],
    ["no opening", {}, { open_at: "" }, "bad_row", 0],
    ["no base", {}, { base_currency: 1 }, "bad_row", 0],
    ["no mode where others have one", {}, { trading_mode: undefined }, "bad_row", 0],
    ["a mode that is none", {}, { trading_mode: {} }, "bad_row", 0],
  ])("%s: refused", async (_, summaryExtra, marketExtra, reason, expected) => {
    const { batch } = await btcOf(summaryExtra, marketExtra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected });
  });

  test.each([
    ["an error", { error: "INVALID", message: "no", data: null }],
    ["an error beside rows", { error: "INVALID", results: LIVE }],
    ["no list", { results: null }],
    ["an empty list", reply([])],
    ["options alone", reply([summary("BTC-USD-96000-C", { asset_kind: "OPTION" })])],
  ])("%s fails the refresh, for summary and markets alike", async (_, body) => {
    for (const key of [SUMMARY, MARKETS]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTC-USD-PERP")?.origin).toMatchObject({
      rows: { summary: { funding_rate: "0.000083" }, markets: { funding_period_hours: 8 } },
      formula: "{summary.funding_rate}",
    });
    expect(explain("STRANGER-USD-PERP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const huge = (where: string, ...fields: Exemption["fields"]): Exemption => {
  return { at: where, mutations: ["huge"], fields, why: LEGAL };
};
const RATE: Exemption["fields"] = ["fundingRate"];
const NAMES: Exemption["mutations"] = ["NaN", "huge", "negative"];
const NAMED: Exemption["fields"] = ["base", "multiplier"];
const exemptions: readonly Exemption[] = [
  { at: "summary.funding_rate", mutations: ["negative"], fields: RATE, why: "may be negative" },
  huge("summary.mark_price", "markPrice", "openInterestUsd"),
  huge("summary.underlying_price", "indexPrice"),
  huge("summary.open_interest", "openInterestUsd"),
  huge("summary.volume_24h", "volume24hUsd"),
  { at: "markets.base_currency", mutations: NAMES, fields: NAMED, why: "any text may be a ticker" },
];

test("paradex: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).results;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "summary", request: SUMMARY, rows },
      { name: "markets", request: MARKETS, rows },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("paradex, recorded", (read) => {
  test("the summary of BTC in 2024, joined to a market made for it", async () => {
    const bodies = { ...BODIES, [SUMMARY]: await read("paradex", "markets-summary.json") };
    const { quotes } = await refresh(
      { ...bodies, [MARKETS]: reply([market("BTC", { open_at: 1 })]) },
      { nowMs: 1718170157000 },
    );
    expect(quotes).toMatchObject([
      { fundingRate: 0.01629574927887, exchangeTimeMs: 1718170156580, indexPrice: 67367.37268422 },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(162.272 * 68465.17449906, 3);
    expect(quotes[0]?.volume24hUsd).toBe(5815541.397939004);
  });

  test("the market of BODEN, older than funding periods and modes, joined to a summary made for it", async () => {
    const bodies = {
      [SUMMARY]: reply([summary("BODEN-USD-PERP")]),
      [MARKETS]: await read("paradex", "markets-perp.json"),
    };
    const { quotes, rejects } = await refresh(bodies);
    expect(rejects).toEqual([]);
    const boden = { base: "BODEN", listedAtMs: 1717065600000, fundingIntervalHours: null };
    expect(quotes).toMatchObject([{ ...boden, rateCap: null }]);
  });

  test("a list with only options is not a list of perpetuals", async () => {
    const options = await read("paradex", "markets-perp-option-24h.json");
    const failure = refresh({ ...BODIES, [MARKETS]: options });
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});
