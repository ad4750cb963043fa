import { describe, expect, test } from "bun:test";
import { grvt } from "../../src/exchanges/grvt.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const LIST = 'POST /full/v1/all_instruments {"is_active":true}';
const ticker = (instrument: string): string =>
  `POST /full/v1/ticker {"instrument":"${instrument}"}`;
const [BTC, PEPE, WIF] = ["BTC_USDT_Perp", "KPEPE_USDT_Perp", "1000WIF_USDT_Perp"] as const;
const LIVE = [BTC, PEPE, WIF];

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 1234;
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);
/** With digits below the millisecond, which are cut off. */
const ns = (ms: number, rest = "000000"): string => `${ms}${rest}`;

type Row = Readonly<Record<string, unknown>>;

const instrument = (name: string, extra: Row = {}): Row => ({
  instrument: name,
  instrument_hash: "0x030501",
  base: name.split("_")[0],
  quote: "USDT",
  kind: "PERPETUAL",
  create_time: "1768040726362828205",
  funding_interval_hours: 8,
  adjusted_funding_rate_cap: "0.3",
  adjusted_funding_rate_floor: "-0.25",
  ...extra,
});
const SKIPPED = [
  instrument("BTC_USDT_Fut_26Dec", { kind: "FUTURE" }),
  instrument("BTC_USDT_Call", { kind: "CALL" }),
  instrument("ETH_BTC_Perp", { quote: "BTC" }),
];
const row = (name: string, extra: Row = {}): Row => ({
  event_time: ns(STAMP, "055205"),
  instrument: name,
  mark_price: "64000.5",
  index_price: "64010.25",
  last_price: "63999",
  funding_rate_8h_curr: "-0.0037",
  funding_rate_8h_avg: "0.0037",
  buy_volume_24h_q: "266955739.25",
  sell_volume_24h_q: "268170211.5",
  open_interest: "1523.5",
  funding_rate: "-0.0037",
  next_funding_time: ns(hour(16)),
  ...extra,
});
const reply = (result: unknown): Row => ({ result });

