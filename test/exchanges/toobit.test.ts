import { describe, expect, test } from "bun:test";
import { toobit } from "../../src/exchanges/toobit.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  RATES,
  MARKS,
  INDEX,
  TICKERS,
  LIST,
  AT,
  at,
  rate,
  contract,
  LIVE,
  symbolOf,
  list,
  BODIES,
  refresh,
  btcOf,
} from "./toobit-payloads.ts";

describe("toobit", () => {
  test("four requests every cycle, the list on its own period, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await toobit.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential rates null",
      "secondary marks null",
      "secondary index null",
      "secondary tickers null",
      "instruments instruments 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), toobit.facts.requestsPerRefresh]).toEqual([5, 4]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-SWAP-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.0000255,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      settling: false,
      markPrice: 71000.5,
      indexPrice: 71010.25,
      // 800,000 contracts of 0.001 BTC, both sides: half.
      openInterestDigit: 8,
      openInterestUsd: 400 * 71000.5,
      volume24hUsd: 345000111.5,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h with an index of another name, a stock at 1 h, one in USDC", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.0011, baselineRate: 0.00005 };
    const prices = { markPrice: 0.0081, indexPrice: 0.00805, volume24hUsd: null };
    expect(quotes[1]).toMatchObject({ ...pepe, ...prices, fundingIntervalHours: 4 });
    const tesla = { base: "TSLA", assetClass: null, fundingRate: 0, fundingIntervalHours: 1 };
    expect(quotes[2]).toMatchObject({ ...tesla, nextFundingAtMs: at(14), markPrice: null });
    const unknown = { fundingIntervalHours: null, intervalSource: null, baselineRate: null };
    expect(quotes[3]).toMatchObject({ base: "BTC", settle: "USDC", ...unknown });
  });

  test("closed, coming, inverse, test and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(symbolOf));
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    for (const key of ["status", "inverse", "underlying", "quoteAsset", "marginToken"]) {
      const { batch } = await btcOf({}, { [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
    const { batch } = await btcOf({}, { inverse: "false" });
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }] });
  });

  test("a contract is of its underlying, whatever its own name is", async () => {
    const { quote } = await btcOf({}, { baseAsset: "BTC2-SWAP-USDT", underlying: "BTC" });
    expect(quote).toMatchObject({ base: "BTC", multiplier: 1 });
  });

  test("open interest is half of the contracts by their size and mark; unknown where one of them is", async () => {
    const of = async (extra: Parameters<typeof btcOf>[1]) =>
      (await btcOf({}, extra)).quote?.openInterestUsd;
    expect(await of({ contractMultiplier: "0.01" })).toBeCloseTo(4000 * 71000.5, 3);
    expect(await of({ contractMultiplier: "" })).toBeNull();
  });

  test.each([
    [{ isRwa: true, rwaType: "STOCK", categories: ["TradFi"] }, null],
    [{ isRwa: true, rwaType: "STOCK", categories: ["TradFi", "Forex"] }, "forex"],
    [{ isRwa: true, rwaType: "STOCK", categories: "Forex" }, null],
    [{ isRwa: false, categories: ["RWA", "TradFi"] }, "crypto"],
    [{ isRwa: undefined }, null],
    [{ isRwa: "false" }, null],
  ] as const)("%p says class %p", async (extra, assetClass) => {
    expect((await btcOf({}, extra)).quote).toMatchObject({ assetClass });
  });

  test("just after a settlement the row is settling and shows until when its rate was good", async () => {
    const past = { nextFundingTime: String(at(16)) };
    const settled = { nextFundingAtMs: at(16), fundingIntervalHours: 8 };
    for (const [afterMs, settling] of [
      [-1, false],
      [0, true],
      [75_000, true],
      [90_000, false],
    ] as const) {
      const { quote } = await btcOf(past, {}, at(16) + afterMs);
      expect(quote).toMatchObject({ ...settled, settling });
    }
  });

  test.each([
    [{ rate: "" }, "bad_rate"],
    [{ rate: "-3" }, "implausible_rate"],
    [{ nextFundingTime: String(at(16) / 1000) }, "bad_next_time"],
  ])("%p is refused as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("a period that is unreadable or contradicted is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null };
    for (const period of ["8", "8D", "H", "", 8, "48H"])
      expect((await btcOf({ period })).quote).toMatchObject(unknown);
    const beyond = (await btcOf({ period: "1H" })).quote;
    expect(beyond).toMatchObject({ ...unknown, nextFundingAtMs: null, settling: false });
    const { batch } = await btcOf({ nextFundingTime: String(at(8, 2)) });
    expect(batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test("a secondary reply failing costs its field only; rates or list failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const without = async (key: string) => (await refresh({ ...BODIES, [key]: down })).quotes[0];
    expect(await without(MARKS)).toMatchObject({ markPrice: null, indexPrice: 71010.25 });
    expect(await without(INDEX)).toMatchObject({ indexPrice: null, markPrice: 71000.5 });
    expect(await without(TICKERS)).toMatchObject({ volume24hUsd: null, fundingRate: 0.0000255 });
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { code: -1130, msg: "no" }, "bad_envelope"],
    ["too many requests", { code: -1003, msg: "no" }, "rate_limited"],
    ["too many orders", { code: "-1015", msg: "no" }, "rate_limited"],
    ["an empty list", [], "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    for (const key of [RATES, LIST]) {
      const error = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(error).toMatchObject({ name: "RequestFailure", kind });
    }
    const classified = toobit.facts.classifyFailure?.(400, JSON.stringify(body));
    expect(classified === "rate_limited").toBe(kind === "rate_limited");
    expect(toobit.facts.classifyFailure?.(403, "<html>")).toBe("banned");
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await toobit.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(toobit.explain(raw, "BTC-SWAP-USDT")).toMatchObject({
      rows: { rates: rate("BTC-SWAP-USDT"), contracts: { status: "TRADING", inverse: false } },
      formula: "{rates.rate}",
    });
    expect(toobit.explain(raw, "NONE-SWAP-USDT")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const TICKER = "any text may be a ticker";

test("toobit: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "marks", request: MARKS, rows },
      { name: "index", request: INDEX, rows: (body) => [Object(body).index] },
      { name: "tickers", request: TICKERS, rows },
      { name: "list", request: LIST, rows: (body) => Object(body).contracts },
    ],
    refresh: async (bodies) =>
      toobit.parse(await toobit.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.rate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("marks.price", ["huge"], ["markPrice"], LEGAL),
      may("index.BTCUSDT", ["huge"], ["indexPrice"], LEGAL),
      may("index.PEPEUSDT", ["huge"], ["indexPrice"], LEGAL),
      may("tickers.qv", ["huge"], ["volume24hUsd"], LEGAL),
      may("tickers.op", ["huge"], ["openInterestUsd"], LEGAL),
      may("marks.price", ["huge"], ["openInterestUsd"], LEGAL),
      may("list.underlying", ["NaN", "huge", "negative"], ["base", "multiplier"], TICKER),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("toobit, recorded", (read) => {
  test("a rate and a contract of August 2025; the rate had no period then", async () => {
    const { quotes, rejects, expected } = await refresh(
      {
        ...BODIES,
        [RATES]: await read("toobit", "fundingRate.json"),
        [INDEX]: await read("toobit", "index.json"),
        [LIST]: await read("toobit", "exchangeInfo.json"),
      },
      1755950000000,
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    // No contract of then says whether it is of the real world.
    const unknown = { fundingIntervalHours: null, assetClass: null, baselineRate: null };
    const known = { fundingRate: 0.0001071148112848, nextFundingAtMs: 1755964800000 };
    expect(quotes).toMatchObject([{ base: "BTC", indexPrice: 42999.21, ...known, ...unknown }]);
  });

  test("the mark of one symbol, put into a list, and a ticker, joined to a contract made for it", async () => {
    const one: unknown = await read("toobit", "markPrice-one-symbol.json");
    const marked = (await refresh({ ...BODIES, [MARKS]: [one] })).quotes[0];
    expect(marked?.markPrice).toBe(17042.54471);
    const { quotes } = await refresh({
      ...BODIES,
      [RATES]: [rate("GRDRUSDT")],
      [MARKS]: one,
      [TICKERS]: await read("toobit", "ticker-24hr.json"),
      [LIST]: list([contract("GRDRUSDT", { quoteAsset: "USDT", marginToken: "USDT" })]),
    });
    expect(quotes).toMatchObject([{ volume24hUsd: 0, markPrice: null }]);
  });

  test("an error is a failure", async () => {
    const body = await read("toobit", "error-invalid-symbol.json");
    const kind = "bad_envelope";
    await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({ kind });
  });
});
