import { describe, expect, test } from "bun:test";
import { poloniex } from "../../src/exchanges/poloniex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const LIST = "/v3/market/allInstruments";
const TICKERS = "/v3/market/tickers";
const RATE = "/v3/market/fundingRate?symbol=";
const [BTC, PEPE, SOL] = ["BTC_USDT_PERP", "1000PEPE_USDT_PERP", "SOL_USDT_PERP"] as const;
const LIVE = [BTC, PEPE, SOL];

const AT = Date.UTC(2026, 9, 5, 13, 30);
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);

type Row = Readonly<Record<string, unknown>>;

const instrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  bCcy: symbol.split("_")[0],
  qCcy: "USDT",
  sCcy: "USDT",
  ctVal: "0.001",
  status: "OPEN",
  ctType: "LINEAR",
  alias: "",
  ...extra,
});
const SKIPPED = [
  instrument("OLD_USDT_PERP", { status: "CLOSED" }),
  instrument("PAU_USDT_PERP", { status: "PAUSED" }),
  instrument("ETH_USD_PERP", { ctType: "INVERSE", sCcy: "ETH", qCcy: "USD" }),
  instrument("ETH_BTC_PERP", { sCcy: "BTC" }),
  instrument("BTC_USDT_Q", { alias: "quarter" }),
  instrument("XRP_USDT_Q"),
];
const rate = (s: string, extra: Row = {}): Row => ({
  s,
  fR: "0.000049",
  fT: String(hour(8)),
  nFR: "-0.000037",
  nFT: String(hour(16)),
  ...extra,
});
const ticker = (s: string, extra: Row = {}): Row => ({
  s,
  c: "63999",
  qty: "21090",
  amt: "451339.65",
  cT: String(AT - 500),
  mPx: "64000.5",
  iPx: "64010.25",
  ...extra,
});
const reply = (data: unknown, code: unknown = 200): Row => ({ code, msg: "Success", data });

const BODIES: Bodies = {
  [LIST]: reply([...LIVE.map((symbol) => instrument(symbol)), ...SKIPPED]),
  [TICKERS]: reply([ticker(BTC), ticker(PEPE, { amt: "0" }), ticker("OLD_USDT_PERP")]),
  [RATE + BTC]: reply(rate(BTC)),
  [RATE + PEPE]: reply(rate(PEPE, { fT: String(hour(12) + 3), nFR: "0", fR: "" })),
  [RATE + SOL]: reply(rate(SOL, { fT: String(hour(13)) })),
};
const down = new RequestFailure("timeout", "no answer");
const sourceOf = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  memorySource(bodies, { nowMs: AT, ...options });
const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  poloniex.refresh(sourceOf(bodies, options));
const shown = (quotes: readonly { readonly exchangeSymbol: string }[]) =>
  quotes.map((quote) => quote.exchangeSymbol);

async function btcOf(extra: Row) {
  const batch = await refresh({ ...BODIES, [RATE + BTC]: reply(rate(BTC, extra)) });
  return { batch, quote: batch.quotes.find((quote) => quote.exchangeSymbol === BTC) };
}

