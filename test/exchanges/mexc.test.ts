import { describe, expect, test } from "bun:test";
import { mexc } from "../../src/exchanges/mexc.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  RATES,
  TICKERS,
  DETAIL,
  AT,
  STAMP,
  at,
  rate,
  contract,
  LIVE,
  reply,
  BODIES,
  refresh,
  btcOf,
} from "./mexc-payloads.ts";

describe("mexc", () => {
  test("rates and tickers every cycle, the list with its own period, all concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await mexc.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential rates null",
      "secondary tickers null",
      "instruments instruments 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), mexc.facts.requestsPerRefresh]).toEqual([3, 2]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 5, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC_USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.000081,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: 0.0021,
      rateFloor: -0.0019,
      baselineRate: null,
      settling: false,
      markPrice: 71000.25,
      indexPrice: 71010.5,
      // 412,000 contracts of 0.0001 BTC are 41.2 BTC.
      openInterestDigit: 2,
      openInterestUsd: 412000 * 0.0001 * 71000.25,
      volume24hUsd: 7029024.75,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, a stock at 24 h by its usual ticker, and the other two dollars", async () => {
    const { quotes } = await refresh(BODIES);
    const bonk = { base: "BONK", multiplier: 1000, fundingRate: -0.00005, openInterestUsd: 10000 };
    expect(quotes[1]).toMatchObject({ ...bonk, fundingIntervalHours: 4 });
    const tesla = { base: "TSLA", assetClass: "stock", fundingRate: 0, fundingIntervalHours: 24 };
    expect(quotes[2]).toMatchObject(tesla);
    expect(quotes[3]).toMatchObject({ base: "ETH", settle: "USDC", fundingIntervalHours: 1 });
    expect(quotes[4]).toMatchObject({ base: "SOL", quote: "USD1", settle: "USD1" });
  });

  test("offline, paused, dated, inverse, coin-settled and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map((row) => String(row["symbol"])));
  });

  test("a row of unclear kind is rejected and counted", async () => {
    for (const extra of [
      { state: null },
      { state: "x" },
      { futureType: null },
      { settleCoin: 7 },
    ]) {
      const { batch } = await btcOf({}, extra);
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
    expect((await btcOf({}, { futureType: undefined })).batch.quotes).toEqual([]);
  });

  test("an undocumented futureType is an unknown kind", async () => {
    expect((await btcOf({}, { futureType: 3 })).batch).toMatchObject({
      quotes: [],
      rejects: [{ exchangeSymbol: "BTC_USDT", reason: "unknown_kind", detail: "futureType 3" }],
    });
  });

  test("base and quote are in the symbol as well; the settlement currency is not", async () => {
    const none = { baseCoin: undefined, quoteCoin: undefined };
    expect((await btcOf({}, none)).quote).toMatchObject({ base: "BTC", quote: "USDT" });
    expect((await btcOf({}, { ...none, settleCoin: "BTC" })).batch.quotes).toEqual([]);
  });

  test("an old list, whose rows all lack futureType, is read by the coins", async () => {
    const { quotes } = await refresh({
      ...BODIES,
      [DETAIL]: reply([contract("BTC_USDT", { futureType: undefined })]),
    });
    expect(quotes.map((q) => q.base)).toEqual(["BTC"]);
  });

  test("prices missing from the rates come from the ticker", async () => {
    const { quote } = await btcOf({ fairPrice: undefined, idxPrice: undefined });
    expect(quote).toMatchObject({ markPrice: 71003.5, indexPrice: 71009 });
  });

  test.each([
    [{ fundingRate: null }, "bad_rate"],
    [{ fundingRate: -1.5 }, "implausible_rate"],
    [{ nextSettleTime: at(16) / 1000 }, "bad_next_time"],
  ])("%p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an absent interval is unknown, one that the next time contradicts as well; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null };
    const absent = (await btcOf({ collectCycle: null })).quote;
    expect(absent).toMatchObject({ ...unknown, nextFundingAtMs: at(16) });
    const contradicted = (await btcOf({ collectCycle: 1 })).quote;
    expect(contradicted).toMatchObject({ ...unknown, nextFundingAtMs: null });
    const dead = await btcOf({ nextSettleTime: at(8, 2) });
    expect(dead.batch).toMatchObject({ quotes: [], rejects: [] });
  });

  test("tickers failing affect only volume and open interest; rates or list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const { quotes } = await refresh({ ...BODIES, [TICKERS]: down });
    expect(quotes).toHaveLength(5);
    const left = { fundingRate: 0.000081, markPrice: 71000.25 };
    expect(quotes[0]).toMatchObject({ ...left, openInterestUsd: null, volume24hUsd: null });
    for (const key of [RATES, DETAIL])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { success: false, code: 1002, message: "no" }, "bad_envelope"],
    ["too frequent, said shortly", { code: "510" }, "rate_limited"],
    ["no word of success", { code: 0, data: [rate("BTC_USDT")] }, "bad_envelope"],
    ["too frequent", { success: false, code: 510, message: "slow down" }, "rate_limited"],
    ["success with a code", { success: true, code: 9, data: [rate("BTC_USDT")] }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a page", "<html>Access Denied</html>", "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
  });

  test("the web firewall and code 510 are rate limits; other statuses are left to the general rule", () => {
    expect(mexc.facts.classifyFailure?.(403, "<HTML>Access Denied")).toBe("rate_limited");
    expect(mexc.facts.classifyFailure?.(400, '{"success":false,"code":510}')).toBe("rate_limited");
    expect(mexc.facts.classifyFailure?.(500, '{"code":5100}')).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await mexc.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const tickers = {
      symbol: "BTC_USDT",
      fairPrice: 71003.5,
      indexPrice: 71009,
      holdVol: 412000,
      amount24: 7029024.75,
    };
    const rows = { rates: rate("BTC_USDT"), instruments: contract("BTC_USDT"), tickers };
    expect(mexc.explain(raw, "BTC_USDT")).toEqual({ rows, formula: "{rates.fundingRate}" });
    expect(mexc.explain(raw, "NONE_USDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const FALLBACK = "documented: the ticker has the price where the rates lack it";
const UNUSABLE: Exemption["mutations"] = ["missing", "null", "NaN", "negative", "empty", "object"];
const OI = ["markPrice", "openInterestUsd"] as const;

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });

test("mexc: no single wrong value leads to a wrong quote", async () => {
  const list = (body: unknown): readonly unknown[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows: list },
      { name: "tickers", request: TICKERS, rows: list },
      { name: "detail", request: DETAIL, rows: list },
    ],
    refresh: async (bodies) => mexc.parse(await mexc.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.fundingRate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("rates.fairPrice", UNUSABLE, OI, FALLBACK),
      may("rates.idxPrice", UNUSABLE, ["indexPrice"], FALLBACK),
      may("rates.fairPrice", ["huge"], OI, LEGAL),
      may("rates.idxPrice", ["huge"], ["indexPrice"], LEGAL),
      may("tickers.holdVol", ["huge"], ["openInterestUsd"], LEGAL),
      may("tickers.amount24", ["huge"], ["volume24hUsd"], LEGAL),
      may("detail.contractSize", ["huge"], ["openInterestUsd"], LEGAL),
      may(
        "detail.baseCoin",
        ["NaN", "huge", "negative"],
        ["base", "multiplier"],
        "any text may be a ticker",
      ),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("mexc, recorded", (read) => {
  const SEEN = 1789455552000;

  test("the rates of September 2026, joined to the recorded contract", async () => {
    const { quotes, rejects } = await refresh(
      {
        [RATES]: await read("mexc", "funding_rate-all.json"),
        [TICKERS]: await read("mexc", "ticker-all.json"),
        [DETAIL]: await read("mexc", "contract-detail.json"),
      },
      SEEN,
    );
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { base: "BTC", fundingRate: 0.000067, fundingIntervalHours: 8, volume24hUsd: null },
    ]);
    const prices = { markPrice: 77240.4, indexPrice: 77271.6, rateCap: 0.0018, rateFloor: -0.0018 };
    expect(quotes[0]).toMatchObject({ ...prices, nextFundingAtMs: 1789459200000 });
  });

  test("the tickers of 2021, joined to a rate and a contract made for them", async () => {
    const { quotes } = await refresh({
      [RATES]: reply([rate("ETH_USDT")]),
      [TICKERS]: await read("mexc", "ticker-all.json"),
      [DETAIL]: reply([contract("ETH_USDT", { contractSize: 0.01 })]),
    });
    const openInterestUsd = 5832946 * 0.01 * 71000.25;
    expect(quotes[0]).toMatchObject({ volume24hUsd: 141331823.5755, openInterestUsd });
  });

  test("an error and a reply for one symbol are not lists", async () => {
    for (const file of ["error.json", "funding_rate-one.json"]) {
      const body = await read("mexc", file);
      await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
  });
});
