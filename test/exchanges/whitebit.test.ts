import { describe, expect, test } from "bun:test";
import { whitebit } from "../../src/exchanges/whitebit.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const FUTURES = "/api/v4/public/futures";
const MARKETS = "/api/v4/public/markets";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const future = (ticker_id: string, extra: Row = {}): Row => ({
  ticker_id,
  stock_currency: ticker_id.split("_")[0],
  money_currency: "USDT",
  product_type: "Perpetual",
  last_price: "71002",
  mark_price: "71000.5",
  index_price: "71010.25",
  open_interest: "1200.5",
  stock_volume: "19000",
  money_volume: "1349000222.75",
  funding_rate: "0.000044889",
  funding_cap: "0.0075",
  funding_floor: "-0.006",
  funding_interval_minutes: 480,
  next_funding_rate_timestamp: String(at(16)),
  brackets: { "1": 0 },
  ...extra,
});
const market = (name: string, type: unknown = "futures"): Row => ({ name, money: "PERP", type });
const reply = (result: unknown): Row => ({ success: true, message: null, result });

const BODIES: Bodies = {
  [FUTURES]: reply([
    future("BTC_PERP"),
    future("PEPE_PERP", { funding_rate: "-0.00125", funding_interval_minutes: 240 }),
    future("TSLA_PERP", { funding_rate: "0", mark_price: "", index_price: "0" }),
    future("ETH_261225", { product_type: "Futures", stock_currency: "ETH" }),
    future("ETH_EURP", { money_currency: "EUR" }),
    future("GONE_PERP"),
  ]),
  [MARKETS]: [
    market("BTC_USDT", "spot"),
    market("BTC_PERP"),
    market("PEPE_PERP"),
    market("TSLA_PERP", "tradfiFutures"),
    market("ETH_261225"),
    market("ETH_EURP"),
  ],
};
const LIVE = ["BTC_PERP", "PEPE_PERP", "TSLA_PERP"];

const refresh = (bodies: Bodies, nowMs = AT) => whitebit.refresh(memorySource(bodies, { nowMs }));

const btcOf = async (extra: Row, type: unknown = "futures") => {
  const batch = await refresh({
    [FUTURES]: reply([future("BTC_PERP", extra)]),
    [MARKETS]: [market("BTC_PERP", type), market("ETH_PERP")],
  });
  return { batch, quote: batch.quotes[0] };
};