describe("poloniex", () => {
  test("tickers and one rate per live contract every cycle, the list every half hour", async () => {
    const source = sourceOf(BODIES);
    await poloniex.refresh(source);
    expect(source.asks).toEqual([
      { kind: "secondary", name: "tickers", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 1_800_000 },
      { kind: "sweep", name: "rates", everyMs: null },
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    const { requestsPerRefresh, requestsPerInstrument = 0 } = poloniex.facts;
    // All except the list.
    expect(source.requests).toHaveLength(1 + requestsPerRefresh + requestsPerInstrument * 3);
  });

  test("contracts with a ticker that are missing from the list show that it is incomplete", async () => {
    const short = reply([instrument(SOL), ...SKIPPED]);
    expect(await refresh({ ...BODIES, [LIST]: short })).toMatchObject({ expected: 1, unlisted: 2 });
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
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
      fundingRate: -0.000037,
      fundingIntervalHours: 8,
      intervalSource: "derived",
      nextFundingAtMs: hour(16),
      predictedRate: null,
      instantRate: null,
      settledRate: 0.000049,
      settledAtMs: hour(8),
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestUsd: null,
      volume24hUsd: 451339.65,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h with jitter; a difference of 3 h is not an interval", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(1)).toMatchObject([
      {
        base: "PEPE",
        multiplier: 1000,
        fundingRate: 0,
        fundingIntervalHours: 4,
        settledRate: null,
        settledAtMs: null,
        baselineRate: null,
        volume24hUsd: 0,
      },
      { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: hour(16) },
    ]);
    const late = await btcOf({ fT: String(hour(8) + 12_345) });
    expect(late.quote).toMatchObject({ fundingIntervalHours: 8, settledAtMs: hour(8) + 12_345 });
    const odd = await btcOf({ fT: String(hour(8) + 60_000) });
    expect(odd.quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: hour(16) });
  });

  test("closed, paused, inverse, coin-settled and dated contracts are not shown", async () => {
    expect(shown((await refresh(BODIES)).quotes)).toEqual(LIVE);
  });

  test.each([
    [{ ctType: undefined }],
    [{ status: 1 }],
    [{ alias: null }],
    [{ bCcy: "" }],
    [{ sCcy: null }],
  ])("an unclear contract is rejected: %p", async (extra) => {
    const list = reply([instrument(BTC, extra), instrument(SOL)]);
    const batch = await refresh({ ...BODIES, [LIST]: list });
    expect(shown(batch.quotes)).toEqual([SOL]);
    expect(batch).toMatchObject({
      rejects: [{ exchangeSymbol: BTC, reason: "bad_row" }],
      expected: 1,
    });
  });

  test.each([
    [{ nFR: "" }, "bad_rate"],
    [{ nFR: undefined }, "bad_rate"],
    [{ nFR: "-1.5" }, "implausible_rate"],
    [{ nFT: String(hour(16) / 1000) }, "bad_next_time"],
  ])("a rate with %p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(shown(batch.quotes)).toEqual([PEPE, SOL]);
    expect(batch).toMatchObject({ rejects: [{ exchangeSymbol: BTC, reason }], expected: 3 });
  });

  test("a next time that is long past means a dead contract", async () => {
    const { batch, quote } = await btcOf({ nFT: String(hour(16) - 4 * 86_400_000) });
    expect(quote).toBeUndefined();
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
  });

  test("failing tickers affect prices and volume; a failing rate its contract; a failing list the refresh", async () => {
    const bare = await refresh({ ...BODIES, [TICKERS]: down });
    expect(bare.quotes[0]).toMatchObject({
      fundingRate: -0.000037,
      markPrice: null,
      indexPrice: null,
      volume24hUsd: null,
    });
    const batch = await refresh({ ...BODIES, [RATE + BTC]: down });
    expect(shown(batch.quotes)).toEqual([PEPE, SOL]);
    expect(batch).toMatchObject({ rejects: [], expected: 3 });
    await expect(refresh({ ...BODIES, [LIST]: down })).rejects.toBe(down);
  });

  test.each([
    ["an invalid symbol", reply("", 24101), "bad_envelope"],
    ["too many requests", reply("", 429), "rate_limited"],
    ["another contract's answer", reply(rate("X_USDT_PERP")), "bad_envelope"],
    ["a success without data", reply(""), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ] as const)("%s for every rate fails the refresh", async (_, body, kind) => {
    const bodies = Object.fromEntries(LIVE.map((symbol) => [RATE + symbol, body]));
    const failure = await refresh({ ...BODIES, ...bodies }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("a list that is empty or contains nothing live fails the refresh", async () => {
    for (const list of [reply([]), reply(SKIPPED), reply("", 500)]) {
      const failure = await refresh({ ...BODIES, [LIST]: list }).catch((e: unknown) => e);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("says which rows a rate came from", async () => {
    const raw = await poloniex.fetchRaw(sourceOf(BODIES));
    const explain = (symbol: string) => poloniex.explain(raw, symbol);
    expect(explain(BTC)).toMatchObject({
      rows: {
        rates: rate(BTC),
        instruments: { symbol: BTC, alias: "" },
        tickers: { mPx: "64000.5" },
      },
      formula: "{rates.nFR}",
    });
    expect(explain("OLD_USDT_PERP")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const SIGN = "a rate may be negative";
const NAMES: Exemption["mutations"] = ["NaN", "huge", "negative"];
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("rates.nFR", ["negative"], ["fundingRate"], SIGN),
  free("rates.fR", ["negative"], ["settledRate"], SIGN),
  free("tickers.mPx", ["huge"], ["markPrice"], LEGAL),
  free("tickers.iPx", ["huge"], ["indexPrice"], LEGAL),
  free("tickers.amt", ["huge"], ["volume24hUsd"], LEGAL),
  free("list.bCcy", NAMES, ["base", "multiplier"], "any text may be a name"),
];

test("poloniex: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => {
    const data: unknown = Reflect.get(Object(body), "data");
    return Array.isArray(data) ? data : [data];
  };
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "list", request: LIST, rows },
      { name: "tickers", request: TICKERS, rows },
      { name: "rates", request: RATE + BTC, rows },
    ],
    refresh: async (bodies) => poloniex.parse(await poloniex.fetchRaw(sourceOf(bodies))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("poloniex, recorded", (read) => {
  test("the recorded list, joined to a rate made for its one contract", async () => {
    const symbol = "BNB_USDT_PERP";
    const { quotes, rejects, expected } = await refresh({
      [LIST]: await read("poloniex", "allInstruments.json"),
      [TICKERS]: await read("poloniex", "tickers.json"),
      [RATE + symbol]: reply(rate(symbol)),
    });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    expect(quotes).toMatchObject([{ base: "BNB", settle: "USDT", markPrice: null }]);
  });

  test("the assembled rate and the recorded tickers, joined to a list made for them", async () => {
    const { quotes, rejects } = await refresh(
      {
        [LIST]: reply([instrument(BTC), instrument("XRP_USDT_PERP")]),
        [TICKERS]: await read("poloniex", "tickers.json"),
        [RATE + BTC]: await read("poloniex", "fundingRate.json"),
        [`${RATE}XRP_USDT_PERP`]: reply(rate("XRP_USDT_PERP", { fT: null, nFT: null })),
      },
      { nowMs: 1_790_130_000_000 },
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      {
        fundingRate: 0.000037,
        settledRate: 0.000049,
        fundingIntervalHours: 8,
        nextFundingAtMs: 1_790_150_400_000,
      },
      { markPrice: 2.1798, indexPrice: 2.1834, volume24hUsd: 451339.65 },
    ]);
  });
});
