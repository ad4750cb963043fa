import { describe, expect, test } from "bun:test";
import { bitget } from "../../src/exchanges/bitget.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const path = (call: string, settle: string): string =>
  `/api/v3/market/${call}?category=${settle}-FUTURES`;
const RATES = path("current-fund-rate", "USDT");
const RATES_USDC = path("current-fund-rate", "USDC");
const TICKERS = path("tickers", "USDT");
const TICKERS_USDC = path("tickers", "USDC");
const INSTRUMENTS = path("instruments", "USDT");
const INSTRUMENTS_USDC = path("instruments", "USDC");

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 90;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2024, 2, 14, 10);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: "0.000083",
  fundingRateInterval: "8",
  nextUpdate: String(at(16)),
  minFundingRate: "-0.003",
  maxFundingRate: "0.004",
  ...extra,
});

const ticker = (symbol: string, extra: Row = {}): Row => ({
  category: "USDT-FUTURES",
  symbol,
  ts: String(STAMP),
  lastPrice: "64001.1",
  volume24h: "79101.5",
  turnover24h: "5062575120.25",
  indexPrice: "64010",
  markPrice: "64000.5",
  fundingRate: "0.000083",
  openInterest: "7465.5",
  deliveryTime: "",
  ...extra,
});

const instrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  symbol,
  category: "USDT-FUTURES",
  baseCoin,
  quoteCoin: "USDT",
  type: "perpetual",
  status: "online",
  symbolType: "crypto",
  isRwa: "NO",
  fundInterval: "8",
  takerFeeRate: "0.0006",
  launchTime: String(LISTED),
  deliveryTime: "",
  quantityMultiplier: "0.001",
  ...extra,
});

const STOCK = { isRwa: "YES", symbolType: "stock" };
const LIVE = [
  instrument("BTCUSDT", "BTC"),
  instrument("1000BONKUSDT", "1000BONK", { fundInterval: "4" }),
  instrument("TSLAUSDT", "TSLA", STOCK),
  instrument("GOLDUSDT", "GOLD", { isRwa: "YES", symbolType: "perpetual", fundInterval: "1" }),
];
const DEAD = [
  instrument("OLDUSDT", "OLD", { status: "offline" }),
  instrument("ENDUSDT", "END", { status: "limit_open" }),
  instrument("BTCUSDU26", "BTC", { type: "delivery", deliveryTime: "1798185600000" }),
  instrument("ETHBTC", "ETH", { quoteCoin: "BTC" }),
  instrument("OPENAIUSDT", "OPENAI", { isRwa: "YES" }),
];
const STRANGERS = ["BGTESTMEUSDT", "PLAYUSDT"].map((symbol) =>
  rate(symbol, { maxFundingRate: null }),
);

const reply = (data: unknown, extra: Row = {}): Row => ({
  code: "00000",
  msg: "success",
  requestTime: STAMP,
  data,
  ...extra,
});

const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTCUSDT"),
    rate("1000BONKUSDT", {
      fundingRate: "-0.00121",
      fundingRateInterval: "4",
      minFundingRate: "-0.018",
      maxFundingRate: "0.018",
    }),
    rate("TSLAUSDT", { fundingRate: "0" }),
    rate("GOLDUSDT", { fundingRateInterval: "1", nextUpdate: String(at(14)) }),
    ...DEAD.map((row) => rate(String(row["symbol"]))),
    ...STRANGERS,
  ]),
  [RATES_USDC]: reply([rate("BTCPERP", { fundingRate: "0.00004" })]),
  [TICKERS]: reply([
    ticker("BTCUSDT"),
    ticker("1000BONKUSDT", { markPrice: "0.02", indexPrice: "0.0201", openInterest: "5000000" }),
    ticker("OLDUSDT"),
  ]),
  [TICKERS_USDC]: reply([ticker("BTCPERP", { category: "USDC-FUTURES", turnover24h: "80000" })]),
  [INSTRUMENTS]: reply([...LIVE, ...DEAD]),
  [INSTRUMENTS_USDC]: reply([
    instrument("BTCPERP", "BTC", { quoteCoin: "USDC", category: "USDC-FUTURES" }),
  ]),
};

