import { describe, expect, test } from "bun:test";
import { lighter } from "../../src/exchanges/lighter.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/api/v1/funding-rates";
const MARKETS = "/api/v1/orderBookDetails";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

const rate = (market_id: number, symbol: string, value: number, exchange = "lighter"): Row => {
  return { market_id, exchange, symbol, rate: value };
};
const market = (market_id: number, symbol: string, extra: Row = {}): Row => ({
  symbol,
  market_id,
  market_type: "perp",
  status: "active",
  quote_multiplier: 1,
  mark_price: "64000.5",
  index_price: "64010.0",
  last_trade_price: 63990.1,
  daily_base_token_volume: 195399.25,
  daily_quote_token_volume: 460664167.5,
  open_interest: 2735.5,
  market_config: config({}),
  ...extra,
});
const config = (extra: Row): Row => ({
  force_reduce_only: false,
  trading_hours: "",
  hidden: false,
  ...extra,
});
/** As in replies of May 2026. */
const unpriced = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !/^(mark|index)_price$/.test(key)));
const LIVE = [
  market(1, "BTC"),
  unpriced(market(7, "1000PEPE", { last_trade_price: 0.02, open_interest: 5_000_000 })),
  market(92, "XAU", { market_config: config({ trading_hours: "Sun 18:00 - Fri 17:00" }) }),
];
const DEAD = [
  market(20, "OLD", { status: "inactive" }),
  market(21, "HID", { market_config: config({ hidden: true }) }),
  market(22, "END", { market_config: config({ force_reduce_only: true }) }),
  market(2048, "ETH/USDC", { market_type: "spot" }),
];
const ratesOf = (rows: readonly Row[]): Row => ({ code: 200, funding_rates: rows });
const marketsOf = (rows: readonly Row[]): Row => ({
  code: 200,
  order_book_details: rows,
  spot_order_book_details: [market(2049, "BTC/USDC")],
});
const BODIES: Bodies = {
  [RATES]: ratesOf([
    rate(1, "BTC", 0.0009, "binance"),
    rate(1, "BTC", 0.00009599999999999999),
    rate(1, "BTC", 0.0008, "hyperliquid"),
    rate(7, "1000PEPE", -0.004),
    rate(92, "XAU", 0),
    ...DEAD.map((row) => rate(Number(row["market_id"]), String(row["symbol"]), 0.0001)),
    rate(400, "STRANGER", 0.0001),
    rate(500, "NOTHERE", 0.0001, "bybit"),
  ]),
  [MARKETS]: marketsOf([...LIVE, ...DEAD]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  lighter.refresh(memorySource(bodies, { nowMs: AT, ...options }));
const btcOf = (rateExtra: Row, marketExtra: Row = {}) =>
  refresh({
    [RATES]: ratesOf([{ ...rate(1, "BTC", 0.0008), ...rateExtra }]),
    [MARKETS]: marketsOf([market(1, "BTC", marketExtra)]),
  });

const BTC = { exchangeSymbol: "BTC", base: "BTC", multiplier: 1, quote: "USDC", settle: "USDC" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };
const PRICES = { markPrice: 64000.5, indexPrice: 64010, lastPrice: null };

describe("lighter", () => {
  test("requests rates and markets with prices every cycle, concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await lighter.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "rates", everyMs: null },
      { kind: "instruments", name: "markets", everyMs: 0 },
    ]);
    expect(source.requests).toEqual([RATES, MARKETS]);
    expect(source.mostAtOnce()).toBe(2);
    expect(lighter.facts.requestsPerRefresh).toBe(2);
  });

  test("a market becomes a quote with every field in the documented units: an eighth of the quoted rate", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...RATELESS,
      ...PRICES,
      rateCap: null,
      rateFloor: null,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00009599999999999999 / 8,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: 0.000012,
      settling: false,
      openInterestDigit: 5,
      openInterestUsd: 2735.5 * 64000.5,
      volume24hUsd: 460664167.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
    expect(quotes[0]?.fundingRate).toBeCloseTo(0.000012, 15);
  });

  test("a 1000x market, one with trading hours, and no dead, hidden, closing or spot markets", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["BTC", "1000PEPE", "XAU"]);
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.0005 };
    expect(quotes[1]).toMatchObject(pepe);
    expect(quotes[2]).toMatchObject({ base: "XAU", assetClass: null, fundingRate: 0 });
  });

  test("only rates relayed from other exchanges are not an answer", async () => {
    const relayed = ratesOf([rate(1, "BTC", 0.0009, "binance")]);
    const failure = refresh({ ...BODIES, [RATES]: relayed });
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("a market without mark and index has its last trade, which also values its open interest", async () => {
    const { quotes } = await refresh(BODIES);
    const priced = { markPrice: null, indexPrice: null, lastPrice: 0.02, openInterestUsd: 100_000 };
    expect(quotes[1]).toMatchObject(priced);
    const marked = await btcOf({}, { index_price: "", last_trade_price: 1 });
    expect(marked.quotes).toMatchObject([
      { markPrice: 64000.5, indexPrice: null, lastPrice: null },
    ]);
    const indexed = await btcOf({}, { mark_price: "0", open_interest: 2 });
    expect(indexed.quotes).toMatchObject([
      { markPrice: null, indexPrice: 64010, lastPrice: null, openInterestUsd: 128_020 },
    ]);
  });

  test("prices of a list older than three minutes are unknown, its quantities after ten", async () => {
    const age = async (minutes: number) =>
      (await refresh(BODIES, { receivedAtMs: { markets: AT - minutes * 60_000 } })).quotes;
    const [btc, pepe] = await age(3);
    expect([btc?.markPrice, pepe?.lastPrice]).toEqual([64000.5, 0.02]);
    const old = await age(4);
    expect(old[0]).toMatchObject({ markPrice: null, indexPrice: null, volume24hUsd: 460664167.5 });
    expect(old[1]).toMatchObject({ lastPrice: null, openInterestUsd: 100_000 });
    const older = await age(11);
    expect(older[0]).toMatchObject({ volume24hUsd: null, openInterestUsd: null });
  });

  test("a market of another type is an unknown kind, not a bad row", async () => {
    expect(await btcOf({}, { market_type: "prediction" })).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTC", reason: "unknown_kind" }],
      expected: 0,
    });
  });

  test.each([
    ["no rate", { rate: null }, {}, "bad_rate", 1],
    ["a rate over its notional", { rate: 1.01 }, {}, "implausible_rate", 1],
    ["no id", { market_id: null }, {}, "bad_row", 1],
    ["another symbol for the id", { symbol: "ETH" }, {}, "bad_row", 1],
    ["no status", {}, { status: 1 }, "bad_row", 0],
    ["no type", {}, { market_type: null }, "bad_row", 0],
    ["no id in the list", {}, { market_id: "x" }, "bad_row", 0],
    ["no config", {}, { market_config: null }, "bad_row", 0],
    ["hidden unknown", {}, { market_config: config({ hidden: "true" }) }, "bad_row", 0],
    ["closing unknown", {}, { market_config: config({ force_reduce_only: null }) }, "bad_row", 0],
  ])("%s: refused", async (_, rateExtra, marketExtra, reason, expected) => {
    const batch = await btcOf(rateExtra, marketExtra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected });
  });

  test.each([
    ["an error", { code: 20001, message: "invalid param" }, "bad_envelope"],
    ["too many requests", { code: 23000, message: "Too Many Requests" }, "rate_limited"],
    ["the last code of limits", { code: 23003, message: "slow" }, "rate_limited"],
    ["no code", { funding_rates: [], order_book_details: LIVE }, "bad_envelope"],
    ["an empty list", { code: 200, funding_rates: [], order_book_details: [] }, "bad_envelope"],
  ])("%s fails the refresh, for rates and markets alike", async (_, body, kind) => {
    for (const key of [RATES, MARKETS]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind });
    }
  });

  test("a rate is explained by its own row, never a relayed one; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    const origin = explain("BTC")?.origin;
    expect(origin?.rows).toMatchObject({
      rates: rate(1, "BTC", 0.00009599999999999999),
      markets: { market_type: "perp", open_interest: 2735.5 },
    });
    expect(origin?.formula).toBe("{rates.rate} / 8");
    expect(explain("STRANGER")).toBeNull();
    expect(explain("OLD")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const huge = (where: string, ...fields: Exemption["fields"]): Exemption => {
  return { at: where, mutations: ["huge"], fields, why: LEGAL };
};
const RATE: Exemption["fields"] = ["fundingRate"];
const exemptions: readonly Exemption[] = [
  { at: "rates.rate", mutations: ["negative"], fields: RATE, why: "rates may be negative" },
  huge("markets.last_trade_price", "openInterestUsd", "lastPrice"),
  huge("markets.mark_price", "openInterestUsd", "markPrice"),
  huge("markets.index_price", "indexPrice"),
  {
    at: "markets.mark_price",
    mutations: ["missing", "null", "NaN", "negative", "empty", "object"],
    fields: ["openInterestUsd"],
    why: "the index values it instead",
  },
  huge("markets.open_interest", "openInterestUsd"),
  huge("markets.daily_quote_token_volume", "volume24hUsd"),
];

test("lighter: no single wrong value leads to a wrong quote", async () => {
  const markets = (body: unknown): readonly Row[] => Object(body).order_book_details;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows: (body) => Object(body).funding_rates },
      { name: "markets", request: MARKETS, rows: markets },
      {
        name: "config",
        request: MARKETS,
        rows: (body) => markets(body).map((row) => row["market_config"]),
      },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("lighter, recorded", (read) => {
  test("the rate of ETH with the markets of May 2026", async () => {
    const bodies = {
      [RATES]: await read("lighter", "funding-rates.json"),
      [MARKETS]: await read("lighter", "order-book-details.json"),
    };
    const { quotes, rejects, expected } = await refresh(bodies);
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    const eth = { base: "ETH", markPrice: null, indexPrice: null, lastPrice: 2361.31 };
    expect(quotes).toMatchObject([{ ...eth, volume24hUsd: 460664167.955905 }]);
    expect(quotes[0]?.fundingRate).toBeCloseTo(0.000012, 15);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(27350.8981 * 2361.31, 3);
  });
});