const BODIES: Bodies = {
  [LIST]: reply([
    instrument(BTC),
    instrument(PEPE, { funding_interval_hours: "4", adjusted_funding_rate_cap: "0.75" }),
    instrument(WIF, { funding_interval_hours: 1 }),
    ...SKIPPED,
  ]),
  [ticker(BTC)]: reply(row(BTC)),
  [ticker(PEPE)]: reply(row(PEPE, { funding_rate: "0.01", funding_rate_8h_curr: "0.02" })),
  [ticker(WIF)]: reply(
    row(WIF, { funding_rate: "0", funding_rate_8h_curr: "0", next_funding_time: ns(hour(14)) }),
  ),
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  grvt.refresh(sourceOf(bodies, options));
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

async function btcOf(extra: Row, listed: Row = {}, options: Partial<MemorySourceOptions> = {}) {
  const bodies = {
    ...BODIES,
    [LIST]: reply([instrument(BTC, listed), instrument(WIF)]),
    [ticker(BTC)]: reply(row(BTC, extra)),
  };
  const batch = await refresh(bodies, options);
  return { batch, quote: batch.quotes.find((quote) => quote.exchangeSymbol === BTC) };
}

describe("grvt", () => {
  test("requests one ticker per live instrument every cycle, the list with its intervals every 5 minutes", async () => {
    const source = sourceOf(BODIES);
    await grvt.refresh(source);
    expect(source.asks).toEqual([
      { kind: "instruments", name: "instruments", everyMs: 300_000 },
      { kind: "sweep", name: "tickers", everyMs: null },
    ]);
    expect(source.requests).toEqual([LIST, ticker(BTC), ticker(PEPE), ticker(WIF)]);
    const { requestsPerRefresh, requestsPerInstrument } = grvt.facts;
    expect([requestsPerRefresh, requestsPerInstrument]).toEqual([0, 1]);
  });

  test("an instrument becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      // Percentage points.
      fundingRate: expect.closeTo(-0.000037, 15),
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: hour(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 1,523.5 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 97_504_761.75,
      volume24hUsd: 535_125_950.75,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("multipliers, 4 h as text and 1 h as a number; the baseline is proportional to the interval", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      {
        base: "PEPE",
        multiplier: 1000,
        fundingRate: 0.0001,
        fundingIntervalHours: 4,
        rateCap: 0.0075,
        baselineRate: 0.00005,
      },
      {
        base: "WIF",
        multiplier: 1000,
        fundingRate: 0,
        fundingIntervalHours: 1,
        baselineRate: 0.0000125,
      },
    ]);
  });

  test("dated contracts, options and coin-quoted instruments are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
  });

  test.each([
    ["the same figure", "0.005"],
    ["a figure scaled to 8 h", "0.01"],
    ["no figure", undefined],
    ["another sign", "-0.02"],
  ])("at 4 h, a rate with %s under the old name is per 4 h", async (_, perEightHours) => {
    const figures = { funding_rate: "0.005", funding_rate_8h_curr: perEightHours };
    const { batch, quote } = await btcOf(figures, { funding_interval_hours: 4 });
    expect(batch.rejects).toEqual([]);
    expect(quote).toMatchObject({
      fundingRate: 0.00005,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
    });
  });

  test("of names that start with K only the three known ones count thousands", async () => {
    const names = ["KPEPE", "KSHIB", "KBONK", "KAITO", "KAS", "KSM", "kX", "KTRUMP"];
    const symbols = names.map((name) => `${name}_USDT_Perp`);
    const bodies = Object.fromEntries(symbols.map((name) => [ticker(name), reply(row(name))]));
    const { quotes } = await refresh({
      ...bodies,
      [LIST]: reply(symbols.map((name) => instrument(name))),
    });
    expect(quotes.map(({ base, multiplier }) => [base, multiplier])).toEqual([
      ["PEPE", 1000],
      ["SHIB", 1000],
      ["BONK", 1000],
      ["KAITO", 1],
      ["KAS", 1],
      ["KSM", 1],
      ["KX", 1],
      ["KTRUMP", 1],
    ]);
  });

  test("an instrument of an unknown kind is neither shown nor a bad row", async () => {
    const { batch } = await btcOf({}, { kind: "PERPETUAL_V2" });
    expect(shown(batch.quotes)).toEqual([WIF]);
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "unknown_kind", detail: "kind PERPETUAL_V2" }],
      expected: 1,
    });
  });

  test("an interval is unknown without its key, in a list over 30 minutes old, or against the next time", async () => {
    const unknown = {
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: hour(16),
      baselineRate: null,
    };
    expect((await btcOf({}, { funding_interval_hours: "" })).quote).toMatchObject(unknown);
    // 16:00 is not on the 12-hour grid, and more than one hour ahead.
    for (const hours of [12, 1, 480, 0.5])
      expect((await btcOf({}, { funding_interval_hours: hours })).quote).toMatchObject(unknown);
    const old = (minutes: number) => ({ receivedAtMs: { instruments: AT - minutes * 60_000 } });
    expect((await btcOf({}, {}, old(31))).quote).toMatchObject(unknown);
    expect((await btcOf({}, {}, old(30))).quote?.fundingIntervalHours).toBe(8);
  });

  test.each([[{ kind: null }], [{ kind: 1 }], [{ base: "" }], [{ quote: undefined }]])(
    "an unclear instrument is rejected: %p",
    async (extra) => {
      const { batch } = await btcOf({}, extra);
      expect(shown(batch.quotes)).toEqual([WIF]);
      expect(batch).toMatchObject({ rejects: [{ reason: "bad_row" }], expected: 1 });
    },
  );

  test.each([
    [{ funding_rate: "" }, "bad_rate"],
    [{ funding_rate: undefined }, "bad_rate"],
    [{ funding_rate: "150" }, "implausible_rate"],
    // Milliseconds instead of nanoseconds, and vice versa.
    [{ next_funding_time: String(hour(16)) }, "bad_next_time"],
    [{ next_funding_time: ns(hour(16), "000000000") }, "bad_next_time"],
  ])("a ticker with %p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(shown(batch.quotes)).toEqual([WIF]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 2 });
  });

  test("a next time that is long past means a dead contract", async () => {
    const { batch, quote } = await btcOf({ next_funding_time: ns(hour(16) - 4 * 86_400_000) });
    expect(quote).toBeUndefined();
    expect(batch).toMatchObject({ rejects: [], expected: 2 });
  });

  test("one missing side means an unknown volume; a failing ticker affects its instrument", async () => {
    expect((await btcOf({ sell_volume_24h_q: null })).quote?.volume24hUsd).toBeNull();
    const batch = await refresh({ ...BODIES, [ticker(BTC)]: down });
    expect(shown(batch.quotes)).toEqual([PEPE, WIF]);
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
    await expect(refresh({ ...BODIES, [LIST]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { code: 1003, message: "Request not found", status: 400 }, "bad_envelope"],
    ["a message alone", { message: "no", status: 404 }, "bad_envelope"],
    ["too many requests", { code: 1006, message: "limit", status: 429 }, "rate_limited"],
    ["another instrument's answer", reply(row("X_USDT_Perp")), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ] as const)("%s for every ticker or for the list fails the refresh", async (_, body, kind) => {
    const tickers = Object.fromEntries(LIVE.map((name) => [ticker(name), body]));
    for (const bodies of [tickers, { [LIST]: body }]) {
      const failure = await refresh({ ...BODIES, ...bodies }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(RequestFailure);
      expect(failure).toMatchObject({ kind });
    }
  });

  test("a list without a live perpetual fails; the code of a rate limit is read from a failure's body", async () => {
    const failure = await refresh({ ...BODIES, [LIST]: reply(SKIPPED) }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ kind: "bad_envelope" });
    const { classifyFailure } = grvt.facts;
    expect(classifyFailure?.(400, '{"code":1006,"message":"x"}')).toBe("rate_limited");
    expect(classifyFailure?.(400, '{"code":10061}')).toBeNull();
  });

  test("says which rows a rate came from, and how it was converted", async () => {
    const raw = await grvt.fetchRaw(sourceOf(BODIES));
    const explain = (symbol: string) => grvt.explain(raw, symbol);
    expect(explain(BTC)).toMatchObject({
      rows: {
        tickers: { instrument: BTC, funding_rate: "-0.0037" },
        instruments: { funding_interval_hours: 8 },
      },
      formula: "{tickers.funding_rate} / 100",
    });
    expect(explain("ETH_BTC_Perp")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("tickers.funding_rate", ["negative"], ["fundingRate"], "a rate may have either sign"),
  free("tickers.mark_price", ["huge"], ["markPrice", "openInterestUsd"], LEGAL),
  free("tickers.index_price", ["huge"], ["indexPrice"], LEGAL),
  free("tickers.open_interest", ["huge"], ["openInterestUsd"], LEGAL),
  free("tickers.buy_volume_24h_q", ["huge"], ["volume24hUsd"], LEGAL),
  free("tickers.sell_volume_24h_q", ["huge"], ["volume24hUsd"], LEGAL),
  free("list.base", ["NaN", "huge", "negative"], ["base", "multiplier"], "any text may be a name"),
];

test("grvt: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => {
    const result: unknown = Reflect.get(Object(body), "result");
    return Array.isArray(result) ? result : [result];
  };
  // An unlisted name is refused like the exchange does.
  const refusal = { code: 1003, message: "no such instrument" };
  const unlisted = Object.fromEntries(
    ["NaN", "1e300", "-1"].map((name) => [ticker(name), refusal]),
  );
  const breaches = await mutationBreaches({
    bodies: { ...unlisted, ...BODIES },
    payloads: [
      { name: "list", request: LIST, rows },
      { name: "tickers", request: ticker(PEPE), rows },
    ],
    refresh: async (bodies) => grvt.parse(await grvt.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("grvt, recorded", (read) => {
  test("the recorded list and ticker, joined to a made-up ticker for the other instrument", async () => {
    const { quotes, rejects, expected } = await refresh(
      {
        [LIST]: await read("grvt", "all-instruments.json"),
        [ticker(BTC)]: await read("grvt", "ticker.json"),
        [ticker("AAVE_USDT_Perp")]: reply(row("AAVE_USDT_Perp", { next_funding_time: null })),
      },
      { nowMs: 1_764_774_730_500 },
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 2 });
    expect(quotes).toMatchObject([
      {
        base: "BTC",
        fundingRate: expect.closeTo(0.000037, 15),
        fundingIntervalHours: 8,
        nextFundingAtMs: 1_764_777_600_000,
        rateCap: 0.003,
        exchangeTimeMs: 1_764_774_730_025,
      },
      { base: "AAVE", fundingIntervalHours: 8, rateCap: 0.0075, rateFloor: -0.0075 },
    ]);
    expect(quotes[0]?.volume24hUsd).toBeCloseTo(266955739.1606 + 268170211.7109, 6);
  });
});