const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  bitget.refresh(memorySource(bodies, { nowMs: AT, ...options }));

/** The USDT family with one contract; the USDC one stays as it is and is left out. */
async function btcOf(
  rateExtra: Row,
  instrumentExtra: Row = {},
  options: Partial<MemorySourceOptions> = {},
) {
  const batch = await refresh(
    {
      ...BODIES,
      [RATES]: reply([rate("BTCUSDT", rateExtra)]),
      [INSTRUMENTS]: reply([instrument("BTCUSDT", "BTC", instrumentExtra)]),
    },
    options,
  );
  const quotes = batch.quotes.filter((quote) => quote.settle === "USDT");
  return { batch: { ...batch, quotes }, quote: quotes[0] };
}

describe("bitget", () => {
  test("rates and tickers of both families every cycle, the lists on their own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await bitget.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => [kind, name, everyMs])).toEqual([
      ["essential", "ratesUSDT", null],
      ["secondary", "tickersUSDT", null],
      ["instruments", "instrumentsUSDT", 30 * 60_000],
      ["essential", "ratesUSDC", null],
      ["secondary", "tickersUSDC", null],
      ["instruments", "instrumentsUSDC", 30 * 60_000],
    ]);
    expect(source.asks.filter((ask) => ask.everyMs === null)).toHaveLength(
      bitget.facts.requestsPerRefresh,
    );
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.mostAtOnce()).toBe(6);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 2 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.004,
      rateFloor: -0.003,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 7465.5 * 64000.5,
      volume24hUsd: 5062575120.25,
      takerFeeBps: 6,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, and money in dollars from coins times the mark", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "BONK",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.018,
      rateFloor: -0.018,
      openInterestUsd: 100_000,
    });
  });

  test("a stock has its class where symbolType says so, else no class; neither has a known resting rate", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[2]).toMatchObject({
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: null,
    });
    expect(quotes[3]).toMatchObject({
      base: "GOLD",
      assetClass: null,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: null,
      markPrice: null,
      openInterestUsd: null,
    });
    // What is called crypto is a coin only where isRwa says so too: forex and compute are called it as well.
    for (const extra of [{ isRwa: undefined }, { isRwa: "YES" }, { symbolType: "" }])
      expect((await btcOf({}, extra)).quote?.assetClass).toBeNull();
    expect((await btcOf({}, { symbolType: "stock" })).quote?.assetClass).toBe("stock");
  });

  test("the taker fee is the listing's own, in basis points; one that can be none is unknown", async () => {
    const feeOf = async (takerFeeRate: unknown) =>
      (await btcOf({}, { takerFeeRate })).quote?.takerFeeBps;
    expect(await feeOf("0.0011")).toBe(11);
    for (const takerFeeRate of ["", null, "-0.0001", "6"])
      expect(await feeOf(takerFeeRate)).toBeNull();
  });

  test("the reply of the other family is refused; one of its rows is nobody's", async () => {
    await expect(
      refresh({ ...BODIES, [INSTRUMENTS_USDC]: BODIES[INSTRUMENTS] }),
    ).rejects.toMatchObject({ kind: "bad_envelope" });
    const { quotes } = await refresh({ ...BODIES, [TICKERS_USDC]: BODIES[TICKERS] });
    expect(quotes[4]).toMatchObject({ exchangeSymbol: "BTCPERP", markPrice: null });
    const mixed = [instrument("BTCUSDT", "BTC", { category: "USDC-FUTURES" }), ...LIVE.slice(1)];
    const { rejects, expected } = await refresh({ ...BODIES, [INSTRUMENTS]: reply(mixed) });
    expect([rejects.map(({ exchangeSymbol }) => exchangeSymbol), expected]).toEqual([
      ["BTCUSDT"],
      4,
    ]);
    const unsaid = LIVE.map((row) => ({ ...row, category: undefined }));
    const other = await refresh({ ...BODIES, [INSTRUMENTS_USDC]: reply(unsaid) });
    expect(other.expected).toBe(4);
    expect(other.quotes.map((quote) => quote.settle)).toEqual(["USDT", "USDT", "USDT", "USDT"]);
    expect(other.rejects.map((reject) => reject.reason)).toEqual(LIVE.map(() => "bad_row"));
  });

  test("the rates of the other family make no quote of this one", async () => {
    const { quotes, unlisted, expected } = await refresh({
      ...BODIES,
      [RATES_USDC]: BODIES[RATES],
    });
    expect(quotes.map((quote) => quote.settle)).toEqual(["USDT", "USDT", "USDT", "USDT"]);
    expect([unlisted, expected]).toEqual([2 + 4 + DEAD.length + STRANGERS.length, 5]);
  });

  test("a type that is not documented is a kind that is not known", async () => {
    expect((await btcOf({}, { type: "event" })).batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason: "unknown_kind", detail: "type event" }],
    });
  });

  test("the USDC family is settled and quoted in USDC", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[4]).toMatchObject({
      exchangeSymbol: "BTCPERP",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      volume24hUsd: 80000,
    });
  });

  test("dead, dated, coin-quoted, pre-listing and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual([
      "BTCUSDT",
      "1000BONKUSDT",
      "TSLAUSDT",
      "GOLDUSDT",
      "BTCPERP",
    ]);
  });

  test("a perpetual with a delivery time is not shown, whatever its form", async () => {
    for (const deliveryTime of ["1798185600000", 1798185600000, "2026-12-25", {}]) {
      expect((await btcOf({}, { deliveryTime })).batch).toMatchObject({ quotes: [], expected: 1 });
    }
    for (const deliveryTime of ["", "0", null, undefined]) {
      expect((await btcOf({}, { deliveryTime })).batch).toMatchObject({ rejects: [], expected: 2 });
    }
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    for (const key of ["type", "status", "baseCoin", "quoteCoin"]) {
      const { batch } = await btcOf({}, { [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
  });

  test("an interval that the rate lacks comes from the list while that is young and not contradicted", async () => {
    const lacking = { fundingRateInterval: "0" };
    expect((await btcOf(lacking, { fundInterval: "4" })).quote).toMatchObject({
      fundingIntervalHours: 4,
      intervalSource: "published",
      nextFundingAtMs: at(16),
    });
    expect((await btcOf(lacking, { fundInterval: "1" })).quote).toMatchObject({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: at(16),
    });
    const age = (minutes: number) => ({
      receivedAtMs: { instrumentsUSDT: AT - minutes * 60_000 },
    });
    expect((await btcOf(lacking, {}, age(30))).quote?.fundingIntervalHours).toBe(8);
    expect((await btcOf(lacking, {}, age(31))).quote?.fundingIntervalHours).toBeNull();
    // One that is stated and none in use is an error of unit, not a missing one.
    expect((await btcOf({ fundingRateInterval: "480" })).quote?.fundingIntervalHours).toBeNull();
    // The rate's own interval wins whatever the list says.
    expect((await btcOf({}, { fundInterval: "1" })).quote?.fundingIntervalHours).toBe(8);
  });

  test.each([
    ["", "bad_rate"],
    [null, "bad_rate"],
    ["-2", "implausible_rate"],
  ])("a rate of %p is refused as %s", async (fundingRate, reason) => {
    const { batch } = await btcOf({ fundingRate });
    expect(batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTCUSDT", reason }],
      expected: 2,
    });
  });

  test("next times: 0 is no funding, seconds are refused, a past one is kept, one beyond an interval is unknown with it", async () => {
    expect((await btcOf({ nextUpdate: "0" })).batch).toMatchObject({ quotes: [], rejects: [] });
    const inSeconds = await btcOf({ nextUpdate: String(at(16) / 1000) });
    expect(inSeconds.batch.rejects).toMatchObject([{ reason: "bad_next_time" }]);
    expect((await btcOf({ nextUpdate: String(at(13)) })).quote).toMatchObject({
      nextFundingAtMs: at(13),
      fundingIntervalHours: 8,
    });
    const dead = await btcOf({ nextUpdate: String(at(13, 3)) });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [], expected: 2 });
    const beyond = await btcOf({ fundingRateInterval: "1" });
    expect(beyond.quote).toMatchObject({
      nextFundingAtMs: null,
      fundingIntervalHours: null,
      intervalSource: null,
      baselineRate: null,
    });
  });

  test("tickers failing cost prices and quantities only; rates or a list failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down, [TICKERS_USDC]: down });
    expect(quotes).toHaveLength(5);
    expect(quotes[0]).toMatchObject({
      fundingRate: 0.000083,
      markPrice: null,
      indexPrice: null,
      openInterestUsd: null,
      volume24hUsd: null,
    });
    for (const key of [RATES, RATES_USDC, INSTRUMENTS, INSTRUMENTS_USDC]) {
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
    }
  });

  test.each([
    [
      "an error",
      { code: "400172", msg: "Parameter verification failed", data: null },
      "bad_envelope",
    ],
    ["empty data", { code: "40054", msg: "empty", data: null }, "bad_envelope"],
    ["too many requests", { code: "429", msg: "Too Many Requests", data: null }, "rate_limited"],
    ["success without data", { code: "00000", msg: "success", data: null }, "bad_envelope"],
    ["an empty family", reply([]), "bad_envelope"],
    ["a code of zero as a number", reply([rate("BTCUSDT")], { code: 0 }), "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await bitget.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(bitget.explain(raw, "BTCUSDT")).toEqual({
      rows: {
        rates: {
          symbol: "BTCUSDT",
          fundingRate: "0.000083",
          fundingRateInterval: "8",
          nextUpdate: String(at(16)),
          minFundingRate: "-0.003",
          maxFundingRate: "0.004",
        },
        instruments: {
          symbol: "BTCUSDT",
          category: "USDT-FUTURES",
          type: "perpetual",
          status: "online",
          baseCoin: "BTC",
          quoteCoin: "USDT",
          deliveryTime: "",
          isRwa: "NO",
          symbolType: "crypto",
          launchTime: String(LISTED),
          fundInterval: "8",
          takerFeeRate: "0.0006",
        },
        tickers: {
          symbol: "BTCUSDT",
          category: "USDT-FUTURES",
          markPrice: "64000.5",
          indexPrice: "64010",
          openInterest: "7465.5",
          turnover24h: "5062575120.25",
        },
      },
      formula: "{rates.fundingRate}",
    });
    expect(bitget.explain(raw, "BTCPERP")?.rows).toMatchObject({
      rates: { fundingRate: "0.00004" },
      instruments: { quoteCoin: "USDC" },
      tickers: { turnover24h: "80000" },
    });
    expect(bitget.explain(raw, "1000BONKUSDT")?.rows).toMatchObject({
      rates: { fundingRate: "-0.00121" },
      instruments: { baseCoin: "1000BONK" },
      tickers: { markPrice: "0.02" },
    });
    expect(bitget.explain(raw, "NONEUSDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const NAME = "any text may be a ticker";
const exemptions: readonly Exemption[] = [
  {
    at: "rates.fundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "rates may be negative",
  },
  {
    at: "tickers.markPrice",
    mutations: ["huge"],
    fields: ["markPrice", "openInterestUsd"],
    why: LEGAL,
  },
  { at: "tickers.indexPrice", mutations: ["huge"], fields: ["indexPrice"], why: LEGAL },
  { at: "tickers.openInterest", mutations: ["huge"], fields: ["openInterestUsd"], why: LEGAL },
  { at: "tickers.turnover24h", mutations: ["huge"], fields: ["volume24hUsd"], why: LEGAL },
  {
    at: "instruments.baseCoin",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base", "multiplier"],
    why: NAME,
  },
];

test("bitget: no single wrong value makes a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => {
    const rows: unknown = Reflect.get(Object(body), "data");
    return Array.isArray(rows) ? rows : [];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows: list },
      { name: "tickers", request: TICKERS, rows: list },
      // A contract that is known by its name alone cannot be told under another one.
      {
        name: "instruments",
        request: INSTRUMENTS,
        rows: (body) => list(body).filter((row) => Object(row).baseCoin !== "OPENAI"),
      },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("bitget, recorded", (read) => {
  const down = new RequestFailure("http", "not recorded");

  /** The recorded rates, which v2 and v3 send in one shape, joined to a list made for them. */
  const ratesOf = async (file: string, symbols: readonly string[], nowMs: number) =>
    refresh(
      {
        ...BODIES,
        [RATES]: await read("bitget", file),
        [RATES_USDC]: reply([rate("STRANGEPERP")]),
        [TICKERS]: down,
        [TICKERS_USDC]: down,
        [INSTRUMENTS]: reply(symbols.map((symbol) => instrument(symbol, symbol.slice(0, -4)))),
      },
      { nowMs },
    );

  test("the rates of September 2026 at 1, 8 and 4 h, joined to a list made for them", async () => {
    const symbols = ["ONEUSDT", "BTCUSDT", "XTZUSDT"];
    const { quotes, rejects } = await ratesOf("current-fund-rate.json", symbols, 1789823952500);
    expect(rejects).toEqual([]);
    expect(
      quotes.map((q) => [q.base, q.fundingRate, q.fundingIntervalHours, q.nextFundingAtMs]),
    ).toEqual([
      ["ONE", -0.001265, 1, 1789826400000],
      ["BTC", 0.0001, 8, 1789833600000],
      ["XTZ", -0.000609, 4, 1789833600000],
    ]);
  });

  test.each([
    ["current-fund-rate-2025.json", 1761659449917, -0.000024, 1761667200000],
    ["v3-current-fund-rate.json", 1750897372153, 0.00001, 1750924800000],
  ])("%s has its own time, joined to a list made for it", async (file, stamp, rateOf, nextAt) => {
    const { quotes } = await ratesOf(file, ["BTCUSDT"], stamp + 60);
    expect(quotes).toMatchObject([
      {
        fundingRate: rateOf,
        fundingIntervalHours: 8,
        nextFundingAtMs: nextAt,
        rateCap: 0.003,
        rateFloor: -0.003,
        exchangeTimeMs: stamp,
      },
    ]);
  });

  test("the v3 ticker of BTC, joined to a rate and a list made for it", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [TICKERS]: await read("bitget", "v3-tickers-usdt-futures.json"),
    });
    expect(quotes[0]).toMatchObject({
      markPrice: 104738,
      indexPrice: 104785.956168,
      volume24hUsd: 8276293391.45973,
    });
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(7465.5938 * 104738, 3);
  });

  test("the contracts of v2 have other names and are refused, never shown by guess", async () => {
    for (const file of ["contracts-usdt-futures.json", "contracts-usdt-futures-trimmed.json"]) {
      const { quotes, expected, rejects } = await refresh({
        ...BODIES,
        [INSTRUMENTS]: await read("bitget", file),
      });
      expect(quotes.map((quote) => quote.settle)).toEqual(["USDC"]);
      expect(expected).toBe(1);
      expect(rejects.every((reject) => reject.reason === "bad_row")).toBe(true);
    }
  });

  test("the error answer is a bad envelope", async () => {
    const body = await read("bitget", "error.json");
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
  });
});