describe("whitebit", () => {
  test("one request every cycle, the markets on their own period, both together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await whitebit.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential futures null",
      "instruments markets 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), whitebit.facts.requestsPerRefresh]).toEqual([2, 1]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC_PERP",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.000044889,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.0075,
      rateFloor: -0.006,
      baselineRate: null,
      settling: false,
      markPrice: 71000.5,
      indexPrice: 71010.25,
      openInterestDigit: 5,
      openInterestUsd: 1200.5 * 71000.5,
      volume24hUsd: 1349000222.75,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a coin at 4 h; a stock without fresh prices, valued at its last one", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1, fundingRate: -0.00125 };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingIntervalHours: 4 });
    const tesla = { base: "TSLA", assetClass: null, fundingRate: 0 };
    const prices = { markPrice: null, indexPrice: null, openInterestUsd: 1200.5 * 71002 };
    expect(quotes[2]).toMatchObject({ ...tesla, ...prices });
    const silent = await btcOf({ mark_price: "", last_price: "0" });
    expect(silent.quote?.openInterestUsd).toBeNull();
  });

  test("dated, otherwise quoted and unlisted contracts are not shown", async () => {
    expect((await refresh(BODIES)).quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE);
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    for (const key of ["product_type", "money_currency", "stock_currency"]) {
      const { batch } = await btcOf({ [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 2 });
    }
    for (const type of ["spot", "lottery"]) {
      const { batch } = await btcOf({}, type);
      const rejects = [{ exchangeSymbol: "BTC_PERP", reason: "unknown_kind" }];
      expect(batch).toMatchObject({ quotes: [], rejects, expected: 1 });
    }
  });

  test("a market without a type costs the class alone; a list without any counts nothing", async () => {
    for (const type of [null, 4]) {
      const { batch, quote } = await btcOf({}, type);
      // ETH_PERP alone is counted.
      expect(batch).toMatchObject({ rejects: [], expected: 1, unlisted: 0 });
      expect(quote).toMatchObject({ base: "BTC", assetClass: null });
    }
    const untyped = { ...BODIES, [MARKETS]: LIVE.map((name) => market(name, null)) };
    const { quotes, expected } = await refresh(untyped);
    expect({ shown: quotes.length, expected }).toEqual({ shown: 3, expected: null });
  });

  test.each([
    [{ funding_rate: "" }, "bad_rate"],
    [{ funding_rate: "-3" }, "implausible_rate"],
    [{ next_funding_rate_timestamp: String(at(16) / 1000) }, "bad_next_time"],
  ])("%p is refused as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an interval that is absent or contradicted is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null };
    const absent = (await btcOf({ funding_interval_minutes: undefined })).quote;
    expect(absent).toMatchObject({ ...unknown, nextFundingAtMs: at(16) });
    const beyond = (await btcOf({ funding_interval_minutes: 60 })).quote;
    expect(beyond).toMatchObject({ ...unknown, nextFundingAtMs: null });
    const { batch } = await btcOf({ next_funding_rate_timestamp: at(8, 2) });
    expect(batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test.each([
    ["an error", { success: false, message: "no", params: [] }],
    ["an error without success", { market: ["Market is not available."] }],
    ["an empty list", reply([])],
    ["a page", "<html></html>"],
  ])("%s with HTTP 200 fails the refresh", async (_, body) => {
    const expected = { name: "RequestFailure", kind: "bad_envelope" };
    for (const key of [FUTURES, MARKETS]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toMatchObject(expected);
    }
  });

  test("either request failing costs the refresh", async () => {
    const down = new RequestFailure("geo_blocked", "HTTP 451");
    for (const key of [FUTURES, MARKETS])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await whitebit.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { funding_rate, funding_interval_minutes } = future("BTC_PERP");
    expect(whitebit.explain(raw, "BTC_PERP")).toMatchObject({
      rows: { futures: { funding_rate, funding_interval_minutes }, markets: { type: "futures" } },
      formula: "{futures.funding_rate}",
    });
    expect(whitebit.explain(raw, "NONE_PERP")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const UNUSABLE: Exemption["mutations"] = ["missing", "null", "NaN", "negative", "empty", "object"];
const TICKER = "any text may be a ticker";

test("whitebit: no single wrong value makes a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "futures", request: FUTURES, rows: (body) => Object(body).result },
      { name: "markets", request: MARKETS, rows: (body) => (Array.isArray(body) ? body : []) },
    ],
    refresh: async (bodies) =>
      whitebit.parse(await whitebit.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("futures.funding_rate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("futures.mark_price", ["huge"], ["markPrice", "openInterestUsd"], LEGAL),
      may("futures.mark_price", UNUSABLE, ["openInterestUsd"], "documented: mark, or last"),
      may("futures.mark_price", ["flipped"], ["markPrice", "openInterestUsd"], '"" flips to 1'),
      may("futures.last_price", ["huge"], ["openInterestUsd"], LEGAL),
      may("futures.index_price", ["huge"], ["indexPrice"], LEGAL),
      may("futures.open_interest", ["huge"], ["openInterestUsd"], LEGAL),
      may("futures.money_volume", ["huge"], ["volume24hUsd"], LEGAL),
      may("futures.stock_currency", ["NaN", "huge", "negative"], ["base"], TICKER),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("whitebit, recorded", (read) => {
  test("a row of March 2026, before it had a mark, joined to a market made for it", async () => {
    const { quotes, rejects } = await refresh(
      { [FUTURES]: await read("whitebit", "futures.json"), [MARKETS]: [market("0G_PERP")] },
      1772460000000,
    );
    expect(rejects).toEqual([]);
    const money = { openInterestUsd: 3721488 * 0.6065, volume24hUsd: 1587952.6137 };
    const times = { fundingIntervalHours: 4, nextFundingAtMs: 1772467200000 };
    expect(quotes).toMatchObject([{ base: "0G", fundingRate: -0.00000778, ...money, ...times }]);
  });

  test("the documented row, joined to a market made for it", async () => {
    const { quotes } = await refresh(
      {
        [FUTURES]: await read("whitebit", "futures-documented.json"),
        [MARKETS]: [market("BTC_PERP")],
      },
      1660660000000,
    );
    const prices = { indexPrice: 24019.25, markPrice: null, openInterestUsd: 6000 * 24005.5 };
    // Five hours are no interval that any exchange uses.
    const rate = { fundingRate: 0.000044889033693137, fundingIntervalHours: null };
    expect(quotes).toMatchObject([{ base: "BTC", ...prices, ...rate }]);
  });

  test("a spot market is no contract; errors are failures", async () => {
    const spot = { ...BODIES, [MARKETS]: await read("whitebit", "markets.json") };
    expect(await refresh(spot)).toMatchObject({ quotes: [], expected: null, unlisted: 6 });
    for (const file of ["error-422.json", "error-451.json"]) {
      const body = await read("whitebit", file);
      await expect(refresh({ ...BODIES, [FUTURES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
  });
});
